// The audit log is written with what it tells: when a call's first writing transaction happens and everything
// behind it is lost, the log has the call. Nothing is recorded that did not happen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { external, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const options = { skip: external ? "needs faults" : false };

let edge;
before(async () => {
  if (!external) edge = await start({ faults: true });
});
after(() => edge?.stop());

const entries = async (slug) => (await edge.admin("GET", `/audit?tenant=${slug}&limit=1000`)).json.entries;

/** A call's first write fails and nothing has happened; then it happens, and its answer is lost. */
async function lost(tenant, method, path, body, action) {
  const known = await entries(tenant.slug);
  const added = async () => (await entries(tenant.slug)).slice(known.length);
  for (const [fault, expected] of [["failBefore", []], ["failAfter", [action]]]) {
    await edge.faults({ reset: true, only: "write", [fault]: 1 });
    const answer = await edge.admin(method, `/tenants/${tenant.slug}${path}`, body);
    assert.equal((await edge.faults()).failed, 1);
    await edge.faults({ reset: true });
    assert.equal(answer.status, 503, `${method} ${path}: ${answer.status} ${answer.text}`);
    assert.deepEqual((await added()).map((one) => one.action), expected, `${method} ${path} ${fault}`);
  }
  return (await added()).at(-1);
}

test("clients, their secrets and issuers", options, async () => {
  const tenant = await edge.createTenant("audit");
  const list = async (path, name) => (await edge.admin("GET", `/tenants/${tenant.slug}${path}`)).json[name];
  const made = await lost(tenant, "POST", "/clients", { label: "Ping", scopes: ["users"] }, "POST tenants/{}/clients");
  const [client] = await list("/clients", "clients");
  assert.deepEqual([made.target, made.detail], [client.client_id, { label: "Ping", scopes: "users" }]);

  const secrets = `/clients/${client.client_id}/secrets`;
  const second = await lost(tenant, "POST", secrets, { label: "2027" }, "POST tenants/{}/clients/{}/secrets");
  const secret = (await list(secrets, "secrets")).find((one) => one.label === "2027");
  assert.deepEqual([second.target, second.detail], [client.client_id, { secret: secret.id, label: "2027" }]);
  const ended = await lost(tenant, "DELETE", `${secrets}/${secret.id}`, undefined, "DELETE tenants/{}/clients/{}/secrets/{}");
  assert.deepEqual([ended.target, ended.detail], [client.client_id, { secret: secret.id }]);
  assert.ok((await list(secrets, "secrets")).find((one) => one.id === secret.id).revoked);

  const gone = await lost(tenant, "DELETE", `/clients/${client.client_id}`, undefined, "DELETE tenants/{}/clients/{}");
  assert.equal(gone.target, client.client_id);
  assert.ok((await list("/clients", "clients"))[0].revoked);

  await lost(tenant, "POST", "/issuers", { label: "I", issuer: "https://idp.example", audience: "a", subject: "s" }, "POST tenants/{}/issuers");
  const [issuer] = await list("/issuers", "issuers");
  const distrusted = await lost(tenant, "DELETE", `/issuers/${issuer.id}`, undefined, "DELETE tenants/{}/issuers/{}");
  assert.equal(distrusted.target, issuer.id);
});

test("restoration", options, async () => {
  const tenant = await edge.createTenant("audit");
  await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { delete_policy: "tombstone" } });
  const { id } = (await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u") })).json;
  await tenant.scim("DELETE", `/Users/${id}`);
  const entry = await lost(tenant, "POST", `/tombstones/${id}/restore`, undefined, "POST tenants/{}/tombstones/{}/restore");
  assert.equal(entry.target, id);
  assert.equal((await tenant.scim("GET", `/Users/${id}`)).status, 200);
});

/** Lines of an import: a user and a group with that user. */
function lines() {
  const [user, group] = [unique("u"), unique("g")];
  const meta = (resourceType) => ({ resourceType, created: "2026-01-01T00:00:00Z", lastModified: "2026-01-01T00:00:00Z", version: 1 });
  return [
    { meta: meta("User"), resource: { schemas: [USER], id: user, userName: user } },
    { meta: meta("Group"), resource: { schemas: [GROUP], id: group, displayName: group } },
    { group: { id: group, lastModified: "2026-01-01T00:00:00Z", version: 1 }, members: [{ value: user, type: "User" }] },
  ];
}

const text = (some) => some.map((line) => JSON.stringify(line)).join("\n");

test("import, whichever of its steps is the first that changes something", options, async () => {
  const tenant = await edge.createTenant("audit");
  await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: true });
  const action = "POST tenants/{}/import";
  const all = lines();
  // The resources are in, and their members are lost: the repetition changes those alone, and is a call too.
  await lost(tenant, "POST", "/import", text(all), action);
  await lost(tenant, "POST", "/import", text(all), action);
  // One call that changes both is one entry; one that changes nothing is none.
  const known = (await entries(tenant.slug)).length;
  const whole = await edge.admin("POST", `/tenants/${tenant.slug}/import`, text(lines()));
  assert.deepEqual(whole.json, { created: 2, present: 0, members: 1, refused: [] });
  const repeated = await edge.admin("POST", `/tenants/${tenant.slug}/import`, text(all.slice(0, 2)));
  assert.deepEqual(repeated.json, { created: 0, present: 2, members: 0, refused: [] });
  assert.equal((await entries(tenant.slug)).length, known + 1);
});

test("what is refused is not recorded", options, async () => {
  const tenant = await edge.createTenant("audit");
  const known = await entries(tenant.slug);
  for (const [status, method, path, body] of [
    [404, "DELETE", "/clients/none"],
    [404, "DELETE", "/issuers/none"],
    [404, "POST", "/clients/none/secrets", { label: "x" }],
    [404, "DELETE", "/clients/none/secrets/none"],
    [404, "POST", "/tombstones/none/restore"],
    [409, "POST", "/import", "{}"],
  ]) {
    const answer = await edge.admin(method, `/tenants/${tenant.slug}${path}`, body);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
  }
  assert.deepEqual(await entries(tenant.slug), known);
});
