// JWTs of a trusted issuer as bearer tokens.

import { createHmac, createPublicKey } from "node:crypto";
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { external, start, unique } from "./harness.mjs";
import { issuerHost, newKey, now, signed } from "./issuer.mjs";

describe("a JWT of a trusted issuer", { skip: external ? "needs an issuer on this machine" : false }, () => {
  let edge;
  let host;
  before(async () => {
    [edge, host] = await Promise.all([start({ twin: true, vars: { LOCAL_ISSUERS: "on" } }), issuerHost()]);
  });
  after(() => Promise.all([edge.stop(), host.stop()]));

  /** A tenant that trusts an issuer, and what it answers to a token. */
  async function trusting({ alg = "ES256", ...trust } = {}) {
    const tenant = await edge.createTenant("jwt");
    const issuer = host.issuer(alg);
    const entry = await trust_(tenant, issuer, trust);
    const send = (token, method = "GET", path = "/Users", body = undefined, from = tenant) =>
      from.scim(method, path, body, { authorization: `Bearer ${token}` });
    return { tenant, issuer, entry, send };
  }

  async function trust_(tenant, issuer, trust = {}) {
    const body = { label: "OIDC", issuer: issuer.url, audience: "scim", subject: "provisioner", ...trust };
    const made = await edge.admin("POST", `/tenants/${tenant.slug}/issuers`, body);
    assert.equal(made.status, 201, made.text);
    return made.json;
  }

  function refused(answer, words) {
    assert.equal(answer.status, 401, answer.text);
    assert.match(answer.json.detail, words);
    assert.equal(answer.json.schemas[0], "urn:ietf:params:scim:api:messages:2.0:Error");
    const challenge = answer.headers.get("www-authenticate");
    assert.match(challenge, /^Bearer realm="scim-edge", error="invalid_token", error_description="/);
    assert.ok(challenge.includes(answer.json.detail), challenge);
  }

  for (const alg of ["RS256", "RS384", "RS512", "PS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"]) {
    test(`${alg} is a token like any other`, async () => {
      const { issuer, send } = await trusting({ alg });
      const token = issuer.sign();
      const made = await send(token, "POST", "/Users", { userName: unique("u") });
      assert.equal(made.status, 201, made.text);
      const got = await send(token, "GET", `/Users/${made.json.id}`);
      assert.equal(got.status, 200, got.text);
      const [header, claims, signature] = token.split(".");
      const other = JSON.stringify({ ...JSON.parse(Buffer.from(claims, "base64url")), admin: true });
      refused(await send(`${header}.${Buffer.from(other).toString("base64url")}.${signature}`), /signature/);
      refused(await send(`${header}.${claims}.${signature.slice(0, -4)}AAAA`), /signature/);
      refused(await send(`${header}.${claims}.`), /signature/);
    });
  }

  test("a warm request is one round trip, a cold one two", async () => {
    const { issuer, send } = await trusting();
    const cold = await send(issuer.sign());
    assert.equal(cold.cost.trips, 2);
    const warm = await send(issuer.sign());
    assert.equal(warm.cost.trips, 1);
    assert.deepEqual(issuer.asked, ["/.well-known/openid-configuration", "/keys"]);
  });

  test("groups go through the tenant's object with it", async () => {
    const { issuer, send } = await trusting();
    const token = issuer.sign();
    const user = await send(token, "POST", "/Users", { userName: unique("u") });
    const group = await send(token, "POST", "/Groups", { displayName: unique("g"), members: [{ value: user.json.id }] });
    assert.equal(group.status, 201, group.text);
    assert.equal(group.json.members.length, 1);
  });

  test("each refusal says why", async () => {
    const { issuer, send } = await trusting({ claims: { azp: ["a", "b"] } });
    const good = { azp: "a" };
    assert.equal((await send(issuer.sign(good))).status, 200);
    for (const [claims, words] of [
      [{ iss: `${issuer.url}/` }, /issuer \(iss\) is none/],
      [{ aud: "another" }, /audience/],
      [{ sub: "another" }, /subject/],
      [{ azp: "c" }, /claims/],
      [{ exp: now() - 61 }, /expired/],
      [{ nbf: now() + 120 }, /not valid yet/],
      [{ exp: now() + 100_000 }, /more than a day/],
      [{ exp: undefined }, /no end/],
    ]) {
      refused(await send(issuer.sign({ ...good, ...claims })), words);
    }
    assert.equal((await send(issuer.sign({ ...good, exp: now() - 30 }))).status, 200, "within the skew");
    refused(await send(`${issuer.sign(good)}x`), /signature|base64url/);
    refused(await send("eyJhbGciOiJSUzI1NiJ9.bm8gSlNPTg.c2ln"), /three parts/);
    refused(await send(`ey.${"x".repeat(17_000)}.x`), /16 KB/);
    refused(await send(issuer.sign(good, { header: { kid: "unknown" } })), /does not publish/);
    refused(await send(issuer.sign(good, { header: { crit: ["exp"] } })), /crit/);
    refused(await send(issuer.sign(good, { header: { typ: "logout+jwt" } })), /typ/);
  });

  test("no algorithm is taken for another", async () => {
    const { issuer, send } = await trusting({ alg: "RS256" });
    const [key] = issuer.keys;
    const [, claims] = issuer.sign().split(".");
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const head = (alg) => `${part({ alg, kid: key.kid })}.${claims}`;
    for (const alg of ["none", "None", ""]) refused(await send(`${head(alg)}.`), /alg/);
    // The public key, which everybody knows, as the shared secret of an HMAC.
    const pem = createPublicKey(key.privateKey).export({ type: "spki", format: "pem" });
    for (const secret of [pem, JSON.stringify(key.jwk), key.jwk.n]) {
      const mac = createHmac("sha256", secret).update(head("HS256")).digest("base64url");
      refused(await send(`${head("HS256")}.${mac}`), /alg/);
    }
    // The key says RS256: PSS with it is another use, and so is another hash.
    for (const alg of ["PS256", "RS512"]) {
      refused(await send(issuer.sign({}, { key: { ...key, alg } })), /does not publish/);
    }
    // A key of the sender's own, in the token's header.
    const own = newKey("RS256", key.kid);
    refused(await send(issuer.sign({}, { key: own, header: { jwk: own.jwk } })), /signature/);
  });

  test("another tenant's issuer opens nothing", async () => {
    const one = await trusting();
    const two = await trusting();
    refused(await one.send(two.issuer.sign()), /issuer/);
    refused(await two.send(one.issuer.sign()), /issuer/);
    // The same issuer, for two audiences.
    await trust_(two.tenant, one.issuer, { audience: "two" });
    refused(await two.send(one.issuer.sign()), /audience/);
    assert.equal((await two.send(one.issuer.sign({ aud: "two" }))).status, 200);
    refused(await one.send(one.issuer.sign({ aud: "two" })), /audience/);
    const without = await edge.request("GET", "/scim/v2/Users", undefined, { authorization: `Bearer ${one.issuer.sign()}` });
    assert.equal(without.status, 401);
    assert.match(without.json.detail, /tenant's own URL/);
    const nobody = await edge.request("GET", "/t/nobody/scim/v2/Users", undefined, { authorization: `Bearer ${one.issuer.sign()}` });
    assert.equal(nobody.status, 401);
  });

  test("trust holds at once, and ends at once, wherever the request arrives", async () => {
    const { tenant, issuer, entry, send } = await trusting();
    const elsewhere = tenant.with({ edge: edge.twin });
    const later = host.issuer();
    for (const from of [tenant, elsewhere]) {
      assert.equal((await send(issuer.sign(), "GET", "/Users", undefined, from)).status, 200);
      refused(await send(later.sign(), "GET", "/Users", undefined, from), /issuer/);
    }
    await trust_(tenant, later);
    for (const from of [tenant, elsewhere]) {
      assert.equal((await send(later.sign(), "GET", "/Users", undefined, from)).status, 200);
    }
    const gone = await edge.admin("DELETE", `/tenants/${tenant.slug}/issuers/${entry.id}`);
    assert.equal(gone.status, 204);
    for (const from of [tenant, elsewhere]) {
      for (const [method, path, body] of [["GET", "/Users"], ["POST", "/Users", { userName: unique("u") }], ["POST", "/Groups", { displayName: unique("g") }]]) {
        refused(await send(issuer.sign(), method, path, body, from), /revoked/);
      }
      assert.equal((await send(later.sign(), "GET", "/Users", undefined, from)).status, 200);
    }
    const again = await edge.admin("DELETE", `/tenants/${tenant.slug}/issuers/${entry.id}`);
    assert.equal(again.status, 404);
  });

  test("a suspended tenant is told apart only by good tokens", async () => {
    const { tenant, issuer, send } = await trusting();
    assert.equal((await send(issuer.sign())).status, 200);
    await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: true });
    assert.equal((await send(issuer.sign())).status, 403);
    refused(await send(issuer.sign({ aud: "x" })), /audience/);
    await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: false });
    assert.equal((await send(issuer.sign())).status, 200);
  });

  test("scopes hold for it", async () => {
    const { issuer, send } = await trusting({ scopes: ["users:read"] });
    assert.equal((await send(issuer.sign())).status, 200);
    assert.equal((await send(issuer.sign(), "POST", "/Users", { userName: unique("u") })).status, 403);
    assert.equal((await send(issuer.sign(), "GET", "/Groups")).status, 403);
  });

  test("everybody of an issuer, when that is said", async () => {
    const { issuer, send } = await trusting({ subject: "*" });
    assert.equal((await send(issuer.sign({ sub: unique("s") }))).status, 200);
  });

  // Side by side, for most of them wait.
  describe("and its keys", { concurrency: true }, () => {
    test("rotate: a new one is fetched when it is met, and the old one goes with the issuer's word", async () => {
      const { issuer, send } = await trusting();
      const old = issuer.keys[0];
      assert.equal((await send(issuer.sign())).status, 200);
      issuer.rotate("EdDSA", { keepOld: false });
      await pause();
      assert.equal((await send(issuer.sign())).status, 200);
      assert.equal(issuer.asked.filter((path) => path === "/keys").length, 2);
      refused(await send(issuer.sign({}, { key: old })), /does not publish/);
    });

    test("are not fetched for every invented key id", async () => {
      const { issuer, send } = await trusting();
      assert.equal((await send(issuer.sign())).status, 200);
      for (let n = 0; n < 20; n += 1) {
        refused(await send(issuer.sign({}, { header: { kid: `invented-${n}` } })), /does not publish/);
      }
      assert.equal(issuer.asked.filter((path) => path === "/keys").length, 1);
    });

    test("stay in use while their issuer is down", async () => {
      const { issuer, send } = await trusting();
      assert.equal((await send(issuer.sign())).status, 200);
      issuer.behave = { status: 500 };
      await pause();
      const unknown = await send(issuer.sign({}, { header: { kid: "unknown" } }));
      assert.equal(unknown.status, 503, unknown.text);
      assert.ok(unknown.headers.get("retry-after"));
      assert.equal((await send(issuer.sign())).status, 200);
    });

    test("come from the address that was said, where one was", async () => {
      const issuer = host.issuer();
      const tenant = await edge.createTenant("jwt");
      await trust_(tenant, issuer, { jwks_uri: issuer.jwksUri });
      const got = await tenant.scim("GET", "/Users", undefined, { authorization: `Bearer ${issuer.sign()}` });
      assert.equal(got.status, 200, got.text);
      assert.deepEqual(issuer.asked, ["/keys"]);
    });

    for (const [what, behave] of [
      ["answers with an error", () => ({ status: 500 })],
      ["leads elsewhere", (other) => ({ status: 302, location: `${other.url}/keys` })],
      ["sends no JSON", () => ({ body: "<html>" })],
      ["sends no keys", () => ({ body: "{}" })],
      ["never ends", () => ({ body: `{"keys": [${" ".repeat(300_000)}]}` })],
      ["is another by its own word", (other) => ({ discovery: { issuer: other.url } })],
      ["has its keys inside a network", () => ({ discovery: { jwks_uri: "http://169.254.169.254/latest" } })],
      ["does not answer", () => ({ hang: true })],
    ]) {
      test(`an issuer that ${what} is nobody's, and no reason to fail for long`, async () => {
        const { issuer, send } = await trusting();
        const other = host.issuer();
        issuer.behave = behave(other);
        const answer = await send(issuer.sign());
        assert.equal(answer.status, 503, answer.text);
        assert.match(answer.json.detail, /keys of the JWT's issuer/);
        assert.ok(answer.headers.get("retry-after"));
        assert.ok(answer.millis < 10_000, `${answer.millis} ms`);
        const asked = issuer.asked.length;
        assert.equal((await send(issuer.sign())).status, 503);
        assert.equal(issuer.asked.length, asked, "asked again at once");
        assert.deepEqual(other.asked, []);
        issuer.behave = {};
        await pause();
        assert.equal((await send(issuer.sign())).status, 200);
      });
    }
  });

  test("what an administrator may say of an issuer", async () => {
    const tenant = await edge.createTenant("jwt");
    const path = `/tenants/${tenant.slug}/issuers`;
    const good = { label: "x", issuer: "https://idp.example", audience: "us", subject: "app" };
    for (const [change, words] of [
      [{ label: "" }, /label/],
      [{ issuer: "http://idp.example" }, /issuer: /],
      [{ issuer: "https://10.0.0.1" }, /issuer: /],
      [{ jwks_uri: "https://localhost.localdomain@evil.example/" }, /jwks_uri: /],
      [{ subject: undefined }, /whose tokens/],
      [{ scopes: ["everything"] }, /scope "everything"/],
      [{ jwks: {} }, /no member "jwks"/],
    ]) {
      const answer = await edge.admin("POST", path, { ...good, ...change });
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.json.detail, words);
    }
    const made = await edge.admin("POST", path, { ...good, claims: { azp: "a" }, scopes: ["users"] });
    assert.equal(made.status, 201, made.text);
    const listed = await edge.admin("GET", path);
    assert.deepEqual(listed.json.issuers, [made.json]);
    assert.deepEqual(listed.json.issuers[0].claims, { azp: "a" });
    assert.deepEqual(listed.json.issuers[0].scopes, ["users"]);
    for (let n = 1; n < 20; n += 1) assert.equal((await edge.admin("POST", path, good)).status, 201);
    assert.equal((await edge.admin("POST", path, good)).status, 409);
    assert.equal((await edge.admin("POST", "/tenants/nobody/issuers", good)).status, 404);
    const schemes = await tenant.scim("GET", "/ServiceProviderConfig");
    assert.match(schemes.json.authenticationSchemes[0].description, /JWT/);
  });
});

describe("without LOCAL_ISSUERS", { skip: external ? "needs an issuer on this machine" : false }, () => {
  test("nothing is fetched from this machine", async () => {
    const [edge, host] = await Promise.all([start(), issuerHost()]);
    const tenant = await edge.createTenant("jwt");
    const issuer = host.issuer();
    const body = { label: "x", issuer: issuer.url, audience: "scim", subject: "provisioner" };
    const made = await edge.admin("POST", `/tenants/${tenant.slug}/issuers`, body);
    assert.equal(made.status, 400, made.text);
    // Even when it was let in once.
    await edge.db
      .prepare("INSERT INTO tokens (hash, tenant, id, label, kind, trust, created) SELECT 'issuer:' || id || ':x', id, 'x', 'x', 'issuer', ?2, 0 FROM tenants WHERE slug = ?1")
      .bind(tenant.slug, JSON.stringify(body))
      .run();
    const answer = await tenant.scim("GET", "/Users", undefined, { authorization: `Bearer ${issuer.sign()}` });
    assert.equal(answer.status, 503, answer.text);
    assert.deepEqual(issuer.asked, []);
    await Promise.all([edge.stop(), host.stop()]);
  });
});

/** Past the time between two attempts to fetch keys. */
const pause = () => new Promise((done) => setTimeout(done, 10_100));
