// The directory as the product reads it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

/** A tenant whose groups are departments: Ada in Sales and, through a group in it, in Staff; Bob in neither. */
async function company() {
  const tenant = await edge.createTenant("dir");
  const create = async (path, body) => {
    const made = await tenant.scim("POST", path, body);
    assert.equal(made.status, 201, made.text);
    return made.json.id;
  };
  const ada = await create("/Users", {
    schemas: [USER],
    userName: "ada@example.com",
    externalId: "00u1",
    name: { givenName: "Ada", familyName: "Lovelace" },
    emails: [{ value: "home@example.com", type: "home" }, { value: "ada@example.com", type: "work", primary: true }],
    preferredLanguage: "en",
    password: "correct horse",
  });
  const bob = await create("/Users", { schemas: [USER], userName: "bob@example.com", active: false });
  const sales = await create("/Groups", { schemas: [GROUP], displayName: "dept-Sales", externalId: "00g1", members: [{ value: ada }] });
  const staff = await create("/Groups", { schemas: [GROUP], displayName: "Staff", members: [{ value: sales }] });
  const rules = [{ prefix: "dept-" }, { name: "staff", nested: true, priority: 900 }, { external_id: "00g1", kind: "role", target: "seller" }];
  const put = await edge.admin("PUT", `/tenants/${tenant.slug}/mapping`, { rules });
  assert.equal(put.status, 200, put.text);
  const made = await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "product", scopes: ["directory:read"] });
  assert.equal(made.status, 201, made.text);
  const read = (path, headers = {}, method = "GET") =>
    edge.request(method, `/directory/v1/${tenant.slug}${path}`, undefined, { authorization: `Bearer ${made.json.token}`, ...headers });
  return { tenant, ada, bob, sales, staff, read };
}

test("a user comes with what products ask for, and with departments", async () => {
  const { ada, sales, staff, read } = await company();
  const got = await read(`/users/${ada}`);
  assert.equal(got.status, 200, got.text);
  const { scim, created, last_modified, ...user } = got.json;
  assert.deepEqual(user, {
    id: ada,
    external_id: "00u1",
    user_name: "ada@example.com",
    active: true,
    email: "ada@example.com",
    given_name: "Ada",
    family_name: "Lovelace",
    display_name: null,
    preferred_language: "en",
    departments: ["Sales", "Staff"],
    targets: [
      { kind: "department", name: "Sales", groups: [sales] },
      { kind: "role", name: "seller", groups: [sales] },
      { kind: "department", name: "Staff", groups: [staff] },
    ],
    groups: [
      { id: sales, name: "dept-Sales", direct: true },
      { id: staff, name: "Staff", direct: false },
    ],
  });
  assert.equal(scim.userName, "ada@example.com");
  assert.equal(scim.password, undefined);
  assert.equal(scim.meta.created, created);
  assert.equal(scim.meta.lastModified, last_modified);
  const warm = await read(`/users/${ada}`);
  assert.deepEqual([warm.cost.trips, warm.cost.written], [1, 0]);
});

test("users are listed, filtered, paged, and found by department", async () => {
  const { ada, bob, sales, staff, read } = await company();
  const ids = async (query) => {
    const got = await read(`/users${query}`);
    assert.equal(got.status, 200, got.text);
    return got.json.users.map(({ id }) => id);
  };
  assert.deepEqual(await ids(""), [ada, bob]);
  assert.deepEqual(await ids("?filter=" + encodeURIComponent("active eq false")), [bob]);
  assert.deepEqual(await ids("?department=Sales"), [ada]);
  assert.deepEqual(await ids("?department=Staff"), [ada]);
  assert.deepEqual(await ids("?department=seller&kind=role"), [ada]);
  assert.deepEqual(await ids("?department=Nowhere"), []);
  assert.deepEqual(await ids(`?group=${sales}`), [ada]);
  assert.deepEqual(await ids(`?group=${staff}&filter=${encodeURIComponent('userName sw "b" or userName sw "a"')}`), [ada]);

  const first = await read("/users?limit=1");
  assert.deepEqual([first.json.users.length, first.json.total], [1, 2]);
  const second = await read(`/users?limit=1&cursor=${first.json.next}`);
  assert.deepEqual([second.json.users[0].id, second.json.next], [bob, undefined]);
  for (const query of ["?limit=0", "?limit=0&department=Nowhere"]) assert.equal((await read(`/users${query}`)).status, 400, query);
  assert.equal((await read("/users?limit=1&cursor=nonsense")).status, 400);
});

test("groups and departments are listed", async () => {
  const { sales, staff, read } = await company();
  const groups = await read("/groups");
  assert.deepEqual(
    groups.json.groups.map(({ id, external_id, name, targets }) => ({ id, external_id, name, targets })),
    [
      { id: sales, external_id: "00g1", name: "dept-Sales", targets: [{ kind: "department", name: "Sales" }, { kind: "role", name: "seller" }] },
      { id: staff, external_id: null, name: "Staff", targets: [{ kind: "department", name: "Staff" }] },
    ],
  );
  const departments = await read("/departments");
  assert.deepEqual(departments.json, {
    departments: [
      { kind: "department", name: "Sales", priority: 100, groups: [{ id: sales, name: "dept-Sales", nested: false }] },
      { kind: "department", name: "Staff", priority: 900, groups: [{ id: staff, name: "Staff", nested: true }] },
    ],
    complete: true,
  });
  assert.deepEqual((await read("/departments?kind=role")).json.departments.map(({ name }) => name), ["seller"]);
});

test("a copy near by may be read where a bookmark says how old it may be", async () => {
  const { ada, read } = await company();
  const first = await read(`/users/${ada}`, { "x-d1-bookmark": "first-unconstrained" });
  assert.equal(first.status, 200, first.text);
  const bookmark = first.headers.get("x-d1-bookmark");
  assert.match(bookmark, /^[0-9a-f-]+$/);
  assert.equal((await read(`/users/${ada}`, { "x-d1-bookmark": bookmark })).status, 200);
  assert.equal((await read(`/users/${ada}`, { "x-d1-bookmark": "what?" })).status, 400);
  assert.equal((await read(`/users/${ada}`)).headers.get("x-d1-bookmark"), null);
});

test("the directory is for its own tokens, for reading only", async () => {
  const { tenant, ada, read } = await company();
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const refused = await read(`/users/${ada}`, {}, method);
    assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET, HEAD, OPTIONS"], method);
  }
  const options = await read("/users", {}, "OPTIONS");
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "GET, HEAD, OPTIONS"]);
  assert.equal((await read("/nothing")).status, 404);
  assert.equal((await read("/users/00000000-0000-7000-8000-000000000000")).status, 404);
  const provider = await edge.request("GET", `/directory/v1/${tenant.slug}/users`, undefined, { authorization: `Bearer ${tenant.token}` });
  assert.equal(provider.status, 403, provider.text);
  const other = await edge.createTenant("dir");
  assert.equal((await read(`/../${other.slug}/users`)).status, 401);
  const { json } = await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "p", scopes: ["directory:read"] });
  const scim = await edge.request("GET", `/t/${tenant.slug}/scim/v2/Users`, undefined, { authorization: `Bearer ${json.token}` });
  assert.equal(scim.status, 403, scim.text);
});

test("what changed since a position is told to the product, of its own tenant alone", async () => {
  const { tenant, ada, read } = await company();
  const { ada: stranger } = await company();
  const latest = await read("/events?after=latest");
  assert.deepEqual([latest.status, latest.json.events, latest.json.more], [200, [], false]);
  const removed = await tenant.scim("DELETE", `/Users/${ada}`);
  assert.equal(removed.status, 204);
  const { events, next } = (await read(`/events?after=${latest.json.next}&types=user.*`)).json;
  assert.deepEqual(events.map(({ type, tenant, data }) => [type, tenant, data.resource.id]), [["user.deleted", tenant.slug, ada]]);
  assert.ok(next > latest.json.next);
  const all = (await read("/events?limit=1000")).json.events;
  assert.ok(all.length > 5 && all.every((event) => event.tenant === tenant.slug));
  assert.ok(!JSON.stringify(all).includes(stranger));
  const waited = await read(`/events?after=${next}&wait=1`);
  assert.deepEqual(waited.json.events, []);
  assert.equal((await read("/events?after=x")).status, 400);
  assert.equal((await read("/events?limit=1001")).status, 400);
  assert.equal((await read(`/events?after=${next + 1000}`)).status, 410);
  const wrong = await edge.request("GET", `/directory/v1/${tenant.slug}/events`, undefined, { authorization: `Bearer ${tenant.token}` });
  assert.equal(wrong.status, 403);
});
