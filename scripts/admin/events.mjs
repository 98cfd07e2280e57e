// What changed in the directories: the outbox that products read.

import { plain } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";

/** Longest that the server waits for an event, in seconds. */
const WAIT = "20";

const named = ({ resource = {}, slug, members }) =>
  [resource.userName ?? resource.displayName ?? slug, resource.id, members && `${members.length} members`].filter(Boolean).join("  ");
const line = (event) => `${event.position}  ${event.timestamp}  ${event.tenant ?? "-"}  ${event.type}  ${named(event.data)}`;

export const events = {
  events: {
    options: {
      tenant: { type: "string", value: "SLUG" },
      types: { type: "string", value: "user.created,group.*" },
      after: { type: "string", value: "POSITION" },
      follow: { type: "boolean" },
    },
    says: "what changed behind a position, or all that is kept; --follow goes on with what comes, from now on unless --after says more",
    more: "--json writes a line of JSON for each. docs/events.md says what they hold.",
    async run({ api, options, out }) {
      const path = options.tenant ? `${tenantPath(options.tenant)}/events` : "/events";
      const query = options.types ? { types: options.types } : {};
      let after = options.after ?? (options.follow ? "latest" : "0");
      for (;;) {
        const page = await api.get(`${path}?${new URLSearchParams({ ...query, limit: "1000", after, ...(options.follow ? { wait: WAIT } : {}) })}`);
        for (const event of page.events) out(`${options.json ? JSON.stringify(event) : plain(line(event))}\n`);
        if (!page.more && !options.follow) return;
        after = String(page.next);
      }
    },
  },
};
