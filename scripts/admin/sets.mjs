// Receivers that ask for Security Event Tokens, and what those are signed with.

import { list, table } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";
import { seconds } from "./tokens.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

const path = (slug, ...id) => [tenantPath(slug), "streams", ...id.map(encodeURIComponent)].join("/");

export const sets = {
  "streams list": {
    args: ["SLUG"],
    says: "a tenant's receivers of Security Event Tokens, with how far each came",
    run: ({ api, args: [slug] }) => api.all(path(slug), "streams"),
    show: (streams) =>
      table(streams, {
        ID: (one) => one.id,
        LABEL: (one) => one.label,
        FORMAT: (one) => one.format,
        TYPES: (one) => (one.types?.length ? one.types : "all"),
        POSITION: (one) => one.position,
        POLLED: (one) => one.polled ?? "never",
        REFUSED: (one) => (one.refused ? `${one.refused.jti} ${one.refused.err}` : ""),
      }),
  },
  "streams create": {
    args: ["SLUG"],
    options: {
      label: { type: "string", value: "LABEL" },
      format: { type: "string", value: "notice" },
      audience: { type: "string", value: "AUD" },
      types: { type: "string", value: "user.*,group.created" },
      after: { type: "string", value: "POSITION" },
    },
    says: "a new receiver; it gets values unless --format is notice, and begins now or behind --after",
    run({ api, args: [slug], options: { types, after, ...options } }) {
      if (!options.label) throw new Wrong(USAGE, "Say whose it is: --label HR.");
      const { label, format, audience } = options;
      return api.post(path(slug), {
        label,
        ...(format ? { format } : {}),
        ...(audience ? { audience } : {}),
        ...(types === undefined ? {} : { types: types.split(",").filter(Boolean) }),
        ...(after ? { after: Number(after) } : {}),
      });
    },
    show: (stream) => `${list(stream)}\n\nIts receiver needs a token: npm run admin -- tokens create SLUG --label L --scopes sets.`,
  },
  "streams delete": {
    args: ["SLUG", "ID"],
    says: "ends a receiver's stream",
    async run({ api, args: [slug, id] }) {
      await api.json("DELETE", path(slug, id));
      return { deleted: id };
    },
    show: ({ deleted }) => `${deleted} is deleted.`,
  },
  "signing-keys list": {
    says: "what Security Event Tokens are signed with, never the private keys",
    run: async ({ api }) => (await api.get("/signing-keys")).signing_keys,
    show: (keys) => table(keys, { KID: (one) => one.kid, CREATED: (one) => one.created, STATE: (one) => (one.until ? `until ${one.until}` : "signs") }),
  },
  "signing-keys rotate": {
    options: { overlap: { type: "string", value: "1d" } },
    says: "a new key signs; receivers get the old one too for a day, or for --overlap",
    run: ({ api, options }) => api.post("/signing-keys/rotate", options.overlap ? { overlap_s: seconds(options.overlap) } : {}),
    show: list,
  },
};
