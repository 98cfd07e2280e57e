// Where events are sent to: of all tenants, or with --tenant of one.

import { list, table } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";
import { seconds } from "./tokens.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

const TENANT = { tenant: { type: "string", value: "SLUG" } };
const DEFINITION = {
  label: { type: "string", value: "LABEL" },
  types: { type: "string", value: "user.*,group.created" },
  format: { type: "string", value: "event|full|notice" },
  audience: { type: "string", value: "AUD" },
};

const path = ({ tenant }, ...parts) => [tenant ? tenantPath(tenant) : "", "webhooks", ...parts.map(encodeURIComponent)].join("/");
const defined = ({ label, types, format, audience }) => ({
  ...(label ? { label } : {}),
  ...(types === undefined ? {} : { types: types.split(",").filter(Boolean) }),
  ...(format ? { format } : {}),
  ...(audience ? { audience } : {}),
});
const withSecret = (webhook) => `${list(webhook)}\n\nThe secret is not shown again.`;

export const webhooks = {
  "webhooks list": {
    options: TENANT,
    says: "where events of all tenants, or of one, are sent to",
    run: ({ api, options }) => api.all(path(options), "webhooks"),
    show: (webhooks) =>
      table(webhooks, {
        ID: (one) => one.id,
        LABEL: (one) => one.label,
        URL: (one) => one.url,
        TYPES: (one) => (one.types?.length ? one.types : "all"),
        STATE: (one) => (one.enabled ? "enabled" : (one.disabled_reason ?? "disabled")),
      }),
  },
  "webhooks show": {
    args: ["ID"],
    options: TENANT,
    says: "one, with how far it came",
    run: ({ api, args: [id], options }) => api.get(path(options, id)),
    show: ({ delivery, ...webhook }) => list({ ...webhook, ...delivery }),
  },
  "webhooks create": {
    args: ["URL"],
    options: { ...TENANT, ...DEFINITION, after: { type: "string", value: "POSITION" } },
    says: "a new one with its secret, shown this once; with --after it begins behind a position, with --format full or notice it gets Security Event Tokens",
    run({ api, args: [url], options }) {
      if (!options.label) throw new Wrong(USAGE, "Say what it is for: --label Product.");
      return api.post(path(options), { ...defined(options), url, ...(options.after ? { after: Number(options.after) } : {}) });
    },
    show: withSecret,
  },
  "webhooks set": {
    args: ["ID"],
    options: { ...TENANT, ...DEFINITION, to: { type: "string", value: "URL" }, enable: { type: "boolean" }, disable: { type: "boolean" } },
    says: "changes what is named, and has whatever waits tried at once",
    run({ api, args: [id], options }) {
      const enabled = options.enable || options.disable ? { enabled: !options.disable } : {};
      return api.json("PATCH", path(options, id), { ...defined(options), ...(options.to ? { url: options.to } : {}), ...enabled });
    },
    show: list,
  },
  "webhooks rotate": {
    args: ["ID"],
    options: { ...TENANT, overlap: { type: "string", value: "1d" } },
    says: "a new secret, shown this once; the old one signs as well for a day, or for --overlap",
    run: ({ api, args: [id], options }) => api.post(path(options, id, "rotate"), options.overlap ? { overlap_s: seconds(options.overlap) } : {}),
    show: withSecret,
  },
  "webhooks test": {
    args: ["ID"],
    options: TENANT,
    says: "sends an event of the type webhook.test now, and says how it went",
    run: ({ api, args: [id], options }) => api.post(path(options, id, "test")),
    show: list,
    code: ({ delivered }) => (delivered ? 0 : 1),
  },
  "webhooks deliveries": {
    args: ["ID"],
    options: TENANT,
    says: "the last attempts, newest first",
    run: async ({ api, args: [id], options }) => (await api.get(path(options, id, "deliveries"))).deliveries,
    show: (attempts) =>
      table(attempts, { TIME: (one) => one.time, EVENT: (one) => one.event, TYPE: (one) => one.type, "": (one) => one.error ?? one.status, MS: (one) => one.duration_ms }),
  },
  "webhooks dead-letters": {
    args: ["ID"],
    options: TENANT,
    says: "what was given up",
    run: ({ api, args: [id], options }) => api.all(path(options, id, "dead-letters"), "dead_letters"),
    show: (dead) =>
      table(dead, { TIME: (one) => one.time, EVENT: (one) => one.event, TYPE: (one) => one.type, RESOURCE: (one) => one.resource, ATTEMPTS: (one) => one.attempts, ERROR: (one) => one.error }),
  },
  "webhooks redeliver": {
    args: ["ID"],
    options: { ...TENANT, event: { type: "string", value: "EVENT" }, after: { type: "string", value: "POSITION" } },
    says: "sends all dead letters once more, or with --event one event, or with --after everything behind a position",
    run({ api, args: [id], options: { event, after, ...options } }) {
      const what = event ? { event } : after ? { after: Number(after) } : { dead_letters: true };
      return api.post(path(options, id, "redeliver"), what);
    },
    show: ({ events }) => (events === undefined ? "They are sent once more." : `${events} to be sent once more.`),
  },
  "webhooks delete": {
    args: ["ID"],
    options: TENANT,
    says: "ends one, with all that waits",
    async run({ api, args: [id], options }) {
      await api.json("DELETE", path(options, id));
      return { deleted: id };
    },
    show: ({ deleted }) => `${deleted} is deleted.`,
  },
};
