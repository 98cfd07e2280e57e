// What a tenant declares: schemas, resource types, and what pushed groups become.

import { readFile } from "node:fs/promises";

import { table } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

const json = (value) => JSON.stringify(value, null, 2);

export async function document(file) {
  let text;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new Wrong(USAGE, `${file} cannot be read (${error.code}).`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Wrong(USAGE, `${file} is no JSON: ${error.message}.`);
  }
}

function family(name, what, key, columns) {
  const path = (slug, id) => `${tenantPath(slug)}/${name}${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;
  const id = key === "urn" ? "URN" : "NAME";
  return {
    [`${name} list`]: {
      args: ["SLUG"],
      says: `the ${what}s that a tenant declared`,
      run: async ({ api, args: [slug] }) => Object.values(await api.get(path(slug)))[0],
      show: (all) => table(all, columns),
    },
    [`${name} show`]: {
      args: ["SLUG", id],
      says: `a ${what} of the tenant's, or a standard one to start from`,
      run: ({ api, args: [slug, name] }) => api.get(path(slug, name)),
      show: json,
    },
    [`${name} put`]: {
      args: ["SLUG", "FILE"],
      says: `declares the ${what} in a file, or changes it`,
      async run({ api, args: [slug, file] }) {
        const body = await document(file);
        const name = body.id ?? body.name;
        if (typeof name !== "string") throw new Wrong(USAGE, `${file} has no id: it is the ${what}'s ${key}.`);
        return api.put(path(slug, name), body);
      },
      show: json,
    },
    [`${name} delete`]: {
      args: ["SLUG", id],
      says: `takes a ${what} of the tenant's away`,
      async run({ api, args: [slug, name] }) {
        await api.json("DELETE", path(slug, name));
        return { deleted: name };
      },
      show: ({ deleted }) => `${deleted} is gone.`,
    },
  };
}

const mappingPath = (slug) => `${tenantPath(slug)}/mapping`;
const targets = (mapping) =>
  `${table(mapping.targets, { KIND: (one) => one.kind, NAME: (one) => one.name, GROUPS: (one) => one.groups.map((group) => group.name) })}\n\n${mapping.unmapped.length} groups that no rule means`;

export const declared = {
  ...family("schemas", "schema", "urn", { URN: (one) => one.id, NAME: (one) => one.name, ATTRIBUTES: (one) => one.attributes.map((attribute) => attribute.name) }),
  ...family("resource-types", "resource type", "name", { NAME: (one) => one.name, ENDPOINT: (one) => one.endpoint, SCHEMA: (one) => one.schema }),
  "mapping show": {
    args: ["SLUG"],
    says: "what pushed groups become in the product",
    run: ({ api, args: [slug] }) => api.get(mappingPath(slug)),
    show: targets,
  },
  "mapping put": {
    args: ["SLUG", "FILE"],
    options: { "dry-run": { type: "boolean" } },
    says: "other rules, all of them, from a file with {\"rules\": […]}; --dry-run stores nothing",
    run: async ({ api, args: [slug, file], options }) => api.put(`${mappingPath(slug)}?dry_run=${options["dry-run"] ?? false}`, await document(file)),
    show: (mapping) => `${targets(mapping)}\n${mapping.changes.length} groups become something else`,
  },
};
