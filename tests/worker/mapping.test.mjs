// What pushed groups become in the product: rules, their dry run, and what they leave out.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

async function tenantWithGroups(...names) {
  const tenant = await edge.createTenant("map");
  const ids = {};
  for (const displayName of names) {
    const made = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName, externalId: `ext-${displayName}` });
    assert.equal(made.status, 201, made.text);
    ids[displayName] = made.json.id;
  }
  const mapping = (method, body, query = "") => edge.admin(method, `/tenants/${tenant.slug}/mapping${query}`, body);
  return { tenant, ids, mapping };
}

test("rules say what groups become, and what they leave out is listed", async () => {
  const { ids, mapping } = await tenantWithGroups("dept-Sales", "DEPT-Research", "All Company", "admins");
  const rules = [
    { prefix: "dept-", nested: true },
    { external_id: "ext-admins", kind: "role", target: "administrator", priority: 1 },
  ];
  const put = await mapping("PUT", { rules });
  assert.equal(put.status, 200, put.text);
  const got = await mapping("GET");
  assert.deepEqual(got.json, {
    targets: [
      { kind: "department", name: "Research", priority: 100, groups: [{ id: ids["DEPT-Research"], name: "DEPT-Research", nested: true }] },
      { kind: "department", name: "Sales", priority: 100, groups: [{ id: ids["dept-Sales"], name: "dept-Sales", nested: true }] },
      { kind: "role", name: "administrator", priority: 1, groups: [{ id: ids.admins, name: "admins", nested: false }] },
    ],
    unmapped: [{ id: ids["All Company"], name: "All Company" }],
    rules,
    complete: true,
  });
});

test("a dry run tells what would change and changes nothing", async () => {
  const { ids, mapping } = await tenantWithGroups("dept-Sales", "Crew");
  await mapping("PUT", { rules: [{ prefix: "dept-" }] });
  const rules = [{ prefix: "dept-" }, { regex: "^C(.*)$", kind: "team", target: "c$1" }];
  const dry = await mapping("PUT", { rules }, "?dry_run=true");
  assert.equal(dry.status, 200, dry.text);
  assert.deepEqual(dry.json.changes, [{ group: { id: ids.Crew, name: "Crew" }, before: [], after: [{ kind: "team", name: "crew" }] }]);
  assert.deepEqual((await mapping("GET")).json.rules, [{ prefix: "dept-" }]);
});

test("rules that cannot be are refused by name, and the old ones stay", async () => {
  const { mapping } = await tenantWithGroups("x");
  await mapping("PUT", { rules: [{ name: "x" }] });
  for (const [body, words] of [
    [{ rules: [{ name: "x" }, { regex: "(" }] }, /rules\[1\]: regex/],
    [{ rules: [{ name: "x", target: "$1" }] }, /rules\[0\]: target/],
    [{ rules: {} }, /rules is a list/],
    [{ rules: [], more: 1 }, /more/],
    [{}, /rules/],
  ]) {
    const answer = await mapping("PUT", body);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.json.detail, words);
  }
  assert.equal((await mapping("PUT", { rules: [] }, "?dry_run=maybe")).status, 400);
  assert.deepEqual((await mapping("GET")).json.rules, [{ name: "x" }]);
});
