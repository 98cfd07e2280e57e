// Tenants cannot see or touch each other. Every kind of credential that tenant A can have is tried on every
// endpoint and method of tenant B, with the ids, cursors and tags that B really has: each is refused, no
// answer has anything of B's, and B's rows are the same afterwards, byte for byte. So are administrators'
// credentials for A alone, and those for every tenant where they have not the scope.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { start, unique } from "./harness.mjs";
import { issuerHost } from "./issuer.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const GADGET = "urn:example:gadget:1.0";
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const openapi = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));

let edge;
let host;
let a;
let b;
before(async () => {
  [edge, host] = await Promise.all([start({ vars: { LOCAL_ISSUERS: "on" } }), issuerHost()]);
  [a, b] = [await edge.createTenant("iso-a"), await directory()];
});
after(() => Promise.all([edge.stop(), host.stop()]));

async function good(promise, ...statuses) {
  const answer = await promise;
  assert.ok((statuses.length ? statuses : [200, 201]).includes(answer.status), `${answer.status} ${answer.text}`);
  return answer;
}

/** Tenant B, with one of everything, and all strings of its own that could show in an answer. */
async function directory() {
  const mark = unique("mark");
  const tenant = await edge.createTenant("iso-b");
  const admin = `/tenants/${tenant.slug}`;
  await good(edge.admin("PUT", `${admin}/schemas/${GADGET}`, { name: "Gadget", description: mark, attributes: [{ name: "serial", uniqueness: "server" }] }));
  await good(edge.admin("PUT", `${admin}/resource-types/Gadget`, { endpoint: "/Gadgets", schema: GADGET }));
  await good(edge.admin("PUT", `${admin}/mapping`, { rules: [{ prefix: mark }] }));
  await good(edge.admin("PATCH", admin, { name: `Name ${mark}` }));
  const make = async (path, body) => (await good(tenant.scim("POST", path, body))).json;
  const users = [];
  for (const letter of ["x", "y", "z"]) {
    users.push(await make("/Users", { schemas: [USER], userName: `${letter}-${mark}`, emails: [{ value: `${letter}@${mark}.example` }], title: mark }));
  }
  const inner = await make("/Groups", { schemas: [GROUP], displayName: `inner ${mark}`, members: users.map((user) => ({ value: user.id })) });
  const group = await make("/Groups", { schemas: [GROUP], displayName: `outer ${mark}`, members: [{ value: inner.id, type: "Group" }] });
  const gadget = await make("/Gadgets", { schemas: [GADGET], serial: `s-${mark}` });
  const cursors = {};
  for (const path of ["/Users", "/Groups", "/"]) {
    cursors[path] = (await good(tenant.scim("GET", `${path}?cursor&count=1`))).json.nextCursor;
    assert.ok(cursors[path], path);
  }
  const { secret } = edge.local ? await edge.db.prepare("SELECT secret FROM tenants WHERE slug = ?1").bind(tenant.slug).first() : {};
  const names = await administered(tenant);
  const secrets = [mark, tenant.token, names.client.client_secret, names.credential.token, ...(secret ? [secret] : []), ...[...users, inner, group, gadget].map((one) => one.id)];
  return { tenant, mark, users, group, gadget, cursors, secrets, names: names.of };
}

/** What administrators made in B: `of` has a name of B's for each collection of the admin API. */
async function administered(tenant) {
  const path = `/tenants/${tenant.slug}`;
  const make = async (path, body) => (await good(edge.admin("POST", path, body), 201)).json;
  const client = await make(`${path}/clients`, { label: "B's" });
  const [{ id: secret }] = (await good(edge.admin("GET", `${path}/clients/${client.client_id}/secrets`))).json.secrets;
  const issuer = await make(`${path}/issuers`, { label: "B's", issuer: "https://idp.example", audience: "b", subject: "b" });
  const credential = await make("/credentials", { name: "B's", scopes: ["admin"], tenant: tenant.slug });
  await good(edge.admin("PATCH", path, { settings: { delete_policy: "tombstone" } }));
  const { id } = (await good(tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("gone") }))).json;
  await good(tenant.scim("DELETE", `/Users/${id}`), 204);
  // Requests are logged behind their answers.
  let logged;
  for (const deadline = Date.now() + 10_000; logged === undefined; ) {
    assert.ok(Date.now() < deadline, "the deletion is not in the log");
    await new Promise((done) => setTimeout(done, 100));
    logged = (await good(edge.admin("GET", `${path}/requests?method=DELETE`))).json.requests[0]?.id;
  }
  const of = {
    tenants: tenant.slug, tokens: tenant.tokenId, clients: client.client_id, secrets: secret, issuers: issuer.id, schemas: GADGET,
    "resource-types": "Gadget", tombstones: id, requests: logged, credentials: credential.id,
  };
  return { client, credential, of };
}

/** Every row of B's in every table that says whose its rows are, and the memberships. */
async function rows() {
  if (!edge.local) return null;
  const { results: tables } = await edge.db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name NOT LIKE 'd1_%'").all();
  const { id } = await edge.db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(b.tenant.slug).first();
  const all = { tenants: (await edge.db.prepare("SELECT * FROM tenants WHERE id = ?1").bind(id).all()).results };
  for (const { name } of tables) {
    const { results: columns } = await edge.db.prepare(`SELECT name FROM pragma_table_info('${name}')`).all();
    if (!columns.some((column) => column.name === "tenant")) continue;
    all[name] = (await edge.db.prepare(`SELECT * FROM "${name}" WHERE tenant = ?1`).bind(id).all()).results;
  }
  all.members = (
    await edge.db.prepare('SELECT m.* FROM members m JOIN resources r ON r.seq IN (m."group", m.member) WHERE r.tenant = ?1').bind(id).all()
  ).results;
  for (const name of ["tokens", "resources", "attribute_index", "members", "tenant_schemas"]) assert.ok(all[name].length > 0, `no row in ${name}`);
  return JSON.stringify(all);
}

/** What A can hold, or whoever has nothing. `full` may do everything in A. */
async function credentials() {
  const token = async (label, more) => (await good(edge.admin("POST", `/tenants/${a.slug}/tokens`, { label, ...more }))).json;
  const scopes = openapi.components.schemas.Scopes.items.enum;
  const revoked = await token("revoked");
  await good(edge.admin("DELETE", `/tenants/${a.slug}/tokens/${revoked.id}`), 204);
  const short = await token("short", { expires_in_s: 1 });
  await new Promise((done) => setTimeout(done, 1100));
  return [
    { kind: "token", full: true, authorization: `Bearer ${a.token}` },
    ...(await withOauth()),
    ...(await Promise.all(scopes.map(async (scope) => ({ kind: `token with ${scope}`, authorization: `Bearer ${(await token(scope, { scopes: [scope] })).token}` })))),
    { kind: "revoked token", authorization: `Bearer ${revoked.token}`, dead: true },
    { kind: "expired token", authorization: `Bearer ${short.token}`, dead: true },
    ...(await adminCredentials()),
    { kind: "admin token", authorization: `Bearer ${edge.adminToken}`, dead: true, may: () => true },
    { kind: "nothing", authorization: null, dead: true },
    { kind: "Basic", authorization: `Basic ${Buffer.from(`${b.tenant.slug}:${a.token}`).toString("base64")}`, dead: true },
  ];
}

/**
 * Administrators' credentials: for A alone, with every scope and with one, and for every tenant with one.
 * `may` says what of the admin API they open.
 */
async function adminCredentials() {
  const scopes = openapi.components.schemas.AdminScopes.items.enum;
  const make = async (kind, scopes, tenant, may) => {
    const { token } = (await good(edge.admin("POST", "/credentials", { name: unique("c"), scopes, ...(tenant ? { tenant } : {}) }), 201)).json;
    return { kind: `${kind}: ${scopes}`, full: scopes.length > 1, authorization: `Bearer ${token}`, dead: true, scoped: true, may };
  };
  const permits = (scope, needed) => scope === "admin" || scope === needed || scope.replace(/:write$/, ":read") === needed;
  return [
    await make("admin credential for A", scopes, a.slug, (one) => one.slug === a.slug),
    await make("admin credential for A", ["tenants:read"], a.slug, (one) => one.slug === a.slug && one.needed === "tenants:read"),
    ...(await Promise.all(scopes.map((scope) => make("admin credential", [scope], null, (one) => permits(scope, one.needed))))),
  ];
}

/** Access tokens of A's clients, by secret and by workload identity, and the JWT of an issuer that A trusts. */
async function withOauth() {
  const make = async (path, body) => (await good(edge.admin("POST", `/tenants/${a.slug}/${path}`, body), 201)).json;
  const client = await make("clients", { label: "secret" });
  const bearer = async (form) => `Bearer ${(await good(askToken(a, form))).json.access_token}`;
  const all = [{ kind: "access token by secret", full: true, authorization: await bearer(bySecret(client)) }];
  // An issuer on this machine is trusted by a server on this machine alone.
  if (!edge.local) return all;
  const issuer = host.issuer();
  const trust = { issuer: issuer.url, jwks_uri: issuer.jwksUri, audience: "scim" };
  const workload = await make("clients", { label: "workload", federated: [{ ...trust, subject: "workload" }] });
  await make("issuers", { label: "issuer", ...trust, subject: "*" });
  const jwt = (sub) => issuer.sign({ aud: "scim", sub });
  all.push({ kind: "access token by workload identity", full: true, authorization: await bearer(byAssertion(workload, jwt("workload"))) });
  all.push({ kind: "JWT of an issuer", full: true, ownAddress: true, authorization: `Bearer ${jwt("provisioner")}` });
  // What gets a token of A gets none of B.
  for (const form of [bySecret(client), byAssertion(workload, jwt("workload"))]) {
    const refused = await askToken(b.tenant, form);
    assert.ok([400, 401].includes(refused.status), refused.text);
    assert.equal(refused.json.access_token, undefined);
  }
  return all;
}

const bySecret = (client) => ({ client_id: client.client_id, client_secret: client.client_secret });
const byAssertion = (client, jwt) => ({
  client_id: client.client_id,
  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  client_assertion: jwt,
});

function askToken(tenant, form) {
  const body = new URLSearchParams({ grant_type: "client_credentials", ...form }).toString();
  return edge.request("POST", `/t/${tenant.slug}/oauth/token`, body, { "content-type": "application/x-www-form-urlencoded" });
}

/** Every endpoint × method below B's base, with B's own ids, tags and cursors. */
function requests() {
  const { users, group, gadget, mark, cursors } = b;
  const [user] = users;
  const etag = user.meta.version;
  const patch = { schemas: [PATCH], Operations: [{ op: "replace", path: "displayName", value: "taken over" }] };
  const search = { schemas: [SEARCH], filter: `userName sw "x-${mark}"`, count: 1 };
  const operation = (method, path, data) => ({ method, path, ...(data ? { data } : {}), bulkId: unique("k") });
  const bulk = {
    schemas: [BULK],
    Operations: [
      operation("PUT", `/Users/${user.id}`, { schemas: [USER], userName: "taken" }),
      operation("PATCH", `/Groups/${group.id}`, patch),
      operation("DELETE", `/Users/${users[1].id}`),
      operation("DELETE", `/Groups/${group.id}`),
      operation("DELETE", `/Gadgets/${gadget.id}`),
    ],
  };
  const bodies = {
    "/Users": { schemas: [USER], userName: unique("intruder") },
    "/Groups": { schemas: [GROUP], displayName: unique("intruder"), members: [{ value: user.id }] },
    "/Gadgets": { schemas: [GADGET], serial: unique("intruder") },
    "/Bulk": bulk,
  };
  const paths = [
    "", "/Users", `/Users/${user.id}`, "/Groups", `/Groups/${group.id}`, "/Gadgets", `/Gadgets/${gadget.id}`, "/Me", "/Bulk", "/.search",
    "/Users/.search", "/Groups/.search", "/Gadgets/.search", "/ServiceProviderConfig", "/Schemas", `/Schemas/${GADGET}`, "/ResourceTypes",
    "/ResourceTypes/Gadget", "/Nothing",
  ];
  const body = (method, path) => {
    if (["GET", "HEAD", "OPTIONS", "DELETE"].includes(method)) return undefined;
    if (method === "PATCH") return patch;
    return path.endsWith(".search") ? search : (bodies[path] ?? bodies[`/${path.split("/")[1]}`] ?? {});
  };
  const all = paths.flatMap((path) => METHODS.map((method) => ({ method, path, body: body(method, path) })));
  const filter = encodeURIComponent(`userName eq "x-${mark}"`);
  for (const [path, cursor] of Object.entries(cursors)) all.push({ method: "GET", path: `${path}?cursor=${encodeURIComponent(cursor)}&count=1`, cursor: true });
  all.push({ method: "POST", path: "/.search", body: { schemas: [SEARCH], cursor: cursors["/"], count: 1 }, cursor: true });
  for (const header of ["if-match", "if-none-match"]) {
    for (const value of [etag, "*"]) {
      for (const method of ["GET", "PUT", "PATCH", "DELETE"]) all.push({ method, path: `/Users/${user.id}`, body: body(method, `/Users/${user.id}`), headers: { [header]: value } });
    }
  }
  for (const query of [`?filter=${filter}`, "?count=0", "?startIndex=1&count=1000", "?attributes=userName", "?sortBy=userName"]) all.push({ method: "GET", path: `/Users${query}` });
  all.push({ method: "GET", path: `/Groups?filter=${encodeURIComponent(`members.value eq "${user.id}"`)}` });
  return all;
}

/** Every operation of the admin API on B, and on A with what is B's. */
function adminRequests() {
  return Object.entries(openapi.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== "parameters")
      .flatMap(([method, { security, requestBody }]) => {
        const { example, examples = {} } = Object.values(requestBody?.content ?? {})[0] ?? {};
        const body = Object.values(examples)[0]?.value ?? example;
        const slugs = path.includes("{slug}") ? [b.tenant.slug, a.slug] : [undefined];
        return slugs.map((slug) => {
          // A name stands behind its collection's.
          const address = path.replace("{slug}", slug).replaceAll(/([^/]+)\/\{\w+\}/g, (_, collection) => `${collection}/${encodeURIComponent(b.names[collection] ?? b.mark)}`);
          return { method: method.toUpperCase(), path: address, body, slug, needed: security[0].admin[0] };
        });
      }),
  );
}

/** Sends requests a few at a time and hands each answer to `check`. */
async function each(list, send, check) {
  const rest = [...list];
  const lane = async () => {
    for (let one = rest.shift(); one; one = rest.shift()) {
      const answer = await send(one);
      check(answer, one, `${one.method} ${one.path}: ${answer.status} ${answer.text}`);
      shows(answer, one);
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
}

/** No answer has anything of B's that its own request did not have. */
function shows(answer, one) {
  const asked = decodeURIComponent(`${one.path} ${JSON.stringify([one.body, one.headers])}`);
  const said = answer.text + JSON.stringify([...answer.headers]);
  for (const secret of b.secrets) assert.ok(asked.includes(secret) || !said.includes(secret), `${one.method} ${one.path} shows ${secret}: ${answer.text}`);
}

test("no credential of A opens anything of B", async (t) => {
  const present = await rows();
  const list = await credentials();
  const size = { scim: 0, admin: 0, own: 0 };
  for (const credential of list) {
    const headers = (one) => ({ authorization: credential.authorization, "content-type": "application/scim+json", ...one.headers });
    const send = (base) => (one) => edge.request(one.method, base + one.path, one.body, headers(one));

    // Over SCIM one administrator is like another: not known.
    const scim = credential.scoped && !credential.full ? [] : requests();

    // B's address.
    await each(scim, send(b.tenant.path), (answer, one, told) => {
      assert.equal(answer.status, 401, told);
      assert.ok(answer.headers.get("www-authenticate"), told);
      size.scim += 1;
    });

    // A's own address, and the one where the credential says whose it is, with what is B's.
    const bases = credential.ownAddress ? [a.path] : credential.full ? [a.path, "/scim/v2"] : ["/scim/v2"];
    for (const base of bases) {
      await each(scim, send(base), (answer, one, told) => {
        size.own += 1;
        if (credential.dead) return assert.equal(answer.status, 401, told);
        if (one.cursor) return assert.ok([400, 403].includes(answer.status), told);
        const [path] = one.path.split("?");
        if (/^\/(Users|Groups|Gadgets)\/[^.]/.test(path) && one.method !== "OPTIONS") {
          return assert.ok((credential.full ? [404, 405] : [403, 404, 405]).includes(answer.status), told);
        }
        if (path === "/Bulk" && one.method === "POST") {
          for (const operation of answer.json.Operations ?? []) assert.ok(["403", "404"].includes(operation.status), told);
        }
        // A list is of A's own: what B has of the kind is not even counted.
        if (path === "/Users" && one.method === "GET" && one.path.includes("filter")) assert.ok(answer.json.totalResults === 0 || answer.status === 403, told);
        assert.ok(answer.status < 500 || answer.status === 501, told);
      });
    }

    // The admin API.
    const admin = (one) => edge.request(one.method, `/admin/v1${one.path}`, one.body, headers(one));
    const refused = adminRequests().filter((one) => !credential.may?.(one));
    await each(refused, admin, (answer, one, told) => {
      assert.equal(answer.status, credential.scoped ? 403 : 401, told);
      size.admin += 1;
    });
    // In A, what is B's is not there.
    const names = Object.values(b.names).slice(1).map(encodeURIComponent);
    const foreign = (one) => one.method !== "PUT" && one.path.split("/").slice(3).some((part) => names.includes(part));
    const own = adminRequests().filter((one) => one.slug === a.slug && credential.may?.(one) && foreign(one));
    await each(own, admin, (answer, _, told) => {
      assert.ok([400, 404].includes(answer.status), told);
      size.admin += 1;
    });
    assert.equal(await rows(), present, `B's rows changed under ${credential.kind}`);
  }
  const sum = size.scim + size.own + size.admin;
  t.diagnostic(`${list.length} credentials, ${sum} requests: ${size.scim} on B's address, ${size.own} on A's with what is B's, ${size.admin} on the admin API`);
  assert.ok(sum > 4000, `only ${sum} requests`);
});

test("A's groups take no member of B's", async () => {
  for (const [mode, status] of [["compat", 201], ["rfc-strict", 400]]) {
    await good(edge.admin("PATCH", `/tenants/${a.slug}`, { settings: { mode } }));
    const made = await a.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("g"), members: [{ value: b.users[0].id }] });
    assert.equal(made.status, status, made.text);
    if (status !== 201) continue;
    assert.equal((await a.scim("GET", `/Groups/${made.json.id}`)).json.members, undefined);
    await good(a.scim("PATCH", `/Groups/${made.json.id}`, { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: b.group.id, type: "Group" }] }] }), 204);
    assert.equal((await a.scim("GET", `/Groups/${made.json.id}`)).json.members, undefined);
  }
  const groups = (await good(b.tenant.scim("GET", `/Users/${b.users[0].id}`))).json.groups;
  assert.equal(groups.length, 2);
});

test("what is unique in B is free in A", async () => {
  await good(edge.admin("PATCH", `/tenants/${a.slug}`, { settings: { mode: null } }));
  const made = await good(a.scim("POST", "/Users", { schemas: [USER], userName: `x-${b.mark}` }), 201);
  await good(a.scim("DELETE", `/Users/${made.json.id}`), 204);
  await good(b.tenant.scim("GET", `/Users/${b.users[0].id}`));
});
