// `npm run admin -- logs` and `events` against the real Worker.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { start, unique } from "../tests/worker/harness.mjs";
import { commandLine } from "./admin/testing.mjs";
import { root, start as launch, stop } from "./common.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

const { command } = commandLine(() => edge);

/** A request is written behind its answer. */
async function eventually(check) {
  for (const deadline = Date.now() + 10_000; ; ) {
    const found = await check();
    if (found || Date.now() > deadline) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
}

test("requests are listed, searched and shown", async () => {
  const tenant = await edge.createTenant("log");
  const userName = `${unique("u")}@example.com`;
  for (const status of [201, 409]) assert.equal((await tenant.scim("POST", "/Users", { schemas: [USER], userName, password: "secret-1" })).status, status);
  await tenant.scim("GET", "/Users");
  const all = await eventually(async () => {
    const { out } = await command("logs", tenant.slug);
    return out.split("\n").length === 4 && out;
  });
  assert.match(all, /^\S+Z {2}201 {2}POST .*\n\S+Z {2}409 {2}POST .*\/Users {2}Another User.*\n\S+Z {2}200 {2}GET /);
  assert.ok(!all.includes("secret-1"));
  const refused = (await command("logs", tenant.slug, "--status", "4xx", "--json")).out.trim().split("\n").map(JSON.parse);
  assert.deepEqual(refused.map((one) => one.status), [409]);
  assert.equal((await command("logs", tenant.slug, "--limit", "1")).out.split("\n").length, 2);
  assert.equal((await command("logs", tenant.slug, "--method", "DELETE")).out, "");
  assert.equal((await command("logs", tenant.slug, "--user", userName, "--since", "1h")).out.split("\n").length, 3);
  const shown = await command("logs", "show", tenant.slug, refused[0].id);
  assert.match(shown.out, /status +409/);
  assert.match((await command("logs", "curl", tenant.slug, refused[0].id)).out, /^curl -i .*'POST'/m);
  assert.equal((await command("logs", tenant.slug, "--status", "bad")).code, 1);
  assert.equal((await command("logs", unique("no"))).code, 1);
});

test("events are listed, by tenant, type and position", async () => {
  const tenant = await edge.createTenant("log");
  const userName = `${unique("u")}@example.com`;
  const user = (await tenant.scim("POST", "/Users", { schemas: [USER], userName })).json;
  await tenant.scim("DELETE", `/Users/${user.id}`);
  const lines = async (...line) => (await command("events", ...line, "--json")).out.trim().split("\n").filter(Boolean).map(JSON.parse);
  const all = await lines("--tenant", tenant.slug);
  assert.deepEqual(all.map((one) => one.type), ["user.created", "user.deleted"]);
  assert.deepEqual(await lines("--tenant", tenant.slug, "--after", String(all[0].position)), all.slice(1));
  assert.deepEqual(await lines("--after", "0", "--types", "user.deleted"), all.slice(1));
  assert.match((await command("events", "--tenant", tenant.slug)).out, new RegExp(`^${all[0].position}  \\S+  ${tenant.slug}  user\\.created  ${userName}  ${user.id}\\n`));
  assert.equal((await command("events", "--types", "bogus")).code, 1);
});

test("--follow tells events that come", async () => {
  const tenant = await edge.createTenant("log");
  await tenant.scim("POST", "/Users", { schemas: [USER], userName: "before" });
  const child = launch(process.execPath, [join(root, "scripts", "admin", "index.mjs"), "events", "--tenant", tenant.slug, "--follow", "--after", "0", "--url", edge.url, "--token", edge.adminToken], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    assert.ok(await eventually(() => out.includes("  before  ")), out);
    await tenant.scim("POST", "/Users", { schemas: [USER], userName: "later" });
    assert.ok(await eventually(() => out.includes("  later  ")), out);
    assert.equal(out.match(/before/g).length, 1, out);
  } finally {
    await stop(child);
  }
});

test("--follow tells those that come", async () => {
  const tenant = await edge.createTenant("log");
  await tenant.scim("GET", "/Users?count=1");
  const child = launch(process.execPath, [join(root, "scripts", "admin", "index.mjs"), "logs", tenant.slug, "--follow", "--url", edge.url, "--token", edge.adminToken], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    assert.ok(await eventually(() => out.includes("count=1")), out);
    await tenant.scim("GET", "/Users?count=2");
    assert.ok(await eventually(() => out.includes("count=2")), out);
    assert.equal(out.match(/count=1/g).length, 1, out);
  } finally {
    await stop(child);
  }
});
