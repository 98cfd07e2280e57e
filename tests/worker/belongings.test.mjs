// user.targets_changed: a product that hears of it alone knows what the directory says of everyone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";
import { feed } from "./replica.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const RULES = [{ prefix: "dept-" }, { name: "Staff", nested: true, priority: 900 }, { prefix: "crew-", kind: "team" }];

describe("what users belong to", { skip: external ? "needs the database" : false }, () => {
  let edge;
  before(async () => (edge = await start({ faults: true })));
  after(() => edge.stop());

  async function company(people = 4) {
    const tenant = await edge.createTenant("belong");
    const create = async (path, body) => {
      const made = await tenant.scim("POST", path, body);
      assert.equal(made.status, 201, made.text);
      return made.json.id;
    };
    const users = [];
    for (let n = 0; n < people; n += 1) users.push(await create("/Users", { schemas: [USER], userName: unique("u") }));
    const group = (displayName, ...members) =>
      create("/Groups", { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) });
    const patch = async (id, ...Operations) => {
      const answer = await tenant.scim("PATCH", `/Groups/${id}`, { schemas: [PATCH], Operations });
      assert.equal(answer.status, 204, answer.text);
    };
    const map = async (rules) => {
      const put = await edge.admin("PUT", `/tenants/${tenant.slug}/mapping`, { rules });
      assert.equal(put.status, 200, put.text);
    };
    const made = await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "product", scopes: ["directory:read"] });
    const directory = async () => {
      const headers = { authorization: `Bearer ${made.json.token}` };
      const { json } = await edge.request("GET", `/directory/v1/${tenant.slug}/users`, undefined, headers);
      const targets = json.users.map((one) => [one.id, names(one.targets)]);
      return new Map(targets.filter(([, names]) => names.length));
    };
    return { tenant, users, group, patch, map, directory };
  }

  const names = (targets) => targets.map(({ kind, name }) => `${kind} ${name}`);
  const remove = (tenant, path) => tenant.scim("DELETE", path);

  /** What somebody knows who heard every event; each says the difference to the one before it. */
  async function told(tenant) {
    const { events } = await feed(edge, { tenant: tenant.slug });
    const known = new Map();
    for (const { type, data } of events) {
      const { id } = data.resource;
      if (type === "user.deleted") known.delete(id);
      if (type !== "user.targets_changed") continue;
      const before = known.get(id) ?? [];
      const { targets, added, removed } = data;
      assert.ok(added.length + removed.length, "nothing changed");
      const expected = [...before.filter((name) => !names(removed).includes(name)), ...names(added)];
      assert.deepEqual(expected.sort(), names(targets).sort());
      for (const name of names(removed)) assert.ok(before.includes(name), `${name} was never there`);
      if (targets.length) known.set(id, names(targets));
      else known.delete(id);
    }
    return known;
  }

  /** The events follow the changes a moment later. */
  async function agree({ tenant, directory }) {
    const sorted = (map) => [...map].map(([id, names]) => [id, names.toSorted()]).sort();
    const expected = sorted(await directory());
    let found;
    for (let attempt = 0; attempt < 100; attempt += 1) {
      found = sorted(await told(tenant));
      if (JSON.stringify(found) === JSON.stringify(expected)) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual(found, expected);
    return expected;
  }

  test("the first rules tell of everyone who is in a group already, and the last of nobody", async () => {
    const its = await company();
    const { users, group, map } = its;
    const sales = await group("dept-Sales", users[0], users[1]);
    await group("Staff", sales, users[2]);
    assert.deepEqual([...(await told(its.tenant))], []);
    await map(RULES);
    assert.equal((await agree(its)).length, 3);
    const { events } = await feed(edge, { tenant: its.tenant.slug, types: "user.targets_changed" });
    const first = events.find((event) => event.data.resource.id === users[0]);
    assert.deepEqual(Object.keys(first.data.resource), ["id", "userName", "meta"]);
    assert.deepEqual(first.data.targets, [{ kind: "department", name: "Sales" }, { kind: "department", name: "Staff" }]);
    await map([{ prefix: "crew-" }]);
    assert.equal((await agree(its)).length, 0);
    await map([]);
    const { results } = await edge.db.prepare("SELECT told FROM tenants WHERE slug = ?1").bind(its.tenant.slug).all();
    assert.deepEqual(results, [{ told: null }]);
  });

  test("each change of a group is told as it becomes one of users", async () => {
    const its = await company();
    const { tenant, users, group, patch, map } = its;
    await map(RULES);
    const member = (at) => ({ op: "add", path: "members", value: [{ value: users[at] }] });
    const sales = await group("dept-Sales", users[0]);
    assert.equal((await agree(its)).length, 1);
    await patch(sales, member(1), member(2));
    assert.equal((await agree(its)).length, 3);
    await patch(sales, { op: "replace", path: "displayName", value: "dept-Accounts" });
    assert.deepEqual((await agree(its))[0][1], ["department Accounts"]);
    await patch(sales, { op: "replace", path: "displayName", value: "Accounts" });
    assert.equal((await agree(its)).length, 0);
    await patch(sales, { op: "replace", path: "displayName", value: "crew-Accounts" });
    assert.deepEqual((await agree(its))[0][1], ["team Accounts"]);
    // Through a group in a group.
    const inner = await group("Inner", users[3]);
    const staff = await group("Staff", inner);
    assert.equal((await agree(its)).length, 4);
    await patch(staff, { op: "add", path: "members", value: [{ value: sales }] });
    assert.deepEqual((await agree(its)).map(([, names]) => names.length).sort(), [1, 2, 2, 2]);
    await patch(staff, { op: "remove", path: `members[value eq "${inner}"]` });
    assert.equal((await agree(its)).length, 3);
    await patch(sales, { op: "remove", path: 'members[type eq "User"]' });
    assert.equal((await agree(its)).length, 0);
    await patch(sales, member(0), member(1));
    await remove(tenant, `/Users/${users[0]}`);
    assert.equal((await agree(its)).length, 1);
    await remove(tenant, `/Groups/${sales}`);
    assert.equal((await agree(its)).length, 0);
  });

  test("many at once, in any order", async () => {
    const its = await company(12);
    const { tenant, users, group, patch, map } = its;
    await map(RULES);
    const groups = [];
    for (const name of ["dept-A", "dept-B", "Staff", "crew-1", "plain"]) groups.push(await group(name));
    let seed = 7;
    const pick = (list) => list[(seed = (seed * 48271) % 2147483647) % list.length];
    const act = async () => {
      const id = pick(groups);
      const value = [{ value: pick(users) }];
      switch (pick([1, 1, 1, 2, 2, 3, 4])) {
        case 1:
          return patch(id, { op: "add", path: "members", value });
        case 2:
          return patch(id, { op: "remove", path: "members", value });
        case 3:
          return patch(id, { op: "replace", path: "displayName", value: pick(["dept-", "crew-", "x-"]) + unique("n") });
        default:
          return patch(id, { op: "replace", path: "members", value });
      }
    };
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 12 }, act));
      if (round === 5) await map([...RULES, { prefix: "x-", kind: "role" }]);
    }
    await remove(tenant, `/Users/${users[3]}`);
    await agree(its);
  });

  test("what could not be told is told by the maintenance run", async () => {
    const its = await company();
    const { users, group, map } = its;
    await map(RULES);
    await edge.faults({ reset: true, failBefore: 1000, only: "telling" });
    await group("dept-Sales", users[0]);
    const { failed } = await edge.faults();
    assert.ok(failed > 0, "nothing failed");
    assert.equal((await told(its.tenant)).size, 0);
    await edge.faults({ reset: true });
    await edge.cron();
    assert.equal((await told(its.tenant)).size, 1);
    await agree(its);
  });
});
