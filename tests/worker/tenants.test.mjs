// Tenants and tokens: what one tenant has is nowhere for another, and a token stops when it is revoked.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH = {
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: [{ op: "replace", path: "title", value: "taken over" }],
};

let edge;
before(async () => {
  edge = await start({ faults: true });
});
after(() => edge.stop());

const user = (more = {}) => ({ schemas: [USER], userName: `${unique("u")}@example.com`, ...more });

describe("isolation", () => {
  test("the same names live in two tenants side by side", async () => {
    const [a, b] = [await edge.createTenant("a"), await edge.createTenant("b")];
    const same = user({ externalId: "same" });
    const inA = await a.scim("POST", "/Users", same);
    const inB = await b.scim("POST", "/Users", same);
    assert.deepEqual([inA.status, inB.status], [201, 201]);
    assert.notEqual(inA.json.id, inB.json.id);
    for (const [tenant, mine] of [[a, inA], [b, inB]]) {
      for (const query of ["", `?filter=userName eq "${same.userName}"`, '?filter=externalId eq "same"', "?filter=id pr"]) {
        const list = await tenant.scim("GET", `/Users${query}`);
        assert.equal(list.json.totalResults, 1, list.text);
        assert.equal(list.json.Resources[0].id, mine.json.id);
      }
    }
  });

  test("another tenant's id is unknown, for every operation, word for word", async () => {
    const [a, b] = [await edge.createTenant("a"), await edge.createTenant("b")];
    const made = (await a.scim("POST", "/Users", user())).json;
    const nobodys = "01900000-0000-7000-8000-000000000000";
    for (const [method, body] of [["GET"], ["PUT", user()], ["PATCH", PATCH], ["DELETE"]]) {
      const theirs = await b.scim(method, `/Users/${made.id}`, body);
      const unknown = await b.scim(method, `/Users/${nobodys}`, body);
      assert.equal(theirs.status, 404, theirs.text);
      assert.equal(theirs.text.replaceAll(made.id, nobodys), unknown.text);
    }
    assert.equal((await a.scim("GET", `/Users/${made.id}`)).json.title, undefined);
  });

  test("a token on another tenant's URL learns nothing: as if there were no such tenant", async () => {
    const [a, b] = [await edge.createTenant("a"), await edge.createTenant("b")];
    const made = (await b.scim("POST", "/Users", user())).json;
    const authorization = `Bearer ${a.token}`;
    for (const [method, path, body] of [
      ["GET", "/Users"],
      ["GET", `/Users/${made.id}`],
      ["GET", "/ServiceProviderConfig"],
      ["GET", "/Nothing"],
      ["POST", "/Users", user()],
      ["PATCH", `/Users/${made.id}`, PATCH],
      ["DELETE", `/Users/${made.id}`],
    ]) {
      const headers = { authorization, "content-type": "application/scim+json" };
      const nowhere = unique("nowhere");
      const theirs = await edge.request(method, `/t/${b.slug}/scim/v2${path}`, body, headers);
      const absent = await edge.request(method, `/t/${nowhere}/scim/v2${path}`, body, headers);
      assert.ok([401, 403, 404].includes(theirs.status), `${method} ${path}: ${theirs.status} ${theirs.text}`);
      assert.equal(theirs.status, absent.status);
      assert.equal(theirs.text.replaceAll(b.slug, nowhere), absent.text);
      for (const name of ["content-type", "www-authenticate"]) {
        assert.equal(theirs.headers.get(name), absent.headers.get(name), name);
      }
    }
    assert.equal((await b.scim("GET", `/Users/${made.id}`)).status, 200);
    assert.equal((await b.scim("GET", "/Users")).json.totalResults, 1);
  });

  test("locations name the tenant that was asked", async () => {
    const [a, b] = [await edge.createTenant("a"), await edge.createTenant("b")];
    for (const tenant of [a, b]) {
      const made = await tenant.scim("POST", "/Users", user());
      assert.equal(made.json.meta.location, `${tenant.base}/Users/${made.json.id}`);
    }
  });
});

describe("tokens", () => {
  test("a tenant has as many as it likes, each stops alone", async () => {
    const tenant = await edge.createTenant("t");
    const second = await edge.createToken(tenant.slug, "second");
    assert.notEqual(second.token, tenant.token);
    const other = tenant.with({ token: second });
    assert.equal((await other.scim("GET", "/Users")).status, 200);
    assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${tenant.tokenId}`)).status, 204);
    assert.equal((await tenant.scim("GET", "/Users")).status, 401);
    assert.equal((await other.scim("GET", "/Users")).status, 200);
  });

  test("a revoked token stops at once for every operation, although it was in use", async () => {
    const tenant = await edge.createTenant("t");
    const keeper = tenant.with({ token: await edge.createToken(tenant.slug, "keeper") });
    const made = (await tenant.scim("POST", "/Users", user())).json;
    for (let round = 0; round < 5; round += 1) await tenant.scim("GET", `/Users/${made.id}`);
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${tenant.tokenId}`);
    for (const [method, path, body] of [
      ["GET", "/Users"],
      ["GET", `/Users/${made.id}`],
      ["POST", "/Users", user()],
      ["PUT", `/Users/${made.id}`, user()],
      ["PATCH", `/Users/${made.id}`, PATCH],
      ["DELETE", `/Users/${made.id}`],
      ["GET", "/ServiceProviderConfig"],
    ]) {
      const answer = await tenant.scim(method, path, body);
      assert.equal(answer.status, 401, `${method} ${path}: ${answer.text}`);
    }
    const left = await keeper.scim("GET", "/Users");
    assert.equal(left.json.totalResults, 1);
    assert.equal(left.json.Resources[0].meta.version, made.meta.version);
  });

  for (const [what, method, path, body, expected] of [
    ["POST", "POST", () => "/Users", () => user(), 1],
    ["PUT", "PUT", (id) => `/Users/${id}`, () => user({ title: "taken over" }), 1],
    ["PATCH", "PATCH", (id) => `/Users/${id}`, () => PATCH, 1],
    ["DELETE", "DELETE", (id) => `/Users/${id}`, () => undefined, 1],
  ]) {
    test(`a write that is under way when its token is revoked does not happen: ${what}`, { skip: process.env.SCIM_EDGE_URL ? "needs fault injection" : false }, async () => {
      const tenant = await edge.createTenant("t");
      const keeper = tenant.with({ token: await edge.createToken(tenant.slug, "keeper") });
      const made = (await tenant.scim("POST", "/Users", user())).json;
      await tenant.scim("GET", `/Users/${made.id}`);
      // Every database call of the write waits, those of the revocation that overtakes it do not.
      await edge.faults({ reset: true, delay: 500, delayNext: 1, only: "write" });
      const slow = tenant.scim(method, path(made.id), body());
      await until(async () => (await edge.faults()).delayNext === 0);
      await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${tenant.tokenId}`);
      const answer = await slow;
      await edge.faults({ reset: true });
      assert.equal(answer.status, 401, answer.text);
      const left = (await keeper.scim("GET", "/Users")).json;
      assert.equal(left.totalResults, expected);
      assert.equal(left.Resources[0].id, made.id);
      assert.equal(left.Resources[0].title, undefined);
    });
  }

  test("the database does not hold the token", { skip: process.env.SCIM_EDGE_URL ? "needs the database" : false }, async () => {
    const tenant = await edge.createTenant("t");
    const tables = (await edge.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'").all()).results;
    for (const { name } of tables) {
      const rows = JSON.stringify((await edge.db.prepare(`SELECT * FROM "${name}"`).all()).results);
      assert.ok(!rows.includes(tenant.token), `table ${name}`);
      assert.ok(!rows.includes(tenant.token.slice(-20)), `table ${name}`);
    }
  });
});

// Each isolate caches what it knows of a tenant; two of them must not differ in what they allow.
describe("two places on the edge", { skip: process.env.SCIM_EDGE_URL ? "needs a second isolate" : false }, () => {
  let here;
  before(async () => {
    here = await start({ twin: true });
  });
  after(() => here.stop());

  test("what one writes the other reads, and both refuse a revoked token at once", async () => {
    const tenant = await here.createTenant("t");
    const there = tenant.with({ edge: here.twin });
    const made = (await tenant.scim("POST", "/Users", user({ title: "here" }))).json;
    assert.equal((await there.scim("GET", `/Users/${made.id}`)).json.title, "here");
    assert.equal((await there.scim("PATCH", `/Users/${made.id}`, PATCH)).status, 200);
    assert.equal((await tenant.scim("GET", `/Users/${made.id}`)).json.title, "taken over");
    await here.admin("DELETE", `/tenants/${tenant.slug}/tokens/${tenant.tokenId}`);
    for (const place of [there, tenant]) {
      assert.equal((await place.scim("GET", `/Users/${made.id}`)).status, 401);
      assert.equal((await place.scim("POST", "/Users", user())).status, 401);
    }
  });

  test("of two that create one name at once, one succeeds", async () => {
    const tenant = await here.createTenant("t");
    const there = tenant.with({ edge: here.twin });
    for (let round = 0; round < 5; round += 1) {
      const body = user();
      const answers = await Promise.all([tenant, there].map((place) => place.scim("POST", "/Users", body)));
      assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409]);
    }
  });
});

describe("administration", () => {
  test("a slug belongs to one tenant", async () => {
    const tenant = await edge.createTenant("t");
    const again = await edge.admin("POST", "/tenants", { slug: tenant.slug, name: "Again" });
    assert.equal(again.status, 409, again.text);
  });

  // An underscore in the base URL is refused by an identity provider.
  for (const slug of ["", "a_b", "A", "a b", "a/b", "-a", "..", "\u00E5", "x".repeat(100), 7, null]) {
    test(`the slug ${JSON.stringify(slug).slice(0, 20)} is refused`, async () => {
      const answer = await edge.admin("POST", "/tenants", { slug, name: "X" });
      assert.equal(answer.status, 400, answer.text);
    });
  }

  test("a token is shown once, with its id and label", async () => {
    const tenant = await edge.createTenant("t");
    const made = await edge.createToken(tenant.slug, "Okta production");
    assert.equal(made.label, "Okta production");
    assert.ok(made.id && made.token && made.id !== made.token);
    const gone = await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${unique("no")}`);
    assert.equal(gone.status, 404, gone.text);
  });

  test("a token is revoked under its own tenant only", async () => {
    const [a, b] = [await edge.createTenant("a"), await edge.createTenant("b")];
    assert.equal((await edge.admin("DELETE", `/tenants/${b.slug}/tokens/${a.tokenId}`)).status, 404);
    assert.equal((await a.scim("GET", "/Users")).status, 200);
  });
});

async function until(condition, patience = 5000) {
  const end = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error("it did not come to pass");
    await new Promise((done) => setTimeout(done, 10));
  }
}
