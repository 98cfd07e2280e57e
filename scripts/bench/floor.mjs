// The floors: a JavaScript Worker that does for each operation what D1 and the Durable Object cannot be
// spared, and nothing else: a GET by the Worker's own statement, a change by the same inserts with its event.
// It checks no schema and no version, and of tokens what that statement does.

import { DurableObject } from "cloudflare:workers";

const JSON_TYPE = { "content-type": "application/scim+json" };
const ONE = "SELECT document FROM resources WHERE tenant = ?1 AND type = ?2 AND id = ?3";
// The Worker's own statement for one resource (src/store/resources.rs), token and groups included: what a
// JavaScript Worker needs for the same answer.
const GROUP = "json_object('value', o.id, '$ref', ?7 || '/Groups/' || o.id, 'display', o.display, 'type', iif(m.given, 'indirect', 'direct'))";
const GROUPS = `json_group_array(${GROUP}) || iif(count(*) = 4000, char(10) || max(m.seq), '')`;
const UP =
  'WITH RECURSIVE up (seq, far) AS (SELECT m."group", 0 FROM members m WHERE m.member = r.seq ' +
  'UNION SELECT m."group", 1 FROM up CROSS JOIN members m ON m.member = up.seq)';
const DERIVED =
  "(SELECT CASE WHEN max(EXISTS (SELECT 1 FROM members p WHERE p.member = m.seq)) " +
  `THEN (${UP} SELECT ${GROUPS} FROM (SELECT seq, min(far) AS given FROM up GROUP BY seq LIMIT 4000) m CROSS JOIN resources o ON o.seq = m.seq) ` +
  `ELSE ${GROUPS} END FROM (SELECT "group" AS seq, 0 AS given FROM members WHERE member = r.seq LIMIT 4000) m CROSS JOIN resources o ON o.seq = m.seq)`;
const SHOWN = (derived) =>
  `SELECT r.document, ${derived} AS derived FROM (SELECT k.tenant AS tenant FROM tokens k JOIN tenants t ON t.id = k.tenant ` +
  "WHERE k.hash = ?1 AND k.tenant = ?2 AND t.revision = ?3 AND k.revoked IS NULL AND (k.expires IS NULL OR k.expires > ?4) " +
  "AND t.suspended IS NULL) g LEFT JOIN resources r ON r.tenant = g.tenant AND r.type = ?5 AND r.id = ?6";
const FOUND =
  "SELECT r.document FROM attribute_index i JOIN resources r ON r.seq = i.resource " +
  "WHERE i.tenant = ?1 AND i.type = 'User' AND i.path = ?2 AND i.value = ?3";
const PAGE = "SELECT document FROM resources WHERE tenant = ?1 AND type = 'User' AND id > ?2 ORDER BY id LIMIT 101";
const INSERT =
  "INSERT INTO resources (tenant, type, id, created, modified, display, document) VALUES (?1, 'User', ?2, ?3, ?3, ?4, ?5)";
const INDEX =
  "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) SELECT ?1, 'User', value ->> 0, value ->> 1, " +
  "value ->> 2, (SELECT seq FROM resources WHERE tenant = ?1 AND type = 'User' AND id = ?2) FROM json_each(?3)";
const EVENT =
  "INSERT INTO events (tenant, created, type, data) VALUES (?1, CAST(round(unixepoch('subsec') * 1000) AS INTEGER), ?2, ?3)";
const UPDATE = "UPDATE resources SET version = version + 1, modified = ?2, document = ?3 WHERE tenant = ?1 AND type = 'User' AND id = ?4";
const ADD =
  'INSERT OR IGNORE INTO members ("group", member) SELECT g.seq, m.seq FROM resources g, resources m ' +
  "WHERE g.tenant = ?1 AND g.type = 'Group' AND g.id = ?2 AND m.tenant = ?1 AND m.type = 'User' AND m.id = ?3";
const REMOVE =
  'DELETE FROM members WHERE "group" = (SELECT seq FROM resources WHERE tenant = ?1 AND type = \'Group\' AND id = ?2) ' +
  "AND member = (SELECT seq FROM resources WHERE tenant = ?1 AND type = 'User' AND id = ?3)";
const TOUCH = "UPDATE resources SET version = version + 1, modified = ?3 WHERE tenant = ?1 AND type = 'Group' AND id = ?2";

let index = [];
let known = {};

const floors = {
  nothing: () => new Response("{}", { headers: JSON_TYPE }),

  async get({ DB }, { tenant, type, id }) {
    const { hash, revision, base } = known;
    const given = [hash, tenant, revision, Date.now(), type, id];
    const { results } = await (type === "User" ? DB.prepare(SHOWN(DERIVED)).bind(...given, base) : DB.prepare(SHOWN("NULL")).bind(...given)).all();
    return new Response(results[0].document, { headers: JSON_TYPE });
  },

  async find({ DB }, { tenant, path, value }) {
    const { results } = await DB.prepare(FOUND).bind(tenant, path, value).all();
    return new Response(`{"totalResults":${results.length},"Resources":[${results.map((row) => row.document)}]}`, { headers: JSON_TYPE });
  },

  async page({ DB }, { tenant, after }) {
    const { results } = await DB.prepare(PAGE).bind(tenant, after).all();
    return new Response(`{"Resources":[${results.slice(0, 100).map((row) => row.document)}]}`, { headers: JSON_TYPE });
  },

  async create({ DB }, { tenant }, request) {
    const user = await request.json();
    user.id = crypto.randomUUID();
    const number = user.externalId.slice(4);
    const entries = index.map(([path, value, slot]) => [path, value.replaceAll("@", number), slot.replaceAll("@", number)]);
    const document = JSON.stringify(user);
    await DB.batch([
      DB.prepare(INSERT).bind(tenant, user.id, Date.now(), user.displayName, document),
      DB.prepare(INDEX).bind(tenant, user.id, JSON.stringify(entries)),
      DB.prepare(EVENT).bind(tenant, "user.created", JSON.stringify({ resource: user })),
    ]);
    return new Response(document, { status: 201, headers: JSON_TYPE });
  },

  async change({ DB }, { tenant, id }, request) {
    const { Operations, title } = await request.json();
    const { results } = await DB.prepare(ONE).bind(tenant, "User", id).all();
    const user = JSON.parse(results[0].document);
    user.title = title ?? Operations[0].value;
    const document = JSON.stringify(user);
    const event = JSON.stringify({ resource: user, changes: [{ path: "title", after: user.title }] });
    await DB.batch([DB.prepare(UPDATE).bind(tenant, Date.now(), document, id), DB.prepare(EVENT).bind(tenant, "user.updated", event)]);
    return new Response(document, { headers: JSON_TYPE });
  },

  member({ HOP }, { tenant }, request) {
    return HOP.getByName(tenant).fetch(request);
  },

  async setup(_, __, request) {
    ({ index, ...known } = await request.json());
    return new Response(null, { status: 204 });
  },
};

/** One hop, then one batch. */
export class Hop extends DurableObject {
  async fetch(request) {
    const { tenant, group, member } = parameters(request);
    const { Operations } = await request.json();
    const { DB } = this.env;
    await DB.batch([
      DB.prepare(Operations[0].op === "add" ? ADD : REMOVE).bind(Number(tenant), group, member),
      DB.prepare(TOUCH).bind(Number(tenant), group, Date.now()),
      DB.prepare(EVENT).bind(Number(tenant), "group.member_added", JSON.stringify({ members: [{ value: member }] })),
    ]);
    return new Response(null, { status: 204 });
  }
}

const parameters = (request) => Object.fromEntries(new URL(request.url).searchParams);

export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.split("/").at(-1);
    const given = parameters(request);
    return floors[name](env, name === "member" ? given : { ...given, tenant: Number(given.tenant) }, request);
  },
};
