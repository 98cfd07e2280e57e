// OAuth clients with their secrets, and issuers whose JWTs are bearer tokens.

import { document } from "./declared.mjs";
import { list, table } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";
import { seconds } from "./tokens.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

const path = (slug, ...parts) => [tenantPath(slug), ...parts.map(encodeURIComponent)].join("/");
const state = (one) => (one.revoked ? "ended" : one.expires && Date.parse(one.expires) <= Date.now() ? "expired" : "live");
const ended = ({ ended }) => `${ended} has ended.`;

async function end(api, id, path) {
  await api.json("DELETE", path);
  return { ended: id };
}

const labelled = (options) => {
  if (!options.label) throw new Wrong(USAGE, "Say who will use it: --label Okta.");
  return { label: options.label, ...(options.scopes ? { scopes: options.scopes.split(",") } : {}) };
};

const LABEL = { label: { type: "string", value: "LABEL" } };
const SCOPES = { scopes: { type: "string", value: "users,groups:read" } };

export const clients = {
  "clients list": {
    args: ["SLUG"],
    says: "a tenant's OAuth clients, never their secrets",
    run: ({ api, args: [slug] }) => api.all(path(slug, "clients"), "clients"),
    show: (clients) =>
      table(clients, {
        "CLIENT ID": (one) => one.client_id,
        LABEL: (one) => one.label,
        SCOPES: (one) => one.scopes,
        BY: (one) => (one.federated?.length ? "federation" : one.jwks || one.jwks_uri ? "key" : "secret"),
        STATE: state,
        CREATED: (one) => one.created,
      }),
  },
  "clients create": {
    args: ["SLUG"],
    options: { ...LABEL, ...SCOPES, "jwks-uri": { type: "string", value: "URL" }, file: { type: "string", value: "FILE" } },
    says: "a new OAuth client with a secret, shown this once; with --jwks-uri it has a key instead; --file has all members of the call",
    async run({ api, args: [slug], options }) {
      const body = options.file ? await document(options.file) : { ...labelled(options), ...(options["jwks-uri"] ? { jwks_uri: options["jwks-uri"] } : {}) };
      return api.post(path(slug, "clients"), body);
    },
    show: (client) => `${list(client)}${client.client_secret ? "\n\nThe secret is not shown again." : ""}`,
  },
  "clients delete": {
    args: ["SLUG", "CLIENT_ID"],
    says: "ends a client, with its secrets and its access tokens",
    run: ({ api, args: [slug, id] }) => end(api, id, path(slug, "clients", id)),
    show: ended,
  },
  "secrets list": {
    args: ["SLUG", "CLIENT_ID"],
    says: "a client's secrets, never the secrets themselves",
    run: async ({ api, args: [slug, id] }) => (await api.get(path(slug, "clients", id, "secrets"))).secrets,
    show: (secrets) => table(secrets, { ID: (one) => one.id, LABEL: (one) => one.label, STATE: state, CREATED: (one) => one.created, EXPIRES: (one) => one.expires ?? "never" }),
  },
  "secrets create": {
    args: ["SLUG", "CLIENT_ID"],
    options: { ...LABEL, expires: { type: "string", value: "90d" } },
    says: "one more secret of a client, shown this once",
    run: ({ api, args: [slug, id], options }) => api.post(path(slug, "clients", id, "secrets"), { ...labelled(options), ...(options.expires ? { expires_in_s: seconds(options.expires) } : {}) }),
    show: (secret) => `${list(secret)}\n\nThe secret is not shown again.`,
  },
  "secrets delete": {
    args: ["SLUG", "CLIENT_ID", "ID"],
    says: "ends a secret, with the access tokens that were given out for it",
    run: ({ api, args: [slug, client, id] }) => end(api, id, path(slug, "clients", client, "secrets", id)),
    show: ended,
  },
  "issuers list": {
    args: ["SLUG"],
    says: "issuers whose JWTs are bearer tokens of the tenant",
    run: ({ api, args: [slug] }) => api.all(path(slug, "issuers"), "issuers"),
    show: (issuers) => table(issuers, { ID: (one) => one.id, LABEL: (one) => one.label, ISSUER: (one) => one.issuer, AUDIENCE: (one) => one.audience, SCOPES: (one) => one.scopes, STATE: state }),
  },
  "issuers create": {
    args: ["SLUG", "FILE"],
    says: "trusts an issuer, as a file with label, issuer, audience and subject or claims says",
    run: async ({ api, args: [slug, file] }) => api.post(path(slug, "issuers"), await document(file)),
    show: list,
  },
  "issuers delete": {
    args: ["SLUG", "ID"],
    says: "ends the trust in an issuer",
    run: ({ api, args: [slug, id] }) => end(api, id, path(slug, "issuers", id)),
    show: ended,
  },
};
