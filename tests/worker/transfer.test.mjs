// Export and import of a tenant: the same resources with the same ids, times and versions, members
// included, and a line that cannot be taken hinders no other.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { findings } from "./consistency.mjs";
import { start, unique } from "./harness.mjs";
import { Replica, feed } from "./replica.mjs";
import { seedGroup, seedMembers } from "./seed-groups.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const DEVICE = "urn:example:device:1.0";
const NDJSON = { "content-type": "application/x-ndjson" };
const elsewhere = process.env.SCIM_EDGE_URL ? "needs the inside of the server" : false;

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

async function good(promise, status = 200) {
  const answer = await promise;
  assert.equal(answer.status, status, answer.text);
  return answer.json;
}

/** All pages: the lines, and how many pages there were. */
async function exported(slug) {
  let text = "";
  let pages = 0;
  for (let next = `/tenants/${slug}/export`; next; pages += 1) {
    const page = await edge.admin("GET", next);
    assert.equal(page.status, 200, page.text);
    assert.match(page.headers.get("content-type"), /^application\/x-ndjson/);
    assert.ok(page.text.endsWith("\n"));
    text += page.text;
    next = /<.*\/admin\/v1([^>]*)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
  }
  const lines = text.trimEnd().split("\n");
  return { lines, parsed: lines.map((line) => JSON.parse(line)), pages };
}

const suspend = (slug, suspended = true) => good(edge.admin("PATCH", `/tenants/${slug}`, { suspended }));

/** A tenant that takes lines. */
async function empty() {
  const tenant = await edge.createTenant("in");
  await suspend(tenant.slug);
  const take = async (lines) => {
    const body = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
    return edge.admin("POST", `/tenants/${tenant.slug}/import`, body, NDJSON);
  };
  return { tenant, take };
}

const meta = (more = {}) => ({ resourceType: "User", created: "2026-01-01T00:00:00.000Z", lastModified: "2026-01-02T00:00:00.000Z", version: 1, ...more });
const user = (id, userName, more = {}, metaMore = {}) => ({ meta: meta(metaMore), resource: { schemas: [USER], id, userName, ...more } });
const group = (id, displayName, metaMore = {}) => ({ meta: meta({ resourceType: "Group", ...metaMore }), resource: { schemas: [GROUP], id, displayName } });
const members = (id, list, more = {}) => ({ group: { id, lastModified: meta().lastModified, version: 1, ...more }, members: list });

/** One of everything that an export has. */
async function directory() {
  const tenant = await edge.createTenant("out");
  const admin = `/tenants/${tenant.slug}`;
  await good(edge.admin("PUT", `${admin}/schemas/${DEVICE}`, { name: "Device", attributes: [{ name: "serial", uniqueness: "server" }, { name: "weight", type: "decimal" }] }), 201);
  await good(edge.admin("PUT", `${admin}/resource-types/Device`, { endpoint: "/Devices", schema: DEVICE }), 201);
  await good(edge.admin("PATCH", admin, { settings: { indexed: ["title"] } }));
  await good(edge.admin("PUT", `${admin}/mapping`, { rules: [{ prefix: "dept-" }] }));
  const make = (path, body) => good(tenant.scim("POST", path, body), 201);
  const users = [];
  for (const [at, more] of [
    { title: "Ärztin", name: { givenName: "Zoë", familyName: "O\"Neil\\" }, password: "secret-password-1" },
    { emails: [{ value: "a@example.com", type: "work", primary: true }, { value: "b@example.com" }], active: false, [ENTERPRISE]: { department: "R&D", manager: { value: "x" } } },
    { externalId: "ext", "displayName": "Three", timezone: "Europe/Berlin", locale: "de-DE" },
  ].entries()) {
    users.push(await make("/Users", { schemas: [USER], userName: `User${at}@Example.com`, ...more }));
  }
  await make("/Devices", { schemas: [DEVICE], serial: "S-1", weight: 1.5 });
  const inner = await make("/Groups", { schemas: [GROUP], displayName: "inner", members: [{ value: users[0].id }, { value: users[1].id, display: "As sent" }] });
  const outer = await make("/Groups", { schemas: [GROUP], displayName: "outer", members: [{ value: inner.id, type: "Group" }, { value: users[2].id }] });
  await make("/Groups", { schemas: [GROUP], displayName: "nobody" });
  const patch = (path, Operations) => tenant.scim("PATCH", path, { schemas: [PATCH], Operations });
  await good(patch(`/Users/${users[0].id}`, [{ op: "add", path: "nickName", value: "zo" }, { op: "remove", path: "name.givenName" }]));
  await good(patch(`/Groups/${outer.id}`, [{ op: "replace", path: "displayName", value: "Outer" }]), 204);
  return { tenant, users, inner, outer };
}

describe("an export", () => {
  test("has the tenant, its resources and its members in order, and counts them", async () => {
    const { tenant, users, inner, outer } = await directory();
    const { parsed, lines } = await exported(tenant.slug);
    const header = parsed[0].export;
    assert.deepEqual([header.version, header.slug, header.name], [1, tenant.slug, `Tenant ${tenant.slug}`]);
    assert.deepEqual([header.settings.indexed, header.mapping], [["title"], [{ prefix: "dept-" }]]);
    assert.deepEqual([header.schemas[0].id, header.resource_types[0].name], [DEVICE, "Device"]);
    const types = parsed.slice(1, -1).map((line) => line.meta?.resourceType ?? "members");
    assert.deepEqual(types, ["User", "User", "User", "Device", "Group", "Group", "Group", "members", "members"]);
    const shown = await good(tenant.scim("GET", `/Users/${users[0].id}`));
    assert.equal(parsed[1].resource.id, users[0].id);
    assert.deepEqual(parsed[1].meta, { resourceType: "User", created: shown.meta.created, lastModified: shown.meta.lastModified, version: 2 });
    const memberLines = parsed.filter((line) => line.group);
    assert.deepEqual(memberLines[0].members, [{ value: users[0].id, type: "User" }, { value: users[1].id, type: "User", display: "As sent" }]);
    assert.deepEqual(memberLines.map((line) => line.group.id), [inner.id, outer.id]);
    assert.deepEqual(parsed.at(-1), { end: { resources: 7, members: 4 } });
    const text = lines.join("\n");
    for (const secret of ["secret-password", tenant.token, "scim_"]) assert.ok(!text.includes(secret), secret);
  });

  test("imported anew is the same tenant, to the letter", async () => {
    const { tenant, users, outer } = await directory();
    const original = await exported(tenant.slug);
    const { tenant: copy, take } = await empty();
    const admin = `/tenants/${copy.slug}`;
    const header = original.parsed[0].export;
    await good(edge.admin("PUT", `${admin}/schemas/${DEVICE}`, header.schemas[0]), 201);
    await good(edge.admin("PUT", `${admin}/resource-types/Device`, header.resource_types[0]), 201);
    await good(edge.admin("PATCH", admin, { settings: header.settings }));
    const taken = await take(original.lines);
    assert.deepEqual(taken.json, { created: 7, present: 0, members: 4, refused: [] });
    assert.ok(taken.cost.trips <= 9, JSON.stringify(taken.cost));
    // The same lines again change nothing.
    assert.deepEqual((await take(original.lines)).json, { created: 0, present: 7, members: 4, refused: [] });
    assert.deepEqual((await exported(copy.slug)).lines.slice(1), original.lines.slice(1));
    assert.deepEqual(await findings(edge, copy), []);
    const replica = new Replica(edge, copy);
    assert.deepEqual(await replica.differences(), []);
    const told = await feed(edge, { tenant: copy.slug, types: "group.member_added" });
    assert.equal(told.events.flatMap((event) => event.data.members).length, 4, "each member is told once");
    await suspend(copy.slug, false);
    for (const path of [`/Users/${users[0].id}`, `/Groups/${outer.id}`]) {
      const [there, here] = [await tenant.scim("GET", path), await copy.scim("GET", path)];
      // A user's tag covers the addresses of its groups, which name the tenant.
      const plain = ({ text }) => text.replaceAll(copy.slug, tenant.slug).replaceAll(/(W\/\\"\d+)-\w+/g, "$1");
      assert.equal(plain(here), plain(there));
    }
    // Index and counters serve what was imported.
    for (const filter of ['userName eq "user0@example.com"', 'title eq "ÄRZTIN"', 'emails.value eq "b@example.com"']) {
      assert.equal((await good(copy.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`))).totalResults, 1, filter);
    }
    assert.equal((await copy.scim("POST", "/Users", { schemas: [USER], userName: "USER1@example.com" })).status, 409);
    assert.deepEqual((await good(edge.admin("GET", admin))).resources, { User: 3, Group: 3, Device: 1 });
  });

  test("comes in pages, each of bounded size", { skip: elsewhere }, async () => {
    const tenant = await edge.createTenant("big");
    const ids = await seedMembers(edge, tenant, 7000);
    const big = await seedGroup(edge, tenant, ids);
    const small = await seedGroup(edge, tenant, ids.slice(0, 2));
    const { parsed, pages } = await exported(tenant.slug);
    assert.ok(pages > 2, `${pages} pages`);
    assert.deepEqual(parsed.slice(1, 7001).map((line) => line.resource.id), ids.toSorted());
    const of = (id) => parsed.filter((line) => line.group?.id === id).flatMap((line) => line.members.map((member) => member.value));
    assert.deepEqual(of(big), ids);
    assert.deepEqual(of(small), ids.slice(0, 2));
    assert.deepEqual(parsed.at(-1), { end: { resources: 7002, members: 7002 } });
  });

  test("a page that nobody gave out is refused", async () => {
    const tenant = await edge.createTenant("out");
    for (const after of ["x", "r,Nothing,,0,0", "r,User,,0", ""]) {
      assert.equal((await edge.admin("GET", `/tenants/${tenant.slug}/export?after=${after}`)).status, 400, after);
    }
    assert.deepEqual((await exported(tenant.slug)).parsed.slice(1), [{ end: { resources: 0, members: 0 } }]);
  });
});

describe("an import", () => {
  test("needs a tenant that serves nobody meanwhile", async () => {
    const tenant = await edge.createTenant("in");
    const answer = await edge.admin("POST", `/tenants/${tenant.slug}/import`, JSON.stringify(user("a", "a")), NDJSON);
    assert.equal(answer.status, 409);
    assert.match(answer.json.detail, /suspend/);
    assert.deepEqual((await exported(tenant.slug)).parsed.at(-1).end.resources, 0);
  });

  test("tells line by line what cannot be taken, and takes the rest", async () => {
    const { tenant, take } = await empty();
    await take([user("here", "here@example.com")]);
    const { json } = await take([
      user("a", "A@example.com"),
      user("b", "a@EXAMPLE.com"),
      user("c", "here@example.com"),
      user("here", "here@example.com", {}, { version: 2 }),
      "not json",
      { meta: meta({ resourceType: "Robot" }), resource: { id: "r" } },
      user("d/e", "d"),
      user("f", undefined),
      group("a", "same id as a user"),
      "",
      user("g", "g"),
    ]);
    assert.deepEqual([json.created, json.present], [2, 0]);
    const told = Object.fromEntries(json.refused.map(({ line, detail }) => [line, detail]));
    for (const [line, words] of Object.entries({ 2: /userName "a@example.com" already: a/, 3: /already: here/, 4: /another state \(version 1, here 2\)/, 5: /no JSON/, 6: /Robot/, 7: /id has/, 8: /userName/, 9: /has the id a already/ })) {
      assert.match(told[line], words);
    }
    assert.deepEqual(Object.keys(told).map(Number), [2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(await findings(edge, tenant), []);
    const { parsed } = await exported(tenant.slug);
    assert.deepEqual(parsed.slice(1, -1).map((line) => line.resource.id), ["a", "g", "here"]);
  });

  test("puts no group inside itself, and no member where none is", async () => {
    const { tenant, take } = await empty();
    const nest = (id) => ({ value: id, type: "Group" });
    const { json } = await take([
      group("a", "A"), group("b", "B"), group("c", "C"), user("u", "u"),
      members("a", [nest("b"), { value: "u", type: "User" }, { value: "nobody", type: "User" }]),
      members("b", [nest("c")]),
      members("c", [nest("a"), nest("c")]),
      members("d", [nest("a")]),
      members("a", [{ value: "u", type: "Group" }]),
    ]);
    assert.deepEqual([json.created, json.members], [4, 3]);
    assert.deepEqual(json.refused.map((one) => one.line), [5, 7, 8, 9]);
    assert.match(json.refused[0].detail, /1 of its members are not there: nobody/);
    assert.match(json.refused[1].detail, /2 of its members would put the group inside itself: a, c/);
    // What an earlier call brought counts too.
    assert.match((await take([members("c", [nest("b")])])).json.refused[0].detail, /inside itself/);
    assert.deepEqual(await findings(edge, tenant), []);
  });

  test("leaves a group alone that is no longer as the line says", async () => {
    const { tenant, take } = await empty();
    await take([group("g", "G"), user("u", "u")]);
    await suspend(tenant.slug, false);
    await good(tenant.scim("PATCH", "/Groups/g", { schemas: [PATCH], Operations: [{ op: "replace", path: "displayName", value: "H" }] }), 204);
    await suspend(tenant.slug);
    const { json } = await take([members("g", [{ value: "u", type: "User" }])]);
    assert.equal(json.members, 0);
    assert.match(json.refused[0].detail, /another state/);
  });

  test("refuses what is no import at all", async () => {
    const { take } = await empty();
    for (const [lines, words] of [
      [[""], /lines/],
      [Array.from({ length: 5001 }, () => "{}"), /5000/],
      [[{ export: { version: 2 } }], /version 1, not 2/],
    ]) {
      const answer = await take(lines);
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.json.detail, words);
    }
    assert.equal((await edge.admin("POST", `/tenants/${unique("no")}/import`, "{}", NDJSON)).status, 404);
  });
});
