// `npm run admin -- credentials` and `audit` against the real Worker, and every command behind Cloudflare
// Access.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { start } from "../tests/worker/harness.mjs";
import { issuerHost } from "../tests/worker/issuer.mjs";
import { admin } from "./admin/index.mjs";
import { commandLine } from "./admin/testing.mjs";
import { root, start as launch, stop } from "./common.mjs";

const AUD = "aud-tag";

let host;
let team;
let edge;
before(async () => {
  host = await issuerHost();
  team = host.issuer("RS256");
  edge = await start({ vars: { LOCAL_ISSUERS: "on", ACCESS_TEAM_DOMAIN: team.url, ACCESS_AUD: AUD } });
});
after(() => Promise.all([host.stop(), edge.stop()]));

const { command, json } = commandLine(() => edge);

test("credentials are made, used, listed and revoked", async () => {
  const { slug } = await edge.createTenant("cli");
  const made = await json("credentials", "create", "Support", "--scopes", "tenants:read,tokens:write", "--tenant", slug, "--expires", "90d");
  const own = commandLine(() => ({ url: edge.url, adminToken: made.token }));
  assert.equal((await own.command("tenants", "show", slug)).code, 0);
  const denied = await own.command("tenants", "suspend", slug);
  assert.deepEqual([denied.code, /tenants:write/.test(denied.note)], [1, true]);
  const { out } = await command("credentials", "list");
  assert.match(out, new RegExp(`${made.id} +Support +tenants:read, tokens:write +${slug} +live`));
  assert.ok(!out.includes(made.token));
  assert.equal((await command("credentials", "revoke", made.id)).out, `${made.id} is revoked.\n`);
  const refused = await own.command("tenants", "show", slug);
  assert.deepEqual([refused.code, /revoked/.test(refused.note)], [3, true]);
  const bare = await command("credentials", "create", "x");
  assert.deepEqual([bare.code, /--scopes/.test(bare.note)], [2, true]);
  assert.equal((await command("credentials", "create", "x", "--scopes", "all")).code, 1);
});

/** The entries that a command writes, a line each. */
const lines = async (...line) => (await command("audit", ...line, "--json")).out.trim().split("\n").filter(Boolean).map(JSON.parse);

test("the audit log is read from its end, from a time and behind an entry", async () => {
  const { slug } = await edge.createTenant("cli");
  for (const change of ["suspend", "resume"]) await command("tenants", change, slug);
  const all = await lines("--tenant", slug);
  assert.deepEqual(all.map((one) => one.action), ["POST tenants", "POST tenants/{}/tokens", "PATCH tenants/{}", "PATCH tenants/{}"]);
  assert.deepEqual(await lines("--tenant", slug, "--limit", "2"), all.slice(2));
  assert.deepEqual(await lines("--limit", "1"), all.slice(3));
  assert.deepEqual(await lines("--tenant", slug, "--after", String(all[0].id)), all.slice(1));
  assert.deepEqual(await lines("--tenant", slug, "--after", "0"), all);
  assert.deepEqual(await lines("--tenant", slug, "--since", "1h"), all);
  assert.deepEqual(await lines("--tenant", slug, "--since", "0s"), []);
  assert.match((await command("audit", "--tenant", slug)).out, new RegExp(`^${all[0].at}  done    ADMIN_TOKEN  POST tenants  ${slug}  `));
  for (const wrong of [["--limit", "0"], ["--limit", "x"], ["--since", "soon"]]) assert.equal((await command("audit", ...wrong)).code, 2, wrong);
  assert.equal((await command("audit", "--after", "x")).code, 1);
});

test("--follow tells what comes", async () => {
  const { slug } = await edge.createTenant("cli");
  const script = join(root, "scripts", "admin", "index.mjs");
  const child = launch(process.execPath, [script, "audit", "--tenant", slug, "--follow", "--url", edge.url, "--token", edge.adminToken], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    const told = async (what, count) => {
      const found = () => out.split(what).length - 1;
      for (const deadline = Date.now() + 15_000; found() < count && Date.now() < deadline; ) await new Promise((done) => setTimeout(done, 50));
      assert.equal(found(), count, out);
    };
    await told("POST tenants", 2);
    for (const count of [1, 2]) {
      await command("tenants", "rename", slug, `Name ${count}`);
      await told("PATCH tenants", count);
    }
    assert.equal(out.trim().split("\n").length, 4);
  } finally {
    await stop(child);
  }
});

/** Stands for Access: passes on who shows a token of the team's, and sends everybody else to log in. */
async function guard() {
  const server = createServer(async (request, response) => {
    const { "cf-access-token": token, host, connection, "transfer-encoding": _, ...headers } = request.headers;
    if (!token) return response.writeHead(302, { location: team.url }).end();
    const chunks = await request.toArray();
    const body = chunks.length ? Buffer.concat(chunks) : undefined;
    const answer = await fetch(edge.url + request.url, { method: request.method, headers: { ...headers, "cf-access-jwt-assertion": token }, body });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(await answer.text());
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((done) => server.close(done)) };
}

test("behind Cloudflare Access its token takes the place of a credential", async () => {
  const door = await guard();
  const { slug } = await edge.createTenant("cli");
  const token = team.sign({ aud: [AUD], email: "ann@acme.test" });
  let told = "";
  const run = (...line) => admin([...line, "--url", door.url], { out() {}, note: (text) => (told += text) });
  try {
    assert.equal(await run("tenants", "suspend", slug, "--access-token", token), 0, told);
    assert.equal((await lines("--tenant", slug)).at(-1).actor, "access:ann@acme.test");
    // Without a body as well.
    assert.equal(await run("tombstones", "restore", slug, "none", "--access-token", token), 1);
    assert.match(told, /no tombstone none/);
    assert.equal(await run("tenants", "show", slug, "--token", edge.adminToken), 3);
    assert.match(told, /--access-token/);
  } finally {
    await door.stop();
  }
});
