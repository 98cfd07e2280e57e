// What identity providers asked and were told.

import { list, plain } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";
import { seconds } from "./tokens.mjs";

const path = (slug, id = "") => `${tenantPath(slug)}/requests${id && `/${encodeURIComponent(id)}`}`;

/** How often --follow asks, in milliseconds. */
const EVERY = 2000;

/** A request is written behind its answer: one that took long comes after later ones, in milliseconds. */
const LATE = 30_000;

/** What a search takes: option → the parameter of the call. */
const SEARCH = { status: "status", method: "method", resource: "resource", user: "userName" };

const line = (one) => {
  const cost = `${String(one.duration_ms).padStart(5)} ms`;
  const why = one.detail ? `  ${one.detail}` : "";
  return `${one.time}  ${one.status}  ${one.method.padEnd(6)} ${cost}  ${one.path}${one.query ? `?${one.query}` : ""}${why}`;
};

export const logs = {
  logs: {
    args: ["SLUG"],
    options: {
      status: { type: "string", value: "4xx" },
      method: { type: "string", value: "PATCH" },
      resource: { type: "string", value: "ID" },
      user: { type: "string", value: "USERNAME" },
      since: { type: "string", value: "1h" },
      limit: { type: "string", value: "50" },
      follow: { type: "boolean" },
    },
    says: "the latest requests of a tenant, oldest first; --follow goes on with those that come",
    more: "--json writes a line of JSON for each. `logs show SLUG ID` has one with its bodies, `logs curl SLUG ID` as a command line.",
    async run({ api, args: [slug], options, out }) {
      const query = Object.fromEntries(Object.entries(SEARCH).flatMap(([option, name]) => (options[option] ? [[name, options[option]]] : [])));
      const say = (found) => {
        for (const one of found) out(`${options.json ? JSON.stringify(one) : plain(line(one))}\n`);
      };
      const since = options.since && new Date(Date.now() - seconds(options.since) * 1000).toISOString();
      const found = await latest(api, slug, query, { since, limit: Number(options.limit ?? 50) });
      say(found);
      if (options.follow) await follow((since) => latest(api, slug, query, { since }), say, found.at(-1)?.time);
    },
  },
  "logs show": {
    args: ["SLUG", "ID"],
    says: "one request with its bodies",
    run: ({ api, args: [slug, id] }) => api.get(path(slug, id)),
    show: list,
  },
  "logs curl": {
    args: ["SLUG", "ID"],
    says: "one request as a command line, to send it again",
    async run({ api, args: [slug, id], out }) {
      out((await api.request("GET", `${path(slug, id)}/curl`)).text);
    },
  },
};

/** Says what comes behind the time of `last`, for ever. */
async function follow(ask, say, last) {
  let until = last === undefined ? Date.now() : Date.parse(last);
  const window = () => ask(new Date(until - LATE).toISOString());
  let known = (await window()).filter((one) => Date.parse(one.time) <= until);
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY));
    const found = await window();
    const seen = new Set(known.map((one) => one.id));
    say(found.filter((one) => !seen.has(one.id)));
    known = found;
    until = Math.max(until, ...found.map((one) => Date.parse(one.time)));
  }
}

/** The newest `limit`, or all `since` then: oldest first. */
async function latest(api, slug, query, { since, limit = Infinity }) {
  const found = [];
  for (let after; ; ) {
    const search = { ...query, limit: String(Math.min(limit, 100)), ...(since ? { since } : {}), ...(after ? { after } : {}) };
    const page = await api.get(`${path(slug)}?${new URLSearchParams(search)}`);
    for (const one of page.requests) {
      if (found.length < limit) found.push(one);
    }
    if (page.next === undefined || found.length === limit) return found.reverse();
    after = page.next;
  }
}
