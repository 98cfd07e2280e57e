// What the loads run on: the built Worker and the floors in one runtime over one database.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../common.mjs";
import { start } from "../../tests/worker/harness.mjs";
import { seededUser, seedUsers } from "../../tests/worker/seed.mjs";
import { seedGroup, tenantKey } from "../../tests/worker/seed-groups.mjs";

/** Requests to paths with /__floor/ in them go to the floors, all others to the Worker. */
export function open(options = {}) {
  const floor = {
    name: "floor",
    modules: [{ type: "ESModule", path: "floor.mjs", contents: readFileSync(join(root, "scripts", "bench", "floor.mjs"), "utf8") }],
    compatibilityDate: "2026-04-01",
    d1Databases: { DB: "scim-edge" },
    durableObjects: { HOP: { className: "Hop", useSQLite: true } },
    routes: ["*/__floor/*"],
  };
  return start({ ...options, beside: [floor] });
}

/** A tenant with so many users and a group of some of them, and what the operations need to know of it. */
export async function populate(edge, count) {
  const tenant = await edge.createTenant(`bench${count}`);
  await seedUsers(tenant, count);
  const key = await tenantKey(edge.db, tenant.slug);
  const step = Math.max(1, Math.floor(count / 400));
  const rows = await edge.db
    .prepare("SELECT id, json_extract(document, '$.externalId') AS number FROM resources WHERE tenant = ?1 AND type = 'User' AND (seq % ?2) = 0 LIMIT 400")
    .bind(key, step)
    .all();
  const users = rows.results.map((row) => ({ id: row.id, ...seededUser(Number(row.number.slice(4))) }));
  const inside = users.slice(0, 200).map((user) => user.id);
  const group = await seedGroup(edge, tenant, inside);
  const first = await edge.db.prepare("SELECT seq FROM resources WHERE tenant = ?1 AND id = ?2").bind(key, users[0].id).first();
  const index = await edge.db.prepare("SELECT path, value, slot FROM attribute_index WHERE resource = ?1").bind(first.seq).all();
  const number = users[0].externalId.slice(4);
  const template = index.results.map((row) => [row.path, row.value.replaceAll(number, "@"), row.slot.replaceAll(number, "@")]);
  const revision = await edge.db.prepare("SELECT revision FROM tenants WHERE id = ?1").bind(key).first("revision");
  const hash = createHash("sha256").update(tenant.token).digest("hex");
  await edge.request("POST", "/__floor/setup", { index: template, hash, revision, base: tenant.base });
  return { edge, tenant, key, users, group, count };
}
