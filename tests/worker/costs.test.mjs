// What each operation costs in D1: round trips, rows read, rows written, as the database itself reports
// them. They are exact and repeatable, so they are budgets and not measurements; and they must not grow
// with the tenant.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { missing } from "./features.mjs";
import { external, start, unique } from "./harness.mjs";
import { seededUser, seedUsers } from "./seed.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const sizes = (process.env.SCIM_EDGE_COST_SIZES ?? "100,10000,100000").split(",").map(Number);
const table = [];

let edge;
before(async () => {
  edge = await start({ faults: true });
});
after(() => edge.stop());

const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const filter = (text) => `/Users?filter=${encodeURIComponent(text)}`;
const newUser = () => {
  const name = unique("cost");
  return {
    schemas: [USER],
    userName: `${name}@example.com`,
    externalId: name,
    name: { givenName: "Cost", familyName: "Test" },
    displayName: "Cost Test",
    emails: [{ value: `${name}@mail.example.com`, type: "work", primary: true }],
    active: true,
  };
};

/** Sends one request from a warm isolate and holds its cost against the budget. */
async function check(tenant, size, [name, budget, request, status, total]) {
  await tenant.scim("GET", "/Users/01900000-0000-7000-8000-000000000000");
  await edge.faults({ reset: true });
  const answer = await tenant.scim(...request());
  assert.equal(answer.status, status, answer.text);
  if (total !== undefined) assert.equal(answer.json.totalResults, total, answer.text);
  table.push({ size, name, budget, cost: answer.cost });
  assert.ok(answer.cost, `no cost in Server-Timing: ${answer.headers.get("server-timing")}`);
  assert.equal(answer.cost.trips, (await edge.faults()).trips, "what it says of its round trips is not so");
  for (const what of ["trips", "read", "written"]) {
    assert.ok(answer.cost[what] <= budget[what], `${what}: ${answer.cost[what]}, the budget is ${budget[what]}`);
  }
}

/** A group with so many of the tenant's users: its id and theirs. */
async function groupOf(tenant, count) {
  const members = [];
  while (members.length < count) {
    const page = await tenant.scim("GET", `/Users?attributes=id&count=100&startIndex=${members.length + 1}`);
    members.push(...page.json.Resources.map((one) => one.id));
  }
  const made = await tenant.scim("POST", "/Groups", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: unique("group"),
  });
  assert.equal(made.status, 201, made.text);
  for (let from = 0; from < count; from += 500) {
    const value = members.slice(from, from + 500).map((member) => ({ value: member }));
    const added = await tenant.scim("PATCH", `/Groups/${made.json.id}`, patch({ op: "add", path: "members", value }));
    assert.equal(added.status, 204, added.text);
  }
  return [made.json.id, members];
}

for (const size of sizes) {
  describe(`with ${size} users`, { skip: external ? "needs the database" : false }, () => {
    let tenant;
    let user;
    let id;
    let since;
    let middle = "";
    before(async () => {
      tenant = await edge.createTenant(`cost${size}`);
      await seedUsers(tenant, size);
      user = seededUser(size >> 1);
      const found = await tenant.scim("GET", filter(`userName eq "${user.userName}"`));
      assert.equal(found.json?.totalResults, 1, found.text);
      id = found.json.Resources[0].id;
      const one = await tenant.scim("GET", filter(`userName eq "${seededUser(size - 51).userName}"`));
      since = one.json.Resources[0].meta.lastModified;
      middle = (await tenant.scim("GET", "/Users?count=50&sortBy=userName&sortOrder=descending&cursor=")).json.nextCursor;
      await tenant.scim("GET", `/Users?count=20&startIndex=${size - 39}`);
    });

    const rows = [
      ["GET user by id", { trips: 1, read: 4, written: 0 }, () => ["GET", `/Users/${id}`], 200],
      ["GET unknown id", { trips: 1, read: 4, written: 0 }, () => ["GET", "/Users/01900000-0000-7000-8000-000000000000"], 404],
      ["userName eq", { trips: 1, read: 8, written: 0 }, () => ["GET", filter(`userName eq "${user.userName.toUpperCase()}"`)], 200, 1],
      ["userName eq, nobody", { trips: 1, read: 8, written: 0 }, () => ["GET", filter('userName eq "nobody@example.com"')], 200, 0],
      ["externalId eq", { trips: 1, read: 8, written: 0 }, () => ["GET", filter(`externalId eq "${user.externalId}"`)], 200, 1],
      ["emails.value eq", { trips: 1, read: 8, written: 0 }, () => ["GET", filter(`emails.value eq "${user.emails[0].value}"`)], 200, 1],
      ['emails[type eq "work"].value eq', { trips: 1, read: 8, written: 0 }, () => ["GET", filter(`emails[type eq "work"].value eq "${user.emails[0].value}"`)], 200, 1],
      ["externalId and userName", { trips: 1, read: 8, written: 0 }, () => ["GET", filter(`externalId eq "${user.externalId}" and userName eq "${user.userName}"`)], 200, 1],
      ["list of 100, by index", { trips: 1, read: 320, written: 0 }, () => ["GET", "/Users?count=100"], 200],
      ["list of 20, the last by index", { trips: 1, read: 30, written: 0 }, () => ["GET", `/Users?count=20&startIndex=${size - 19}`], 200],
      ["list of 50, last changed first", { trips: 1, read: 60, written: 0 }, () => ["GET", "/Users?count=50&sortBy=meta.lastModified&sortOrder=descending"], 200],
      ["list of 50, by userName", { trips: 1, read: 110, written: 0 }, () => ["GET", "/Users?count=50&sortBy=userName"], 200],
      ["list of 50, by userName, in the middle", { trips: 1, read: 110, written: 0 }, () => ["GET", `/Users?count=50&sortBy=userName&sortOrder=descending&cursor=${middle}`], 200],
      ["list of 50 over all types", { trips: 1, read: 60, written: 0 }, () => ["GET", "/?count=50"], 200],
      ["meta.lastModified gt, 50 of them", { trips: 1, read: 120, written: 0 }, () => ["GET", filter(`meta.lastModified gt "${since}"`)], 200, 50],
      ["meta.lastModified gt, over all types", { trips: 1, read: 220, written: 0 }, () => ["GET", `/?filter=${encodeURIComponent(`meta.lastModified gt "${since}"`)}`], 200, 50],
      ["meta.lastModified le, gt, and more", { trips: 1, read: 120, written: 0 }, () => ["GET", filter(`meta.lastModified le "2100-01-01T00:00:00Z" and meta.lastModified gt "${since}" and active eq true`)], 200, 50],
      ["meta.lastModified lt, nobody", { trips: 1, read: 8, written: 0 }, () => ["GET", filter('meta.lastModified lt "2020-01-01T00:00:00Z"')], 200, 0],
      ["userName sw, 10 of them", { trips: 1, read: 100, written: 0 }, () => ["GET", filter('userName sw "SEED.000001"')], 200, 10],
      ["userName eq, over all types", { trips: 1, read: 10, written: 0 }, () => ["GET", `/?filter=${encodeURIComponent(`userName eq "${user.userName}"`)}`], 200, 1],
      ["userName or displayName eq, over all types", { trips: 1, read: 16, written: 0 }, () => ["GET", `/?filter=${encodeURIComponent(`userName eq "${user.userName}" or displayName eq "nobody"`)}`], 200, 1],
      ["POST user", { trips: 1, read: 4, written: 11 }, () => ["POST", "/Users", newUser()], 201],
      ["POST user, name taken", { trips: 2, read: 4, written: 0 }, () => ["POST", "/Users", { ...newUser(), userName: user.userName }], 409],
      ["PATCH user, plain attribute", { trips: 2, read: 7, written: 4 }, () => ["PATCH", `/Users/${id}`, patch({ op: "replace", path: "title", value: unique("t") })], 200],
      ["PATCH user, active", { trips: 2, read: 7, written: 4 }, () => ["PATCH", `/Users/${id}`, patch({ op: "Replace", path: "active", value: "False" })], 200],
      ["PATCH user, e-mail", { trips: 2, read: 8, written: 6 }, () => ["PATCH", `/Users/${id}`, patch({ op: "replace", path: 'emails[type eq "work"].value', value: `${unique("e")}@example.com` })], 200],
      ["PATCH user, nothing new", { trips: 1, read: 3, written: 0 }, () => ["PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value: false })], 200],
      ["PUT user", { trips: 2, read: 8, written: 6 }, () => ["PUT", `/Users/${id}`, { ...user, title: unique("t") }], 200],
      ["a wrong token", { trips: 1, read: 4, written: 0 }, () => ["GET", "/Users", undefined, { authorization: "Bearer wrong" }], 401],
    ];
    const measure = (rows) => {
      for (const row of rows) test(row[0], () => check(tenant, size, row));
    };
    measure(rows);

    test("a walk by cursor or by startIndex reads each user once", { skip: size < 2000 ? "a page" : false }, async (t) => {
      const total = (await tenant.scim("GET", "/Users?count=0")).json.totalResults;
      const page = async (query) => {
        const answer = await tenant.scim("GET", `/Users?count=1000&attributes=id&${query}`);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.cost.trips, 1);
              return answer;
      };
      const walks = {
        cursor: async (met, read) => {
          let cursor = "";
          do {
            const answer = await page(`cursor=${cursor}`);
            answer.json.Resources.forEach((one) => met.add(one.id));
            read.rows += answer.cost.read;
            cursor = answer.json.nextCursor;
          } while (cursor);
        },
        startIndex: async (met, read) => {
          for (let startIndex = 1; startIndex <= total; startIndex += 1000) {
            const answer = await page(`startIndex=${startIndex}`);
            answer.json.Resources.forEach((one) => met.add(one.id));
            read.rows += answer.cost.read;
          }
        },
      };
      for (const [name, run] of Object.entries(walks)) {
        const met = new Set();
        const read = { rows: 0 };
        await run(met, read);
        assert.equal(met.size, total, name);
        t.diagnostic(`by ${name}: ${read.rows} rows read for ${total} users`);
        // Four of a page are its guard, its counter and the first row of the next, which the last page lacks.
        assert.equal(read.rows, total + 4 * Math.ceil(total / 1000) - 1, `by ${name}`);
      }
    });

    test("a walk by startIndex reads each row about once", { skip: size > 2000 ? "a long walk" : false }, async () => {
      let read = 0;
      let met = 0;
      for (let startIndex = 1; ; startIndex += 10) {
        const page = await tenant.scim("GET", `/Users?startIndex=${startIndex}&count=10`);
        assert.equal(page.status, 200, page.text);
        if (page.json.Resources.length === 0) break;
        read += page.cost.read;
        met += page.json.Resources.length;
      }
      assert.ok(read <= 1.6 * met, `${read} rows read for ${met} users`);
    });

    // Afterwards, because a membership adds to what a user's own row costs.
    describe("and a group of them", { skip: missing("groups") }, () => {
      let group;
      let members;
      before(async () => {
        [group, members] = await groupOf(tenant, Math.min(size, 2000));
      });
      measure([
        ["PATCH group, one member out", { trips: 2, read: 12, written: 5 }, () => ["PATCH", `/Groups/${group}`, patch({ op: "remove", path: `members[value eq "${members[7]}"]` })], 204],
        ["PATCH group, one member in", { trips: 2, read: 12, written: 6 }, () => ["PATCH", `/Groups/${group}`, patch({ op: "add", path: "members", value: [{ value: members[7] }] })], 204],
        ["PATCH group, a member who is in", { trips: 1, read: 7, written: 0 }, () => ["PATCH", `/Groups/${group}`, patch({ op: "add", path: "members", value: [{ value: members[8] }] })], 204],
        ["PATCH group, its name", { trips: 2, read: 10, written: 6 }, () => ["PATCH", `/Groups/${group}`, patch({ op: "replace", value: { id: group, displayName: unique("g") } })], 204],
        ["GET group without members", { trips: 1, read: 4, written: 0 }, () => ["GET", `/Groups/${group}?excludedAttributes=members`], 200],
        ["GET user in one group", { trips: 1, read: 6, written: 0 }, () => ["GET", `/Users/${members[7]}`], 200],
      ]);
    });
  });
}

test("the costs do not grow with the tenant", { skip: external || sizes.length < 2 ? "needs two sizes" : false }, (t) => {
  const width = Math.max(...table.map((row) => row.name.length));
  t.diagnostic(`${"operation".padEnd(width)}  users     trips     read  written`);
  for (const { size, name, budget, cost } of table) {
    const numbers = ["trips", "read", "written"].map((what) => `${cost?.[what]}/${budget[what]}`.padStart(8));
    t.diagnostic(`${name.padEnd(width)} ${String(size).padStart(6)} ${numbers.join(" ")}`);
  }
  for (const { name, cost } of table.filter((row) => row.size === sizes[0] && row.cost)) {
    const other = table.find((row) => row.size === sizes.at(-1) && row.name === name)?.cost;
    if (!other) continue;
    assert.ok(other.trips <= cost.trips, `${name}: ${other.trips} trips, ${cost.trips} in a small tenant`);
    assert.ok(other.written <= cost.written + 1, `${name}: ${other.written} rows written, ${cost.written} in a small tenant`);
    assert.ok(other.read <= cost.read + 1, `${name}: ${other.read} rows read, ${cost.read} in a small tenant`);
  }
});
