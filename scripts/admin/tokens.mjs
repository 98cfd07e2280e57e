// What identity providers authenticate with.

import { list, table } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

const path = (slug, id) => `${tenantPath(slug)}/tokens${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 };

/** "90d" in seconds. */
export function seconds(text) {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (number === undefined) throw new Wrong(USAGE, `${text} is no span of time: write 30m, 12h or 90d.`);
  return Number(number) * UNITS[unit];
}

export function state(token) {
  if (token.revoked) return "revoked";
  return token.expires && Date.parse(token.expires) <= Date.now() ? "expired" : "live";
}

export const tokens = {
  "tokens list": {
    args: ["SLUG"],
    says: "a tenant's tokens, never the tokens themselves",
    run: ({ api, args: [slug] }) => api.all(path(slug), "tokens"),
    show: (tokens) => table(tokens, { ID: (one) => one.id, LABEL: (one) => one.label, SCOPES: (one) => one.scopes, STATE: state, "LAST USED": (one) => one.last_used ?? "", CREATED: (one) => one.created, EXPIRES: (one) => one.expires ?? "never" }),
  },
  "tokens create": {
    args: ["SLUG"],
    options: { label: { type: "string", value: "LABEL" }, scopes: { type: "string", value: "users,groups:read" }, expires: { type: "string", value: "90d" } },
    says: "a new token, shown this once; without --scopes it may do everything, without --expires it never ends",
    run({ api, args: [slug], options }) {
      if (!options.label) throw new Wrong(USAGE, "Say who will use the token: --label Okta.");
      return api.post(path(slug), {
        label: options.label,
        ...(options.scopes ? { scopes: options.scopes.split(",") } : {}),
        ...(options.expires ? { expires_in_s: seconds(options.expires) } : {}),
      });
    },
    show: (token) => `${list(token)}\n\nThe token is not shown again.`,
  },
  "tokens rotate": {
    args: ["SLUG", "ID"],
    options: { overlap: { type: "string", value: "1d" }, expires: { type: "string", value: "90d" } },
    says: "a token in the place of another, shown this once; the old one works on for --overlap, a day unless said",
    run: ({ api, args: [slug, id], options }) =>
      api.post(`${path(slug, id)}/rotate`, {
        ...(options.overlap ? { overlap_s: seconds(options.overlap) } : {}),
        ...(options.expires ? { expires_in_s: seconds(options.expires) } : {}),
      }),
    show: (token) => `${list(token)}\n\nThe token is not shown again.`,
  },
  "tokens revoke": {
    args: ["SLUG", "ID"],
    says: "refuses a token from its next request on",
    async run({ api, args: [slug, id] }) {
      await api.json("DELETE", path(slug, id));
      return { revoked: id };
    },
    show: ({ revoked }) => `${revoked} is revoked.`,
  },
};
