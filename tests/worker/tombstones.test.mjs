// delete_policy "tombstone": gone for SCIM, its names free, and an administrator can bring it back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";
import { Replica } from "./replica.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const DAY = 86_400_000;
const inside = external ? "needs the database" : false;

let edge;
before(async () => (edge = await start({ faults: !external })));
after(() => edge.stop());

const user = (more = {}) => ({ schemas: [USER], userName: unique("u"), ...more });
const group = (...members) => ({ schemas: [GROUP], displayName: unique("g"), members: members.map((one) => ({ value: one.id })) });

/** A tenant that keeps what is deleted. */
async function keeping(days = 30) {
  const tenant = await edge.createTenant("keeping");
  await settings(tenant, { delete_policy: "tombstone", tombstone_days: days });
  return tenant;
}

async function settings(tenant, settings) {
  const answer = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings });
  assert.equal(answer.status, 200, answer.text);
}

async function made(tenant, path, body) {
  const answer = await tenant.scim("POST", path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

async function deleted(tenant, path) {
  const answer = await tenant.scim("DELETE", path);
  assert.equal(answer.status, 204, answer.text);
  return answer;
}

const tombstones = async (tenant) => (await edge.admin("GET", `/tenants/${tenant.slug}/tombstones`)).json.tombstones;
const restore = (tenant, id) => edge.admin("POST", `/tenants/${tenant.slug}/tombstones/${id}/restore`);
const members = async (tenant, { id }) => ((await tenant.scim("GET", `/Groups/${id}`)).json.members ?? []).map((one) => one.value).sort();

/** Nothing contradicts anything, and whoever heard of the events from the first on knows it all. */
async function sound(tenant) {
  if (!external) assert.deepEqual(await new Replica(edge, tenant).differences(), []);
  const { json } = await edge.admin("GET", `/tenants/${tenant.slug}/consistency`);
  assert.deepEqual(json.findings, []);
}

describe("a deleted user", () => {
  test("is gone for SCIM, can be made anew, and is among the tombstones", async () => {
    const tenant = await keeping(7);
    const body = user({ externalId: unique("x"), displayName: "Zoë" });
    const one = await made(tenant, "/Users", body);
    await deleted(tenant, `/Users/${one.id}`);
    for (const [method, sent] of [["GET"], ["PUT", body], ["DELETE"], ["PATCH", { schemas: [PATCH], Operations: [{ op: "replace", path: "title", value: "t" }] }]]) {
      assert.equal((await tenant.scim(method, `/Users/${one.id}`, sent)).status, 404, method);
    }
    assert.equal((await tenant.scim("GET", "/Users")).json.totalResults, 0);
    assert.equal((await tenant.scim("GET", `/Users?filter=${encodeURIComponent(`externalId eq "${body.externalId}"`)}`)).json.totalResults, 0);
    const [tombstone] = await tombstones(tenant);
    const days = (Date.parse(tombstone.restorable_until) - Date.parse(tombstone.deleted)) / DAY;
    assert.deepEqual([tombstone.id, tombstone.resource_type, tombstone.display, days], [one.id, "User", "Zoë", 7]);
    const again = await made(tenant, "/Users", body);
    assert.notEqual(again.id, one.id);
    await sound(tenant);
  });

  test("comes back as it was, with its id and its groups, also by the index", async () => {
    const tenant = await keeping();
    const one = await made(tenant, "/Users", user({ title: "Dr.", emails: [{ value: `${unique("e")}@example.com` }] }));
    const other = await made(tenant, "/Users", user());
    const both = await made(tenant, "/Groups", group(one, other));
    const alone = await made(tenant, "/Groups", { ...group(), members: [{ value: one.id, display: "The One" }] });
    await deleted(tenant, `/Users/${one.id}`);
    const left = await tenant.scim("GET", `/Groups/${both.id}`);
    assert.deepEqual(await members(tenant, both), [other.id]);
    const back = await restore(tenant, one.id);
    assert.equal(back.status, 200, back.text);
    assert.equal(back.json.id, one.id);
    const now = (await tenant.scim("GET", `/Users/${one.id}`)).json;
    const { meta, groups, ...rest } = now;
    const { meta: before, ...asItWas } = one;
    assert.deepEqual(rest, asItWas);
    assert.equal(meta.created, before.created);
    assert.notEqual(meta.version, before.version);
    assert.deepEqual(groups.map((one) => one.value).sort(), [both.id, alone.id].sort());
    assert.deepEqual(await members(tenant, both), [one.id, other.id].sort());
    assert.equal((await tenant.scim("GET", `/Groups/${alone.id}`)).json.members[0].display, "The One");
    assert.notEqual((await tenant.scim("GET", `/Groups/${both.id}`)).json.meta.version, left.json.meta.version);
    for (const filter of [`userName eq "${one.userName}"`, `emails.value eq "${one.emails[0].value}"`]) {
      assert.equal((await tenant.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`)).json.totalResults, 1, filter);
    }
    assert.equal((await tenant.scim("POST", "/Users", user({ userName: one.userName }))).status, 409);
    assert.deepEqual(await tombstones(tenant), []);
    assert.equal((await restore(tenant, one.id)).status, 404);
    await sound(tenant);
  });

  test("is found in its groups by the display it had there, whatever its case", async () => {
    const tenant = await keeping();
    const one = await made(tenant, "/Users", user());
    const its = await made(tenant, "/Groups", { ...group(), members: [{ value: one.id, display: "Ärztin" }] });
    const found = async () => {
      const query = encodeURIComponent('members.display eq "ÄRZTIN"');
      return (await tenant.scim("GET", `/Groups?filter=${query}`)).json.Resources?.map(({ id }) => id) ?? [];
    };
    assert.deepEqual(await found(), [its.id]);
    await deleted(tenant, `/Users/${one.id}`);
    assert.deepEqual(await found(), []);
    assert.equal((await restore(tenant, one.id)).status, 200);
    assert.deepEqual(await found(), [its.id]);
  });

  test("whose userName was taken meanwhile does not come back, and the answer says why", async () => {
    const tenant = await keeping();
    const one = await made(tenant, "/Users", user({ userName: unique("Ärzte") }));
    await deleted(tenant, `/Users/${one.id}`);
    const other = await made(tenant, "/Users", user({ userName: one.userName.toUpperCase() }));
    const refused = await restore(tenant, one.id);
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.json.detail, /Another User has the userName "ärzte/);
    assert.equal((await tombstones(tenant)).length, 1);
    await deleted(tenant, `/Users/${other.id}`);
    assert.equal((await restore(tenant, one.id)).status, 200);
    await sound(tenant);
  });

  test("is really gone where the policy is to delete", async () => {
    const tenant = await edge.createTenant("deleting");
    const one = await made(tenant, "/Users", user());
    await deleted(tenant, `/Users/${one.id}`);
    assert.deepEqual(await tombstones(tenant), []);
    assert.equal((await restore(tenant, one.id)).status, 404);
  });
});

describe("groups", () => {
  test("and their members come back in any order", async () => {
    const tenant = await keeping();
    const people = [await made(tenant, "/Users", user()), await made(tenant, "/Users", user())];
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0]]) {
      const one = await made(tenant, "/Groups", group(...people));
      const parent = await made(tenant, "/Groups", group(one));
      const paths = [`/Groups/${one.id}`, ...people.map((person) => `/Users/${person.id}`)];
      for (const at of order) await deleted(tenant, paths[at]);
      await sound(tenant);
      for (const at of [1, 0, 2]) assert.equal((await restore(tenant, paths[at].split("/")[2])).status, 200);
      assert.deepEqual(await members(tenant, one), people.map((person) => person.id).sort());
      assert.deepEqual(await members(tenant, parent), [one.id]);
      await sound(tenant);
      for (const { id } of [one, parent]) await deleted(tenant, `/Groups/${id}`);
    }
  });

  test("that are gone for good do not come back with their members", async () => {
    const tenant = await keeping();
    const one = await made(tenant, "/Users", user());
    const lost = await made(tenant, "/Groups", group(one));
    await deleted(tenant, `/Users/${one.id}`);
    await settings(tenant, { delete_policy: "delete" });
    await deleted(tenant, `/Groups/${lost.id}`);
    assert.equal((await restore(tenant, one.id)).status, 200);
    assert.deepEqual((await tenant.scim("GET", `/Users/${one.id}`)).json.groups ?? [], []);
    await sound(tenant);
  });

  test("do not come back where they would be inside themselves", async () => {
    const tenant = await keeping();
    const inner = await made(tenant, "/Groups", group());
    const middle = await made(tenant, "/Groups", group(inner));
    const outer = await made(tenant, "/Groups", group(middle));
    await deleted(tenant, `/Groups/${middle.id}`);
    const add = { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: outer.id }] }] };
    assert.equal((await tenant.scim("PATCH", `/Groups/${inner.id}`, add)).status, 204);
    const refused = await restore(tenant, middle.id);
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.json.detail, /inside itself/);
    await sound(tenant);
  });
});

describe("every way of deleting", () => {
  test("keeps what it deletes: one by one, in a bulk, of a type of the tenant's own", async () => {
    const tenant = await keeping();
    const urn = "urn:example:device:1.0";
    await edge.admin("PUT", `/tenants/${tenant.slug}/schemas/${urn}`, { name: "Device", attributes: [{ name: "serial", uniqueness: "server" }] });
    const type = await edge.admin("PUT", `/tenants/${tenant.slug}/resource-types/Device`, { name: "Device", endpoint: "/Devices", schema: urn });
    assert.equal(type.status, 201, type.text);
    const device = await made(tenant, "/Devices", { schemas: [urn], serial: "7" });
    await deleted(tenant, `/Devices/${device.id}`);
    const people = [];
    for (let n = 0; n < 12; n += 1) people.push(await made(tenant, "/Users", user()));
    const one = await made(tenant, "/Groups", group(...people));
    const operations = [...people.map(({ id }) => `/Users/${id}`), `/Groups/${one.id}`].map((path) => ({ method: "DELETE", path }));
    const bulk = await tenant.scim("POST", "/Bulk", { schemas: [BULK], Operations: operations });
    assert.deepEqual(new Set(bulk.json.Operations.map((one) => one.status)), new Set(["204"]));
    assert.equal((await tombstones(tenant)).length, 14);
    for (const { id } of [device, one, ...people]) assert.equal((await restore(tenant, id)).status, 200);
    assert.equal((await tenant.scim("GET", `/Devices/${device.id}`)).json.serial, "7");
    assert.equal((await members(tenant, one)).length, 12);
    await sound(tenant);
  });

  test("a membership that ended before stays ended", async () => {
    const tenant = await keeping();
    const one = await made(tenant, "/Users", user());
    const left = await made(tenant, "/Groups", group(one));
    const bulk = await tenant.scim("POST", "/Bulk", {
      schemas: [BULK],
      Operations: [
        { method: "PATCH", path: `/Groups/${left.id}`, data: { schemas: [PATCH], Operations: [{ op: "remove", path: `members[value eq "${one.id}"]` }] } },
        { method: "DELETE", path: `/Users/${one.id}` },
      ],
    });
    assert.deepEqual(bulk.json.Operations.map((one) => one.status), ["200", "204"], bulk.text);
    assert.equal((await restore(tenant, one.id)).status, 200);
    assert.deepEqual(await members(tenant, left), []);
    await sound(tenant);
  });

  test("a group that names its member and loses it in one bulk gets it back", async () => {
    const tenant = await keeping();
    const one = await made(tenant, "/Users", user());
    const had = await made(tenant, "/Groups", group(one));
    const bulk = await tenant.scim("POST", "/Bulk", {
      schemas: [BULK],
      Operations: [
        { method: "PATCH", path: `/Groups/${had.id}`, data: { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: one.id }] }] } },
        { method: "DELETE", path: `/Users/${one.id}` },
      ],
    });
    assert.deepEqual(bulk.json.Operations.map((one) => one.status), ["200", "204"], bulk.text);
    assert.equal((await restore(tenant, one.id)).status, 200);
    assert.deepEqual(await members(tenant, had), [one.id]);
    await sound(tenant);
  });

  test("takes no round trip more, and where the policy is to delete no row more", { skip: inside }, async () => {
    const cost = async (tenant) => {
      const [one, two] = [await made(tenant, "/Users", user()), await made(tenant, "/Users", user())];
      await deleted(tenant, `/Users/${two.id}`);
      return (await deleted(tenant, `/Users/${one.id}`)).cost;
    };
    const plain = await cost(await edge.createTenant("deleting"));
    const keeps = await cost(await keeping());
    assert.equal(keeps.trips, plain.trips);
    assert.ok(keeps.written <= plain.written + 4, JSON.stringify({ keeps, plain }));
  });
});

describe("in time", { skip: inside }, () => {
  test("tombstones are purged, with the memberships that waited", async () => {
    const [short, long] = [await keeping(1), await keeping(90)];
    for (const tenant of [short, long]) {
      const people = [await made(tenant, "/Users", user()), await made(tenant, "/Users", user())];
      const one = await made(tenant, "/Groups", group(...people));
      await deleted(tenant, `/Users/${people[0].id}`);
      await deleted(tenant, `/Groups/${one.id}`);
    }
    await edge.cron(Date.now() + 3600_000);
    assert.deepEqual([(await tombstones(short)).length, (await tombstones(long)).length], [2, 2]);
    await edge.cron(Date.now() + 2 * DAY);
    assert.deepEqual([(await tombstones(short)).length, (await tombstones(long)).length], [0, 2]);
    for (const tenant of [short, long]) await sound(tenant);
    await edge.cron(Date.now() + 91 * DAY);
    const left = async (table) => (await edge.db.prepare(`SELECT count(*) AS n FROM ${table}`).first()).n;
    assert.deepEqual(await tombstones(long), []);
    assert.deepEqual([await left("tombstones"), await left("tombstone_members")], [0, 0]);
  });

  test("they go with their tenant", async () => {
    const tenant = await keeping();
    const one = await made(tenant, "/Users", user());
    const had = await made(tenant, "/Groups", group(one));
    const { seq } = await edge.db.prepare("SELECT seq FROM resources WHERE id = ?1").bind(had.id).first();
    for (const path of [`/Users/${one.id}`, `/Groups/${had.id}`]) await deleted(tenant, path);
    const count = async (sql) => (await edge.db.prepare(sql).bind(seq).first()).n;
    const memberships = 'SELECT count(*) AS n FROM tombstone_members WHERE "group" = ?1';
    assert.equal(await count(memberships), 1);
    assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}`)).status, 204);
    assert.equal(await count(memberships), 0);
    assert.equal(await count("SELECT count(*) AS n FROM tombstones WHERE seq = ?1"), 0);
  });
});
