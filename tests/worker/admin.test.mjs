// The admin API: tenants, their settings and their tokens. Schemas are in schemas.test.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start, unique } from "./harness.mjs";
import { difference } from "./matching.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/** What a tenant's settings are when nothing was said of them. */
const DEFAULTS = {
  mode: "compat",
  cursor_timeout_s: 3600,
  access_token_lifetime_s: 3600,
  indexed: [],
  group_patch_returns: "none",
  reactivate_on_create: false,
  delete_policy: "delete",
  tombstone_days: 30,
  log_retention_days: 14,
  log_bodies: true,
  redact: [],
  quotas: {},
  rate_limit: "standard",
  max_body_bytes: 1048576,
  max_results: 1000,
  max_filter_bytes: 8192,
  max_filter_terms: 100,
  bulk_max_operations: 1000,
  bulk_max_payload_size: 1048576,
};
const elsewhere = process.env.SCIM_EDGE_URL ? "needs the inside of the server" : false;

let edge;
before(async () => {
  edge = await start({ twin: true });
});
after(() => edge.stop());

const user = (more = {}) => ({ schemas: [USER], userName: `${unique("u")}@example.com`, ...more });

/** A problem document that a person can act on. */
function problem(answer, status, words) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
  const found = difference(answer.json, { type: "about:blank", title: { $matches: "\\w" }, status, detail: { $matches: words } });
  assert.equal(found, null, `${found}\n${answer.text}`);
  return answer;
}

async function made(tenant, path, body) {
  const answer = await tenant.scim("POST", path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

/** Sends a request until it is no longer answered with 202. */
async function whole(method, path, body) {
  for (let calls = 1; calls < 100; calls += 1) {
    const answer = await edge.admin(method, path, body);
    if (answer.status !== 202) return { answer, calls };
    assert.equal(answer.headers.get("retry-after"), "1");
  }
  throw new Error("it does not come to an end");
}

describe("tenants", () => {
  test("one shows its settings, its base URL and what it holds", async () => {
    const tenant = await edge.createTenant("t");
    await made(tenant, "/Users", user());
    await made(tenant, "/Users", user());
    await made(tenant, "/Groups", { schemas: [GROUP], displayName: "G" });
    const answer = await edge.admin("GET", `/tenants/${tenant.slug}`);
    assert.equal(answer.status, 200);
    const found = difference(answer.json, {
      slug: tenant.slug,
      name: `Tenant ${tenant.slug}`,
      base_url: tenant.base,
      created: { $matches: "^20\\d\\d-\\d\\d-\\d\\dT.*Z$" },
      suspended: { $absent: true },
      settings: { $equals: DEFAULTS },
      resources: { $equals: { User: 2, Group: 1 } },
    });
    assert.equal(found, null, found);
    assert.ok(!answer.text.includes("secret"));
  });

  test("a new one takes settings", async () => {
    const slug = unique("t");
    const answer = await edge.admin("POST", "/tenants", { slug, name: "S", settings: { mode: "interop", indexed: ["TITLE"] } });
    assert.equal(answer.status, 201, answer.text);
    assert.match(answer.headers.get("location"), new RegExp(`/admin/v1/tenants/${slug}$`));
    assert.deepEqual(answer.json.settings, { ...DEFAULTS, mode: "interop", indexed: ["title"] });
    problem(await edge.admin("POST", "/tenants", { slug: unique("t"), name: "S", settings: { modus: 1 } }), 400, "modus");
  });

  test("the list is paged by slug", async () => {
    const prefix = unique("page");
    for (const letter of ["c", "a", "b"]) await edge.createTenant(`${prefix}-${letter}`, { exact: true });
    const slugs = [];
    let after = prefix;
    while (after) {
      const page = await edge.admin("GET", `/tenants?limit=2&after=${after}`);
      assert.equal(page.status, 200, page.text);
      slugs.push(...page.json.tenants.map((one) => one.slug));
      after = page.json.next;
    }
    assert.deepEqual(slugs.filter((slug) => slug.startsWith(prefix)), ["a", "b", "c"].map((letter) => `${prefix}-${letter}`));
    for (const limit of ["0", "1001", "x", "-1", ""]) problem(await edge.admin("GET", `/tenants?limit=${limit}`), 400, "limit");
  });

  test("what a call does not know is refused by name", async () => {
    const tenant = await edge.createTenant("t");
    const path = `/tenants/${tenant.slug}`;
    problem(await edge.admin("PATCH", path, { nom: "X" }), 400, "nom");
    problem(await edge.admin("PATCH", path, { slug: "x" }), 400, "slug");
    problem(await edge.admin("PATCH", path, { suspended: "yes" }), 400, "suspended|boolean");
    problem(await edge.admin("PATCH", path, { name: " " }), 400, "name");
    problem(await edge.admin("POST", "/tenants", { slug: "a", name: "A", plan: "x" }), 400, "plan");
    problem(await edge.admin("POST", `${path}/tokens`, { label: "x", scope: "y" }), 400, "scope");
    problem(await edge.admin("PATCH", path, "[]"), 400, "body");
    problem(await edge.admin("PATCH", path, ""), 400, "body");
  });

  test("unknown ones are 404 everywhere", async () => {
    const slug = unique("no");
    for (const [method, path, body] of [
      ["GET", ""], ["PATCH", "", {}], ["DELETE", ""], ["GET", "/tokens"], ["POST", "/tokens", { label: "x" }],
      ["GET", "/schemas"], ["GET", "/resource-types"], ["GET", `/schemas/${USER}`], ["DELETE", "/resource-types/User"],
    ]) problem(await edge.admin(method, `/tenants/${slug}${path}`, body), 404, slug);
  });

  test("a method that an address does not have is answered with those it has", async () => {
    const tenant = await edge.createTenant("t");
    for (const [method, path, allow] of [
      ["PUT", "/tenants", "GET, HEAD, OPTIONS, POST"],
      ["PUT", `/tenants/${tenant.slug}`, "GET, HEAD, OPTIONS, PATCH, DELETE"],
      ["PATCH", `/tenants/${tenant.slug}/tokens`, "GET, HEAD, OPTIONS, POST"],
      ["GET", `/tenants/${tenant.slug}/tokens/x`, "OPTIONS, DELETE"],
      ["POST", `/tenants/${tenant.slug}/schemas`, "GET, HEAD, OPTIONS"],
      ["POST", `/tenants/${tenant.slug}/resource-types/X`, "GET, HEAD, OPTIONS, PUT, DELETE"],
    ]) {
      const answer = problem(await edge.admin(method, path, method === "GET" ? undefined : {}), 405, method);
      assert.equal(answer.headers.get("allow"), allow);
      const options = await edge.admin("OPTIONS", path);
      assert.deepEqual([options.status, options.headers.get("allow")], [204, allow]);
    }
  });

  test("a body that is too large is a problem document too", async () => {
    problem(await edge.admin("POST", "/tenants", "x".repeat(1_100_000)), 413, "bytes");
  });
});

describe("settings", () => {
  test("a merge patch changes what it names, null brings the default back", async () => {
    const tenant = await edge.createTenant("t");
    const patch = async (settings) => (await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings })).json.settings;
    assert.equal((await patch({ cursor_timeout_s: 60 })).cursor_timeout_s, 60);
    assert.deepEqual(await patch({ mode: "rfc-strict" }), { ...DEFAULTS, mode: "rfc-strict", cursor_timeout_s: 60 });
    assert.equal((await patch({ cursor_timeout_s: null })).cursor_timeout_s, 3600);
    assert.equal((await edge.admin("PATCH", `/tenants/${tenant.slug}`, { name: "New" })).json.name, "New");
  });

  for (const [settings, words] of [
    [{ mode: "lax" }, "mode"],
    [{ cursor_timeout_s: 59 }, "cursor_timeout_s"],
    [{ cursor_timeout_s: 86401 }, "cursor_timeout_s"],
    [{ group_patch_returns: "members" }, "group_patch_returns"],
    [{ indexed: ["nothing"] }, "nothing"],
    [{ indexed: ["active"] }, "active"],
    [{ indexed: "title" }, "indexed"],
    [{ colour: "red" }, "colour"],
  ]) {
    test(`${JSON.stringify(settings)} is refused`, async () => {
      const tenant = await edge.createTenant("t");
      problem(await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings }), 400, words);
      assert.equal((await tenant.scim("GET", "/Users")).status, 200);
    });
  }

  test("a change is in force with the next request, here and in another place", { skip: elsewhere }, async () => {
    const tenant = await edge.createTenant("t");
    const there = tenant.with({ edge: edge.twin });
    const group = await made(tenant, "/Groups", { schemas: [GROUP], displayName: "G" });
    const rename = (place, displayName) =>
      place.scim("PATCH", `/Groups/${group.id}`, { schemas: [PATCH], Operations: [{ op: "replace", value: { displayName } }] });
    for (const place of [tenant, there]) assert.equal((await rename(place, unique())).status, 204);
    await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { group_patch_returns: "group" } });
    for (const place of [there, tenant]) {
      const answer = await rename(place, "Renamed");
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.displayName, "Renamed");
    }
    await edge.twin.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { mode: "interop", cursor_timeout_s: 61 } });
    for (const place of [tenant, there]) {
      const config = (await place.scim("GET", "/ServiceProviderConfig")).json;
      assert.deepEqual([config.interopProfileConformant, config.pagination.cursorTimeout], [true, 61]);
      // The object that changes groups hears of it as well: the profile has no PATCH without a path.
      assert.equal((await rename(place, "Again")).status, 400);
    }
  });
});

describe("what is indexed", () => {
  const entries = async (tenant, path) =>
    (
      await edge.db
        .prepare("SELECT i.value FROM attribute_index i JOIN tenants t ON t.id = i.tenant WHERE t.slug = ?1 AND i.path = ?2 ORDER BY i.value")
        .bind(tenant.slug, path)
        .all()
    ).results.map((row) => row.value);

  test("resources that are there are indexed, those that come too, and filters read no others", { skip: elsewhere }, async () => {
    const tenant = await edge.createTenant("t");
    const titles = ["Chef", "CHEF", "Äbtissin", "Dean"];
    for (const title of titles) await made(tenant, "/Users", user({ title, name: { familyName: `${title} Berg` } }));
    const find = (value) => tenant.scim("GET", `/Users?filter=${encodeURIComponent(`title eq "${value}"`)}`);
    assert.equal((await find("chef")).json.totalResults, 2);
    const answer = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { indexed: ["title", "name.familyName"] } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.reindexing, undefined);
    const later = await made(tenant, "/Users", user({ title: "ÄBTISSIN" }));
    assert.deepEqual(await entries(tenant, "title"), ["chef", "chef", "dean", "äbtissin", "äbtissin"]);
    assert.deepEqual(await entries(tenant, "name.familyName"), ["chef berg", "chef berg", "dean berg", "äbtissin berg"]);
    const found = await find("äbtissin");
    assert.equal(found.json.totalResults, 2);
    assert.ok(found.cost.read <= 26, JSON.stringify(found.cost));
    await tenant.scim("DELETE", `/Users/${later.id}`);
    assert.equal((await find("äbtissin")).json.totalResults, 1);

    await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { indexed: ["name.familyName"] } });
    assert.deepEqual(await entries(tenant, "title"), []);
    assert.equal((await find("CHEF")).json.totalResults, 2);
  });

  test("a large tenant is served rightly while it is indexed", { skip: elsewhere }, async () => {
    const tenant = await edge.createTenant("t");
    const count = 72_000;
    await fill(tenant, count);
    const query = `/Users?filter=${encodeURIComponent('title eq "T7"')}`;
    const first = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { indexed: ["title"] } });
    assert.equal(first.status, 202, first.text);
    assert.equal(first.json.reindexing, true);
    // In the middle of it: no filter believes the index, every write keeps it.
    assert.equal((await tenant.scim("GET", query)).json.totalResults, count / 100);
    const early = await made(tenant, "/Users", user({ title: "T7" }));
    // Whatever stands on the index being whole goes on with it first.
    const schema = await edge.admin("PUT", `/tenants/${tenant.slug}/schemas/urn:example:x:1.0`, { name: "X", attributes: [{ name: "a" }] });
    assert.equal(schema.status, 201, schema.text);
    const { answer, calls } = await whole("PATCH", `/tenants/${tenant.slug}`, { settings: { indexed: ["title"] } });
    assert.deepEqual([answer.status, calls, answer.json.reindexing], [200, 1, undefined]);
    const found = await tenant.scim("GET", query);
    assert.equal(found.json.totalResults, count / 100 + 1);
    const stored = await entries(tenant, "title");
    assert.equal(stored.length, count + 1);
    assert.ok(early.id);
  });
});

describe("suspension", () => {
  test("is 403 on every path, at once and everywhere, and ends the same way", { skip: elsewhere }, async () => {
    const tenant = await edge.createTenant("t");
    const there = tenant.with({ edge: edge.twin });
    const mine = await made(tenant, "/Users", user());
    const group = await made(tenant, "/Groups", { schemas: [GROUP], displayName: "G" });
    await there.scim("GET", "/Users");
    const suspended = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: true });
    assert.equal(suspended.status, 200, suspended.text);
    assert.match(suspended.json.suspended, /^20/);
    const patch = { schemas: [PATCH], Operations: [{ op: "replace", path: "displayName", value: "H" }] };
    for (const place of [there, tenant]) {
      for (const [method, path, body] of [
        ["GET", "/Users"], ["GET", `/Users/${mine.id}`], ["POST", "/Users", user()], ["PATCH", `/Users/${mine.id}`, patch],
        ["DELETE", `/Users/${mine.id}`], ["PATCH", `/Groups/${group.id}`, patch], ["DELETE", `/Groups/${group.id}`],
        ["GET", "/ServiceProviderConfig"], ["GET", "/Nothing"], ["OPTIONS", "/Users"], ["DELETE", "/Users"], ["GET", "/Me"],
        // Requests that are wrong themselves: whoever may not ask does not hear of that.
        ["POST", "/Users", {}], ["POST", "/Users", "{"], ["GET", "/Users?filter=nonsense"],
      ]) {
        const answer = await place.scim(method, path, body);
        assert.equal(answer.status, 403, `${method} ${path}: ${answer.text}`);
        assert.match(answer.headers.get("content-type"), /^application\/scim\+json/);
        assert.match(answer.json.detail, /suspended/);
      }
    }
    const again = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: true });
    assert.equal(again.json.suspended, suspended.json.suspended);
    const resumed = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: false });
    assert.equal(resumed.json.suspended, undefined);
    for (const place of [there, tenant]) assert.equal((await place.scim("GET", `/Users/${mine.id}`)).status, 200);
    assert.equal((await tenant.scim("PATCH", `/Groups/${group.id}`, patch)).status, 204);
  });

  test("why a token is refused is told, although it was in use", async () => {
    const tenant = await edge.createTenant("t");
    const token = await edge.createToken(tenant.slug, "short");
    const other = tenant.with({ token });
    const brief = tenant.with({ token: (await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "brief", expires_in_s: 1 })).json });
    for (const place of [other, brief]) assert.equal((await place.scim("GET", "/Users")).status, 200);
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${token.id}`);
    await new Promise((done) => setTimeout(done, 1100));
    for (const [place, words] of [[other, /revoked/], [brief, /expired/]]) {
      const answer = await place.scim("GET", "/Users");
      assert.equal(answer.status, 401);
      assert.match(answer.json.detail, words);
    }
  });
});

describe("tokens", () => {
  test("the list shows everything but the token", async () => {
    const tenant = await edge.createTenant("t");
    const path = `/tenants/${tenant.slug}/tokens`;
    const timed = await edge.admin("POST", path, { label: "timed", expires: "2031-01-31T12:00:00+01:00" });
    assert.equal(timed.status, 201, timed.text);
    assert.equal(timed.json.expires, "2031-01-31T11:00:00.000Z");
    const gone = await edge.createToken(tenant.slug, "gone");
    await edge.admin("DELETE", `${path}/${gone.id}`);
    const list = await edge.admin("GET", path);
    assert.equal(list.status, 200, list.text);
    assert.deepEqual(list.json.tokens.map((one) => Object.keys(one).join()), ["id,label,scopes,created", "id,label,scopes,created,expires", "id,label,scopes,created,revoked"]);
    assert.deepEqual(list.json.tokens.map((one) => one.label), ["test", "timed", "gone"]);
    for (const token of [tenant.token, timed.json.token, gone.token]) assert.ok(!list.text.includes(token.slice(5, 30)));
    const first = await edge.admin("GET", `${path}?limit=1`);
    const rest = await edge.admin("GET", `${path}?after=${first.json.next}`);
    assert.deepEqual([...first.json.tokens, ...rest.json.tokens], list.json.tokens);
    assert.equal((await edge.admin("DELETE", `${path}/${gone.id}`)).status, 404);
  });

  for (const [what, more] of [
    ["in the past", { expires: "2020-01-01T00:00:00Z" }],
    ["no time", { expires: "tomorrow" }],
    ["no seconds", { expires_in_s: 0 }],
    ["negative", { expires_in_s: -5 }],
    ["too far", { expires_in_s: 4e8 }],
    ["beyond numbers", { expires_in_s: 9e18 }],
    ["both", { expires: "2031-01-01T00:00:00Z", expires_in_s: 60 }],
  ]) {
    test(`an expiry that is ${what} is refused`, async () => {
      const tenant = await edge.createTenant("t");
      problem(await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "x", ...more }), 400, "expires");
    });
  }
});

describe("deletion", () => {
  const rows = async (id) => {
    const tables = (await edge.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%tenant INTEGER%'").all()).results;
    assert.ok(tables.length >= 5);
    const left = {};
    for (const { name } of tables) {
      const { n } = await edge.db.prepare(`SELECT count(*) AS n FROM "${name}" WHERE tenant = ?1`).bind(id).first();
      if (n) left[name] = n;
    }
    const { n } = await edge.db.prepare("SELECT count(*) AS n FROM tenants WHERE id = ?1").bind(id).first();
    return n ? { ...left, tenants: n } : left;
  };
  const id = async (slug) => (await edge.db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(slug).first()).id;

  test("takes everything of the tenant and nothing of another", { skip: elsewhere }, async () => {
    const [tenant, other] = [await edge.createTenant("t"), await edge.createTenant("t")];
    for (const one of [tenant, other]) {
      const member = await made(one, "/Users", user());
      await made(one, "/Groups", { schemas: [GROUP], displayName: "G", members: [{ value: member.id }] });
      await edge.admin("PUT", `/tenants/${one.slug}/schemas/urn:example:x:1.0`, { name: "X", attributes: [{ name: "a" }] });
    }
    const members = async () => (await edge.db.prepare("SELECT count(*) AS n FROM members").first()).n;
    const before = await members();
    const kept = await rows(await id(other.slug));
    const gone = await id(tenant.slug);
    assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}`)).status, 204);
    assert.deepEqual(await rows(gone), {});
    assert.equal(await members(), before - 1);
    assert.deepEqual(await rows(await id(other.slug)), kept);
    assert.equal((await tenant.scim("GET", "/Users")).status, 401);
    assert.equal((await other.scim("GET", "/Users")).json.totalResults, 1);
    problem(await edge.admin("DELETE", `/tenants/${tenant.slug}`), 404, "exist");

    const again = await edge.createTenant(tenant.slug, { exact: true });
    assert.notEqual(await id(again.slug), gone);
    assert.equal((await again.scim("GET", "/Users")).json.totalResults, 0);
    assert.equal((await tenant.scim("GET", "/Users")).status, 401);
  });

  test("of 100,000 resources goes on call by call, and serves nothing meanwhile", { skip: elsewhere }, async () => {
    const tenant = await edge.createTenant("t");
    await fill(tenant, 100_000);
    const number = await id(tenant.slug);
    const path = `/tenants/${tenant.slug}`;
    const first = await edge.admin("DELETE", path);
    assert.equal(first.status, 202, first.text);
    assert.ok(first.cost.trips <= 45, JSON.stringify(first.cost));
    assert.match(first.json.deleting, /^20/);
    assert.ok([401, 403].includes((await tenant.scim("GET", "/Users")).status));
    problem(await edge.admin("PATCH", path, { suspended: false }), 409, "deleted");
    problem(await edge.admin("PUT", `${path}/schemas/urn:example:x:1.0`, { name: "X", attributes: [{ name: "a" }] }), 409, "deleted");
    problem(await edge.admin("POST", `${path}/tokens`, { label: "x" }), 404, "exist");
    const { answer, calls } = await whole("DELETE", path);
    assert.equal(answer.status, 204, answer.text);
    assert.ok(calls <= 3, `${calls} calls`);
    assert.deepEqual(await rows(number), {});
  });
});

/** Users past the Worker: quick, with the index entries that it would write. */
async function fill(tenant, count) {
  const { id } = await edge.db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(tenant.slug).first();
  for (let from = 0; from < count; from += 20_000) {
    const numbers = "WITH RECURSIVE n (i) AS (SELECT ?2 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?3)";
    await edge.db.batch([
      edge.db
        .prepare(
          `${numbers} INSERT INTO resources (tenant, type, id, created, modified, document)
           SELECT ?1, 'User', format('0190%04d-%08d', ?1, i), 0, 0, json_object('schemas', json_array('${USER}'),
             'id', format('0190%04d-%08d', ?1, i), 'userName', format('user%d', i), 'title', format('T%d', i % 100)) FROM n`,
        )
        .bind(id, from, Math.min(from + 20_000, count)),
      edge.db
        .prepare(
          `INSERT INTO attribute_index (tenant, type, path, value, slot, resource)
           SELECT r.tenant, r.type, p.value, r.document ->> 'userName', iif(p.value = 'userName', '', r.id), r.seq
           FROM resources r CROSS JOIN json_each('["userName", "displayName", "externalId"]') p
           WHERE r.tenant = ?1 AND r.type = 'User' AND r.id >= format('0190%04d-%08d', ?1, ?2)`,
        )
        .bind(id, from),
    ]);
  }
}
