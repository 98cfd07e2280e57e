// What identity providers authenticate with: scopes, why a credential is refused, rotation.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const DEVICE = "urn:example:params:scim:schemas:Device";

let edge;
let tenant;
before(async () => {
  edge = await start();
  tenant = await edge.createTenant("scopes");
  const path = `/tenants/${tenant.slug}`;
  const attribute = { name: "label", type: "string", required: true, mutability: "readWrite" };
  const schema = { id: DEVICE, name: "Device", attributes: [attribute] };
  const type = { name: "Device", endpoint: "/Devices", schema: DEVICE };
  for (const [what, body] of [[`/schemas/${DEVICE}`, schema], ["/resource-types/Device", type]]) {
    const answer = await edge.admin("PUT", path + what, body);
    assert.ok(answer.status < 300, answer.text);
  }
});
after(() => edge.stop());

async function scoped(scopes) {
  const made = await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "scoped", scopes });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.scopes, scopes);
  return tenant.with({ token: made.json });
}

async function made(endpoint) {
  const body = {
    Users: { schemas: [USER], userName: unique("u") },
    Groups: { schemas: [GROUP], displayName: unique("g") },
    Devices: { schemas: [DEVICE], label: unique("d") },
  }[endpoint];
  const answer = await tenant.scim("POST", `/${endpoint}`, body);
  assert.equal(answer.status, 201, answer.text);
  return { body, id: answer.json.id };
}

const RIGHTS = {
  scim: { Users: "write", Groups: "write", Devices: "write" },
  "scim:read": { Users: "read", Groups: "read", Devices: "read" },
  users: { Users: "write" },
  "users:read": { Users: "read" },
  groups: { Groups: "write" },
  "groups:read": { Groups: "read" },
};
const NARROWEST = { Users: "users", Groups: "groups", Devices: "scim" };
const KIND = { Users: "User", Groups: "Group", Devices: "Device" };

/** A 403 that says which scope would do. */
function denied(answer, endpoint, right) {
  assert.equal(answer.status, 403, answer.text);
  const scope = NARROWEST[endpoint] + (right === "read" ? ":read" : "");
  assert.deepEqual(answer.json.schemas, ["urn:ietf:params:scim:api:messages:2.0:Error"]);
  assert.match(answer.json.detail, new RegExp(`${KIND[endpoint]}.*scope ${scope}`));
  const challenge = `Bearer realm="scim-edge", error="insufficient_scope", scope="${scope}"`;
  assert.equal(answer.headers.get("www-authenticate"), challenge);
}

describe("scopes", () => {
  for (const [scope, rights] of Object.entries(RIGHTS)) {
    test(`${scope} lets its holder do what its name says, and nothing else`, async () => {
      const place = await scoped([scope]);
      for (const endpoint of ["Users", "Groups", "Devices"]) {
        const { body, id } = await made(endpoint);
        const more = (await made(endpoint)).body;
        const name = Object.keys(body).at(-1);
        const patch = { schemas: [PATCH], Operations: [{ op: "replace", path: name, value: unique("p") }] };
        const requests = [
          ["read", "GET", `/${endpoint}`],
          ["read", "HEAD", `/${endpoint}`],
          ["read", "GET", `/${endpoint}/${id}`],
          ["read", "GET", `/${endpoint}/nobody`],
          ["read", "POST", `/${endpoint}/.search`, { schemas: [SEARCH] }],
          ["write", "POST", `/${endpoint}`, { ...more, [name]: unique("n") }],
          ["write", "PUT", `/${endpoint}/${id}`, { ...body, [name]: unique("r") }],
          ["write", "PATCH", `/${endpoint}/${id}`, patch],
          ["write", "DELETE", `/${endpoint}/nobody`],
          ["write", "DELETE", `/${endpoint}/${id}`],
        ];
        for (const [right, method, path, sent] of requests) {
          const answer = await place.scim(method, path, sent);
          if (rights[endpoint] === "write" || rights[endpoint] === right) {
            assert.equal(answer.status, path.endsWith("nobody") ? 404 : { POST: sent?.schemas[0] === SEARCH ? 200 : 201, DELETE: 204 }[method] ?? answer.status, answer.text);
            assert.notEqual(answer.status, 403, `${method} ${path}: ${answer.text}`);
          } else if (method === "HEAD") {
            assert.equal(answer.status, 403);
          } else {
            denied(answer, endpoint, right);
          }
        }
      }
    });

    test(`${scope} reads what this service can`, async () => {
      const place = await scoped([scope]);
      for (const path of ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/ResourceTypes/User"]) {
        assert.equal((await place.scim("GET", path)).status, 200, path);
      }
      for (const path of ["/Users", "/Groups/1", "/Bulk"]) assert.equal((await place.scim("OPTIONS", path)).status, 204, path);
      assert.equal((await place.scim("GET", "/Me")).status, 501);
    });

    test(`${scope} in a bulk: each operation for itself`, async () => {
      const place = await scoped([scope]);
      const Operations = [];
      for (const endpoint of ["Users", "Groups", "Devices"]) {
        const { body, id } = await made(endpoint);
        const name = Object.keys(body).at(-1);
        Operations.push(
          { method: "POST", path: `/${endpoint}`, bulkId: unique("b"), data: { ...body, [name]: unique("n") } },
          { method: "PUT", path: `/${endpoint}/${id}`, data: { ...body, [name]: unique("r") } },
          { method: "DELETE", path: `/${endpoint}/${id}` },
        );
      }
      const answer = await place.scim("POST", "/Bulk", { schemas: [BULK], Operations });
      assert.equal(answer.status, 200, answer.text);
      answer.json.Operations.forEach((result, at) => {
        const endpoint = Operations[at].path.split("/")[1];
        if (rights[endpoint] === "write") {
          assert.equal(result.status, ["201", "200", "204"][at % 3], JSON.stringify(result));
        } else {
          assert.equal(result.status, "403", JSON.stringify(result));
          assert.match(result.response.detail, new RegExp(`scope ${NARROWEST[endpoint]}`));
        }
      });
    });

    test(`${scope} and a query at the base: what it may read`, async () => {
      const place = await scoped([scope]);
      for (const endpoint of Object.keys(KIND)) await made(endpoint);
      const expected = Object.keys(rights).map((endpoint) => KIND[endpoint]).sort();
      for (const answer of [
        await place.scim("GET", "/?count=1000"),
        await place.scim("POST", "/.search", { schemas: [SEARCH], count: 1000 }),
        await place.scim("GET", `/?count=1000&filter=${encodeURIComponent('meta.created gt "2020-01-01T00:00:00Z"')}`),
      ]) {
        assert.equal(answer.status, 200, answer.text);
        const types = new Set(answer.json.Resources.map((one) => one.meta.resourceType));
        assert.deepEqual([...types].sort(), expected);
        assert.equal(answer.json.totalResults, answer.json.Resources.length);
      }
    });
  }

  test("several add up", async () => {
    const place = await scoped(["users", "groups:read"]);
    assert.equal((await place.scim("POST", "/Users", { schemas: [USER], userName: unique("u") })).status, 201);
    assert.equal((await place.scim("GET", "/Groups")).status, 200);
    denied(await place.scim("POST", "/Groups", { schemas: [GROUP], displayName: "G" }), "Groups", "write");
  });

  test("what a resource shows of others is its own: a user's groups, a group's members", async () => {
    const { id } = await made("Users");
    const group = (await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "Team", members: [{ value: id }] })).json;
    const user = (await (await scoped(["users:read"])).scim("GET", `/Users/${id}`)).json;
    assert.deepEqual(user.groups.map((one) => [one.value, one.display]), [[group.id, "Team"]]);
    const shown = (await (await scoped(["groups:read"])).scim("GET", `/Groups/${group.id}`)).json;
    assert.deepEqual(shown.members.map((one) => one.value), [id]);
  });

  test("a cursor opens nothing that its token may not read", async () => {
    for (const endpoint of ["Users", "Groups"]) await made(endpoint);
    const first = await tenant.scim("GET", "/?cursor&count=1");
    const further = `/?count=1&cursor=${encodeURIComponent(first.json.nextCursor)}`;
    assert.equal((await tenant.scim("GET", further)).status, 200);
    const answer = await (await scoped(["groups"])).scim("GET", further);
    assert.equal(answer.status, 400, answer.text);
  });

  test("a refusal costs no more than asking whether the token is live", async () => {
    const place = await scoped(["groups"]);
    await place.scim("GET", "/Groups");
    const answer = await place.scim("GET", "/Users/1");
    assert.deepEqual(answer.cost, { trips: 1, read: 2, written: 0 });
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${place.tokenId}`);
    assert.equal((await place.scim("GET", "/Users/1")).status, 401);
  });

  test("unknown ones and none at all are refused", async () => {
    for (const [scopes, words] of [[["users:write"], /users:write/], [[], /at least one/], [["Users"], /"Users"/], ["users", /list of texts/]]) {
      const answer = await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "x", scopes });
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.json.detail, words);
    }
  });

  test("a token that names none has them all", async () => {
    const token = await edge.createToken(tenant.slug);
    assert.deepEqual(token.scopes, ["scim"]);
  });
});

describe("why a credential is refused", () => {
  const challenge = (answer) => answer.headers.get("www-authenticate");

  test("no token: how to send one", async () => {
    for (const authorization of [null, "Basic eDp5"]) {
      const answer = await tenant.scim("GET", "/Users", undefined, { authorization });
      assert.equal(answer.status, 401);
      assert.match(answer.json.detail, /Bearer <token>/);
      assert.equal(challenge(answer), 'Bearer realm="scim-edge"');
    }
  });

  test("wrong, expired and revoked are told apart", async () => {
    const path = `/tenants/${tenant.slug}/tokens`;
    const token = async (more) => (await edge.admin("POST", path, { label: "x", ...more })).json;
    const revoked = await token({});
    await edge.admin("DELETE", `${path}/${revoked.id}`);
    const brief = await token({ expires_in_s: 1 });
    const other = await edge.createTenant("other");
    await new Promise((done) => setTimeout(done, 1050));
    for (const [sent, words] of [
      ["made-up", "not one of this server's"],
      [`${tenant.token}x`, "not one of this server's"],
      [revoked.token, "was revoked"],
      [brief.token, "has expired"],
      [other.token, "does not open this URL"],
    ]) {
      const answer = await tenant.scim("GET", "/Users", undefined, { authorization: `Bearer ${sent}` });
      assert.equal(answer.status, 401, answer.text);
      assert.ok(answer.json.detail.includes(words), answer.text);
      assert.equal(challenge(answer), `Bearer realm="scim-edge", error="invalid_token", error_description="${answer.json.detail}"`);
    }
  });
});

describe("rotation", () => {
  const DAY = 24 * 3600 * 1000;
  const rotate = (id, body = {}) => edge.admin("POST", `/tenants/${tenant.slug}/tokens/${id}/rotate`, body);
  const token = async (more) => (await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "rotated", ...more })).json;
  const listed = async (id) => (await edge.admin("GET", `/tenants/${tenant.slug}/tokens?limit=1000`)).json.tokens.find((one) => one.id === id);
  const status = async (token) => (await tenant.with({ token }).scim("GET", "/Users?count=1")).status;
  const near = (text, millis) => assert.ok(Math.abs(Date.parse(text) - millis) < 60_000, `${text} is not ${new Date(millis).toISOString()}`);

  test("gives a token of the same kind, and both work until the overlap ends", async () => {
    const old = await token({ scopes: ["users", "groups:read"] });
    assert.equal(await status(old), 200);
    const answer = await rotate(old.id, { overlap_s: 1 });
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual([answer.json.label, answer.json.scopes, answer.json.replaces, answer.json.expires], ["rotated", ["users", "groups:read"], old.id, undefined]);
    assert.deepEqual([await status(old), await status(answer.json)], [200, 200]);
    await new Promise((done) => setTimeout(done, 1050));
    assert.deepEqual([await status(old), await status(answer.json)], [401, 200]);
  });

  test("overlaps by a day, or not at all", async () => {
    const day = await token();
    assert.equal((await rotate(day.id)).status, 201);
    near((await listed(day.id)).expires, Date.now() + DAY);
    assert.equal((await listed(day.id)).expires_soon, 1);
    const none = await token();
    assert.equal((await rotate(none.id, { overlap_s: 0 })).status, 201);
    assert.equal(await status(none), 401);
  });

  test("makes no token live longer, and the new one as long as the old one was to", async () => {
    const brief = await token({ expires_in_s: 60 });
    const next = (await rotate(brief.id)).json;
    assert.equal((await listed(brief.id)).expires, brief.expires);
    near(next.expires, Date.now() + 60_000);
    const named = (await rotate(next.id, { expires_in_s: 864_000 })).json;
    near(named.expires, Date.now() + 10 * DAY);
    assert.equal(named.expires_soon, 30);
  });

  test("is for live tokens that nothing took the place of", async () => {
    const old = await token();
    const next = (await rotate(old.id)).json;
    assert.equal((await rotate(old.id)).status, 404);
    assert.equal((await rotate("none")).status, 404);
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${next.id}`);
    assert.equal((await rotate(next.id)).status, 404);
    assert.equal((await rotate(old.id)).status, 201);
    const foreign = await edge.createTenant("foreign");
    assert.equal((await edge.admin("POST", `/tenants/${foreign.slug}/tokens/${tenant.tokenId}/rotate`, {})).status, 404);
    for (const body of [{ overlap_s: -1 }, { overlap_s: 2_592_001 }, { overlap_s: "1" }, { expires_in_s: 0 }, { label: "x" }]) {
      assert.equal((await rotate(tenant.tokenId, body)).status, 400, JSON.stringify(body));
    }
  });

  test("is one round trip", async () => {
    const old = await token();
    const answer = await rotate(old.id);
    assert.equal(answer.cost.trips, 1);
  });
});

describe("an expiry that is near", () => {
  const token = async (expires_in_s) => (await edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "near", expires_in_s })).json;

  test("shows in the API", async () => {
    for (const [days, soon] of [[31, undefined], [30, 30], [8, 30], [7, 7], [2, 7], [1, 1], [0.01, 1]]) {
      assert.equal((await token(days * 86_400)).expires_soon, soon, `${days}`);
    }
    const gone = await token(86_400);
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${gone.id}`);
    const shown = (await edge.admin("GET", `/tenants/${tenant.slug}/tokens?limit=1000`)).json.tokens.find((one) => one.id === gone.id);
    assert.equal(shown.expires_soon, undefined);
  });

  test("is in the log once a day, for tokens that are used", { skip: process.env.SCIM_EDGE_URL ? "needs the inside of the server" : false }, async () => {
    const [near, far, unused] = [await token(6 * 86_400), await token(60 * 86_400), await token(60)];
    for (const one of [near, near, far, near]) assert.equal((await tenant.with({ token: one }).scim("GET", "/Users?count=1")).status, 200);
    const lines = (one) => edge.log.split("\n").filter((line) => line.includes(one.id));
    for (let wait = 0; lines(near).length === 0 && wait < 50; wait += 1) await new Promise((done) => setTimeout(done, 20));
    assert.equal(lines(near).length, 1, lines(near).join("\n"));
    assert.match(lines(near)[0], new RegExp(`${tenant.slug} expires at ${near.expires}, within 7 days`));
    assert.deepEqual([...lines(far), ...lines(unused)], []);
    assert.ok(!edge.log.includes(near.token));
  });
});
