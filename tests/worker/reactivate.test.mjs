// reactivate_on_create: Okta creates anew whom it deactivated, and gets the same user back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
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
