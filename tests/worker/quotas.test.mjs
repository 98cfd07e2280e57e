// How many resources a tenant may have: whoever creates, at once or one by one.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

let edge;
before(async () => {
  edge = await start({ faults: true });
});
after(() => edge.stop());

const newUser = (more = {}) => ({ schemas: [USER], userName: `${unique("u")}@example.com`, ...more });
const newGroup = (more = {}) => ({ schemas: [GROUP], displayName: unique("g"), ...more });

async function settle(tenant, settings) {
  const answer = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

async function tenantWith(quotas, settings = {}) {
  const tenant = await edge.createTenant("quota");
  await settle(tenant, { quotas, ...settings });
  return tenant;
}

const shown = async (tenant) => (await edge.admin("GET", `/tenants/${tenant.slug}`)).json;
const add = (tenant, type) => tenant.scim("POST", `/${type}s`, type === "User" ? newUser() : newGroup());

async function added(tenant, type, count) {
  const all = [];
  for (let made = 0; made < count; made += 1) {
    const answer = await add(tenant, type);
    assert.equal(answer.status, 201, answer.text);
    all.push(answer.json);
  }
  return all;
}

function refused(answer, type, quota) {
  assert.equal(answer.status, 403, answer.text);
  assert.equal(answer.json.status, "403");
  assert.equal(answer.headers.get("www-authenticate"), null, "no other token would do");
  assert.match(answer.json.detail, new RegExp(`${quota} resources of type ${type}.*delete some.*raise the quota`));
}

for (const type of ["User", "Group"]) {
  describe(type, () => {
    test("one more than the quota is refused, and nothing of it is there", async () => {
      const tenant = await tenantWith({ [type]: 2 });
      const other = await edge.createTenant("other");
      const [first] = await added(tenant, type, 2);
      refused(await add(tenant, type), type, 2);
      assert.equal((await tenant.scim("GET", `/${type}s`)).json.totalResults, 2);
      await added(other, type, 3);
      const there = await shown(tenant);
      assert.deepEqual(there.quotas, { [type]: { quota: 2, left: 0 } });
      assert.equal(there.resources[type], 2);
      // What goes makes room; what changes needs none.
      assert.equal((await tenant.scim("PUT", `/${type}s/${first.id}`, type === "User" ? newUser() : newGroup())).status, 200);
      assert.equal((await tenant.scim("DELETE", `/${type}s/${first.id}`)).status, 204);
      assert.equal((await shown(tenant)).quotas[type].left, 1);
      await added(tenant, type, 1);
      refused(await add(tenant, type), type, 2);
    });

    test("holds when many create at once", async () => {
      const tenant = await tenantWith({ [type]: 7 });
      const answers = await Promise.all(Array.from({ length: 30 }, () => add(tenant, type)));
      const made = answers.filter((one) => one.status === 201);
      assert.equal(made.length, 7, answers.map((one) => one.status).join(" "));
      answers.filter((one) => one.status !== 201).forEach((one) => refused(one, type, 7));
      assert.equal((await tenant.scim("GET", `/${type}s`)).json.totalResults, 7);
    });
  });
}

test("a quota below what is there keeps all of it, refuses more, and can be taken away", async () => {
  const tenant = await edge.createTenant("low");
  const users = await added(tenant, "User", 3);
  const low = await settle(tenant, { quotas: { User: 1 } });
  assert.deepEqual(low.quotas, { User: { quota: 1, left: 0 } });
  assert.equal(low.resources.User, 3);
  refused(await add(tenant, "User"), "User", 1);
  for (const { id } of users.slice(0, 2)) assert.equal((await tenant.scim("DELETE", `/Users/${id}`)).status, 204);
  refused(await add(tenant, "User"), "User", 1);
  await settle(tenant, { quotas: { User: 2, Group: 0 } });
  await added(tenant, "User", 1);
  refused(await add(tenant, "User"), "User", 2);
  refused(await add(tenant, "Group"), "Group", 0);
  await settle(tenant, { quotas: { User: null } });
  await added(tenant, "User", 2);
  refused(await add(tenant, "Group"), "Group", 0);
  assert.deepEqual((await settle(tenant, { quotas: null })).settings.quotas, {});
  await added(tenant, "Group", 1);
});

test("a tenant can be made with quotas, and a type that it has not is refused", async () => {
  const slug = unique("made");
  const made = await edge.admin("POST", "/tenants", { slug, name: "M", settings: { quotas: { User: 1 } } });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.quotas, { User: { quota: 1, left: 1 } });
  const token = await edge.createToken(slug);
  const tenant = (await edge.createTenant("x")).with({ token });
  tenant.slug = slug;
  await added(tenant, "User", 1);
  refused(await add(tenant, "User"), "User", 1);
  const wrong = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { quotas: { Users: 1 } } });
  assert.equal(wrong.status, 400);
  assert.match(wrong.json.detail, /settings\.quotas.*"Users"/);
});

test("whoever is there already is told so, also where there is no room", async () => {
  const tenant = await tenantWith({ User: 1 }, { reactivate_on_create: true });
  const user = newUser();
  const made = await tenant.scim("POST", "/Users", user);
  const again = await tenant.scim("POST", "/Users", user);
  assert.equal(again.status, 409, again.text);
  assert.equal(again.json.scimType, "uniqueness");
  await tenant.scim("PUT", `/Users/${made.json.id}`, { ...user, active: false });
  const back = await tenant.scim("POST", "/Users", user);
  assert.equal(back.status, 201, back.text);
  assert.equal(back.json.id, made.json.id);
});

describe("a bulk", () => {
  const post = (type, id, data) => ({ method: "POST", path: `/${type}s`, bulkId: id, data });
  const send = (tenant, Operations, more = {}) => tenant.scim("POST", "/Bulk", { schemas: [BULK], Operations, ...more });
  const statuses = (answer) => answer.json.Operations.map((one) => one.status);

  test("makes as many as there is room for, in its order", async () => {
    const tenant = await tenantWith({ User: 2, Group: 1 });
    const answer = await send(tenant, [
      post("User", "a", newUser()),
      post("Group", "g", newGroup({ members: [{ value: "bulkId:c" }] })),
      post("User", "b", newUser()),
      post("User", "c", newUser()),
      post("Group", "h", newGroup()),
    ]);
    assert.equal(answer.status, 200, answer.text);
    // g refers to c, which finds no room: h takes the place of g.
    assert.deepEqual(statuses(answer), ["201", "409", "201", "403", "201"], answer.text);
    assert.match(answer.json.Operations[3].response.detail, /2 resources of type User/);
    assert.deepEqual((await shown(tenant)).quotas, { Group: { quota: 1, left: 0 }, User: { quota: 2, left: 0 } });
  });

  test("stops where failOnErrors says", async () => {
    const tenant = await tenantWith({ User: 1 });
    const all = ["a", "b", "c"].map((id) => post("User", id, newUser()));
    assert.deepEqual(statuses(await send(tenant, all, { failOnErrors: 1 })), ["201", "403"]);
  });

  test("what it deletes makes room for the next one", async () => {
    const tenant = await tenantWith({ User: 1 });
    const [user] = await added(tenant, "User", 1);
    const swap = [{ method: "DELETE", path: `/Users/${user.id}` }, post("User", "a", newUser())];
    assert.deepEqual(statuses(await send(tenant, swap)), ["204", "403"]);
    assert.deepEqual(statuses(await send(tenant, swap.slice(1))), ["201"]);
  });

  test("beside others who create", async () => {
    const tenant = await tenantWith({ User: 20 });
    const bulks = Array.from({ length: 4 }, () => send(tenant, Array.from({ length: 5 }, (_, at) => post("User", `u${at}`, newUser()))));
    const singles = Array.from({ length: 10 }, () => add(tenant, "User"));
    const [sent, alone] = await Promise.all([Promise.all(bulks), Promise.all(singles)]);
    const made = [...sent.flatMap(statuses), ...alone.map((one) => String(one.status))];
    assert.equal(made.filter((status) => status === "201").length, 20, made.join(" "));
    assert.equal(made.filter((status) => status === "403").length, 10, made.join(" "));
    assert.equal((await tenant.scim("GET", "/Users")).json.totalResults, 20);
  });
});

test("a restoration needs room", async () => {
  const tenant = await tenantWith({ User: 1 }, { delete_policy: "tombstone" });
  const [user] = await added(tenant, "User", 1);
  await tenant.scim("DELETE", `/Users/${user.id}`);
  const [second] = await added(tenant, "User", 1);
  const restore = () => edge.admin("POST", `/tenants/${tenant.slug}/tombstones/${user.id}/restore`);
  const full = await restore();
  assert.equal(full.status, 409, full.text);
  assert.match(full.json.detail, /quota.*settings\.quotas/);
  await tenant.scim("DELETE", `/Users/${second.id}`);
  assert.equal((await restore()).status, 200);
  refused(await add(tenant, "User"), "User", 1);
});

test("an import brings in what there is room for, and names the other lines", async () => {
  const source = await edge.createTenant("source");
  await added(source, "User", 4);
  const lines = (await edge.admin("GET", `/tenants/${source.slug}/export`)).text;
  const target = await tenantWith({ User: 3 });
  await edge.admin("PATCH", `/tenants/${target.slug}`, { suspended: true });
  const bring = () => edge.admin("POST", `/tenants/${target.slug}/import`, lines, { "content-type": "application/x-ndjson" });
  const first = await bring();
  assert.equal(first.status, 200, first.text);
  assert.equal(first.json.created, 3);
  assert.equal(first.json.refused.length, 1);
  assert.match(first.json.refused[0].detail, /3 resources of type User/);
  await settle(target, { quotas: { User: 4 } });
  const second = await bring();
  assert.deepEqual([second.json.created, second.json.present, second.json.refused], [1, 3, []]);
});

test("a tenant with quotas pays a row of its counters for a group, and nothing for a user", { skip: external ? "needs the database" : false }, async () => {
  const cost = async (tenant, type) => {
    await add(tenant, type);
    await tenant.scim("GET", "/Users?count=1");
    return (await add(tenant, type)).cost;
  };
  const [free, bound] = [await edge.createTenant("free"), await tenantWith({ User: 99, Group: 99 })];
  for (const tenant of [free, bound]) await added(tenant, "Group", 1);
  const [user, same] = [await cost(free, "User"), await cost(bound, "User")];
  assert.deepEqual(same, user);
  const [group, more] = [await cost(free, "Group"), await cost(bound, "Group")];
  assert.equal(more.trips, group.trips);
  assert.equal(more.written, group.written);
  assert.ok(more.read <= group.read + 2, `${more.read} rows read, ${group.read} without quotas`);
});

test("the tables do not contradict each other, and a quota that does is found", { skip: external ? "needs the database" : false }, async () => {
  const tenant = await tenantWith({ User: 2 });
  await added(tenant, "User", 1);
  const findings = async () => (await edge.admin("GET", `/tenants/${tenant.slug}/consistency`)).json.findings;
  assert.deepEqual(await findings(), []);
  await edge.db.prepare("UPDATE counters SET quota = 9 WHERE tenant = (SELECT id FROM tenants WHERE slug = ?1)").bind(tenant.slug).run();
  assert.match((await findings()).join(), /quota differs from the settings: User/);
});
