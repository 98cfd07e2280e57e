// `npm run admin` against the real Worker, as a person and as a program would run it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { start, unique } from "../tests/worker/harness.mjs";
import { admin, COMMANDS } from "./admin/index.mjs";
import { target } from "./admin/api.mjs";
import { table } from "./admin/table.mjs";
import { commandLine } from "./admin/testing.mjs";
import { settingsFrom } from "./admin/tenants.mjs";
import { seconds } from "./admin/tokens.mjs";
import { root, run } from "./common.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

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

test("tenants are made, listed, changed, suspended and deleted", async () => {
  const slug = unique("cli");
  assert.equal((await json("tenants", "create", slug, "--name", "Acme Inc.", "mode=interop")).settings.mode, "interop");
  const listed = await command("tenants", "list");
  assert.match(listed.out, new RegExp(`^SLUG +NAME +STATE +MODE +CREATED\n[^]*${slug} +Acme Inc\\. +serving +interop`));
  assert.match((await command("tenants", "show", slug)).out, /settings\.mode +interop\n/);
  assert.match((await command("tenants", "rename", slug, "Acme II")).out, /name +Acme II/);
  assert.equal((await command("tenants", "suspend", slug)).out, `${slug} is suspended.\n`);
  assert.match((await command("tenants", "list")).out, new RegExp(`${slug} +Acme II +suspended`));
  assert.equal((await command("tenants", "resume", slug)).out, `${slug} serves.\n`);
  const kept = await command("tenants", "delete", slug);
  assert.deepEqual([kept.code, /--yes/.test(kept.note)], [2, true]);
  assert.equal((await command("tenants", "delete", slug, "--yes")).out, `${slug} is gone.\n`);
  const gone = await command("tenants", "show", slug);
  assert.deepEqual([gone.code, gone.out], [1, ""]);
  assert.match(gone.note, /does not exist/);
});

test("settings are shown, changed and taken back", async () => {
  const { slug } = await edge.createTenant("cli");
  assert.equal((await json("settings", slug, "cursor_timeout_s=600", "indexed=title,nickName")).cursor_timeout_s, 600);
  assert.deepEqual((await json("settings", slug)).indexed, ["title", "nickName"]);
  assert.deepEqual((await json("settings", slug, "indexed=", "cursor_timeout_s=")).indexed, []);
  const wrong = await command("settings", slug, "cursor_timeout_s=1");
  assert.deepEqual([wrong.code, /60 to 86400/.test(wrong.note)], [1, true]);
  assert.equal((await command("settings", slug, "mode")).code, 2);
});

test("tokens are made, listed and revoked", async () => {
  const tenant = await edge.createTenant("cli");
  const made = await json("tokens", "create", tenant.slug, "--label", "Okta", "--scopes", "users,groups:read", "--expires", "90d");
  assert.deepEqual(made.scopes, ["users", "groups:read"]);
  const days = (Date.parse(made.expires) - Date.parse(made.created)) / 86_400_000;
  assert.equal(Math.round(days), 90);
  const caller = tenant.with({ token: made });
  assert.equal((await caller.scim("GET", "/Users")).status, 200);
  assert.equal((await command("tokens", "revoke", tenant.slug, made.id)).code, 0);
  assert.equal((await caller.scim("GET", "/Users")).status, 401);
  const { out } = await command("tokens", "list", tenant.slug);
  assert.match(out, new RegExp(`${made.id} +Okta +users, groups:read +revoked`));
  assert.ok(!out.includes(made.token));
  assert.equal((await command("tokens", "create", tenant.slug)).code, 2);
  assert.equal((await command("tokens", "revoke", tenant.slug, made.id)).code, 1);
});

test("a token takes another's place, and both work for a while", async () => {
  const tenant = await edge.createTenant("cli");
  const rotated = await json("tokens", "rotate", tenant.slug, tenant.tokenId, "--overlap", "1h", "--expires", "90d");
  for (const token of [tenant.token, rotated.token]) {
    assert.equal((await tenant.with({ token: { id: "", token } }).scim("GET", "/Users")).status, 200);
  }
  const old = (await json("tokens", "list", tenant.slug)).find((one) => one.id === tenant.tokenId);
  const hours = (Date.parse(old.expires) - Date.parse(rotated.created)) / 3_600_000;
  assert.deepEqual([Math.round(hours), Math.round((Date.parse(rotated.expires) - Date.parse(rotated.created)) / 86_400_000)], [1, 90]);
  const second = await command("tokens", "rotate", tenant.slug, tenant.tokenId);
  assert.deepEqual([second.code, /took its place/.test(second.note)], [1, true]);
});

test("what was deleted is listed and brought back", async () => {
  const tenant = await edge.createTenant("cli");
  await command("settings", tenant.slug, "delete_policy=tombstone");
  const user = (await tenant.scim("POST", "/Users", { schemas: [USER], userName: "ann", displayName: "Ann" })).json;
  assert.equal((await command("tombstones", "list", tenant.slug)).out.split("\n").length, 2);
  assert.equal((await tenant.scim("DELETE", `/Users/${user.id}`)).status, 204);
  assert.match((await command("tombstones", "list", tenant.slug)).out, new RegExp(`^ID +TYPE +DISPLAY +DELETED +RESTORABLE UNTIL\n${user.id} +User +Ann +2`));
  assert.equal((await json("tombstones", "restore", tenant.slug, user.id)).id, user.id);
  assert.equal((await tenant.scim("GET", `/Users/${user.id}`)).status, 200);
  const again = await command("tombstones", "restore", tenant.slug, user.id);
  assert.deepEqual([again.code, /no tombstone/.test(again.note)], [1, true]);
});

test("schemas, resource types and mapping come from files", async () => {
  const { slug } = await edge.createTenant("cli");
  const example = (name) => join(root, "examples", "workplace", name);
  const urn = "urn:scim-edge:workplace:2.0:User";
  assert.equal((await json("schemas", "put", slug, example("schema.json"))).id, urn);
  assert.equal((await json("resource-types", "put", slug, example("resource-type-user.json"))).name, "User");
  assert.match((await command("schemas", "list", slug)).out, /workplace:2\.0:User +WorkplaceUser +buildingId/);
  assert.match((await command("resource-types", "list", slug)).out, /User +\/Users/);
  assert.equal((await json("schemas", "show", slug, urn)).name, "WorkplaceUser");
  assert.equal((await command("schemas", "delete", slug, urn)).code, 1);
  assert.equal((await command("resource-types", "delete", slug, "User")).code, 0);
  assert.equal((await command("schemas", "delete", slug, urn)).code, 0);
  const rules = join(folder, "rules.json");
  writeFileSync(rules, '{"rules": [{"prefix": "dept-"}]}');
  assert.equal((await command("mapping", "put", slug, rules, "--dry-run")).code, 0);
  assert.deepEqual((await json("mapping", "show", slug)).rules, []);
  assert.equal((await command("mapping", "put", slug, rules)).code, 0);
  assert.deepEqual((await json("mapping", "show", slug)).rules, [{ prefix: "dept-" }]);
  writeFileSync(rules, "{");
  assert.equal((await command("mapping", "put", slug, rules)).code, 2);
  assert.equal((await command("mapping", "put", slug, join(folder, "none.json"))).code, 2);
});

test("a tenant goes out and comes in again, in pieces, twice without harm", async () => {
  const tenant = await edge.createTenant("cli");
  const ids = [];
  for (let at = 0; at < 12; at += 1) {
    const made = await tenant.scim("POST", "/Users", { schemas: [USER], userName: `user${at}`, displayName: "x".repeat(200) });
    ids.push(made.json.id);
  }
  await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "all", members: ids.map((value) => ({ value })) });
  await command("settings", tenant.slug, "mode=interop");
  const file = join(folder, "tenant.ndjson");
  assert.deepEqual(await json("export", tenant.slug, "--out", file), { tenant: tenant.slug, file, resources: 13, members: 12 });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await command("export", tenant.slug, "--out", "-")).out.split("\n").length, readFileSync(file, "utf8").split("\n").length);

  const slug = unique("copy");
  const first = await json("import", file, "--slug", slug, "--chunk-kb", "1");
  assert.deepEqual(first, { tenant: slug, created: 13, present: 0, members: 12, lines_refused: 0, refused: [] });
  const again = await json("import", file, "--slug", slug);
  assert.deepEqual([again.created, again.present, again.members], [0, 13, 12]);
  const shown = await json("tenants", "show", slug);
  assert.deepEqual([shown.suspended, shown.settings.mode, shown.resources], [undefined, "interop", { User: 12, Group: 1 }]);
  const checked = await command("consistency", slug);
  assert.deepEqual([checked.code, checked.out], [0, "Nothing contradicts.\n"]);
  const copy = join(folder, "copy.ndjson");
  await json("export", slug, "--out", copy);
  const rest = (path) => readFileSync(path, "utf8").split("\n").slice(1).join("\n");
  assert.equal(rest(copy), rest(file));
});

test("an import tells the lines of the file that were not taken", async () => {
  const { slug } = await edge.createTenant("cli");
  await command("tenants", "suspend", slug);
  const meta = '"meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z","lastModified":"2026-01-01T00:00:00Z","version":1}';
  const user = (id, userName) => `{${meta},"resource":{"id":"${id}","userName":"${userName}"}}`;
  const file = join(folder, "double.ndjson");
  const lines = ['{"export":{"version":1}}', user("a", "same"), "", user("b", `other-${"x".repeat(900)}`), user("c", "same"), '{"end":{"resources":3,"members":0}}'];
  writeFileSync(file, lines.join("\n"));
  const imported = await command("import", file, "--slug", slug, "--chunk-kb", "1");
  assert.equal(imported.code, 1);
  assert.match(imported.out, /created +2\n[^]*LINE +NOT TAKEN\n5 +Another User has the userName "same" already: a\.\n/);
  assert.match(imported.note, /still is/);
  assert.ok((await json("tenants", "show", slug)).suspended);

  writeFileSync(file, lines.slice(0, -1).join("\n"));
  const cut = await command("import", file, "--slug", slug);
  assert.deepEqual([cut.code, /cut off/.test(cut.note)], [2, true]);
  assert.equal((await command("import", file, "--slug", slug, "--partial")).code, 1);
  writeFileSync(file, "hello\n");
  assert.match((await command("import", file, "--partial")).note, /no export/);
  assert.equal((await command("import", join(folder, "none.ndjson"))).code, 2);
  // What is not whole does not stay.
  assert.equal((await command("export", unique("no"), "--out", join(folder, "no.ndjson"))).code, 1);
  assert.throws(() => statSync(join(folder, "no.ndjson.part")));
});

test("a server is named by options, environment or a local start", () => {
  const dev = join(folder, "dev.json");
  writeFileSync(dev, '{"admin_url": "http://127.0.0.1:1/admin/v1", "admin_token": "local"}');
  const none = join(folder, "none.json");
  assert.deepEqual(target({}, {}, dev), { url: "http://127.0.0.1:1/admin/v1", token: "local" });
  assert.deepEqual(target({}, { SCIM_EDGE_URL: "https://x.example/", SCIM_EDGE_ADMIN_TOKEN: "t" }, dev), { url: "https://x.example/admin/v1", token: "t" });
  assert.deepEqual(target({ "access-token": "j" }, { SCIM_EDGE_URL: "https://x.example", SCIM_EDGE_ACCESS_TOKEN: "k" }, none), { url: "https://x.example/admin/v1", accessToken: "j" });
  assert.deepEqual(target({}, { SCIM_EDGE_URL: "https://x.example", SCIM_EDGE_ACCESS_TOKEN: "k" }, dev), { url: "https://x.example/admin/v1", accessToken: "k" });
  assert.deepEqual(target({ url: "https://y.example/admin/v1", token: "u" }, { SCIM_EDGE_URL: "https://x.example" }, dev), { url: "https://y.example/admin/v1", token: "u" });
  // The local token goes to no other server.
  assert.throws(() => target({ url: "https://x.example" }, {}, dev), { code: 3, message: /No admin token/ });
  assert.throws(() => target({}, {}, none), { code: 3, message: /npm start/ });
  assert.throws(() => target({ url: "ftp://x" }, {}, none), { code: 3 });
});

test("who does not answer, and who does not know the token, is told", async () => {
  const quiet = { out() {}, note() {} };
  assert.equal(await admin(["tenants", "list", "--url", edge.url, "--token", "wrong"], quiet), 3);
  assert.equal(await admin(["tenants", "list", "--url", "http://127.0.0.1:1", "--token", "x"], quiet), 3);
});

test("every command has help, and what is no command says so", async () => {
  for (const name of Object.keys(COMMANDS)) {
    const { code, out } = await command(...name.split(" "), "--help");
    assert.equal(code, 0, name);
    assert.ok(out.startsWith(`Usage: npm run admin -- ${name}`), out);
  }
  const all = await command("--help");
  assert.equal(all.code, 0);
  for (const name of Object.keys(COMMANDS)) assert.ok(all.out.includes(`\n  ${name}`), name);
  for (const line of [["bogus"], ["tenants"], ["tenants", "bogus"], ["tenants", "show"], ["tenants", "show", "a", "b"], ["tenants", "list", "--bogus"]]) {
    assert.equal((await command(...line)).code, 2, line.join(" "));
  }
});

test("every call of the admin API has a command", async () => {
  const { paths } = JSON.parse(readFileSync(join(root, "docs", "openapi.json"), "utf8"));
  const called = new Set();
  const operation = (method, path) => {
    const pattern = Object.keys(paths).find((pattern) => new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path));
    return `${method} ${pattern ?? path}`;
  };
  // A server that takes everything and has nothing.
  const server = createServer((request, response) => {
    called.add(operation(request.method, new URL(request.url, "http://x").pathname.replace("/admin/v1", "")));
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const [document, lines] = [join(folder, "anything.json"), join(folder, "anything.ndjson")];
  writeFileSync(document, '{"id": "i", "name": "n"}');
  writeFileSync(lines, '{"export": {"version": 1, "slug": "s"}}\n{"meta": {}}\n');
  const values = { label: "l", scopes: "admin", yes: true, partial: true, out: "-" };
  try {
    for (const [name, { args = [], options = {} }] of Object.entries(COMMANDS)) {
      const said = Object.entries(values).filter(([option]) => option in options);
      const file = name === "import" ? lines : document;
      const line = [...name.split(" "), ...args.map((arg) => (arg === "FILE" ? file : arg)), ...said.flatMap(([option, value]) => (value === true ? [`--${option}`] : [`--${option}`, value]))];
      // What is made of the answer does not matter.
      for (const whose of "tenant" in options ? [[], ["--tenant", "t"]] : [[]]) {
        await admin([...line, ...whose, "--url", `http://127.0.0.1:${server.address().port}`, "--token", "t"], { out() {}, note() {} }).catch(() => {});
      }
    }
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  const described = Object.entries(paths).flatMap(([path, item]) => Object.keys(item).filter((key) => key !== "parameters").map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(described.filter((one) => !called.has(one)), []);
});

test("as a program it prints JSON and ends with its exit code", async () => {
  const script = join(root, "scripts", "admin", "index.mjs");
  const env = { ...process.env, SCIM_EDGE_URL: edge.url, SCIM_EDGE_ADMIN_TOKEN: edge.adminToken };
  const listed = await run(process.execPath, [script, "tenants", "list", "--json"], { capture: true, env });
  assert.equal(listed.code, 0, listed.stderr);
  assert.ok(Array.isArray(JSON.parse(listed.stdout)));
  const wrong = await run(process.execPath, [script, "tenants", "show", "no-such"], { capture: true, env });
  assert.deepEqual([wrong.code, wrong.stdout], [1, ""]);
});

test("tables and values", () => {
  assert.equal(table([{ a: "x", b: ["y", "z"] }, { a: "longer" }], { A: (one) => one.a, B: (one) => one.b }), "A       B\nx       y, z\nlonger");
  assert.equal(table([{ a: "\u001b[2J" }], { A: (one) => one.a }), "A\n?[2J");
  assert.deepEqual(settingsFrom(["a=1", "b=x", "c=", "d=true", "indexed=a,b", "e=[1]"]), { a: 1, b: "x", c: null, d: true, indexed: ["a", "b"], e: [1] });
  assert.deepEqual(["30s", "2m", "1h", "90d"].map(seconds), [30, 120, 3600, 7_776_000]);
  assert.throws(() => seconds("soon"), { code: 2 });
});
