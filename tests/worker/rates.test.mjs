// Rate limits: what is past them is answered with 429 and Retry-After, without asking D1, and hinders nobody
// else. The runtime counts in windows of ten seconds of the clock: each test begins in a fresh one, and all of
// them in the same, as each has tenants and addresses of its own.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, send, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const WINDOW = 10_000;
const [PER_CREDENTIAL, PER_TENANT, SIGN_INS] = [5, 8, 6];
const simple = (limit) => ({ simple: { limit, period: 10 } });

/** Waits for the next window. */
const nextWindow = () => new Promise((done) => setTimeout(done, WINDOW - (Date.now() % WINDOW) + 20));

/** Times `count`, one after the other. */
async function times(count, ask) {
  const answers = [];
  for (let at = 0; at < count; at += 1) answers.push(await ask(at));
  return answers;
}

const statuses = (answers) => answers.map((one) => one.status).join(" ");
const many = (status, count) => Array.from({ length: count }, () => status).join(" ");

function limited(answer, seconds) {
  assert.equal(answer.status, 429, answer.text);
  assert.equal(answer.headers.get("retry-after"), String(seconds));
  assert.equal(answer.cost.trips, 0, "the database was asked");
}

function limitedScim(answer, seconds, words) {
  limited(answer, seconds);
  assert.deepEqual(answer.json.schemas, [ERROR]);
  assert.equal(answer.json.status, "429");
  assert.match(answer.json.detail, words);
  assert.match(answer.json.detail, /Retry-After/);
}

describe("rate limits", { skip: external ? "needs limits of its own" : false, concurrency: true }, () => {
  let edge;
  before(async () => {
    edge = await start({
      ratelimits: { CREDENTIAL_LIMIT: simple(PER_CREDENTIAL), TENANT_LIMIT: simple(PER_TENANT), SIGN_IN_LIMIT: simple(SIGN_INS) },
      vars: { ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com", ACCESS_AUD: "aud" },
    });
  });
  after(() => edge.stop());

  /** A tenant whose token this isolate knows. */
  async function known(prefix, settings) {
    const tenant = await edge.createTenant(prefix);
    if (settings) await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings });
    assert.equal((await get(tenant)).status, 200);
    return tenant;
  }
  const get = (tenant, headers) => tenant.scim("GET", "/Users?count=1", undefined, headers);
  let last = 0;
  const address = () => `192.0.2.${(last += 1)}`;

  /** The log's entries, when as many are there as are to come. */
  async function logged(tenant, status, count) {
    for (let tries = 0; tries < 50; tries += 1) {
      const { requests } = (await edge.admin("GET", `/tenants/${tenant.slug}/requests?status=${status}`)).json;
      if (requests.length >= count) return requests;
      await new Promise((done) => setTimeout(done, 50));
    }
    return [];
  }

  test("a credential past its limit is refused without a round trip, others are not, and later it is served again", async () => {
    const [acme, other] = [await known("acme"), await known("other")];
    const second = acme.with({ token: await edge.createToken(acme.slug) });
    await nextWindow();
    const answers = await times(PER_CREDENTIAL + 4, () => get(acme));
    assert.equal(statuses(answers), `${many(200, PER_CREDENTIAL)} ${many(429, 4)}`);
    answers.slice(PER_CREDENTIAL).forEach((one) => limitedScim(one, 10, /This credential/));
    const made = await acme.scim("POST", "/Users", { schemas: [USER], userName: unique() });
    limitedScim(made, 10, /This credential/);
    limitedScim(await acme.scim("GET", "/ServiceProviderConfig"), 10, /This credential/);
    // What was refused has not used up the tenant's share.
    assert.equal((await get(second)).status, 200);
    assert.equal((await get(other)).status, 200);
    await nextWindow();
    assert.equal((await get(acme)).status, 200);
    // The log has the first of them, and not one for each.
    const told = await logged(acme, 429, 1);
    assert.equal(told.length, 1, JSON.stringify(told));
    assert.match((await edge.admin("GET", `/tenants/${acme.slug}/requests/${told[0].id}`)).json.detail, /too many requests/);
  });

  test("a tenant's credentials are counted together", async () => {
    const [acme, other] = [await known("acme"), await known("other")];
    const all = await times(3, async () => acme.with({ token: await edge.createToken(acme.slug) }));
    await nextWindow();
    const answers = await times(PER_TENANT + 3, (at) => get(all[at % all.length]));
    assert.equal(statuses(answers), `${many(200, PER_TENANT)} ${many(429, 3)}`);
    limitedScim(answers.at(-1), 10, /This tenant's credentials/);
    assert.equal((await get(other)).status, 200);
  });

  test("a tenant whose rate_limit is none is not counted", async () => {
    const acme = await known("acme", { rate_limit: "none" });
    await nextWindow();
    assert.equal(statuses(await times(PER_TENANT + 4, () => get(acme))), many(200, PER_TENANT + 4));
  });

  test("what is open to everybody is counted by address", async () => {
    const here = address();
    const keys = (from) => edge.request("GET", "/t/any/jwks.json", undefined, { "cf-connecting-ip": from });
    await nextWindow();
    const answers = await times(PER_CREDENTIAL + 2, () => keys(here));
    assert.equal(statuses(answers), `${many(200, PER_CREDENTIAL)} ${many(429, 2)}`);
    limited(answers.at(-1), 10);
    assert.match(answers.at(-1).json.description, /This address/);
    assert.equal((await keys(address())).status, 200);
  });

  test("the product's own reading is not counted, and what is no such token there is", async () => {
    const acme = await known("acme");
    const made = await edge.admin("POST", `/tenants/${acme.slug}/tokens`, { label: "product", scopes: ["directory:read"] });
    const read = (token) =>
      send("GET", `${edge.url}/directory/v1/${acme.slug}/users`, undefined, { authorization: `Bearer ${token}` });
    await nextWindow();
    assert.equal(statuses(await times(PER_TENANT + 2, () => read(made.json.token))), many(200, PER_TENANT + 2));
    const answers = await times(PER_CREDENTIAL + 1, () => read(acme.token));
    assert.equal(statuses(answers), `${many(403, PER_CREDENTIAL)} 429`);
    limited(answers.at(-1), 10);
    assert.match(answers.at(-1).headers.get("content-type"), /problem\+json/);
  });

  describe("sign-ins that fail", { concurrency: true }, () => {
    const from = (address, token) => ({ "cf-connecting-ip": address, authorization: `Bearer ${token}` });

    /** Tokens that were live once: each is looked up when it is first seen. */
    async function revoked(tenant, count) {
      return times(count, async () => {
        const { id, token } = await edge.createToken(tenant.slug);
        assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${id}`)).status, 204);
        return token;
      });
    }

    test("are refused with 429 past their limit; a good credential from there is served, known or new", async () => {
      const acme = await known("acme");
      const [here, elsewhere] = [address(), address()];
      const dead = await revoked(acme, SIGN_INS + 3);
      const fresh = acme.with({ token: await edge.createToken(acme.slug) });
      await nextWindow();
      assert.equal((await get(acme, from(here, acme.token))).status, 200);
      const answers = await times(dead.length, (at) => get(acme, from(here, dead[at])));
      assert.equal(statuses(answers), `${many(401, SIGN_INS)} ${many(429, 3)}`);
      const refusal = answers.at(-1);
      assert.equal(refusal.headers.get("retry-after"), "60");
      assert.match(refusal.json.detail, /from this address/);
      assert.equal((await get(acme, from(here, acme.token))).status, 200, "it is known");
      assert.equal((await get(fresh, from(here, fresh.token))).status, 200, "it is good");
      assert.equal((await get(acme, from(elsewhere, dead[0]))).status, 401);
      assert.equal((await get(acme, from("2001:db8::1", "wrong"))).status, 401);
    });

    test("from an address that goes on are looked up as often as the limit says, and no more", async () => {
      const acme = await known("acme");
      const here = address();
      const dead = await revoked(acme, 3 * SIGN_INS);
      await nextWindow();
      const answers = await times(dead.length, (at) => get(acme, from(here, dead[at])));
      const trips = answers.map((one) => one.cost.trips);
      // The limit, the one that shows that it is passed, and again as many as the limit allows.
      const looked = 2 * SIGN_INS + 1;
      assert.equal(trips.join(" "), `${many(1, looked)} ${many(0, dead.length - looked)}`);
      limitedScim(answers.at(-1), 60, /from this address/);
      assert.equal((await get(acme, from(here, acme.token))).status, 200, "what is known is not looked up");
      await nextWindow();
      const fresh = acme.with({ token: await edge.createToken(acme.slug) });
      assert.equal((await get(fresh, from(here, fresh.token))).status, 200);
    });

    test("with the same token are told so from memory, and leave room for others", async () => {
      const acme = await known("acme");
      const here = address();
      const [dead] = await revoked(acme, 1);
      await nextWindow();
      const answers = await times(2 * SIGN_INS + 3, () => get(acme, from(here, dead)));
      assert.equal(statuses(answers), `${many(401, SIGN_INS)} ${many(429, SIGN_INS + 3)}`);
      assert.match(answers[1].json.detail, /revoked/);
      assert.equal(answers.map((one) => one.cost.trips).join(" "), `1 ${many(0, answers.length - 1)}`);
      const fresh = acme.with({ token: await edge.createToken(acme.slug) });
      assert.equal((await get(fresh, from(here, fresh.token))).status, 200);
    });

    test("of one IPv6 network are counted together", async () => {
      const acme = await known("acme");
      await nextWindow();
      const answers = await times(SIGN_INS + 1, (at) => get(acme, from(`2001:db8:0:7::${at + 1}`, "wrong")));
      assert.equal(statuses(answers), `${many(401, SIGN_INS)} 429`);
    });

    test("at the admin API through Cloudflare Access", async () => {
      const headers = { "cf-connecting-ip": address(), "cf-access-jwt-assertion": "wrong", authorization: null };
      await nextWindow();
      const answers = await times(SIGN_INS + 1, () => edge.admin("GET", "/tenants", undefined, headers));
      assert.equal(statuses(answers), `${many(401, SIGN_INS)} 429`);
      limited(answers.at(-1), 60);
    });

    test("at the admin API", async () => {
      const here = address();
      const list = (token) => edge.admin("GET", "/tenants", undefined, from(here, token));
      await nextWindow();
      const answers = await times(SIGN_INS + 1, () => list("wrong"));
      assert.equal(statuses(answers), `${many(401, SIGN_INS)} 429`);
      const refusal = answers.at(-1);
      limited(refusal, 60);
      assert.match(refusal.headers.get("content-type"), /problem\+json/);
      assert.equal(refusal.json.status, 429);
      assert.equal(refusal.json.title, "Too Many Requests");
      assert.equal((await list(edge.adminToken)).status, 200);
      assert.equal((await edge.admin("GET", "/tenants")).status, 200, "from elsewhere");
    });

    test("at the token endpoint", async () => {
      const acme = await known("acme");
      const client = (await edge.admin("POST", `/tenants/${acme.slug}/clients`, { label: "IdP" })).json;
      const here = address();
      const ask = (secret) => token(acme, client, secret, { "cf-connecting-ip": here });
      await nextWindow();
      const answers = await times(SIGN_INS + 1, () => ask(`${client.client_secret}x`));
      assert.equal(statuses(answers), `${many(401, SIGN_INS)} 429`);
      const refusal = answers.at(-1);
      assert.equal(refusal.headers.get("retry-after"), "60");
      assert.equal(refusal.json.error, "temporarily_unavailable");
      assert.match(refusal.json.error_description, /from this address/);
      assert.equal(refusal.headers.get("cache-control"), "no-store");
      assert.equal((await ask(client.client_secret)).status, 200, "the good secret from there");
    });
  });

  const token = (tenant, client, secret = client.client_secret, headers = {}) =>
    send(
      "POST",
      `${tenant.edge.url}/t/${tenant.slug}/oauth/token`,
      new URLSearchParams({ grant_type: "client_credentials", client_id: client.client_id, client_secret: secret }).toString(),
      { "content-type": "application/x-www-form-urlencoded", ...headers },
    );

  test("a client gets so many tokens, and strangers do not use them up", async () => {
    const acme = await known("acme");
    const clients = await times(2, async () => (await edge.admin("POST", `/tenants/${acme.slug}/clients`, { label: "IdP" })).json);
    await nextWindow();
    const wrongs = await times(SIGN_INS, () => token(acme, clients[0], "wrong", { "cf-connecting-ip": address() }));
    for (const wrong of wrongs) assert.equal(wrong.status, 401);
    const answers = await times(PER_CREDENTIAL + 1, () => token(acme, clients[0]));
    assert.equal(statuses(answers), `${many(200, PER_CREDENTIAL)} 429`);
    assert.equal(answers.at(-1).json.error, "temporarily_unavailable");
    assert.equal(answers.at(-1).headers.get("retry-after"), "10");
    assert.equal((await token(acme, clients[1])).status, 200);
  });

  test("the access tokens of one secret are counted together", async () => {
    const acme = await known("acme");
    const client = (await edge.admin("POST", `/tenants/${acme.slug}/clients`, { label: "IdP" })).json;
    const tokens = (await times(2, () => token(acme, client))).map((one) => one.json.access_token);
    await nextWindow();
    const answers = await times(PER_CREDENTIAL + 1, (at) => get(acme, { authorization: `Bearer ${tokens[at % 2]}` }));
    assert.equal(statuses(answers), `${many(200, PER_CREDENTIAL)} 429`);
  });
});

describe("a deployment's own limits", { skip: external ? "needs limits of its own" : false }, () => {
  test("are far off for an identity provider's first synchronisation, and are in wrangler.toml", async () => {
    const { readFileSync } = await import("node:fs");
    const toml = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
    const entries = [...toml.matchAll(/^name = "(\w+_LIMIT)"\nnamespace_id = "(\d+)"\nsimple = \{ limit = (\d+), period = (\d+) \}$/gm)];
    const limits = Object.fromEntries(entries.map(([, name, , limit, period]) => [name, { simple: { limit: Number(limit), period: Number(period) } }]));
    assert.deepEqual(Object.keys(limits).sort(), ["CREDENTIAL_LIMIT", "SIGN_IN_LIMIT", "TENANT_LIMIT"]);
    assert.equal(new Set(entries.map(([, , id]) => id)).size, 3);
    const rate = (name) => limits[name].simple.limit / limits[name].simple.period;
    assert.ok(rate("CREDENTIAL_LIMIT") >= 50 && rate("TENANT_LIMIT") >= 50, "Entra ID sends 25 a second");
    const periods = ["CREDENTIAL_LIMIT", "TENANT_LIMIT", "SIGN_IN_LIMIT"].map((name) => limits[name].simple.period);
    assert.deepEqual(periods, [10, 10, 60], "as Retry-After says");
    const edge = await start({ ratelimits: limits });
    try {
      const acme = await edge.createTenant("acme");
      await nextWindow();
      const answers = await Promise.all(Array.from({ length: 200 }, () => acme.scim("POST", "/Users", { schemas: [USER], userName: unique() })));
      assert.equal(statuses(answers), many(201, 200));
    } finally {
      await edge.stop();
    }
  });
});
