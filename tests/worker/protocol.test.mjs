// What RFC 7643 and 7644 ask of a service provider and no other file is about: see tests/RFC.md.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { send, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

let edge;
let acme;
before(async () => {
  edge = await start();
  acme = await edge.createTenant("acme");
});
after(() => edge.stop());

async function call(method, path, body, status) {
  const answer = await acme.scim(method, path, body);
  assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
  return answer;
}

const user = (more) => ({ schemas: [USER], userName: unique("u"), ...more });
const createUser = async (more) => (await call("POST", "/Users", user(more), 201)).json;
const createGroup = async (more) => (await call("POST", "/Groups", { schemas: [GROUP], displayName: unique("g"), ...more }, 201)).json;
const patch = (...Operations) => ({ schemas: [PATCH_OP], Operations });
const refused = (answer, scimType) => assert.equal(answer.json.scimType, scimType, answer.text);

test("text comes back as it was sent, in UTF-8", async () => {
  const displayName = "Zoë \u{1F600} e\u0301 \u00e9 \u2028 \"q\" \\ / \t ﬁ İ ẞ";
  const made = await createUser({ displayName });
  const read = await call("GET", `/Users/${made.id}`, undefined, 200);
  assert.equal(read.json.displayName, displayName);
  const bytes = new Uint8Array(await (await fetch(`${acme.base}/Users/${made.id}`, { headers: { authorization: `Bearer ${acme.token}` } })).arrayBuffer());
  assert.equal(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)).displayName, displayName);
});

test("no answer has null or an empty list", async () => {
  const made = await createUser({ nickName: null, emails: [], name: {}, phoneNumbers: [{ value: null }], active: null });
  const group = await createGroup({ members: [], externalId: null });
  for (const path of [`/Users/${made.id}`, "/Users", `/Groups/${group.id}`, "/Groups", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig"]) {
    nothingEmpty((await call("GET", path, undefined, 200)).json, path);
  }
});

function nothingEmpty(value, place) {
  assert.notEqual(value, null, place);
  if (typeof value !== "object") return;
  assert.ok(Object.keys(value).length > 0, `${place} is empty`);
  for (const [name, one] of Object.entries(value)) nothingEmpty(one, `${place}.${name}`);
}

test("ids are of one space and are not given again", async () => {
  const name = unique("again");
  const given = new Set();
  for (let round = 0; round < 3; round += 1) {
    const one = await createUser({ userName: name });
    const group = await createGroup();
    given.add(one.id).add(group.id);
    await call("GET", `/Groups/${one.id}`, undefined, 404);
    await call("GET", `/Users/${group.id}`, undefined, 404);
    await call("DELETE", `/Users/${one.id}`, undefined, 204);
  }
  assert.equal(given.size, 6);
});

test("Content-Location is meta.location", async () => {
  const made = await createUser();
  const changed = patch({ op: "replace", path: "title", value: "T" });
  for (const [method, body] of [["GET"], ["PUT", user({ userName: made.userName })], ["PATCH", changed]]) {
    const answer = await call(method, `/Users/${made.id}`, body, 200);
    assert.equal(answer.headers.get("content-location"), answer.json.meta.location, method);
  }
});

test("a change moves lastModified and leaves created", async () => {
  const made = await createUser();
  await new Promise((done) => setTimeout(done, 5));
  const changed = await call("PATCH", `/Users/${made.id}`, patch({ op: "replace", path: "title", value: "T" }), 200);
  assert.equal(changed.json.meta.created, made.meta.created);
  assert.ok(changed.json.meta.lastModified > made.meta.lastModified);
  assert.notEqual(changed.json.meta.version, made.meta.version);
});

test("members and groups refer to each other by address", async () => {
  const one = await createUser();
  const inner = await createGroup({ members: [{ value: one.id }] });
  const outer = await createGroup({ members: [{ value: inner.id }] });
  for (const [path, list, expected] of [
    [`/Groups/${inner.id}`, "members", one],
    [`/Groups/${outer.id}`, "members", inner],
    [`/Users/${one.id}`, "groups", inner],
  ]) {
    const found = (await call("GET", path, undefined, 200)).json[list].find(({ value }) => value === expected.id);
    assert.equal(found.$ref, expected.meta.location);
    const followed = await send("GET", found.$ref, undefined, { authorization: `Bearer ${acme.token}` });
    assert.equal(followed.json.id, expected.id);
  }
});

test("a group without a displayName is refused", async () => {
  refused(await call("POST", "/Groups", { schemas: [GROUP] }, 400), "invalidValue");
});

test("a group cannot be its own member", async () => {
  const inner = await createGroup();
  const outer = await createGroup({ members: [{ value: inner.id }] });
  for (const member of [inner, outer]) {
    const change = patch({ op: "add", path: "members", value: [{ value: member.id }] });
    refused(await call("PATCH", `/Groups/${inner.id}`, change, 400), "invalidValue");
  }
});

test("a group's operations are done together or not at all", async () => {
  const one = await createUser();
  const group = await createGroup();
  const change = patch({ op: "add", path: "members", value: [{ value: one.id }] }, { op: "add", path: "shoeSize", value: 43 });
  refused(await call("PATCH", `/Groups/${group.id}`, change, 400), "invalidPath");
  const read = (await call("GET", `/Groups/${group.id}`, undefined, 200)).json;
  assert.equal(read.members, undefined);
  assert.equal(read.meta.version, group.meta.version);
});

test("a deleted member leaves its groups", async () => {
  const one = await createUser();
  const other = await createUser();
  const group = await createGroup({ members: [{ value: one.id }, { value: other.id }] });
  await call("DELETE", `/Users/${one.id}`, undefined, 204);
  const read = (await call("GET", `/Groups/${group.id}`, undefined, 200)).json;
  assert.deepEqual(read.members.map(({ value }) => value), [other.id]);
});

test("attributes choose what a change answers", async () => {
  const one = await createUser({ title: "T", nickName: "N" });
  const only = (answer) => assert.deepEqual(Object.keys(answer.json).sort(), ["id", "schemas", "title"], answer.text);
  only(await call("POST", "/Users?attributes=title", user({ title: "T", nickName: "N" }), 201));
  only(await call("PUT", `/Users/${one.id}?attributes=title`, user({ userName: one.userName, title: "U", nickName: "N" }), 200));
  only(await call("PATCH", `/Users/${one.id}?attributes=title`, patch({ op: "replace", path: "title", value: "V" }), 200));
  const without = await call("PATCH", `/Users/${one.id}?excludedAttributes=title`, patch({ op: "replace", path: "title", value: "W" }), 200);
  assert.equal(without.json.title, undefined);
  assert.equal(without.json.nickName, "N");
  const group = await createGroup();
  const renamed = await call("PATCH", `/Groups/${group.id}?attributes=displayName`, patch({ op: "replace", path: "displayName", value: unique("g") }), 200);
  assert.deepEqual(Object.keys(renamed.json).sort(), ["displayName", "id", "schemas"]);
});

test("a token in the URL opens nothing", async () => {
  const answer = await send("GET", `${acme.base}/Users?access_token=${acme.token}`);
  assert.equal(answer.status, 401, answer.text);
});

test("ServiceProviderConfig has no id", async () => {
  assert.equal((await call("GET", "/ServiceProviderConfig", undefined, 200)).json.id, undefined);
});

test("ServiceProviderConfig says how lists are paged", async () => {
  const config = (await call("GET", "/ServiceProviderConfig", undefined, 200)).json;
  const { cursor, index, defaultPaginationMethod, defaultPageSize, maxPageSize, cursorTimeout } = config.pagination;
  assert.deepEqual([cursor, index, defaultPaginationMethod], [true, true, "index"]);
  assert.ok(0 < defaultPageSize && defaultPageSize <= maxPageSize && maxPageSize === config.filter.maxResults);
  assert.ok(cursorTimeout > 0);
  const list = (await call("GET", "/Users", undefined, 200)).json;
  assert.ok(list.startIndex === 1 && list.itemsPerPage <= defaultPageSize && list.nextCursor === undefined);
});

test("discovery ignores the parameters of lists", async () => {
  for (const path of ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"]) {
    const plain = await call("GET", path, undefined, 200);
    const asked = await call("GET", `${path}?sortBy=id&sortOrder=descending&startIndex=2&count=1&attributes=name`, undefined, 200);
    assert.equal(asked.text, plain.text);
  }
});

test("attributes may come in any order", async () => {
  const name = unique("u");
  const made = await call("POST", "/Users", { active: false, emails: [{ type: "work", value: "a@b.example" }], userName: name, schemas: [USER] }, 201);
  const changed = await call("PATCH", `/Users/${made.json.id}`, { Operations: [{ value: "T", path: "title", op: "add" }], schemas: [PATCH_OP] }, 200);
  assert.deepEqual([changed.json.title, changed.json.userName, changed.json.active], ["T", name, false]);
});

test("messages are no schemas to be discovered", async () => {
  const { Resources } = (await call("GET", "/Schemas", undefined, 200)).json;
  assert.ok(Resources.length >= 3);
  assert.deepEqual(Resources.filter(({ id }) => id.startsWith("urn:ietf:params:scim:api:")), []);
  await call("GET", `/Schemas/${PATCH_OP}`, undefined, 404);
});
