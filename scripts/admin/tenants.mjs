// Tenants and their settings.

import { createInterface } from "node:readline/promises";

import { list, table } from "./table.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

export const tenantPath = (slug) => `/tenants/${encodeURIComponent(slug)}`;

const state = (tenant) => (tenant.deleting ? "being deleted" : tenant.suspended ? "suspended" : "serving");
const change = (api, slug, body) => api.json("PATCH", tenantPath(slug), body);

export const tenants = {
  "tenants list": {
    says: "every tenant",
    run: ({ api }) => api.all("/tenants", "tenants"),
    show: (tenants) => table(tenants, { SLUG: (one) => one.slug, NAME: (one) => one.name, STATE: state, MODE: (one) => one.settings.mode, CREATED: (one) => one.created }),
  },
  "tenants create": {
    args: ["SLUG"],
    options: { name: { type: "string", value: "NAME" } },
    rest: "[SETTING=VALUE …]",
    says: "a new tenant; without --name it is called like its slug",
    run: ({ api, args: [slug, ...pairs], options }) => api.post("/tenants", { slug, name: options.name ?? slug, settings: settingsFrom(pairs) }),
    show: list,
  },
  "tenants show": {
    args: ["SLUG"],
    says: "settings, base URL and number of resources",
    run: ({ api, args: [slug] }) => api.get(tenantPath(slug)),
    show: list,
  },
  "tenants rename": {
    args: ["SLUG", "NAME"],
    says: "another name; the slug stays",
    run: ({ api, args: [slug, name] }) => change(api, slug, { name }),
    show: list,
  },
  "tenants suspend": {
    args: ["SLUG"],
    says: "refuses every SCIM request; all data stays",
    run: ({ api, args: [slug] }) => change(api, slug, { suspended: true }),
    show: (tenant) => `${tenant.slug} is suspended.`,
  },
  "tenants resume": {
    args: ["SLUG"],
    says: "serves a suspended tenant again",
    run: ({ api, args: [slug] }) => change(api, slug, { suspended: false }),
    show: (tenant) => `${tenant.slug} serves.`,
  },
  "tenants delete": {
    args: ["SLUG"],
    options: { yes: { type: "boolean" } },
    says: "the tenant with everything in it, for good; asks, unless --yes",
    async run({ api, args: [slug], options }) {
      if (!options.yes) await confirm(slug);
      await api.json("DELETE", tenantPath(slug));
      return { deleted: slug };
    },
    show: ({ deleted }) => `${deleted} is gone.`,
  },
  settings: {
    args: ["SLUG"],
    rest: "[SETTING=VALUE …]",
    says: "shows a tenant's settings, or changes some: a list is a,b,c, nothing behind = is the default again",
    async run({ api, args: [slug, ...pairs] }) {
      const { settings } = await api.get(tenantPath(slug));
      if (pairs.length === 0) return settings;
      return (await change(api, slug, { settings: settingsFrom(pairs, settings) })).settings;
    },
    show: list,
  },
};

/** `mode=interop cursor_timeout_s=600 indexed=title,nickName group_patch_returns=` as a merge patch. */
export function settingsFrom(pairs, present = {}) {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Wrong(USAGE, `${pair} is no setting: write NAME=VALUE, as mode=interop.`);
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      return [name, parse(value, Array.isArray(present[name]) || name === "indexed")];
    }),
  );
}

function parse(value, isList) {
  if (value === "") return null;
  if (isList && !value.startsWith("[")) return value.split(",");
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

async function confirm(slug) {
  if (!process.stdin.isTTY) throw new Wrong(USAGE, `This deletes ${slug} with everything in it: say --yes.`);
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asked.question(`This deletes ${slug} with everything in it. Type its slug to go on: `);
  asked.close();
  if (answer.trim() !== slug) throw new Wrong(USAGE, "Nothing was deleted.");
}
