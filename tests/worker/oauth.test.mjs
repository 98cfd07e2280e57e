// OAuth 2.0 client credentials: secrets, assertions, workload identities, and the tokens they get.

import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { external, send, start, unique } from "./harness.mjs";
import { issuerHost, newKey, now, signed } from "./issuer.mjs";

const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DAY = 86_400_000;

describe("OAuth clients", { skip: external ? "needs an issuer on this machine" : false }, () => {
  let edge;
  let host;
  before(async () => {
    [edge, host] = await Promise.all([start({ twin: true, vars: { LOCAL_ISSUERS: "on" } }), issuerHost()]);
  });
  after(() => Promise.all([edge.stop(), host.stop()]));

  async function clientOf(tenant, body = {}) {
    const made = await edge.admin("POST", `/tenants/${tenant.slug}/clients`, { label: "IdP", ...body });
    assert.equal(made.status, 201, made.text);
    return made.json;
  }

  async function fresh(body) {
    const tenant = await edge.createTenant("oauth");
    return { tenant, client: await clientOf(tenant, body) };
  }

  /** A token request; members that are undefined are not sent. */
  function ask(tenant, form, headers = {}) {
    const sent = Object.entries({ grant_type: "client_credentials", ...form }).filter(([, value]) => value !== undefined);
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return send("POST", `${tenant.edge.url}/t/${tenant.slug}/oauth/token`, new URLSearchParams(sent).toString(), { ...type, ...headers });
  }

  const bySecret = (tenant, client, form = {}) =>
    ask(tenant, { client_id: client.client_id, client_secret: client.client_secret, ...form });

  const byAssertion = (tenant, client, jwt, form = {}) =>
    ask(tenant, { client_id: client?.client_id, client_assertion_type: ASSERTION, client_assertion: jwt, ...form });

  const use = (tenant, token, method = "GET", path = "/Users", body = undefined) =>
    tenant.scim(method, path, body, { authorization: `Bearer ${token}` });

  function refused(answer, error, words = /./) {
    assert.equal(answer.json?.error, error, answer.text);
    assert.equal(answer.status, error === "invalid_client" ? 401 : 400, answer.text);
    assert.match(answer.json.error_description, words);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.equal(answer.headers.get("www-authenticate"), error === "invalid_client" ? 'Basic realm="scim-edge"' : null);
    assert.deepEqual(Object.keys(answer.json), ["error", "error_description"]);
  }

  async function granted(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.match(answer.headers.get("content-type"), /^application\/json/);
    assert.equal(answer.json.token_type, "Bearer");
    return answer.json.access_token;
  }

  async function isRefused(tenant, token, words) {
    for (const [method, path, body] of [["GET", "/Users"], ["POST", "/Users", { userName: unique("u") }], ["POST", "/Groups", { displayName: unique("g") }]]) {
      const answer = await use(tenant, token, method, path, body);
      assert.equal(answer.status, 401, answer.text);
      assert.match(answer.json.detail, words);
      assert.match(answer.headers.get("www-authenticate"), /error="invalid_token"/);
    }
  }

  describe("with a secret", () => {
    test("get a token that works as any other", async () => {
      const { tenant, client } = await fresh();
      // A later client, so that what is looked up is never the index's last entry: reading up to it would cost a row less.
      await clientOf(tenant);
      assert.match(client.client_secret, /^scim-secret_/);
      assert.equal(client.token_url, `${edge.url}/t/${tenant.slug}/oauth/token`);
      const answer = await bySecret(tenant, client);
      const token = await granted(answer);
      assert.deepEqual([answer.json.expires_in, answer.json.scope], [3600, "scim"]);
      // However many there are already.
      assert.deepEqual(answer.cost, { trips: 2, read: 12, written: 4 });
      assert.deepEqual((await bySecret(tenant, client)).cost, answer.cost);
      const user = await use(tenant, token, "POST", "/Users", { userName: unique("u") });
      assert.equal(user.status, 201, user.text);
      const group = await use(tenant, token, "POST", "/Groups", { displayName: unique("g"), members: [{ value: user.json.id }] });
      assert.equal(group.status, 201, group.text);
      const warm = await use(tenant, token, "GET", `/Users/${user.json.id}`);
      assert.deepEqual([warm.status, warm.cost.trips], [200, 1]);
    });

    test("may send it by Basic, encoded", async () => {
      const { tenant, client } = await fresh();
      const basic = (id, secret) => ({ authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}` });
      await granted(await ask(tenant, {}, basic(client.client_id, client.client_secret)));
      await granted(await ask(tenant, { client_id: client.client_id }, basic(client.client_id, client.client_secret)));
      const escaped = client.client_secret.replace("_", "%5F");
      await granted(await ask(tenant, {}, { authorization: `Basic ${btoa(`${client.client_id}:${escaped}`)}` }));
      refused(await ask(tenant, {}, basic(client.client_id, "wrong")), "invalid_client", /wrong/);
      refused(await ask(tenant, {}, { authorization: "Basic ?" }), "invalid_client", /Basic/);
      const twice = await ask(tenant, { client_secret: client.client_secret }, basic(client.client_id, client.client_secret));
      refused(twice, "invalid_request", /one way/);
    });

    test("are refused with the RFC's words", async () => {
      const { tenant, client } = await fresh();
      refused(await bySecret(tenant, { ...client, client_secret: `${client.client_secret}x` }), "invalid_client", /wrong/);
      refused(await bySecret(tenant, { ...client, client_id: randomUUID() }), "invalid_client", /no client/);
      refused(await bySecret(tenant, client, { client_secret: undefined }), "invalid_client", /proves nothing/);
      refused(await bySecret(tenant, client, { grant_type: "password" }), "unsupported_grant_type");
      refused(await bySecret(tenant, client, { grant_type: undefined }), "invalid_request", /grant_type/);
      refused(await bySecret(tenant, client, { scope: "everything" }), "invalid_scope");
      const url = `${edge.url}/t/${tenant.slug}/oauth/token`;
      refused(await send("POST", url, { grant_type: "client_credentials" }), "invalid_request", /form/);
      const get = await send("GET", url);
      assert.deepEqual([get.status, get.headers.get("allow")], [405, "OPTIONS, POST"]);
      const nobody = { slug: "nobody", edge };
      refused(await bySecret(nobody, client), "invalid_client", /no client/);
    });

    test("open their own tenant only", async () => {
      const one = await fresh();
      const two = await fresh();
      refused(await bySecret(two.tenant, one.client), "invalid_client", /no client/);
      refused(await bySecret(two.tenant, { ...two.client, client_secret: one.client.client_secret }), "invalid_client", /wrong/);
      const token = await granted(await bySecret(one.tenant, one.client));
      const answer = await use(two.tenant, token);
      assert.equal(answer.status, 401);
      assert.match(answer.json.detail, /same tenant/);
      const path = `/tenants/${two.tenant.slug}/clients/${one.client.client_id}`;
      assert.equal((await edge.admin("DELETE", path)).status, 404);
      assert.equal((await edge.admin("GET", `${path}/secrets`)).status, 404);
      assert.equal((await edge.admin("POST", `${path}/secrets`, { label: "x" })).status, 404);
      assert.equal((await use(one.tenant, token)).status, 200);
    });

    test("and the secret itself is no token", async () => {
      const { tenant, client } = await fresh();
      await isRefused(tenant, client.client_secret, /client's secret/);
      await isRefused(tenant, client.client_id, /not one of this server's/);
    });

    test("narrow their scopes, and never widen them", async () => {
      const { tenant, client } = await fresh({ scopes: ["users", "groups:read"] });
      const all = await bySecret(tenant, client);
      assert.equal(all.json.scope, "users groups:read");
      for (const scope of ["api://x/.default", "", " "]) {
        assert.equal((await bySecret(tenant, client, { scope })).json.scope, "users groups:read");
      }
      const narrow = await bySecret(tenant, client, { scope: "users:read" });
      assert.equal(narrow.json.scope, "users:read");
      assert.equal((await use(tenant, narrow.json.access_token)).status, 200);
      assert.equal((await use(tenant, narrow.json.access_token, "POST", "/Users", { userName: unique("u") })).status, 403);
      for (const scope of ["scim", "groups", "users groups", "users scim:read", "Users", "user:read"]) {
        refused(await bySecret(tenant, client, { scope }), "invalid_scope", /users groups:read/);
      }
    });

    test("have several secrets, so that one can take another's place", async () => {
      const { tenant, client } = await fresh();
      const path = `/tenants/${tenant.slug}/clients/${client.client_id}/secrets`;
      const made = await edge.admin("POST", path, { label: "second", expires_in_s: 600 });
      assert.equal(made.status, 201, made.text);
      const second = { ...client, client_secret: made.json.client_secret };
      const [old, fromSecond] = [await granted(await bySecret(tenant, client)), await granted(await bySecret(tenant, second))];
      const listed = await edge.admin("GET", path);
      assert.deepEqual(listed.json.secrets.map(({ label }) => label), ["first", "second"]);
      assert.ok(!listed.text.includes("scim-secret_") && listed.json.secrets[1].expires);
      const first = listed.json.secrets[0].id;
      assert.equal((await edge.admin("DELETE", `${path}/${first}`)).status, 204);
      refused(await bySecret(tenant, client), "invalid_client", /revoked/);
      await isRefused(tenant, old, /revoked/);
      await granted(await bySecret(tenant, second));
      assert.equal((await use(tenant, fromSecond)).status, 200);
      assert.equal((await edge.admin("DELETE", `${path}/${first}`)).status, 404);
      await edge.db.prepare("UPDATE tokens SET expires = ?1 WHERE id = ?2").bind(Date.now() - 1, made.json.id).run();
      refused(await bySecret(tenant, second), "invalid_client", /expired/);
      assert.equal((await use(tenant, fromSecond)).status, 200, "what was given out lives its own life");
      assert.equal((await edge.admin("POST", path, { label: "x", expires_in_s: -1 })).status, 400);
      for (let n = 0; n < 10; n += 1) assert.equal((await edge.admin("POST", path, { label: "x" })).status, 201);
      assert.equal((await edge.admin("POST", path, { label: "x" })).status, 409);
    });

    test("end with their secrets and tokens, at once and everywhere", async () => {
      const { tenant, client } = await fresh();
      const other = await clientOf(tenant);
      const elsewhere = tenant.with({ edge: edge.twin });
      const tokens = [await granted(await bySecret(tenant, client)), await granted(await bySecret(elsewhere, client))];
      const kept = await granted(await bySecret(tenant, other));
      for (const from of [tenant, elsewhere]) {
        for (const token of [...tokens, kept]) assert.equal((await use(from, token)).status, 200);
      }
      assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}/clients/${client.client_id}`)).status, 204);
      for (const from of [tenant, elsewhere]) {
        for (const token of tokens) await isRefused(from, token, /revoked/);
        refused(await bySecret(from, client), "invalid_client", /revoked/);
        assert.equal((await use(from, kept)).status, 200);
      }
      const listed = await edge.admin("GET", `/tenants/${tenant.slug}/clients`);
      assert.deepEqual(listed.json.clients.map(({ revoked }) => revoked !== undefined), [true, false]);
      assert.ok(!listed.text.includes("scim-secret_"));
      assert.equal((await edge.admin("POST", `/tenants/${tenant.slug}/clients/${client.client_id}/secrets`, { label: "x" })).status, 404);
    });

    test("get tokens that live as long as the tenant says, and expire", async () => {
      const { tenant, client } = await fresh();
      const change = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { access_token_lifetime_s: 300 } });
      assert.equal(change.status, 200, change.text);
      const answer = await bySecret(tenant, client);
      assert.equal(answer.json.expires_in, 300);
      const token = await granted(answer);
      assert.equal((await use(tenant, token)).status, 200);
      await edge.db.prepare("UPDATE tokens SET expires = ?1 WHERE kind = 'access' AND parent IN (SELECT id FROM tokens WHERE parent = ?2)").bind(Date.now() - 1, client.client_id).run();
      await isRefused(tenant, token, /expired/);
    });

    test("leave no old tokens behind", async () => {
      const { tenant, client } = await fresh();
      const [recent, old] = [await granted(await bySecret(tenant, client)), await granted(await bySecret(tenant, client))];
      const count = async () => (await edge.db.prepare("SELECT count(*) AS n FROM tokens WHERE tenant = (SELECT id FROM tenants WHERE slug = ?1) AND kind = 'access'").bind(tenant.slug).first()).n;
      const rows = (await edge.db.prepare("SELECT hash FROM tokens WHERE kind = 'access' AND parent IN (SELECT id FROM tokens WHERE parent = ?1) ORDER BY id").bind(client.client_id).all()).results;
      for (const [row, age] of [[rows[0], DAY - 60_000], [rows[1], DAY + 60_000]]) {
        await edge.db.prepare("UPDATE tokens SET expires = ?1 WHERE hash = ?2").bind(Date.now() - age, row.hash).run();
      }
      await edge.cron();
      assert.equal(await count(), 1);
      await isRefused(tenant, recent, /expired/);
      await isRefused(tenant, old, /unknown/);
    });

    test("of a suspended tenant get none", async () => {
      const { tenant, client } = await fresh();
      await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: true });
      refused(await bySecret(tenant, client), "unauthorized_client", /suspended/);
      refused(await bySecret(tenant, { ...client, client_secret: "x" }), "invalid_client", /wrong/);
    });

    test("go with their tenant", async () => {
      const { tenant, client } = await fresh();
      const token = await granted(await bySecret(tenant, client));
      assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}`)).status, 204);
      refused(await bySecret(tenant, client), "invalid_client", /no client/);
      assert.equal((await use(tenant, token)).status, 401);
      const { n } = await edge.db.prepare("SELECT count(*) AS n FROM tokens WHERE id = ?1 OR parent = ?1").bind(client.client_id).first();
      assert.equal(n, 0);
    });

    test("show in discovery while there are any", async () => {
      const tenant = await edge.createTenant("oauth");
      const schemes = async () => (await tenant.scim("GET", "/ServiceProviderConfig")).json.authenticationSchemes.map(({ type }) => type);
      assert.deepEqual(await schemes(), ["oauthbearertoken"]);
      const client = await clientOf(tenant);
      assert.deepEqual(await schemes(), ["oauthbearertoken", "oauth2"]);
      await edge.admin("DELETE", `/tenants/${tenant.slug}/clients/${client.client_id}`);
      assert.deepEqual(await schemes(), ["oauthbearertoken"]);
    });

    test("are no bearer tokens in the list of those", async () => {
      const { tenant, client } = await fresh();
      await granted(await bySecret(tenant, client));
      const listed = await edge.admin("GET", `/tenants/${tenant.slug}/tokens`);
      assert.deepEqual(listed.json.tokens.map(({ label }) => label), ["test"]);
      assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${client.client_id}`)).status, 404);
    });
  });

  describe("with keys of their own (private_key_jwt)", () => {
    const key = newKey("ES256");

    function assertion(tenant, client, claims = {}, { signer = key, header } = {}) {
      const aud = [edge, edge.twin].map(({ url }) => `${url}/t/${tenant.slug}/oauth/token`);
      const good = { iss: client.client_id, sub: client.client_id, aud, exp: now() + 60, jti: randomUUID() };
      return signed(signer, { ...good, ...claims }, header);
    }

    test("get a token for an assertion, each once", async () => {
      const { tenant, client } = await fresh({ jwks: { keys: [key.jwk] } });
      assert.equal(client.client_secret, undefined);
      const jwt = assertion(tenant, client);
      const answer = await byAssertion(tenant, client, jwt);
      const token = await granted(answer);
      assert.equal(answer.cost.trips, 2);
      assert.equal((await use(tenant, token, "POST", "/Users", { userName: unique("u") })).status, 201);
      refused(await byAssertion(tenant, client, jwt), "invalid_client", /used before/);
      refused(await byAssertion(tenant.with({ edge: edge.twin }), client, jwt), "invalid_client", /used before/);
      const { jti, exp } = JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));
      const again = assertion(tenant, client, { jti, exp, iat: now() - 1 });
      refused(await byAssertion(tenant, client, again), "invalid_client", /used before/);
      const withoutJti = assertion(tenant, client, { jti: undefined });
      await granted(await byAssertion(tenant, client, withoutJti));
      refused(await byAssertion(tenant, client, withoutJti), "invalid_client", /used before/);
      // The same jti of another client is another assertion.
      const other = await clientOf(tenant, { jwks: { keys: [key.jwk] } });
      await granted(await byAssertion(tenant, other, assertion(tenant, other, { jti })));
      await edge.admin("DELETE", `/tenants/${tenant.slug}/clients/${client.client_id}`);
      await isRefused(tenant, token, /revoked/);
    });

    test("of many requests with one assertion, one gets a token", async () => {
      const { tenant, client } = await fresh({ jwks: { keys: [key.jwk] } });
      const jwt = assertion(tenant, client);
      const from = [tenant, tenant.with({ edge: edge.twin })];
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => byAssertion(from[n % 2], client, jwt)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(401)]);
    });

    test("are not remembered for longer than their assertions could come again", async () => {
      const { tenant, client } = await fresh({ jwks: { keys: [key.jwk] } });
      const jwt = assertion(tenant, client, { exp: now() + 60 });
      await granted(await byAssertion(tenant, client, jwt));
      const count = async () => (await edge.db.prepare("SELECT count(*) AS n FROM used_assertions WHERE tenant = (SELECT id FROM tenants WHERE slug = ?1)").bind(tenant.slug).first()).n;
      await edge.cron(Date.now() + 110_000);
      assert.equal(await count(), 1);
      refused(await byAssertion(tenant, client, jwt), "invalid_client", /used before/);
      await edge.cron(Date.now() + 121_000);
      assert.equal(await count(), 0);
    });

    test("may leave client_id out, and take the tenant's own address for the audience", async () => {
      const { tenant, client } = await fresh({ jwks: { keys: [key.jwk] } });
      await granted(await byAssertion(tenant, undefined, assertion(tenant, client, { aud: [`${edge.url}/t/${tenant.slug}`] })));
    });

    test("are refused when something does not fit", async () => {
      const { tenant, client } = await fresh({ jwks: { keys: [key.jwk] } });
      const stranger = newKey("ES256", key.kid);
      for (const [claims, options, words] of [
        [{ aud: "https://elsewhere.example/token" }, {}, /audience/],
        [{ sub: "another" }, {}, /subject/],
        [{ iss: "another" }, {}, /issuer/],
        [{ exp: now() - 61 }, {}, /expired/],
        [{ exp: undefined }, {}, /no end/],
        [{ nbf: now() + 100 }, {}, /not valid yet/],
        [{}, { signer: stranger }, /signature/],
        [{}, { header: { alg: "none" } }, /alg/],
        [{}, { header: { alg: "HS256" } }, /alg/],
        [{}, { header: { kid: "unknown" } }, /does not publish/],
      ]) {
        refused(await byAssertion(tenant, client, assertion(tenant, client, claims, options)), "invalid_client", words);
      }
      refused(await byAssertion(tenant, client, "x.y.z"), "invalid_client", /three parts/);
      refused(await byAssertion(tenant, client, assertion(tenant, client), { client_assertion_type: "saml" }), "invalid_request");
      refused(await bySecret(tenant, { ...client, client_secret: "x" }), "invalid_client", /wrong/);
      const withSecret = await clientOf(tenant);
      refused(await byAssertion(tenant, withSecret, assertion(tenant, withSecret)), "invalid_client", /no keys/);
      const other = await fresh({ jwks: { keys: [key.jwk] } });
      refused(await byAssertion(other.tenant, other.client, assertion(tenant, client)), "invalid_client");
      refused(await byAssertion(other.tenant, undefined, assertion(tenant, client)), "invalid_client", /no client/);
    });

    test("may publish their keys, and rotate them", async () => {
      const owner = host.issuer("ES256");
      const { tenant, client } = await fresh({ jwks_uri: owner.jwksUri });
      await granted(await byAssertion(tenant, client, assertion(tenant, client, {}, { signer: owner.keys[0] })));
      const next = owner.rotate("EdDSA");
      await new Promise((done) => setTimeout(done, 10_100));
      await granted(await byAssertion(tenant, client, assertion(tenant, client, {}, { signer: next })));
    });
  });

  describe("with a workload identity of another issuer", () => {
    async function federated(change = {}) {
      const issuer = host.issuer();
      const workload = { issuer: issuer.url, jwks_uri: issuer.jwksUri, audience: "app-id", subject: "object-id", ...change };
      const { tenant, client } = await fresh({ federated: [workload] });
      const jwt = (claims = {}, options = {}) => issuer.sign({ aud: "app-id", sub: "object-id", ...claims }, options);
      return { tenant, client, issuer, jwt };
    }

    test("get a token as Entra ID asks for one", async () => {
      const { tenant, client, jwt } = await federated();
      assert.equal(client.client_secret, undefined);
      const once = jwt();
      const token = await granted(await byAssertion(tenant, client, once, { scope: "scim" }));
      assert.equal((await use(tenant, token, "POST", "/Users", { userName: unique("u") })).status, 201);
      refused(await byAssertion(tenant, client, once), "invalid_client", /used before.*single_use/);
      await granted(await byAssertion(tenant, client, jwt()));
      await edge.admin("DELETE", `/tenants/${tenant.slug}/clients/${client.client_id}`);
      await isRefused(tenant, token, /revoked/);
    });

    test("may show one assertion again where that is said", async () => {
      const { tenant, client, jwt } = await federated({ single_use: false });
      const one = jwt();
      await granted(await byAssertion(tenant, client, one));
      await granted(await byAssertion(tenant, client, one));
    });

    test("are refused when something does not fit", async () => {
      const { tenant, client, issuer, jwt } = await federated({ claims: { azp: "x" } });
      const good = { azp: "x" };
      await granted(await byAssertion(tenant, client, jwt(good)));
      for (const [claims, words] of [
        [{ aud: "another" }, /audience/],
        [{ sub: "another" }, /subject/],
        [{ azp: "y" }, /claims/],
        [{ iss: `${issuer.url}/v2.0` }, /issuer.*trusted for this client/],
        [{ exp: now() - 100 }, /expired/],
      ]) {
        refused(await byAssertion(tenant, client, jwt({ ...good, ...claims })), "invalid_client", words);
      }
      const key = newKey("ES256", issuer.keys[0].kid);
      refused(await byAssertion(tenant, client, jwt(good, { key })), "invalid_client", /signature/);
      refused(await byAssertion(tenant, undefined, jwt(good)), "invalid_request", /client_id/);
      const stranger = await federated();
      refused(await byAssertion(stranger.tenant, stranger.client, jwt(good)), "invalid_client", /issuer/);
      refused(await byAssertion(stranger.tenant, client, jwt(good)), "invalid_client", /no client/);
      // It vouches for its client, and is no bearer token.
      const answer = await use(tenant, jwt(good));
      assert.equal(answer.status, 401);
    });

    test("hear that the keys cannot be had", async () => {
      const { tenant, client, issuer, jwt } = await federated();
      issuer.behave = { status: 503 };
      const answer = await byAssertion(tenant, client, jwt());
      assert.deepEqual([answer.status, answer.json.error], [503, "temporarily_unavailable"]);
      assert.ok(answer.headers.get("retry-after"));
    });
  });

  test("what an administrator may say of a client", async () => {
    const tenant = await edge.createTenant("oauth");
    const path = `/tenants/${tenant.slug}/clients`;
    const key = newKey("ES256");
    const workload = { issuer: "https://login.microsoftonline.com/t/v2.0", audience: "a", subject: "o" };
    for (const [body, words] of [
      [{}, /label/],
      [{ label: "" }, /label/],
      [{ label: "x", secret: "mine" }, /secret/],
      [{ label: "x", scopes: ["all"] }, /scope "all"/],
      [{ label: "x", scopes: [] }, /at least one/],
      [{ label: "x", jwks: { keys: [] } }, /jwks: /],
      [{ label: "x", jwks: { keys: [{ ...key.jwk, d: "x" }] } }, /private/],
      [{ label: "x", jwks_uri: "http://keys.example" }, /jwks_uri: /],
      [{ label: "x", jwks: { keys: [key.jwk] }, jwks_uri: "https://keys.example" }, /exclude/],
      [{ label: "x", federated: [{ ...workload, issuer: "https://127.0.0.2" }] }, /federated: issuer: /],
      [{ label: "x", federated: [{ ...workload, subject: undefined }] }, /whose tokens/],
      [{ label: "x", federated: {} }, /federated|sequence/],
    ]) {
      const answer = await edge.admin("POST", path, body);
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.json.detail, words);
    }
    const made = await clientOf(tenant, { jwks: { keys: [key.jwk] }, federated: [workload], scopes: ["groups"] });
    const { token_url: _, ...kept } = made;
    const listed = await edge.admin("GET", path);
    assert.deepEqual(listed.json.clients, [kept]);
    assert.deepEqual(kept.federated, [{ issuer: workload.issuer, audience: "a", subject: "o", single_use: true }]);
    assert.equal((await edge.admin("POST", "/tenants/nobody/clients", { label: "x" })).status, 404);
    assert.equal((await edge.admin("GET", "/tenants/nobody/clients")).status, 404);
  });
});
