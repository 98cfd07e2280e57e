// POST /Bulk (RFC 7644 section 3.7): references between new resources, failures of single operations, the
// limits, and what a bulk costs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { allFindings } from "./consistency.mjs";
import { external, start, unique } from "./harness.mjs";
import { difference } from "./matching.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const gone = { $absent: true };
const skip = external ? "needs the inside of the server" : false;

let edge;
let acme;
before(async () => {
  edge = await start({ faults: true });
  acme = await edge.createTenant("acme");
});
after(() => edge.stop());

const send = (Operations, more = {}) => acme.scim("POST", "/Bulk", { schemas: [BULK], ...more, Operations });

/** Sends operations, and compares the entries of the answer. */
async function check(operations, expected, more) {
  const answer = await send(operations, more);
  assert.equal(answer.status, 200, answer.text);
  const found = difference(answer.json, { schemas: [RESPONSE], Operations: expected });
  assert.equal(found, null, `${found}\n${answer.text}`);
  return answer.json.Operations;
}

const post = (path, bulkId, data) => ({ method: "POST", path, bulkId, data });
const newUser = (bulkId, more = {}) => post("/Users", bulkId, { schemas: [USER], userName: unique("u"), ...more });
const newGroup = (bulkId, more = {}) => post("/Groups", bulkId, { schemas: [GROUP], displayName: unique("g"), ...more });
const patch = (path, ...Operations) => ({ method: "PATCH", path, data: { schemas: [PATCH_OP], Operations } });
const of = (...names) => ({ members: names.map((value) => ({ value })) });
const managedBy = (value) => ({ schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value } } });

const created = (bulkId) => ({
  method: "POST",
  bulkId,
  location: { $matches: "/(Users|Groups)/[0-9a-f-]{36}$" },
  version: 'W/"1"',
  status: "201",
  response: gone,
});
const failed = (status, scimType, detail = ".") => ({
  status: String(status),
  version: gone,
  response: {
    schemas: [ERROR],
    status: String(status),
    scimType: scimType ?? gone,
    detail: { $matches: detail },
  },
});

const idOf = (entry) => entry.location.split("/").at(-1);
const get = async (path) => (await acme.scim("GET", path)).json;
const memberIds = (group) => (group.members ?? []).map((member) => member.value).sort();
const total = async (path) => (await get(`${path}?count=0`)).totalResults;

describe("operations", () => {
  test("one of each, in their order, with location, version and status", async () => {
    const [kept, lost] = await check([newUser("a"), newUser("b")], [created("a"), created("b")]);
    const path = (entry) => `/Users/${idOf(entry)}`;
    await check(
      [
        newUser("c"),
        { method: "PUT", path: path(kept), version: kept.version, data: { schemas: [USER], userName: unique("put") } },
        { method: "PATCH", path: path(kept), version: 'W/"2"', data: [{ op: "add", path: "nickName", value: "Babs" }] },
        { method: "DELETE", path: path(lost), version: lost.version },
      ],
      [
        created("c"),
        { method: "PUT", location: kept.location, version: 'W/"2"', status: "200", response: gone },
        { method: "PATCH", location: kept.location, version: 'W/"3"', status: "200" },
        { method: "DELETE", location: lost.location, version: gone, status: "204" },
      ],
    );
    const user = await get(path(kept));
    assert.equal(user.nickName, "Babs");
    assert.equal(user.meta.version, 'W/"3"');
    assert.equal((await acme.scim("GET", path(lost))).status, 404);
  });

  test("what a bulk creates it can change and delete again", async () => {
    const [user, , , , group] = await check(
      [
        newUser("u"),
        newUser("v"),
        patch("/Users/bulkId:u", { op: "add", path: "title", value: "Guide" }),
        { method: "DELETE", path: "/Users/bulkId:v" },
        newGroup("g"),
        patch("/Groups/bulkId:g", { op: "add", path: "members", value: [{ value: "bulkId:u" }] }),
      ],
      [created("u"), created("v"), { status: "200", version: 'W/"2"' }, { status: "204" }, created("g"), { status: "200" }],
    );
    assert.equal((await get(`/Users/${idOf(user)}`)).title, "Guide");
    assert.deepEqual(memberIds(await get(`/Groups/${idOf(group)}`)), [idOf(user)]);
  });

  test("each fails by its own rules, and the others are done", async () => {
    const taken = unique("taken");
    const mine = unique("mine");
    const [user] = await check([newUser("u", { userName: taken })], [created("u")]);
    const path = `/Users/${idOf(user)}`;
    await check(
      [
        newUser("a", { userName: taken.toUpperCase() }),
        post("/Users", "b", { schemas: [USER] }),
        newUser("c", { userName: mine }),
        newUser("d", { userName: mine }),
        patch("/Users/01900000-0000-7000-8000-000000000000", { op: "add", path: "title", value: "T" }),
        { ...patch(path, { op: "add", path: "title", value: "T" }), version: 'W/"7"' },
        patch(path, { op: "replace", path: "userName", value: mine }),
        patch(path, { op: "add", path: "members[", value: "T" }),
        post("/Nothing", "e", {}),
        { method: "GET", path },
        patch(path, { op: "add", path: "title", value: "T" }),
      ],
      [
        { ...failed(409, "uniqueness", `userName "${taken}"`), location: gone, bulkId: "a" },
        { ...failed(400, "invalidValue", "userName"), location: gone },
        created("c"),
        { ...failed(409, "uniqueness", `userName "${mine}"`), location: gone },
        { ...failed(404), location: { $matches: "/Users/0190" } },
        { ...failed(412), location: user.location },
        { ...failed(409, "uniqueness", "userName"), location: user.location },
        { ...failed(400, "invalidFilter"), location: user.location },
        { ...failed(404), location: gone },
        failed(400, "invalidSyntax"),
        { status: "200", version: 'W/"2"' },
      ],
    );
    const left = await get(path);
    assert.equal(left.userName, taken);
    assert.equal(left.title, "T");
  });

  test("a name that one operation gives up is free for the next", async () => {
    const [one, other] = [unique("one"), unique("other")];
    const users = await check(
      [newUser("a", { userName: one }), newUser("b", { userName: other })],
      [created("a"), created("b")],
    );
    const [a, b] = users.map((user) => `/Users/${idOf(user)}`);
    const rename = (path, value) => patch(path, { op: "replace", path: "userName", value });
    await check(
      [rename(a, other), rename(a, unique("free")), rename(b, one), { method: "DELETE", path: b }, newUser("c", { userName: one })],
      [failed(409, "uniqueness"), { status: "200" }, { status: "200" }, { status: "204" }, created("c")],
    );
  });

  test("a member that fails with its operation leaves nothing of it", async () => {
    const [group] = await check([newGroup("g")], [created("g")]);
    const path = `/Groups/${idOf(group)}`;
    const [user] = await check(
      [
        newUser("u"),
        patch(path, { op: "add", path: "members", value: [{ value: "bulkId:u" }] }, { op: "add", path: "nonsense[", value: "x" }),
      ],
      [created("u"), failed(400, "invalidFilter")],
    );
    assert.deepEqual(memberIds(await get(path)), []);
    assert.equal((await get(`/Users/${idOf(user)}`)).groups, undefined);
  });
});

describe("references", () => {
  test("forwards, backwards, and between users in a circle", async () => {
    const [group, one, other, outer] = await check(
      [
        newGroup("g", of("bulkId:one", "bulkId:other")),
        newUser("one", managedBy("bulkId:other")),
        newUser("other", managedBy("bulkId:one")),
        newGroup("outer", of("bulkId:g")),
      ],
      [created("g"), created("one"), created("other"), created("outer")],
    );
    assert.deepEqual(memberIds(await get(`/Groups/${idOf(group)}`)), [idOf(one), idOf(other)].sort());
    const user = await get(`/Users/${idOf(one)}`);
    assert.equal(user[ENTERPRISE].manager.value, idOf(other));
    const groups = user.groups.map(({ value, type }) => [value, type]);
    assert.deepEqual(new Map(groups), new Map([[idOf(group), "direct"], [idOf(outer), "indirect"]]));
  });

  test("groups inside each other are refused, and so is what refers to them", async () => {
    const before = await total("/Groups");
    const named = await check(
      [newGroup("a", of("bulkId:b")), newGroup("b", of("bulkId:c")), newGroup("c", of("bulkId:a")), newGroup("d")],
      [failed(409, "invalidValue", '"b"'), failed(409, "invalidValue", '"c"'), failed(400, "invalidValue", "inside itself"), created("d")],
    );
    assert.equal(await total("/Groups"), before + 1);
    // Nor through groups that are there already.
    const inner = `/Groups/${idOf(named[3])}`;
    const [outer] = await check([newGroup("outer", of(idOf(named[3])))], [created("outer")]);
    const add = (value) => patch(inner, { op: "add", path: "members", value: [{ value }] });
    await check([newGroup("x", of(idOf(outer))), add("bulkId:x")], [created("x"), failed(400, "invalidValue", "inside itself")]);
    const take = patch(`/Groups/${idOf(outer)}`, { op: "remove", path: "members" });
    await check([take, add(idOf(outer))], [{ status: "200" }, { status: "200" }]);
  });

  test("to nothing, or to what failed: nothing dangles", async () => {
    const before = [await total("/Users"), await total("/Groups")];
    const invalid = post("/Users", "bad", { schemas: [USER] });
    await check(
      [
        newGroup("g", of("bulkId:nobody")),
        newGroup("h", of("bulkId:bad")),
        newUser("u", managedBy("bulkId:v")),
        invalid,
        newUser("v", managedBy("bulkId:bad")),
        patch("/Users/bulkId:bad", { op: "add", path: "title", value: "T" }),
        newUser("w"),
      ],
      [
        failed(409, "invalidValue", '"nobody"'),
        failed(409, "invalidValue", '"bad"'),
        failed(409, "invalidValue", '"v"'),
        { ...failed(400, "invalidValue"), location: gone },
        failed(409, "invalidValue", '"bad"'),
        failed(409, "invalidValue", '"bad"'),
        created("w"),
      ],
    );
    assert.deepEqual([await total("/Users"), await total("/Groups")], [before[0] + 1, before[1]]);
  });
});

describe("failOnErrors", () => {
  test("ends the work, and the rest is not in the answer", async () => {
    const before = await total("/Users");
    const bad = (bulkId) => post("/Users", bulkId, { schemas: [USER] });
    await check([newUser("a"), bad("b"), newUser("c")], [created("a"), failed(400, "invalidValue")], { failOnErrors: 1 });
    await check(
      [bad("a"), newUser("b"), bad("c"), newUser("d")],
      [failed(400, "invalidValue"), created("b"), failed(400, "invalidValue")],
      { failOnErrors: 2 },
    );
    await check([bad("a"), newUser("b")], [failed(400, "invalidValue"), created("b")], { failOnErrors: 2 });
    assert.equal(await total("/Users"), before + 3);
  });

  test("what refers to an operation that is not reached fails", async () => {
    await check(
      [newUser("z"), newGroup("g", of("bulkId:u")), post("/Users", "bad", {}), newUser("u")],
      [created("z"), failed(409, "invalidValue", '"u"')],
      { failOnErrors: 1 },
    );
  });
});

describe("the message", () => {
  test("the limits are those of ServiceProviderConfig, and an answer names the one that is exceeded", async () => {
    const { bulk } = await get("/ServiceProviderConfig");
    assert.deepEqual(bulk, { supported: true, maxOperations: 1000, maxPayloadSize: 1048576 });
    const many = await send(Array.from({ length: 1001 }, () => ({ method: "DELETE", path: "/Users/1" })));
    assert.equal(many.status, 413);
    assert.match(many.json.detail, /maxOperations \(1000\)/);
    const large = await acme.scim("POST", "/Bulk", JSON.stringify({ schemas: [BULK], x: "x".repeat(1 << 20) }));
    assert.equal(large.status, 413);
    assert.match(large.json.detail, /maxPayloadSize \(1048576\)/);
  });

  test("is refused as a whole when it is none", async () => {
    const refused = async (body, status, scimType) => {
      const answer = await acme.scim("POST", "/Bulk", body);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.json.scimType, scimType);
    };
    await refused("{", 400, "invalidSyntax");
    await refused({ schemas: [BULK] }, 400, "invalidSyntax");
    await refused({ schemas: [BULK], Operations: [newUser("a"), newUser("a")] }, 400, "invalidSyntax");
    await refused({ schemas: [BULK], failOnErrors: -1, Operations: [newUser("a")] }, 400, "invalidSyntax");
  });

  test("other methods, other media types, other tokens", async () => {
    const read = await acme.scim("GET", "/Bulk");
    assert.equal(read.status, 405);
    assert.equal(read.headers.get("allow"), "OPTIONS, POST");
    const text = await acme.scim("POST", "/Bulk", "x", { "content-type": "text/plain" });
    assert.equal(text.status, 415);
    const operations = { schemas: [BULK], Operations: [{ method: "GET", path: "/Users/1" }] };
    for (const authorization of [null, "Bearer wrong"]) {
      assert.equal((await acme.scim("POST", "/Bulk", operations, { authorization })).status, 401);
    }
  });

  test("a token that is revoked writes nothing, whatever the isolate remembers", async () => {
    const tenant = await edge.createTenant("revoked");
    const body = () => ({ schemas: [BULK], Operations: [newUser("a")] });
    assert.equal((await tenant.scim("POST", "/Bulk", body())).status, 200);
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${tenant.tokenId}`);
    assert.equal((await tenant.scim("POST", "/Bulk", body())).status, 401);
    const refused = { schemas: [BULK], Operations: [{ method: "GET", path: "/Users/1" }] };
    assert.equal((await tenant.scim("POST", "/Bulk", refused)).status, 401);
  });
});

describe("costs", { skip }, () => {
  const MANY = 1000;
  let ids;
  const large = (at) => {
    const name = unique(`bulk${at}`);
    return newUser(`u${at}`, {
      userName: `${name}@example.com`,
      externalId: name,
      name: { givenName: `Given${at}`, familyName: `Family${at}` },
      displayName: `Given${at} Family${at}`,
      title: "Somebody whose title is long enough for a user of six hundred bytes. ".repeat(4),
      emails: [{ value: `${name}@mail.example.com`, type: "work", primary: true }],
      active: true,
    });
  };

  /** Sends from a warm isolate to a warm object; holds trips and rows written against the budget. */
  async function measure(t, what, operations, status, budget) {
    await edge.faults({ reset: true });
    const answer = await send(operations);
    assert.equal(answer.status, 200, answer.text.slice(0, 500));
    const statuses = new Set(answer.json.Operations.map((entry) => entry.status));
    assert.deepEqual([...statuses], [status].flat());
    assert.equal(answer.json.Operations.length, operations.length);
    const { trips, statements } = await edge.faults();
    assert.equal(answer.cost.trips, trips, "what it says of its round trips is not so");
    const { read, written } = answer.cost;
    t.diagnostic(`${what}: ${trips} trips, ${statements} statements, ${read} rows read, ${written} written, ${Math.round(answer.millis)} ms`);
    assert.ok(trips <= budget.trips, `${trips} trips, the budget is ${budget.trips}`);
    assert.ok(statements <= 50, `${statements} statements`);
    assert.ok(written <= budget.written, `${written} rows written, the budget is ${budget.written}`);
    return answer.json.Operations;
  }

  before(() => send([newUser("warm"), newGroup("warm2")]));

  test("1,000 new users", async (t) => {
    const users = Array.from({ length: MANY }, (_, at) => large(at));
    ids = (await measure(t, "1,000 new users", users, "201", { trips: 2, written: 12 * MANY })).map(idOf);
    assert.equal(new Set(ids).size, MANY);
    assert.deepEqual(ids, [...ids].sort(), "the order of ids is the order of creation");
    const one = ids[500];
    assert.equal((await get(`/Users/${one}`)).userName, users[500].data.userName);
  });

  test("one name in 1,000 that is taken costs no trip more", async (t) => {
    const users = Array.from({ length: MANY }, (_, at) => large(at));
    users[700].data.userName = (await get(`/Users/${ids[3]}`)).userName;
    const entries = await measure(t, "one name taken", users, ["201", "409"], { trips: 2, written: 12 * MANY });
    assert.deepEqual(entries.filter((entry) => entry.status === "409").map((entry) => entry.bulkId), ["u700"]);
  });

  test("500 patches", async (t) => {
    const patches = ids.slice(0, 500).map((id) => patch(`/Users/${id}`, { op: "replace", path: "title", value: unique("t") }));
    await measure(t, "500 patches", patches, "200", { trips: 2, written: 5 * 500 });
  });

  test("500 new names: their holders are looked up once for all", async (t) => {
    const patches = ids.slice(0, 500).map((id) => patch(`/Users/${id}`, { op: "replace", path: "userName", value: unique("n") }));
    await measure(t, "500 new names", patches, "200", { trips: 3, written: 8 * 500 });
  });

  test("a group with its 999 users", async (t) => {
    const users = Array.from({ length: MANY - 1 }, (_, at) => large(at));
    const group = newGroup("g", of(...users.map((user) => `bulkId:${user.bulkId}`)));
    const made = await measure(t, "a group and its 999 users", [group, ...users], "201", { trips: 2, written: 15 * MANY });
    assert.equal(memberIds(await get(`/Groups/${idOf(made[0])}`)).length, MANY - 1);
  });

  test("1,000 memberships, an operation each", async (t) => {
    const [group] = (await send([newGroup("g")])).json.Operations;
    const path = `/Groups/${idOf(group)}`;
    const adds = ids.map((value) => patch(path, { op: "add", path: "members", value: [{ value }] }));
    await measure(t, "1,000 memberships", adds, "200", { trips: 2, written: 3 * MANY });
    const read = await get(path);
    assert.equal(memberIds(read).length, MANY);
    assert.equal(read.meta.version, `W/"${MANY + 1}"`);
  });

  test("1,000 deletions", async (t) => {
    const all = ids.map((id) => ({ method: "DELETE", path: `/Users/${id}` }));
    await measure(t, "1,000 deletions", all, "204", { trips: 2, written: 12 * MANY });
  });

  test("a payload at its limit, of texts that need both forms", async (t) => {
    const users = Array.from({ length: 200 }, (_, at) => large(at));
    for (const user of users) user.data.title = "Größte \"Straße\" ".repeat(150);
    const bytes = Buffer.byteLength(JSON.stringify({ schemas: [BULK], Operations: users }));
    assert.ok(bytes < 1 << 20 && bytes > 700_000, `${bytes} bytes`);
    await measure(t, `${bytes} bytes`, users, "201", { trips: 2, written: 12 * 200 });
  });
});

describe("D1 lost", { skip }, () => {
  const names = () => Array.from({ length: 20 }, () => unique("lost"));
  const users = (list) => list.map((userName, at) => newUser(`u${at}`, { userName }));
  const withGroup = (list) => [newGroup("g", of(...list.map((_, at) => `bulkId:u${at}`))), ...users(list)];
  const found = async (list) => {
    const counts = list.map((name) => get(`/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}&count=0`));
    return (await Promise.all(counts)).reduce((sum, { totalResults }) => sum + totalResults, 0);
  };

  test("before the commit: 503, and nothing is there", async () => {
    const list = names();
    for (const only of ["read", "write"]) {
      await edge.faults({ reset: true, failBefore: 50, only });
      const answer = await send(withGroup(list));
      await edge.faults({ reset: true });
      assert.equal(answer.status, 503, answer.text);
      assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
      assert.equal(await found(list), 0);
    }
    await check(withGroup(list), [created("g"), ...list.map((_, at) => created(`u${at}`))]);
  });

  test("after the commit: all is there once, and a repetition is told so", async () => {
    const list = names();
    await edge.faults({ reset: true, failAfter: 1, only: "write" });
    const answer = await send(withGroup(list));
    await edge.faults({ reset: true });
    assert.ok([200, 503].includes(answer.status), answer.text);
    assert.equal(await found(list), list.length);
    await check(users(list), list.map(() => failed(409, "uniqueness")));
    assert.equal(await found(list), list.length);
  });
});

describe("at once", () => {
  test("two bulks that want the same names, and single requests between them", async () => {
    const list = Array.from({ length: 50 }, () => unique("same"));
    const users = (bulk) => list.map((userName, at) => newUser(`${bulk}${at}`, { userName }));
    const single = { schemas: [USER], userName: list[25] };
    const [one, other, alone] = await Promise.all([send(users("a")), send(users("b")), acme.scim("POST", "/Users", single)]);
    for (const answer of [one, other]) assert.equal(answer.status, 200, answer.text);
    const statuses = [one, other].flatMap((answer) => answer.json.Operations.map((entry) => entry.status));
    assert.deepEqual(new Set(statuses), new Set(["201", "409"]));
    const made = statuses.filter((status) => status === "201").length;
    assert.equal(made + Number(alone.status === 201), list.length);
    for (const name of list) {
      const answer = await get(`/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}`);
      assert.equal(answer.totalResults, 1, name);
    }
  });

  test("two bulks over one group lose none of its members", async () => {
    const [group] = (await send([newGroup("g")])).json.Operations;
    const path = `/Groups/${idOf(group)}`;
    const half = () =>
      Array.from({ length: 30 }, (_, at) => [
        newUser(`u${at}`),
        patch(path, { op: "add", path: "members", value: [{ value: `bulkId:u${at}` }] }),
      ]).flat();
    const answers = await Promise.all([send(half()), send(half())]);
    const statuses = answers.flatMap((answer) => answer.json.Operations.map((entry) => entry.status));
    assert.deepEqual(new Set(statuses), new Set(["201", "200"]));
    assert.equal(memberIds(await get(path)).length, 60);
  });
});

test("the tables agree after all of this", { skip }, async () => {
  assert.deepEqual(await allFindings(edge), []);
});
