// What group operations cost in D1, and that a change of one member costs the same in a group of ten and
// of a hundred thousand. The numbers are the database's own, exact and repeatable.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";
import { seedGroup, seedMembers } from "./seed-groups.mjs";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const sizes = (process.env.SCIM_EDGE_GROUP_SIZES ?? "10,10000,100000").split(",").map(Number);
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const skip = external ? "needs the database" : false;
const table = [];

let edge;
let acme;
before(async () => {
  if (skip) return;
  edge = await start({ faults: true });
  acme = await edge.createTenant("acme");
});
after(() => edge?.stop());

/** Sends one request from a warm isolate and holds its cost against the budget. */
async function check(size, name, budget, status, ...request) {
  await acme.scim("GET", "/Users/01900000-0000-7000-8000-000000000000");
  await edge.faults({ reset: true });
  const answer = await acme.scim(...request);
  assert.equal(answer.status, status, answer.text.slice(0, 500));
  table.push({ size, name, budget, cost: answer.cost });
  assert.equal(answer.cost.trips, (await edge.faults()).trips, "what it says of its round trips is not so");
  for (const [what, most] of Object.entries(budget)) {
    assert.ok(answer.cost[what] <= most, `${name}: ${what} ${answer.cost[what]}, the budget is ${most}`);
  }
  return answer;
}

for (const size of sizes) {
  describe(`a group of ${size}`, { skip }, () => {
    let members;
    let outsider;
    let group;
    const change = { trips: 2, read: 12, written: 10 };
    before(async () => {
      [outsider, ...members] = await seedMembers(edge, acme, size + 1);
      group = await seedGroup(edge, acme, members);
      // The object learns the tenant's context with its first change.
      await acme.scim("PATCH", `/Groups/${group}`, patch({ op: "add", path: "externalId", value: unique() }));
    });
    const on = (...operations) => ["PATCH", `/Groups/${group}`, patch(...operations)];

    test("one member in, by list", () =>
      check(size, "PATCH, one member in", change, 204, ...on({ op: "Add", path: "members", value: [{ value: outsider }] })));
    test("a member who is in already", () =>
      check(size, "PATCH, a member who is in", { ...change, written: 0 }, 204, ...on({ op: "add", path: "members", value: [{ value: outsider }] })));
    test("one member out, by filter", () =>
      check(size, "PATCH, one member out by filter", change, 204, ...on({ op: "remove", path: `members[value eq "${outsider}"]` })));
    test("one member out, by list", () =>
      check(size, "PATCH, one member out by list", change, 204, ...on({ op: "Remove", path: "members", value: [{ value: members[3] }] })));
    test("one in with a display, one out", () =>
      check(size, "PATCH, one in and one out", { trips: 2, read: 18, written: 10 }, 204,
        ...on({ op: "remove", path: `members[value eq "${members[4]}"]` }, { op: "add", path: "members", value: [{ value: members[3], display: "D" }] })));
    test("another name", () =>
      check(size, "PATCH, another name", change, 204, ...on({ op: "replace", value: { id: group, displayName: unique("g") } })));
    test("nothing new", () =>
      check(size, "PATCH, nothing new", { trips: 1, read: 6, written: 0 }, 204, ...on({ op: "remove", path: `members[value eq "${outsider}"]` })));
    test("read without members", () =>
      check(size, "GET without members", { trips: 1, read: 4, written: 0 }, 200, "GET", `/Groups/${group}?excludedAttributes=members`));
    test("found by name without members", () =>
      check(size, "GET by filter without members", { trips: 1, read: 10, written: 0 }, 200, "GET",
        `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "nobody"')}`));
    test("a user in it", () =>
      check(size, "GET user in one group", { trips: 1, read: 6, written: 0 }, 200, "GET", `/Users/${members[7]}`));
    test("PUT of the name, without members", () =>
      check(size, "PUT, without members", { trips: 2, read: 14, written: 10 }, 200, "PUT",
        `/Groups/${group}?excludedAttributes=members`, { schemas: [GROUP], displayName: unique("g") }));
    test("deletion of a member", () =>
      check(size, "DELETE user in one group", { trips: 2, read: 30, written: 20 }, 204, "DELETE", `/Users/${members[8]}`));
    test("replacement of all members by the same", { skip: size > 10_000 ? "a body over 1 MB" : false }, async () => {
      const shown = (await acme.scim("GET", `/Groups/${group}`)).json.members;
      const value = shown.map(({ value, display }, at) => (at === 0 ? { value, display } : { value }));
      await acme.scim(...on({ op: "replace", path: "members", value }));
      await check(size, "PATCH, replaced by the same", { trips: 1, written: 0 }, 204, ...on({ op: "replace", path: "members", value }));
      // Two rows for who goes and three for who comes, two for the group's row, two for each event.
      const changed = [...value.slice(1), { value: outsider }];
      await check(size, "PATCH, replaced, one differs", { trips: 2, written: 9 }, 204, ...on({ op: "replace", path: "members", value: changed }));
    });
    test("replacement of all members by one reads few of them to see that there are more", async () => {
      const answer = await acme.scim("GET", `/Groups/${group}?excludedAttributes=members`, undefined);
      const condition = { "if-match": 'W/"0"' };
      const request = on({ op: "replace", path: "members", value: [{ value: outsider }] });
      // After ten idle seconds the runtime evicts the object, which then reads the tenant's context again.
      await acme.scim(...request, condition);
      const refused = await acme.scim(...request, condition);
      assert.equal(refused.status, 412, answer.text);
      table.push({ size, name: "PATCH, replaced by one, refused", budget: { read: 12 }, cost: refused.cost });
      assert.ok(refused.cost.read <= 12, `${refused.cost.read}`);
    });
  });
}

test("a page of 100 users, each in one group", { skip }, async () => {
  const page = await edge.createTenant("page");
  const members = await seedMembers(edge, page, 120);
  await seedGroup(edge, page, members);
  await page.scim("GET", "/Users?count=1");
  const answer = await page.scim("GET", "/Users?count=100");
  assert.equal(answer.json.Resources.length, 100);
  assert.ok(answer.json.Resources.every((one) => one.groups.length === 1));
  table.push({ size: 120, name: "GET page of 100 users", budget: { trips: 1, read: 520, written: 0 }, cost: answer.cost });
  assert.ok(answer.cost.read <= 520, `${answer.cost.read} rows read`);
});

test("the costs do not grow with the group", { skip: skip || sizes.length < 2 ? "needs two sizes" : false }, (t) => {
  const width = Math.max(...table.map((row) => row.name.length));
  t.diagnostic(`${"operation".padEnd(width)}  group of     trips     read  written`);
  for (const { size, name, budget, cost } of table) {
    const numbers = ["trips", "read", "written"].map((what) => `${cost[what]}/${budget[what] ?? "-"}`.padStart(8));
    t.diagnostic(`${name.padEnd(width)}  ${String(size).padStart(8)}  ${numbers.join(" ")}`);
  }
  const fixed = table.filter((row) => row.size === sizes[0] && row.budget.read !== undefined);
  for (const { name, cost } of fixed) {
    for (const other of table.filter((row) => row.name === name && row.size !== sizes[0])) {
      assert.ok(other.cost.read <= cost.read + 1, `${name}: ${other.cost.read} rows read in a group of ${other.size}, ${cost.read} in one of ${sizes[0]}`);
      assert.ok(other.cost.written <= cost.written + 1, `${name}: ${other.cost.written} rows written in a group of ${other.size}`);
    }
  }
});

test("a user with nested groups shows them alike when read and when listed", { skip }, async () => {
  const nested = await edge.createTenant("nested");
  const user = (await nested.scim("POST", "/Users", { schemas: [USER], userName: unique() })).json.id;
  let inner = user;
  for (const displayName of ["inner", "middle", "outer"]) {
    inner = (await nested.scim("POST", "/Groups", { schemas: [GROUP], displayName, members: [{ value: inner }] })).json.id;
  }
  const read = (await nested.scim("GET", `/Users/${user}`)).json.groups;
  assert.deepEqual(
    read.map(({ display, type }) => `${display} ${type}`).sort(),
    ["inner direct", "middle indirect", "outer indirect"],
  );
  assert.deepEqual((await nested.scim("GET", "/Users")).json.Resources[0].groups, read);
});
