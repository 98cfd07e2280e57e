// Admin credentials with scopes, and the audit log of what was done with them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { send, start, unique } from "./harness.mjs";

const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url)));
const SCOPES = document.components.schemas.AdminScopes.items.enum;
const DEVICE = "urn:example:params:scim:schemas:Device";
const elsewhere = process.env.SCIM_EDGE_URL ? "needs the inside of the server" : false;

let edge;
before(async () => {
  edge = await start({ twin: true });
});
after(() => edge.stop());

/** A credential, with the calls that it makes: here, or in another place. */
async function credential(scopes, more = {}) {
  const made = await edge.admin("POST", "/credentials", { name: unique("c"), scopes, ...more });
  assert.equal(made.status, 201, made.text);
  const call = (method, path, body, { place = edge, headers = {} } = {}) =>
    send(method, `${place.url}/admin/v1${path}`, body, { authorization: `Bearer ${made.json.token}`, ...headers });
  return { ...made.json, call };
}

function problem(answer, status, words, challenge) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.match(answer.json.detail, words);
  if (challenge) assert.ok(answer.headers.get("www-authenticate").includes(challenge), answer.headers.get("www-authenticate"));
}

describe("scopes", () => {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== "parameters")
      .map(([method, { security }]) => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/g, "none"), needed: security[0].admin[0] })),
  );

  for (const scope of SCOPES) {
    test(`${scope} opens what names it, and nothing else`, async () => {
      const { call } = await credential([scope]);
      let opened = 0;
      for (const { method, path, needed } of operations) {
        const may = scope === "admin" || scope === needed || (needed.endsWith(":read") && scope === needed.replace(":read", ":write"));
        // Nothing of this name is there, and no body is whole: nothing comes of what is permitted but a signing key.
        const answer = await call(method, path, method === "GET" || method === "DELETE" ? undefined : {});
        if (may) {
          opened += 1;
          assert.ok([200, 201, 400, 404].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
        } else {
          problem(answer, 403, new RegExp(`scope ${needed}`), `error="insufficient_scope", scope="${needed}"`);
        }
        assert.equal((await call("OPTIONS", path)).status, 204);
      }
      if (scope === "admin") assert.equal(opened, operations.length);
    });
  }

  test("several add up, are kept once each and can be seen", async () => {
    const made = await credential(["tokens:write", "tenants:read", "tokens:write"]);
    assert.deepEqual(made.scopes, ["tenants:read", "tokens:write"]);
    assert.equal((await made.call("GET", "/tenants?limit=1")).status, 200);
    problem(await made.call("POST", "/tenants", {}), 403, /tenants:write/);
    const list = await edge.admin("GET", "/credentials?limit=1000");
    const shown = list.json.credentials.find((one) => one.id === made.id);
    assert.deepEqual(Object.keys(shown), ["id", "name", "scopes", "created"]);
    assert.ok(!list.text.includes(made.token.slice(11, 30)));
  });

  test("what is no scope is refused", async () => {
    for (const [body, words] of [
      [{ name: "x", scopes: ["tenants"] }, /"tenants"/],
      [{ name: "x", scopes: [] }, /at least one/],
      [{ name: "x" }, /scopes/],
      [{ name: " ", scopes: ["admin"] }, /name/],
      [{ name: "x", scopes: ["admin"], expires: "2020-01-01T00:00:00Z" }, /expires/],
      [{ name: "x", scopes: ["admin"], label: "x" }, /label/],
    ]) problem(await edge.admin("POST", "/credentials", body), 400, words);
  });
});

describe("a credential", () => {
  test("for one tenant opens nothing else", async () => {
    const [own, other] = [await edge.createTenant("own"), await edge.createTenant("other")];
    problem(await edge.admin("POST", "/credentials", { name: "x", scopes: ["admin"], tenant: unique("no") }), 404, /does not exist/);
    const { call, tenant } = await credential(["admin"], { tenant: own.slug });
    assert.equal(tenant, own.slug);
    assert.equal((await call("GET", `/tenants/${own.slug}`)).status, 200);
    assert.equal((await call("POST", `/tenants/${own.slug}/tokens`, { label: "x" })).status, 201);
    for (const [method, path, body] of [
      ["GET", `/tenants/${other.slug}`], ["POST", `/tenants/${other.slug}/tokens`, { label: "x" }], ["GET", "/tenants"],
      ["POST", "/tenants", { slug: unique(), name: "x" }], ["GET", "/credentials"], ["POST", "/credentials", { name: "x", scopes: ["admin"] }], ["GET", "/audit"],
    ]) problem(await call(method, path, body), 403, new RegExp(own.slug));
    assert.equal((await edge.admin("DELETE", `/tenants/${own.slug}`)).status, 204);
    problem(await call("GET", `/tenants/${own.slug}`), 401, /unknown/);
  });

  test("is refused when it is wrong, expired or revoked, and is told which", async () => {
    const revoked = await credential(["tenants:read"]);
    const brief = await credential(["tenants:read"], { expires_in_s: 1 });
    for (const { call } of [revoked, brief]) assert.equal((await call("GET", "/tenants", undefined, { place: edge.twin ?? edge })).status, 200);
    assert.equal((await edge.admin("DELETE", `/credentials/${revoked.id}`)).status, 204);
    await new Promise((done) => setTimeout(done, 1050));
    for (const place of [edge, edge.twin ?? edge]) {
      problem(await revoked.call("GET", "/tenants", undefined, { place }), 401, /revoked/, 'error="invalid_token"');
      problem(await brief.call("GET", "/tenants", undefined, { place }), 401, /expired/, 'error="invalid_token"');
    }
    const wrong = async (authorization) => edge.request("GET", "/admin/v1/tenants", undefined, { authorization });
    const last = revoked.token.at(-1) === "0" ? "1" : "0";
    problem(await wrong(`Bearer ${revoked.token.slice(0, -1)}${last}`), 401, /whole/, 'error="invalid_token"');
    problem(await wrong("Bearer scim_admin_0123456789ABCDEFGHIJKLMNOPQRST0HRoO4"), 401, /whole|unknown/, 'error="invalid_token"');
    const answer = await wrong(null);
    problem(answer, 401, /Authorization: Bearer/);
    assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="scim-edge admin"');
    problem(await edge.admin("DELETE", `/credentials/${revoked.id}`), 404, /no such live/);
    const shown = (await edge.admin("GET", "/credentials?limit=1000")).json.credentials.find((one) => one.id === revoked.id);
    assert.ok(shown.revoked);
  });

  test("costs one read more; the secret ADMIN_TOKEN needs no database", async () => {
    const { call } = await credential(["tenants:read"]);
    assert.deepEqual((await call("OPTIONS", "/tenants")).cost, { trips: 1, read: 1, written: 0 });
    assert.deepEqual((await edge.admin("OPTIONS", "/tenants")).cost, { trips: 0, read: 0, written: 0 });
  });
});

describe("the audit log", () => {
  const entries = async (slug) => {
    const answer = await edge.admin("GET", `/audit?tenant=${slug}&limit=1000`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.entries;
  };

  test("says who did what, when and from where; no secret is in it", async () => {
    const slug = unique("t");
    const { id, token, call } = await credential(["admin"]);
    const ip = "203.0.113.7";
    const run = async (status, method, path, body) => {
      const answer = await call(method, path, body, { headers: { "cf-connecting-ip": ip } });
      assert.equal(answer.status, status, answer.text);
      return answer.json;
    };
    const path = `/tenants/${slug}`;
    await run(201, "POST", "/tenants", { slug, name: "T" });
    await run(200, "PATCH", path, { settings: { cursor_timeout_s: 600 } });
    const made = await run(201, "POST", `${path}/tokens`, { label: "Okta", scopes: ["users"] });
    const next = await run(201, "POST", `${path}/tokens/${made.id}/rotate`, { overlap_s: 0 });
    await run(204, "DELETE", `${path}/tokens/${next.id}`);
    const attribute = { name: "label", type: "string" };
    await run(201, "PUT", `${path}/schemas/${DEVICE}`, { id: DEVICE, name: "Device", attributes: [attribute] });
    await run(204, "DELETE", `${path}/schemas/${DEVICE}`);
    await run(200, "PUT", `${path}/mapping`, { rules: [] });
    const other = await run(201, "POST", "/credentials", { name: "C", scopes: ["tenants:read"], tenant: slug });
    // What changes nothing is not recorded.
    await run(200, "GET", path);
    await run(404, "DELETE", `${path}/tokens/none`);
    await run(400, "POST", `${path}/tokens`, { label: "x", scopes: ["y"] });
    await run(200, "PUT", `${path}/mapping?dry_run=true`, { rules: [] });
    await run(204, "DELETE", path);
    const found = await entries(slug);
    assert.deepEqual(
      found.map(({ action, target, detail }) => [action, target, detail]),
      [
        ["POST tenants", undefined, { name: "T" }],
        ["PATCH tenants/{}", undefined, { name: null, settings: ["cursor_timeout_s"], suspended: null }],
        ["POST tenants/{}/tokens", made.id, { label: "Okta", scopes: "users" }],
        ["POST tenants/{}/tokens/{}/rotate", made.id, { new: next.id, overlap_s: 0 }],
        ["DELETE tenants/{}/tokens/{}", next.id, undefined],
        ["PUT tenants/{}/schemas/{}", DEVICE, undefined],
        ["DELETE tenants/{}/schemas/{}", DEVICE, undefined],
        ["PUT tenants/{}/mapping", undefined, undefined],
        ["POST credentials", other.id, { name: "C", scopes: "tenants:read" }],
        ["DELETE tenants/{}", undefined, undefined],
      ],
    );
    for (const entry of found) {
      assert.deepEqual([entry.actor, entry.outcome, entry.ip], [`credential:${id}`, "done", ip]);
      assert.ok(Date.now() - Date.parse(entry.at) < 60_000);
    }
    const text = JSON.stringify(found);
    for (const secret of [token, made.token, next.token, other.token]) assert.ok(!text.includes(secret.slice(0, 20)));
  });

  test("tells of what a credential was denied", async () => {
    const tenant = await edge.createTenant("t");
    const { id, call } = await credential(["tenants:read"]);
    problem(await call("DELETE", `/tenants/${tenant.slug}/tokens/${tenant.tokenId}`), 403, /tokens:write/);
    const { actor, action, target, outcome } = (await entries(tenant.slug)).at(-1);
    assert.deepEqual([actor, action, target, outcome], [`credential:${id}`, "DELETE tenants/{}/tokens/{}", tenant.tokenId, "denied"]);
  });

  test("is paged, and of all tenants unless one is named", async () => {
    const tenants = [await edge.createTenant("t"), await edge.createTenant("t")];
    const all = [];
    let after = "";
    do {
      const page = (await edge.admin("GET", `/audit?limit=7&after=${after}`)).json;
      all.push(...page.entries);
      after = page.next;
    } while (after);
    assert.deepEqual(all.map((one) => one.id), all.map((one) => one.id).toSorted((a, b) => a - b));
    for (const { slug } of tenants) {
      assert.deepEqual(all.filter((one) => one.tenant === slug), await entries(slug));
      assert.deepEqual((await entries(slug)).map((one) => [one.actor, one.action]), [["ADMIN_TOKEN", "POST tenants"], ["ADMIN_TOKEN", "POST tenants/{}/tokens"]]);
    }
    problem(await edge.admin("GET", "/audit?after=x"), 400, /number/);
    problem(await edge.admin("GET", "/audit?order=x"), 400, /oldest or newest/);
  });

  test("is read from its end, at the cost of what is read", async () => {
    const { slug } = await edge.createTenant("t");
    for (let n = 0; n < 5; n += 1) await edge.createToken(slug);
    const oldest = (await entries(slug)).map((one) => one.id);
    for (const of of ["", `tenant=${slug}&`]) {
      const newest = [];
      let after = "";
      do {
        const page = await edge.admin("GET", `/audit?${of}order=newest&limit=3&after=${after}`);
        if (page.json.next) assert.deepEqual(page.cost, { trips: 1, read: 3, written: 0 });
        newest.push(...page.json.entries.map((one) => one.id));
        after = page.json.next;
      } while (after && newest.length < oldest.length);
      assert.deepEqual(newest.slice(0, oldest.length), oldest.toReversed());
    }
  });

  test("is written in the transaction of what it tells", async () => {
    const tenant = await edge.createTenant("t");
    const made = await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "x" });
    assert.equal(made.cost.trips, 1);
  });

  test("only grows", { skip: elsewhere }, async () => {
    const run = (sql) => edge.db.prepare(sql).run();
    await assert.rejects(run("UPDATE audit SET actor = 'nobody' WHERE seq = 1"), /only grows/);
    await assert.rejects(run("DELETE FROM audit WHERE seq = 1"), /two years/);
    await run(`INSERT INTO audit (at, actor, action, outcome) VALUES (${Date.now() - 63072001000}, 'x', 'x', 'done')`);
    await run("DELETE FROM audit WHERE actor = 'x'");
    assert.equal(await edge.db.prepare("SELECT count(*) AS n FROM audit WHERE actor = 'x'").first("n"), 0);
  });
});
