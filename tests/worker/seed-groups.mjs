// Groups of any size, written straight into the database: through the Worker a hundred thousand members
// would take minutes.

import { randomUUID } from "node:crypto";

import { unique } from "./harness.mjs";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

/** Rows in one statement: its one parameter stays well below D1's 2 MB. */
const CHUNK = 5000;

/** The tenant's key in the database. */
export async function tenantKey(db, slug) {
  return (await db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(slug).first()).id;
}

/** Users as the Worker would store them: their ids, in the order in which they lie. */
export async function seedMembers(edge, tenant, count) {
  const key = await tenantKey(edge.db, tenant.slug);
  const ids = Array.from({ length: count }, () => timeOrdered());
  for (let at = 0; at < count; at += CHUNK) {
    const rows = JSON.stringify(
      ids.slice(at, at + CHUNK).map((id) => {
        const userName = unique("member");
        return [id, userName, JSON.stringify({ schemas: [USER], id, userName })];
      }),
    );
    await edge.db.batch([
      edge.db
        .prepare(
          "INSERT INTO resources (tenant, type, id, created, modified, display, document) " +
            "SELECT ?1, 'User', value ->> 0, 1, 1, value ->> 1, value ->> 2 FROM json_each(?2)",
        )
        .bind(key, rows),
      edge.db
        .prepare(
          "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) " +
            "SELECT ?1, 'User', 'userName', value ->> 1, '', " +
            "(SELECT seq FROM resources WHERE tenant = ?1 AND type = 'User' AND id = value ->> 0) FROM json_each(?2)",
        )
        .bind(key, rows),
    ]);
  }
  return ids;
}

/** A group with these members: its id. The group itself is made by the Worker. */
export async function seedGroup(edge, tenant, members) {
  const made = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("group") });
  if (made.status !== 201) throw new Error(`no group: ${made.status} ${made.text}`);
  const key = await tenantKey(edge.db, tenant.slug);
  for (let at = 0; at < members.length; at += CHUNK) {
    await edge.db
      .prepare(
        'INSERT INTO members ("group", member) SELECT g.seq, r.seq FROM json_each(?3) e ' +
          "CROSS JOIN resources r ON r.tenant = ?1 AND r.type = 'User' AND r.id = e.value " +
          "CROSS JOIN resources g ON g.tenant = ?1 AND g.type = 'Group' AND g.id = ?2",
      )
      .bind(key, made.json.id, JSON.stringify(members.slice(at, at + CHUNK)))
      .run();
  }
  return made.json.id;
}

/** A UUIDv7, as the Worker makes them. */
function timeOrdered() {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
