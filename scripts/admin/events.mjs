// What changed, as the product hears of it.

import { plain } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";

/** What --follow waits for at a time, in seconds; the server takes no more. */
const WAIT = "20";

const line = ({ timestamp, position, type, tenant, data: { resource, members, ...data } }) => {
  const who = resource?.userName ?? resource?.displayName ?? data.slug ?? "";
  const more = members ? `${members.length} members` : (data.changes ?? []).map(({ path }) => path).join(" ");
  return [timestamp, String(position).padStart(8), tenant ?? "-", type.padEnd(20), resource?.id, who, more].filter(Boolean).join("  ");
};

const options = {
  types: { type: "string", value: "user.*" },
  after: { type: "string", value: "POSITION" },
  follow: { type: "boolean" },
};

/** From `after` on, by default the beginning, or with --follow the end. */
async function read({ api, options: { types, after, follow, json }, out }, path) {
  let next = after ?? (follow ? "latest" : "0");
  for (;;) {
    const query = { after: next, limit: "1000", ...(types ? { types } : {}), ...(follow && next !== "latest" ? { wait: WAIT } : {}) };
    const page = await api.get(`${path}?${new URLSearchParams(query)}`);
    for (const event of page.events ?? []) out(`${json ? JSON.stringify(event) : plain(line(event))}\n`);
    if (!page.more && !follow) return;
    next = String(page.next);
  }
}

const more = "--json writes a line of JSON for each. --after has those behind this position; without it, all that are kept, or with --follow those that come.";

export const events = {
  events: {
    options,
    says: "what changed in all tenants, in order; --follow goes on with what comes",
    more,
    run: (command) => read(command, "/events"),
  },
  "tenants events": {
    args: ["SLUG"],
    options,
    says: "what changed in a tenant, in order; --follow goes on with what comes",
    more,
    run: (command) => read(command, `${tenantPath(command.args[0])}/events`),
  },
};
