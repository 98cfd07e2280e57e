// Suspending and deleting a tenant while many write to it: every answer is one of the documented ones,
// and nothing is left behind.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const WRITERS = 12;

const user = () => ({ schemas: [USER], userName: unique("u") });
const pause = (millis) => new Promise((done) => setTimeout(done, millis));

/** Writers of every kind, who go on until each was refused. Resolves to the answers' statuses. */
function writers(tenant, group) {
  let stopped = false;
  const seen = new Map();
  const lane = async (number) => {
    const own = [];
    while (!stopped) {
      const add = { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: own.slice(-1).map((value) => ({ value })) }] };
      const [method, path, body] = [
        ["POST", "/Users", user()],
        ["POST", "/Groups", { schemas: [GROUP], displayName: unique("g"), members: own.map((value) => ({ value })) }],
        ["PATCH", `/Groups/${group.id}`, add],
        ["POST", "/Bulk", { schemas: [BULK], Operations: [{ method: "POST", path: "/Users", bulkId: "1", data: user() }] }],
        ["DELETE", `/Users/${own[0] ?? "nobody"}`],
        ["GET", "/Users?count=5"],
      ][(number + own.length) % 6];
      const answer = await tenant.scim(method, path, body);
      if (answer.status === 201 && path === "/Users") own.push(answer.json.id);
      else own.push(...(number % 2 ? own.splice(0, 1) : []), group.id);
      own.splice(0, own.length - 6);
      seen.set(answer.status, [...(seen.get(answer.status) ?? []), `${method} ${path}: ${answer.text.slice(0, 200)}`]);
    }
  };
  const all = Promise.all(Array.from({ length: WRITERS }, (_, number) => lane(number)));
  return { seen, stop: async () => ((stopped = true), await all) };
}

/** No answer but success, the client's own mistakes and these refusals. */
function documented(seen, refusals) {
  for (const [status, answers] of seen) {
    assert.ok(status < 500 || refusals.includes(status), `${status}: ${answers[0]}`);
    assert.ok(status < 400 || [400, 404, 409, ...refusals].includes(status), `${status}: ${answers[0]}`);
  }
}

describe("under load", { skip: external ? "needs the database" : false }, () => {
  let edge;
  before(async () => (edge = await start({ twin: true })));
  after(() => edge.stop());

  const rows = async (sql, ...values) => (await edge.db.prepare(sql).bind(...values).all()).results;

  async function busy() {
    const tenant = await edge.createTenant("busy");
    await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { delete_policy: "tombstone" } });
    const { json: group } = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("all") });
    const [{ id }] = await rows("SELECT id FROM tenants WHERE slug = ?1", tenant.slug);
    const [here, there] = [tenant, tenant.with({ edge: edge.twin })].map((place) => writers(place, group));
    const wrote = ({ seen }) => seen.get(201)?.length >= 5 && seen.get(204)?.length >= 2;
    for (const end = Date.now() + 30_000; !(wrote(here) && wrote(there)); await pause(50)) assert.ok(Date.now() < end, "nobody wrote anything");
    return { tenant, id, here, there };
  }

  test("a suspended tenant writes nothing more, and goes on where it was", async () => {
    const { tenant, id, here, there } = await busy();
    const suspended = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: true });
    assert.equal(suspended.status, 200, suspended.text);
    const state = async () => JSON.stringify([await rows("SELECT id, version, document FROM resources WHERE tenant = ?1 ORDER BY seq", id), await rows("SELECT * FROM counters WHERE tenant = ?1", id)]);
    const then = await state();
    await pause(700);
    assert.equal(await state(), then, "something was written after the suspension");
    for (const place of [here, there]) {
      await place.stop();
      documented(place.seen, [403, 503]);
      assert.ok(place.seen.get(403)?.length > 0, "nobody was refused");
    }
    await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: false });
    assert.equal((await tenant.scim("POST", "/Users", user())).status, 201);
    const { json } = await edge.admin("GET", `/tenants/${tenant.slug}/consistency`);
    assert.deepEqual(json.findings, []);
  });

  test("a deleted tenant leaves nothing behind", async () => {
    const { tenant, id, here, there } = await busy();
    for (let status = 202; status !== 204; ) {
      const answer = await edge.admin("DELETE", `/tenants/${tenant.slug}`);
      ({ status } = answer);
      assert.ok([202, 204].includes(status), answer.text);
    }
    await pause(700);
    for (const place of [here, there]) {
      await place.stop();
      documented(place.seen, [401, 403, 503]);
      assert.ok(place.seen.get(401)?.length > 0, "nobody was refused");
    }
    // What was on its way into the log when the tenant went.
    await pause(500);
    const tables = await rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%tenant INTEGER%'");
    assert.ok(tables.length > 6, JSON.stringify(tables));
    for (const { name } of tables) assert.deepEqual(await rows(`SELECT * FROM ${name} WHERE tenant = ?1`, id), [], name);
    assert.deepEqual(await rows("SELECT * FROM tenants WHERE id = ?1", id), []);
    const ends = '"group" NOT IN (SELECT seq FROM resources) OR member NOT IN (SELECT seq FROM resources)';
    assert.deepEqual(await rows(`SELECT * FROM members WHERE ${ends}`), []);
    const kept = '"group" NOT IN (SELECT seq FROM tombstones) AND member NOT IN (SELECT seq FROM tombstones)';
    assert.deepEqual(await rows(`SELECT * FROM tombstone_members WHERE ${kept}`), []);
  });
});
