// People and service tokens that Cloudflare Access let in, at the admin API.

import assert from "node:assert/strict";
import { createHmac, createPublicKey } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { external, send, start, unique } from "./harness.mjs";
import { issuerHost, newKey, now } from "./issuer.mjs";

const AUD = "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228";
const ANN = "ann@acme.test";
const BOB = "bob@acme.test";
const BOT = "e367826f93b8d71185e03fe518aff3b4.access";

describe("Cloudflare Access", { skip: external ? "needs an issuer on this machine" : false }, () => {
  let host;
  let team;
  let edge;
  const running = [];
  before(async () => {
    host = await issuerHost();
    team = host.issuer("RS256");
    edge = await behind();
  });
  after(() => Promise.all([host.stop(), ...running.map((one) => one.stop())]));

  /** A Worker behind this team's Access. */
  async function behind({ of = team, ...vars } = {}) {
    const set = Object.entries({ LOCAL_ISSUERS: "on", ACCESS_TEAM_DOMAIN: of.url, ACCESS_AUD: AUD, ...vars });
    const one = await start({ vars: Object.fromEntries(set.filter(([, value]) => value !== undefined)) });
    running.push(one);
    return one;
  }

  /** What Access signs for a person, and for a service token. */
  const person = (email = ANN, more = {}) => ({ aud: [AUD], type: "app", sub: "7335d417", email, nbf: now(), identity_nonce: "6ei69kaw", country: "SE", ...more });
  const service = (more = {}) => ({ aud: [AUD], type: "app", sub: "", common_name: BOT, ...more });

  /** A call that came through Access. Like every program's it says that it sends JSON. */
  const call = (assertion, method, path, body, { at = edge, headers = {} } = {}) =>
    send(method, `${at.url}/admin/v1${path}`, body, { "content-type": "application/json", "cf-access-jwt-assertion": assertion, ...headers });
  const as = (claims, ...rest) => call(team.sign(claims), ...rest);

  /** Another key by the name of the team's; RSA keys of the tests take turns. */
  function stranger() {
    const [{ kid, jwk }] = team.keys;
    const keys = [newKey("RS256", kid), newKey("RS256", kid)];
    return keys.find((key) => key.jwk.n !== jwk.n);
  }

  function refused(answer, words, status = 401) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.match(answer.json.detail, words);
    if (status === 401) {
      assert.equal(answer.headers.get("www-authenticate"), `Bearer realm="scim-edge admin", error="invalid_token", error_description="${answer.json.detail}"`);
    }
  }

  test("people and service tokens are let in, and the audit log names them", async () => {
    for (const [claims, actor] of [[person(), `access:${ANN}`], [service(), `access:${BOT}`]]) {
      const slug = unique("t");
      assert.equal((await as(claims, "POST", "/tenants", { slug, name: "T" })).status, 201);
      assert.equal((await as(claims, "GET", `/tenants/${slug}`)).status, 200);
      assert.equal((await as(claims, "DELETE", `/tenants/${slug}`)).status, 204);
      const { entries } = (await as(claims, "GET", `/audit?tenant=${slug}`)).json;
      assert.deepEqual(entries.map((one) => [one.actor, one.action, one.outcome]), [[actor, "POST tenants", "done"], [actor, "DELETE tenants/{}", "done"]]);
    }
  });

  test("costs D1 nothing, and the keys are fetched once", async () => {
    const keys = host.issuer("RS256");
    const at = await behind({ of: keys });
    for (let n = 0; n < 3; n += 1) {
      assert.deepEqual((await call(keys.sign(person()), "OPTIONS", "/tenants", undefined, { at })).cost, { trips: 0, read: 0, written: 0 });
    }
    assert.equal((await call(keys.sign(person()), "GET", "/tenants", undefined, { at })).cost.trips, 1);
    assert.deepEqual(keys.asked, ["/cdn-cgi/access/certs"]);
  });

  test("an Authorization header goes before it, and costs what it did", async () => {
    const { json } = await edge.admin("POST", "/credentials", { name: unique("c"), scopes: ["tenants:read"] });
    const both = (authorization) => as(person(), "POST", "/tenants", { slug: unique(), name: "T" }, { headers: { authorization } });
    refused(await both(`Bearer ${json.token}`), /tenants:write/, 403);
    refused(await both("Bearer scim_admin_x"), /not an admin token/);
    const headers = { authorization: `Bearer ${json.token}` };
    assert.deepEqual((await as(person(), "OPTIONS", "/tenants", undefined, { headers })).cost, { trips: 1, read: 1, written: 0 });
    assert.equal((await both("Basic YTpi")).status, 401);
  });

  test("each refusal says why", async () => {
    const other = host.issuer("RS256");
    for (const [assertion, words] of [
      [team.sign(person(ANN, { aud: ["another"] })), /audience/],
      [team.sign(person(ANN, { aud: AUD.slice(1) })), /audience/],
      [team.sign(person(ANN, { iss: `${team.url}/` })), /issuer/],
      [other.sign(person()), /issuer/],
      // Another team's key, in this team's name: with its own key id, and with ours.
      [other.sign(person(ANN, { iss: team.url })), /does not publish/],
      [team.sign(person(), { key: stranger() }), /signature/],
      [team.sign(person(ANN, { exp: now() - 61 })), /expired/],
      [team.sign(person(ANN, { exp: undefined })), /no end/],
      [team.sign(person(ANN, { exp: now() + 100_000 })), /more than a day/],
      [team.sign(person(ANN, { nbf: now() + 120 })), /not valid yet/],
      [team.sign(person(ANN, { iat: now() + 120 })), /not valid yet/],
      [team.sign(person(ANN, { email: undefined })), /names nobody/],
      [team.sign(person("")), /names nobody/],
      // Whoever made a client certificate chose its common name.
      [team.sign(service({ common_name: ANN })), /names nobody/],
      ["", /three parts/],
      ["x", /three parts/],
      [`${team.sign(person())}, ${team.sign(person())}`, /three parts/],
      [`${team.sign(person())}x`, /signature|three parts/],
    ]) refused(await call(assertion, "GET", "/tenants"), words);
  });

  test("no algorithm is taken for another", async () => {
    const [key] = team.keys;
    const [, claims] = team.sign(person()).split(".");
    const head = (alg) => `${Buffer.from(JSON.stringify({ alg, kid: key.kid, typ: "JWT" })).toString("base64url")}.${claims}`;
    for (const alg of ["none", "None"]) refused(await call(`${head(alg)}.`, "GET", "/tenants"), /alg/);
    const pem = createPublicKey(key.privateKey).export({ type: "spki", format: "pem" });
    for (const secret of [pem, JSON.stringify(key.jwk), key.jwk.n]) {
      const mac = createHmac("sha256", secret).update(head("HS256")).digest("base64url");
      refused(await call(`${head("HS256")}.${mac}`, "GET", "/tenants"), /alg/);
    }
    refused(await call(team.sign(person(), { key: { ...key, alg: "RS512" } }), "GET", "/tenants"), /does not publish/);
    const own = stranger();
    refused(await call(team.sign(person(), { key: own, header: { jwk: own.jwk } }), "GET", "/tenants"), /signature/);
  });

  test("a page of another origin changes nothing, though the browser brings the login along", async () => {
    const slug = unique("t");
    const attempt = (headers, method = "POST", path = "/tenants") => as(person(), method, path, method === "POST" ? { slug, name: "T" } : undefined, { headers });
    const own = new URL(edge.url).origin;
    for (const headers of [
      { origin: "https://evil.test" },
      { origin: "null" },
      { origin: own.replace("http:", "https:") },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site", origin: own },
    ]) {
      for (const [method, path] of [["POST"], ["DELETE", `/tenants/${slug}`]]) refused(await attempt(headers, method, path), /another origin/, 403);
    }
    // What a form, or fetch() in the mode no-cors, can send.
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json"]) {
      refused(await attempt({ "content-type": type }), /Content-Type: application\/json/, 415);
    }
    refused(await call(team.sign(person()), "POST", `/tenants/${slug}/tombstones/x/restore`, undefined, { headers: { "content-type": null } }), /also where there is no body/, 415);
    assert.equal((await as(person(), "GET", `/tenants/${slug}`, undefined, { headers: { "sec-fetch-site": "cross-site" } })).status, 404);
    assert.equal((await attempt({ origin: own, "sec-fetch-site": "same-origin" })).status, 201);
    // The cookie alone is not looked at, whatever it says.
    const cookie = await send("GET", `${edge.url}/admin/v1/tenants`, undefined, { cookie: `CF_Authorization=${team.sign(person())}` });
    refused({ ...cookie, status: cookie.status === 401 ? 403 : cookie.status }, /Authorization: Bearer/, 403);
    // No page can send a credential's header: what it may stays as it was.
    assert.equal((await edge.admin("DELETE", `/tenants/${slug}`, undefined, { origin: "https://evil.test" })).status, 204);
  });

  test("nothing but the admin API is opened by it", async () => {
    const tenant = await edge.createTenant("t");
    for (const path of [`${tenant.path}/Users`, "/scim/v2/Users", `/directory/v1/${tenant.slug}/users`]) {
      const answer = await edge.request("GET", path, undefined, { "cf-access-jwt-assertion": team.sign(person()) });
      assert.equal(answer.status, 401, path);
    }
  });

  test("ACCESS_SCOPES says what people may do, all of them and each", async () => {
    const at = await behind({ ACCESS_SCOPES: `audit:read ${ANN}=admin ${BOT}=tenants:write` });
    const slug = unique("t");
    const may = async (claims, method, path, body) => (await as(claims, method, path, body, { at })).status;
    assert.equal(await may(person(ANN.toUpperCase()), "POST", "/tenants", { slug, name: "T" }), 201);
    assert.equal(await may(service(), "GET", `/tenants/${slug}`), 200);
    assert.equal(await may(person(BOB), "GET", `/audit?tenant=${slug}`), 200);
    const denied = await as(person(BOB), "DELETE", `/tenants/${slug}`, undefined, { at });
    refused(denied, /scope tenants:write.*ACCESS_SCOPES/, 403);
    assert.equal(denied.headers.get("www-authenticate"), 'Bearer realm="scim-edge admin", error="insufficient_scope", scope="tenants:write"');
    assert.equal(await may(service(), "GET", "/credentials"), 403);
    const { entries } = (await as(person(BOB), "GET", `/audit?tenant=${slug}`, undefined, { at })).json;
    assert.deepEqual(entries.map((one) => [one.actor, one.outcome]), [[`access:${ANN.toUpperCase()}`, "done"], [`access:${BOB}`, "denied"]]);
    const nobody = await behind({ ACCESS_SCOPES: "" });
    refused(await as(person(), "GET", "/tenants", undefined, { at: nobody }), /scope tenants:read/, 403);
    const wrong = await behind({ ACCESS_SCOPES: "tenants" });
    refused(await as(person(), "GET", "/tenants", undefined, { at: wrong }), /"tenants", which is no scope/, 503);
  });

  test("is off until it is set up, and says when that is by half", async () => {
    const off = await start({ vars: { LOCAL_ISSUERS: "on" } });
    running.push(off);
    const asked = team.asked.length;
    const answer = await as(person(), "GET", "/tenants", undefined, { at: off });
    assert.equal(answer.status, 401, answer.text);
    assert.match(answer.json.detail, /Authorization: Bearer/);
    assert.equal(team.asked.length, asked);
    for (const vars of [{ ACCESS_AUD: undefined }, { ACCESS_AUD: "" }, { ACCESS_TEAM_DOMAIN: "" }]) {
      const half = await behind(vars);
      refused(await as(person(), "GET", "/tenants", undefined, { at: half }), /by half/, 503);
      assert.equal((await half.admin("GET", "/tenants")).status, 200);
    }
  });

  // Side by side, for they wait.
  describe("its keys", { concurrency: true }, () => {
    test("rotate, and the old one goes with its word", async () => {
      const rotating = host.issuer("RS256");
      const at = await behind({ of: rotating });
      const [old] = rotating.keys;
      assert.equal((await call(rotating.sign(person()), "GET", "/tenants", undefined, { at })).status, 200);
      rotating.rotate("RS256", { keepOld: false });
      await pause();
      assert.equal((await call(rotating.sign(person()), "GET", "/tenants", undefined, { at })).status, 200);
      refused(await call(rotating.sign(person(), { key: old }), "GET", "/tenants", undefined, { at }), /does not publish/);
      assert.equal(rotating.asked.length, 2);
    });

    test("that cannot be had let nobody in, and are asked for again", async () => {
      const down = host.issuer("RS256");
      const at = await behind({ of: down });
      down.behave = { status: 500 };
      const answer = await call(down.sign(person()), "GET", "/tenants", undefined, { at });
      refused(answer, /keys of Cloudflare Access/, 503);
      assert.equal(answer.headers.get("retry-after"), "10");
      assert.equal((await at.admin("GET", "/tenants")).status, 200);
      down.behave = {};
      await pause();
      assert.equal((await call(down.sign(person()), "GET", "/tenants", undefined, { at })).status, 200);
    });
  });
});

/** Past the time between two attempts to fetch keys. */
const pause = () => new Promise((done) => setTimeout(done, 10_100));
