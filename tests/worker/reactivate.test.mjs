// reactivate_on_create: Okta creates anew whom it deactivated, and gets the same user back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

const user = (more = {}) => ({ schemas: [USER], userName: unique("u"), active: true, ...more });
const off = { schemas: [PATCH], Operations: [{ op: "replace", value: { active: false } }] };

async function reactivating(on = true) {
  const tenant = await edge.createTenant("okta");
  const answer = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { reactivate_on_create: on } });
  assert.equal(answer.status, 200, answer.text);
  return tenant;
}

async function deactivated(tenant, body) {
  const { json } = await tenant.scim("POST", "/Users", body);
  assert.equal((await tenant.scim("PATCH", `/Users/${json.id}`, off)).status, 200);
  return json;
}

test("the user is active again, with the id, the groups and the index, and what was posted", async () => {
  const tenant = await reactivating();
  const before = await deactivated(tenant, user({ title: "old", nickName: "gone" }));
  const { json: group } = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("g"), members: [{ value: before.id }] });
  const posted = user({ userName: before.userName.toUpperCase(), displayName: unique("new"), title: "new", password: "hunter2" });
  const again = await tenant.scim("POST", "/Users", posted);
  assert.equal(again.status, 201, again.text);
  const { id, active, title, nickName, displayName, userName, meta, groups, password } = again.json;
  assert.deepEqual([id, active, title, nickName, displayName, userName], [before.id, true, "new", undefined, posted.displayName, posted.userName]);
  assert.equal(password, undefined);
  assert.equal(meta.created, before.meta.created);
  assert.equal(again.headers.get("location"), before.meta.location);
  assert.equal(again.headers.get("etag"), meta.version);
  assert.deepEqual(groups.map((one) => one.value), [group.id]);
  assert.deepEqual((await tenant.scim("GET", `/Users/${before.id}`)).json, again.json);
  const found = await tenant.scim("GET", `/Users?filter=${encodeURIComponent(`displayName eq "${posted.displayName}"`)}`);
  assert.equal(found.json.totalResults, 1);
  assert.equal((await tenant.scim("POST", "/Users", posted)).status, 409);
  const { json } = await edge.admin("GET", `/tenants/${tenant.slug}/consistency`);
  assert.deepEqual(json.findings, []);
});

test("one who is posted without active is active", async () => {
  const tenant = await reactivating();
  const { id, userName } = await deactivated(tenant, user());
  const again = await tenant.scim("POST", "/Users", { schemas: [USER], userName });
  assert.deepEqual([again.status, again.json.id, again.json.active], [201, id, true], again.text);
});

test("it stays a conflict where nobody is to be reactivated", async () => {
  const tenant = await reactivating();
  const { json: active } = await tenant.scim("POST", "/Users", user());
  const inactive = await deactivated(tenant, user());
  const plain = await reactivating(false);
  const there = await deactivated(plain, user());
  for (const [where, body] of [
    [tenant, user({ userName: active.userName })],
    [tenant, user({ userName: inactive.userName, active: false })],
    [plain, user({ userName: there.userName })],
  ]) {
    const answer = await where.scim("POST", "/Users", body);
    assert.deepEqual([answer.status, answer.json.scimType], [409, "uniqueness"], answer.text);
  }
  assert.equal((await tenant.scim("GET", `/Users/${inactive.id}`)).json.active, false);
});

test("of two posts at once one reactivates", async () => {
  const tenant = await reactivating();
  for (let round = 0; round < 5; round += 1) {
    const { id, userName } = await deactivated(tenant, user());
    const answers = await Promise.all([1, 2].map(() => tenant.scim("POST", "/Users", user({ userName }))));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409]);
    assert.equal(answers.find((answer) => answer.status === 201).json.id, id);
  }
});

test("it costs one round trip more, and only where there is a conflict", async () => {
  const [tenant, plain] = [await reactivating(), await reactivating(false)];
  const { userName } = await deactivated(tenant, user());
  const { userName: same } = await deactivated(plain, user());
  const fresh = [await plain.scim("POST", "/Users", user()), await tenant.scim("POST", "/Users", user())];
  assert.deepEqual(fresh[0].cost, fresh[1].cost);
  const refused = await plain.scim("POST", "/Users", user({ userName: same }));
  const again = await tenant.scim("POST", "/Users", user({ userName }));
  assert.deepEqual([refused.status, again.status], [409, 201]);
  assert.equal(again.cost.trips, refused.cost.trips + 1);
});

describe("in a bulk", () => {
  const post = (bulkId, data, path = "/Users") => ({ method: "POST", path, bulkId, data });
  /** A bulk's statuses, its results and what it cost. */
  async function bulk(tenant, ...Operations) {
    const answer = await tenant.scim("POST", "/Bulk", { schemas: [BULK], Operations });
    assert.equal(answer.status, 200, answer.text);
    const all = answer.json.Operations;
    return { statuses: all.map((one) => Number(one.status)), all, trips: answer.cost.trips };
  }
  /** Its object knows the settings already. */
  async function ready(on = true) {
    const tenant = await reactivating(on);
    await bulk(tenant, { method: "DELETE", path: "/Users/none" });
    return tenant;
  }
  const get = async (tenant, path) => (await tenant.scim("GET", path)).json;
  const consistent = async (tenant) => assert.deepEqual((await edge.admin("GET", `/tenants/${tenant.slug}/consistency`)).json.findings, []);

  test("the same user is active again, in the bulk's two round trips", async () => {
    const tenant = await ready();
    const [first, second] = [await deactivated(tenant, user({ nickName: "gone" })), await deactivated(tenant, user())];
    const { statuses, all, trips } = await bulk(
      tenant,
      post("a", user({ userName: first.userName.toUpperCase(), title: "new" })),
      post("b", user()),
      post("c", { schemas: [USER], userName: second.userName }),
    );
    assert.deepEqual([statuses, trips], [[201, 201, 201], 2]);
    assert.deepEqual([all[0].location, all[0].bulkId, all[2].location], [first.meta.location, "a", second.meta.location]);
    const again = await get(tenant, `/Users/${first.id}`);
    assert.deepEqual([again.active, again.title, again.nickName, again.userName], [true, "new", undefined, first.userName.toUpperCase()]);
    assert.deepEqual([again.meta.version, again.meta.created], [all[0].version, first.meta.created]);
    assert.equal((await get(tenant, `/Users/${second.id}`)).active, true);
    assert.equal((await get(tenant, "/Users")).totalResults, 3);
    const { events } = (await edge.admin("GET", `/tenants/${tenant.slug}/events?types=user.activated`)).json;
    assert.deepEqual(events.map((one) => one.data.resource.id).sort(), [first.id, second.id].sort());
    await consistent(tenant);
  });

  test("what refers to them means them, in one round trip more", async () => {
    const tenant = await ready();
    const [boss, worker] = [await deactivated(tenant, user()), await deactivated(tenant, user())];
    const group = async (members) => (await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("g"), members })).json;
    const [inside, outside] = [await group([{ value: boss.id }, { value: worker.id }]), await group([])];
    const { statuses, all, trips } = await bulk(
      tenant,
      post("g", { schemas: [GROUP], displayName: unique("g"), members: [{ value: "bulkId:boss" }, { value: "bulkId:new" }] }, "/Groups"),
      post("boss", user({ userName: boss.userName })),
      post("worker", { ...user({ userName: worker.userName }), schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value: "bulkId:boss", $ref: "../Users/bulkId:boss" } } }),
      post("new", user()),
      { method: "PATCH", path: `/Groups/${inside.id}`, data: { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: "bulkId:boss" }] }, { op: "remove", path: 'members[value eq "bulkId:worker"]' }] } },
      { method: "PATCH", path: `/Groups/${outside.id}`, data: { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: "bulkId:worker" }] }] } },
      { method: "PATCH", path: "/Users/bulkId:worker", data: { schemas: [PATCH], Operations: [{ op: "replace", path: "title", value: "back" }] } },
    );
    assert.deepEqual([statuses, trips], [[201, 201, 201, 201, 200, 200, 200], 3]);
    const id = (at) => all[at].location.split("/").at(-1);
    assert.deepEqual([id(1), id(2), id(6)], [boss.id, worker.id, worker.id]);
    const members = async (group) => (await get(tenant, `/Groups/${group}`)).members?.map((one) => one.value).sort();
    assert.deepEqual(await members(id(0)), [boss.id, id(3)].sort());
    assert.deepEqual([await members(inside.id), await members(outside.id)], [[boss.id], [worker.id]]);
    const back = await get(tenant, `/Users/${worker.id}`);
    assert.deepEqual([back.active, back.title, back[ENTERPRISE].manager.value], [true, "back", boss.id]);
    assert.ok(back[ENTERPRISE].manager.$ref.endsWith(`/Users/${boss.id}`), back[ENTERPRISE].manager.$ref);
    await consistent(tenant);
  });

  test("it stays a conflict where it is not clear, or not wanted", async () => {
    const [tenant, plain] = [await ready(), await ready(false)];
    const [one, two, three, four] = [await deactivated(tenant, user()), await deactivated(tenant, user()), await deactivated(tenant, user()), await deactivated(tenant, user({ title: "x" }))];
    const active = (await tenant.scim("POST", "/Users", user())).json;
    const { statuses } = await bulk(
      tenant,
      post("a", user({ userName: one.userName })),
      post("b", user({ userName: one.userName })),
      post("c", user({ userName: two.userName, active: false })),
      post("d", user({ userName: active.userName })),
      { method: "PATCH", path: `/Users/${three.id}`, data: { schemas: [PATCH], Operations: [{ op: "replace", path: "title", value: "y" }] } },
      post("e", user({ userName: three.userName })),
      // What refers to one that fails, fails.
      post("f", user({ userName: four.userName, title: { a: 1 } })),
      post("g", { schemas: [GROUP], displayName: unique("g"), members: [{ value: "bulkId:f" }] }, "/Groups"),
    );
    assert.deepEqual(statuses, [201, 409, 409, 409, 200, 409, 400, 409]);
    const state = async (user) => (await get(tenant, `/Users/${user.id}`)).active;
    assert.deepEqual(await Promise.all([one, two, three, four].map(state)), [true, false, false, false]);
    const there = await deactivated(plain, user());
    assert.deepEqual((await bulk(plain, post("a", user({ userName: there.userName })))).statuses, [409]);
    await consistent(tenant);
  });

  test("whom the bulk deletes first, it creates", async () => {
    const tenant = await ready();
    const { id, userName } = await deactivated(tenant, user());
    const { statuses, all, trips } = await bulk(tenant, { method: "DELETE", path: `/Users/${id}` }, post("a", user({ userName })));
    assert.deepEqual([statuses, trips], [[204, 201], 2]);
    assert.ok(!all[1].location.endsWith(id));
    assert.equal((await tenant.scim("GET", `/Users/${id}`)).status, 404);
  });

  test("it reads nothing more where nobody is there", async () => {
    const [tenant, plain] = [await ready(), await ready(false)];
    const costs = [];
    for (const where of [tenant, plain]) {
      costs.push((await where.scim("POST", "/Bulk", { schemas: [BULK], Operations: [post("a", user()), post("b", user())] })).cost);
    }
    assert.deepEqual(costs[0], costs[1]);
  });
});
