// Addresses of the product that events are sent to: --tenant's, or without it those for all tenants.

import { list, table } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";
import { seconds } from "./tokens.mjs";
import { REFUSED, USAGE, Wrong } from "./wrong.mjs";

const path = ({ tenant }, ...parts) => [tenant ? tenantPath(tenant) : "", "webhooks", ...parts.map(encodeURIComponent)].join("/");

const TENANT = { tenant: { type: "string", value: "SLUG" } };
const WHAT = {
  label: { type: "string", value: "LABEL" },
  types: { type: "string", value: "user.*,group.*" },
};
const SECRET = "The secret is not shown again.";

const state = ({ enabled, gone }) => (gone ? "gone" : enabled ? "enabled" : "disabled");
const columns = {
  ID: (one) => one.id,
  LABEL: (one) => one.label,
  STATE: state,
  TYPES: (one) => (one.types.length ? one.types.join(" ") : "all"),
  URL: (one) => one.url,
};
const said = ({ label, types }) => ({ ...(label ? { label } : {}), ...(types ? { types: types.split(",") } : {}) });
const result = (one) => (one.status === undefined ? one.error : `${one.status}`);

export const webhooks = {
  "webhooks list": {
    options: TENANT,
    says: "webhooks of a tenant, or those for all, never their secrets",
    run: ({ api, options }) => api.all(path(options), "webhooks"),
    show: (webhooks) => table(webhooks, columns),
  },
  "webhooks create": {
    args: ["URL"],
    options: { ...TENANT, ...WHAT },
    says: "a new webhook with its signing secret, shown this once; without --types it gets every event",
    run({ api, args: [url], options }) {
      if (!options.label) throw new Wrong(USAGE, "Say what it is for: --label Product.");
      return api.post(path(options), { url, ...said(options) });
    },
    show: (webhook) => `${list(webhook)}\n\n${SECRET}`,
  },
  "webhooks show": {
    args: ["ID"],
    options: TENANT,
    says: "a webhook, and how far its delivery is",
    run: ({ api, args: [id], options }) => api.get(path(options, id)),
    show: ({ delivery, ...webhook }) => `${list(webhook)}\n\n${list(delivery)}`,
  },
  "webhooks change": {
    args: ["ID"],
    options: { ...TENANT, ...WHAT, address: { type: "string", value: "URL" }, enable: { type: "boolean" }, disable: { type: "boolean" } },
    says: "changes what is named of a webhook, and tries at once what waits",
    run: ({ api, args: [id], options }) => {
      const { enable, disable, address } = options;
      if (enable && disable) throw new Wrong(USAGE, "Say --enable or --disable.");
      return api.json("PATCH", path(options, id), { ...said(options), ...(address ? { url: address } : {}), ...(enable || disable ? { enabled: Boolean(enable) } : {}) });
    },
    show: list,
  },
  "webhooks delete": {
    args: ["ID"],
    options: TENANT,
    says: "ends a webhook, with all that waits",
    async run({ api, args: [id], options }) {
      await api.json("DELETE", path(options, id));
      return { ended: id };
    },
    show: ({ ended }) => `${ended} has ended.`,
  },
  "webhooks rotate": {
    args: ["ID"],
    options: { ...TENANT, overlap: { type: "string", value: "1d" } },
    says: "a new signing secret, shown this once; the old one signs as well for --overlap, a day unless said",
    run: ({ api, args: [id], options }) => api.post(`${path(options, id)}/rotate`, options.overlap ? { overlap_s: seconds(options.overlap) } : {}),
    show: (webhook) => `${list(webhook)}\n\n${SECRET}`,
  },
  "webhooks test": {
    args: ["ID"],
    options: TENANT,
    says: "sends an event of the type webhook.test, once, and says how it went",
    run: ({ api, args: [id], options }) => api.post(`${path(options, id)}/test`, {}),
    show: list,
    code: ({ delivered }) => (delivered === false ? REFUSED : 0),
  },
  "webhooks deliveries": {
    args: ["ID"],
    options: TENANT,
    says: "the latest attempts, newest first",
    run: async ({ api, args: [id], options }) => (await api.get(`${path(options, id)}/deliveries`)).deliveries,
    show: (deliveries) => table(deliveries, { TIME: (one) => one.time, EVENT: (one) => one.event, TYPE: (one) => one.type, MS: (one) => String(one.duration_ms), RESULT: result }),
  },
  "webhooks dead-letters": {
    args: ["ID"],
    options: TENANT,
    says: "events that were given up",
    run: ({ api, args: [id], options }) => api.all(`${path(options, id)}/dead-letters`, "dead_letters"),
    show: (letters) => table(letters, { TIME: (one) => one.time, EVENT: (one) => one.event, TYPE: (one) => one.type, RESOURCE: (one) => one.resource, ATTEMPTS: (one) => String(one.attempts), ERROR: (one) => one.error }),
  },
  "webhooks redeliver": {
    args: ["ID"],
    options: { ...TENANT, event: { type: "string", value: "evt_1042" }, "dead-letters": { type: "boolean" }, after: { type: "string", value: "POSITION" } },
    says: "sends again one event, all dead letters, or everything behind a position",
    run({ api, args: [id], options }) {
      const { event, after } = options;
      const ways = [event && { event }, options["dead-letters"] && { dead_letters: true }, after && { after: Number(after) }].filter(Boolean);
      if (ways.length !== 1) throw new Wrong(USAGE, "Say one of --event, --dead-letters and --after.");
      return api.post(`${path(options, id)}/redeliver`, ways[0]);
    },
    show: ({ events }) => (events === undefined ? "They will be sent." : `${events} will be sent.`),
  },
};
