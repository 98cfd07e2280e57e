// What administrators did.

import { plain } from "./table.mjs";
import { seconds } from "./tokens.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

/** How often --follow asks, in milliseconds. */
const EVERY = 2000;

const line = ({ at, outcome, actor, action, tenant, target, detail }) =>
  [at, outcome.padEnd(6), actor, action, tenant ?? "-", target, detail && JSON.stringify(detail)].filter(Boolean).join("  ");

export const audit = {
  audit: {
    options: {
      tenant: { type: "string", value: "SLUG" },
      since: { type: "string", value: "1h" },
      after: { type: "string", value: "NUMBER" },
      limit: { type: "string", value: "50" },
      follow: { type: "boolean" },
    },
    says: "the latest things that administrators did, oldest first; --follow goes on with those that come",
    more: "--json writes a line of JSON for each. --after has all behind the entry with this id: --after 0 is the whole log.",
    async run({ api, options, out }) {
      const query = options.tenant ? { tenant: options.tenant } : {};
      let last = options.after ?? "0";
      const say = (entry) => {
        out(`${options.json ? JSON.stringify(entry) : plain(line(entry))}\n`);
        last = String(entry.id);
      };
      const behind = async () => {
        for await (const entry of api.pages("/audit", "entries", { ...query, after: last })) say(entry);
      };
      if (options.after === undefined) for (const entry of await latest(api, query, window(options))) say(entry);
      else await behind();
      while (options.follow) {
        await new Promise((done) => setTimeout(done, EVERY));
        await behind();
      }
    },
  },
};

/** How far back to read: a time, and a number of entries. */
function window({ since, limit }) {
  const entries = Number(limit ?? (since ? Infinity : 50));
  if (!(entries >= 1)) throw new Wrong(USAGE, "--limit is a number of entries.");
  return { begin: since ? Date.now() - seconds(since) * 1000 : 0, entries };
}

/** The newest of them, oldest first. */
async function latest(api, query, { begin, entries }) {
  const found = [];
  const size = Math.min(entries, 1000);
  for await (const entry of api.pages("/audit", "entries", { ...query, order: "newest", limit: String(size) })) {
    if (Date.parse(entry.at) < begin || found.push(entry) === entries) break;
  }
  return found.reverse();
}
