// A member that does not exist, mode by mode: left out in compat, refused in the strict ones.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const NOBODY = "00000000-0000-7000-8000-000000000000";

async function tenantIn(mode) {
  const tenant = await edge.createTenant("mode");
  const set = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { mode } });
  assert.equal(set.status, 200, set.text);
  const user = await tenant.scim("POST", "/Users", { schemas: [USER], userName: "ada" });
  const group = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "A", members: [{ value: user.json.id }] });
  assert.equal(group.status, 201, group.text);
  const path = `/Groups/${group.json.id}`;
  const members = async () => (await tenant.scim("GET", path)).json.members.map(({ value }) => value);
  return { tenant, path, members, ada: user.json.id };
}

const changes = (ada) => [
  ["POST", "/Groups", { schemas: [GROUP], displayName: "B", members: [{ value: ada }, { value: NOBODY }] }],
  ["PUT", null, { schemas: [GROUP], displayName: "A", members: [{ value: ada }, { value: NOBODY }] }],
  ["PATCH", null, { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: NOBODY }] }] }],
  ["PATCH", null, { schemas: [PATCH], Operations: [{ op: "replace", path: "members", value: [{ value: ada }, { value: NOBODY }] }] }],
];

for (const mode of ["rfc-strict", "interop"]) {
  test(`${mode} refuses a member that does not exist, and changes nothing`, async () => {
    const { tenant, path, members, ada } = await tenantIn(mode);
    for (const [method, where, body] of changes(ada)) {
      const answer = await tenant.scim(method, where ?? path, body);
      assert.deepEqual([answer.status, answer.json.scimType], [400, "invalidValue"], `${method} ${answer.text}`);
      assert.match(answer.json.detail, new RegExp(NOBODY));
    }
    assert.deepEqual(await members(), [ada]);
    assert.equal((await tenant.scim("GET", "/Groups")).json.totalResults, 1);
  });
}

test("compat leaves it out", async () => {
  const { tenant, path, members, ada } = await tenantIn("compat");
  for (const [method, where, body] of changes(ada)) {
    const answer = await tenant.scim(method, where ?? path, body);
    assert.ok(answer.status < 300, `${method} ${answer.text}`);
  }
  assert.deepEqual(await members(), [ada]);
});
