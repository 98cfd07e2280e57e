// The mode `interop`: what draft-zollner-scim-interop-profile asks of a service provider. Two tests
// look at `compat` besides, where the difference takes a whole Worker to see.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

let edge;
let interop;
let compat;
before(async () => {
  edge = await start();
  interop = await edge.createTenant("interop");
  compat = await edge.createTenant("compat");
  const set = await edge.admin("PATCH", `/tenants/${interop.slug}`, { settings: { mode: "interop" } });
  assert.equal(set.status, 200, set.text);
});
after(() => edge.stop());

async function call(method, path, body, status, scimType, tenant = interop) {
  const answer = await tenant.scim(method, path, body);
  assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
  assert.equal(answer.json?.scimType, scimType, answer.text);
  return answer.json;
}

const user = (more) => ({ schemas: [USER], userName: unique("u"), ...more });
const group = (more) => ({ schemas: [GROUP], displayName: unique("g"), ...more });
const patch = (...Operations) => ({ schemas: [PATCH_OP], Operations });
const total = async (filter) => (await call("GET", `/Users?filter=${encodeURIComponent(filter)}`, undefined, 200)).totalResults;

describe("the interoperability profile", () => {
  test("ServiceProviderConfig says that it is kept, and only in this mode", async () => {
    assert.equal((await call("GET", "/ServiceProviderConfig", undefined, 200)).interopProfileConformant, true);
    const other = await call("GET", "/ServiceProviderConfig", undefined, 200, undefined, compat);
    assert.equal(other.interopProfileConformant, undefined);
  });

  test("a PATCH without a path is refused", async () => {
    const one = await call("POST", "/Users", user(), 201);
    const many = await call("POST", "/Groups", group(), 201);
    for (const path of [`/Users/${one.id}`, `/Groups/${many.id}`]) {
      for (const op of ["add", "replace"]) {
        await call("PATCH", path, patch({ op, value: { displayName: "x" } }), 400, "invalidSyntax");
      }
    }
    await call("PATCH", `/Users/${one.id}`, patch({ op: "replace", path: "displayName", value: "x" }), 200);
  });

  test("unknown attributes are refused in every body", async () => {
    const one = await call("POST", "/Users", user(), 201);
    for (const more of [
      { shoeSize: 43 },
      { name: { pet: "x" } },
      { emails: [{ value: "a@b.c", colour: "red" }] },
      { schemas: [USER, ENTERPRISE], [ENTERPRISE]: { desk: 4 } },
      { "urn:example:unknown": { a: 1 } },
    ]) {
      await call("POST", "/Users", user(more), 400, "invalidSyntax");
      await call("PUT", `/Users/${one.id}`, user(more), 400, "invalidSyntax");
    }
    await call("POST", "/Groups", group({ shoeSize: 43 }), 400, "invalidSyntax");
    await call("PATCH", `/Users/${one.id}`, patch({ op: "replace", path: "name", value: { pet: "x" } }), 400, "invalidSyntax");
    for (const path of ["shoeSize", "name.pet", 'emails[type eq "work"].colour', `${ENTERPRISE}:desk`, "urn:example:unknown:a"]) {
      const body = patch({ op: "add", path, value: "x" });
      await call("PATCH", `/Users/${one.id}`, body, 400, "invalidSyntax");
      const other = await call("POST", "/Users", user(), 201, undefined, compat);
      // RFC 7644 has a word of its own.
      await call("PATCH", `/Users/${other.id}`, body, 400, "invalidPath", compat);
    }
    await call("PATCH", `/Users/${one.id}`, patch({ op: "add", path: "name..x", value: "x" }), 400, "invalidPath");
  });

  test("a complex attribute is replaced whole, and added to in part", async () => {
    for (const [tenant, left] of [[undefined, undefined], [compat, "G"]]) {
      const one = await call("POST", "/Users", user({ name: { givenName: "G", familyName: "F" } }), 201, undefined, tenant);
      const path = `/Users/${one.id}`;
      const added = await call("PATCH", path, patch({ op: "add", path: "name", value: { familyName: "A" } }), 200, undefined, tenant);
      assert.deepEqual(added.name, { givenName: "G", familyName: "A" });
      const replaced = await call("PATCH", path, patch({ op: "replace", path: "name", value: { familyName: "R" } }), 200, undefined, tenant);
      assert.equal(replaced.name.givenName, left);
      assert.equal(replaced.name.familyName, "R");
    }
  });

  test("an answer is application/scim+json, whatever a client would rather have", async () => {
    for (const [tenant, expected] of [[interop, "application/scim+json"], [compat, "application/json"]]) {
      const answer = await tenant.scim("GET", "/Users?count=1", undefined, { accept: "application/json" });
      assert.equal(answer.headers.get("content-type").split(";")[0], expected);
    }
  });

  test("a filter on an unknown attribute is refused", async () => {
    for (const filter of ["shoeSize eq 43", 'userName eq "x" or name.pet pr', `${ENTERPRISE}:desk pr`]) {
      await call("GET", `/Users?filter=${encodeURIComponent(filter)}`, undefined, 400, "invalidFilter");
    }
  });

  test("a page has a hundred without being asked, and when asked", async () => {
    const crowd = await edge.createTenant("crowd");
    await edge.admin("PATCH", `/tenants/${crowd.slug}`, { settings: { mode: "interop" } });
    for (let made = 0; made < 105; made += 15) {
      await Promise.all(Array.from({ length: 15 }, () => call("POST", "/Users", user(), 201, undefined, crowd)));
    }
    for (const [query, expected] of [["", 100], ["?count=100", 100], ["?count=105", 105]]) {
      const list = await call("GET", `/Users${query}`, undefined, 200, undefined, crowd);
      assert.equal(list.Resources.length, expected, query);
      assert.equal(list.totalResults, 105);
    }
  });

  test("filters and uniqueness agree about case", async () => {
    const one = await call("POST", "/Users", user({ userName: unique("Case.Å"), externalId: unique("Ext") }), 201);
    const upper = (text) => text.toUpperCase();
    assert.equal(await total(`userName eq "${upper(one.userName)}"`), 1);
    await call("POST", "/Users", user({ userName: upper(one.userName) }), 409, "uniqueness");
    assert.equal(await total(`externalId eq "${upper(one.externalId)}"`), 0);
    assert.equal(await total(`externalId eq "${one.externalId}"`), 1);
    assert.equal(await total(`id eq "${upper(one.id)}"`), 0);
    assert.equal(await total(`id eq "${one.id}"`), 1);
    if (upper(one.id) !== one.id) await call("GET", `/Users/${upper(one.id)}`, undefined, 404);
  });

  test("a taken name is a conflict, however it is taken", async () => {
    const one = await call("POST", "/Users", user(), 201);
    const other = await call("POST", "/Users", user(), 201);
    const { userName } = one;
    await call("POST", "/Users", user({ userName }), 409, "uniqueness");
    await call("PUT", `/Users/${other.id}`, user({ userName }), 409, "uniqueness");
    await call("PATCH", `/Users/${other.id}`, patch({ op: "replace", path: "userName", value: userName }), 409, "uniqueness");
  });

  test("DELETE deletes and frees the name", async () => {
    const one = await call("POST", "/Users", user({ externalId: unique("e") }), 201);
    await call("DELETE", `/Users/${one.id}`, undefined, 204);
    await call("GET", `/Users/${one.id}`, undefined, 404);
    assert.equal(await total(`externalId eq "${one.externalId}"`), 0);
    const again = await call("POST", "/Users", user({ userName: one.userName }), 201);
    assert.notEqual(again.id, one.id);
  });

  test("a resource type's id is its name", async () => {
    const { Resources } = await call("GET", "/ResourceTypes", undefined, 200);
    for (const one of Resources) assert.equal(one.id, one.name);
    assert.ok(Resources.length >= 2);
  });
});

// Quirk::MissingMembers
test("a member that does not exist", async () => {
  const members = [{ value: "00000000-0000-7000-8000-000000000000" }];
  await call("POST", "/Groups", group({ members }), 400, "invalidValue");
  const made = await call("POST", "/Groups", group({ members }), 201, undefined, compat);
  assert.equal(made.members, undefined);
});

test("two groups of one name are a conflict in every mode, as /Schemas says", async () => {
  const body = group();
  await call("POST", "/Groups", body, 201);
  await call("POST", "/Groups", body, 409, "uniqueness");
  await call("POST", "/Groups", body, 201, undefined, compat);
  await call("POST", "/Groups", body, 409, "uniqueness", compat);
});
