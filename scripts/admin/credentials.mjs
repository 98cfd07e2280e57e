// What administrators authenticate with besides the secret ADMIN_TOKEN.

import { list, table } from "./table.mjs";
import { seconds, state } from "./tokens.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

const path = (id) => `/credentials${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;

export const credentials = {
  "credentials list": {
    says: "admin credentials, never the tokens themselves",
    run: ({ api }) => api.all(path(), "credentials"),
    show: (credentials) =>
      table(credentials, { ID: (one) => one.id, NAME: (one) => one.name, SCOPES: (one) => one.scopes, TENANT: (one) => one.tenant ?? "all", STATE: state, CREATED: (one) => one.created, EXPIRES: (one) => one.expires ?? "never" }),
  },
  "credentials create": {
    args: ["NAME"],
    options: { scopes: { type: "string", value: "tenants:read,tokens:write" }, tenant: { type: "string", value: "SLUG" }, expires: { type: "string", value: "90d" } },
    says: "a new admin credential, shown this once; --tenant makes it one for that tenant alone, without --expires it never ends",
    more: "docs/admin.md says what each scope permits; admin is all of them.",
    run({ api, args: [name], options }) {
      if (!options.scopes) throw new Wrong(USAGE, "Say what it may do: --scopes tenants:read,tokens:write, or --scopes admin for everything.");
      return api.post(path(), {
        name,
        scopes: options.scopes.split(","),
        ...(options.tenant ? { tenant: options.tenant } : {}),
        ...(options.expires ? { expires_in_s: seconds(options.expires) } : {}),
      });
    },
    show: (credential) => `${list(credential)}\n\nThe token is not shown again.`,
  },
  "credentials revoke": {
    args: ["ID"],
    says: "refuses an admin credential from its next call on",
    async run({ api, args: [id] }) {
      await api.json("DELETE", path(id));
      return { revoked: id };
    },
    show: ({ revoked }) => `${revoked} is revoked.`,
  },
};
