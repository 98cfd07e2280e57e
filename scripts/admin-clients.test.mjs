// `npm run admin -- clients`, `secrets` and `issuers` against the real Worker.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { send, start } from "../tests/worker/harness.mjs";
import { commandLine } from "./admin/testing.mjs";

let edge;
let folder;
before(async () => {
  edge = await start();
  folder = mkdtempSync(join(tmpdir(), "scim-edge-admin-"));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await edge.stop();
});

const { command, json } = commandLine(() => edge);

/** The status of a token request. */
async function asks(tenant, id, secret) {
  const basic = Buffer.from(`${id}:${secret}`).toString("base64");
  const headers = { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" };
  return (await send("POST", `${edge.url}/t/${tenant.slug}/oauth/token`, "grant_type=client_credentials", headers)).status;
}

test("clients get secrets, more of them, and end", async () => {
  const tenant = await edge.createTenant("cli");
  const made = await json("clients", "create", tenant.slug, "--label", "Ping", "--scopes", "users");
  assert.equal(await asks(tenant, made.client_id, made.client_secret), 200);
  const { out } = await command("clients", "list", tenant.slug);
  assert.match(out, new RegExp(`${made.client_id} +Ping +users +secret +live`));
  assert.ok(!out.includes(made.client_secret));
  const second = await json("secrets", "create", tenant.slug, made.client_id, "--label", "2027", "--expires", "90d");
  const secret = second.client_secret ?? second.secret;
  assert.equal(await asks(tenant, made.client_id, secret), 200);
  assert.match((await command("secrets", "list", tenant.slug, made.client_id)).out, new RegExp(`${second.id} +2027 +live`));
  assert.equal((await command("secrets", "delete", tenant.slug, made.client_id, second.id)).out, `${second.id} has ended.\n`);
  assert.equal(await asks(tenant, made.client_id, secret), 401);
  assert.equal((await command("clients", "delete", tenant.slug, made.client_id)).code, 0);
  assert.equal(await asks(tenant, made.client_id, made.client_secret), 401);
  assert.match((await command("clients", "list", tenant.slug)).out, /ended/);
  assert.equal((await command("clients", "create", tenant.slug)).code, 2);
});

test("issuers and clients come from files", async () => {
  const { slug } = await edge.createTenant("cli");
  const file = join(folder, "issuer.json");
  writeFileSync(file, JSON.stringify({ label: "Keycloak", issuer: "https://idp.example.com/realms/acme", audience: "scim", claims: { azp: "provisioner" } }));
  const issuer = await json("issuers", "create", slug, file);
  assert.match((await command("issuers", "list", slug)).out, new RegExp(`${issuer.id} +Keycloak +https://idp\\.example\\.com/realms/acme +scim`));
  assert.equal((await command("issuers", "delete", slug, issuer.id)).code, 0);
  writeFileSync(file, JSON.stringify({ label: "Entra ID", federated: [{ issuer: "https://login.example.com/v2.0", audience: "a", subject: "s" }] }));
  assert.equal((await json("clients", "create", slug, "--file", file)).client_secret, undefined);
  assert.match((await command("clients", "list", slug)).out, /Entra ID +scim +federation/);
});
