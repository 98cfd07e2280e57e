// The steps that need a Cloudflare account, against a stand-in for wrangler: a program that notes
// each call and keeps a small account in a file. Its words are those of wrangler 4.86.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root, Stop } from "./common.mjs";
import { databaseIn, deploy, PLACEHOLDER_ID, withDatabaseId } from "./deploy.mjs";

const STAND_IN = `#!/usr/bin/env node
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const file = join(__dirname, "account.json");
const account = JSON.parse(readFileSync(file));
const args = process.argv.slice(2);
const call = args.slice(0, args.indexOf("--config")).join(" ");
appendFileSync(join(__dirname, "calls"), call + "\\n");
if (account.failing && call.startsWith(account.failing)) { console.error("no luck"); process.exit(1); }
const answers = {
  whoami: () => { if (!account.loggedIn) process.exit(1); },
  "d1 list": () => console.log(JSON.stringify(account.databases)),
  "d1 create": () => account.databases.push({ name: args[2], uuid: "id-of-" + args[2] }),
  "d1 migrations": () => { account.migrated = true; },
  "secret list": () => {
    if (!account.worker) { console.error('Worker "scim-edge" not found.'); process.exit(1); }
    console.log(JSON.stringify(account.secrets.map((name) => ({ name, type: "secret_text" }))));
  },
  "secret put": () => { account.worker = true; account.secrets.push(args[2]); account.value = readFileSync(0, "utf8"); },
  deploy: () => {
    account.deployments += 1;
    const report = JSON.stringify({ type: "deploy", version: 1, targets: ["https://scim-edge.team.workers.dev"] });
    writeFileSync(join(process.env.WRANGLER_OUTPUT_FILE_DIRECTORY, "output.json"), '{"type":"wrangler-session"}\\n' + report + "\\n");
  },
};
const name = Object.keys(answers).find((start) => call.startsWith(start));
if (!name) throw new Error("unexpected call: " + call);
answers[name]();
writeFileSync(file, JSON.stringify(account));
`;

const TOML = readFileSync(join(root, "wrangler.toml"), "utf8");
const FRESH = withDatabaseId(TOML, PLACEHOLDER_ID);

const LOOK = ["whoami --json", "d1 list --json"];
const CREATE = ["d1 create scim-edge --update-config=false", "d1 list --json"];
const MIGRATE = ["d1 migrations apply scim-edge --remote", "secret list --format json"];

test("a first deployment makes everything, in an order in which nothing serves unprepared", async (t) => {
  const cloud = account(t);
  const { calls, printed } = await cloud.deploy();
  assert.deepEqual(calls, [...LOOK, ...CREATE, ...MIGRATE, "secret put ADMIN_TOKEN", "deploy"]);
  assert.equal(cloud.toml(), FRESH.replace(PLACEHOLDER_ID, "id-of-scim-edge"));

  const { value } = cloud.state();
  assert.match(value, /^[\w-]{43}$/);
  assert.equal(printed.split(value).length, 2, "the admin token is printed once");
  assert.match(printed, /curl -X POST https:\/\/scim-edge\.team\.workers\.dev\/admin\/v1\/tenants \\/);
});

test("a second deployment only migrates and deploys", async (t) => {
  const cloud = account(t);
  await cloud.deploy();
  const before = cloud.state();
  const { calls, printed } = await cloud.deploy();
  assert.deepEqual(calls, [...LOOK, ...MIGRATE, "deploy"]);
  assert.deepEqual(cloud.state(), { ...before, deployments: 2 });
  assert.ok(!printed.includes(before.value));
});

test("after a failure the next run goes on where it stopped", async (t) => {
  for (const failing of ["d1 list", "d1 create", "d1 migrations", "secret list", "secret put", "deploy"]) {
    const cloud = account(t, { failing });
    await assert.rejects(cloud.deploy(), (error) => error instanceof Stop);
    assert.equal(cloud.state().deployments, 0);
    cloud.change({ failing: undefined });
    await cloud.deploy();
    const { databases, secrets, deployments } = cloud.state();
    assert.deepEqual([databases.length, secrets, deployments], [1, ["ADMIN_TOKEN"], 1], failing);
  }
});

test("a database of that name is found, not made again", async (t) => {
  const cloud = account(t, { databases: [{ name: "other", uuid: "1" }, { name: "scim-edge", uuid: "2" }] });
  const { calls } = await cloud.deploy();
  assert.ok(!calls.some((call) => call.startsWith("d1 create")));
  assert.equal(databaseIn(cloud.toml()).id, "2");
});

test("a CI brings the admin token along, and no log shows it", async (t) => {
  const token = "t".repeat(32);
  const cloud = account(t);
  await assert.rejects(cloud.deploy({ env: { CI: "true" } }), /set ADMIN_TOKEN in the environment/);
  await assert.rejects(cloud.deploy({ env: { CI: "true", ADMIN_TOKEN: "short" } }), /shorter than 32/);
  assert.equal(cloud.state().deployments, 0);
  const { printed } = await cloud.deploy({ env: { CI: "true", ADMIN_TOKEN: token } });
  assert.equal(cloud.state().value, token);
  assert.ok(!printed.includes(token));
});

test("another account's database id stops the run before anything changes", async (t) => {
  const cloud = account(t, {}, withDatabaseId(TOML, "someone-else"));
  await assert.rejects(cloud.deploy(), /which this Cloudflare account does not have/);
  assert.deepEqual(cloud.calls(), LOOK);
  assert.equal(databaseIn(cloud.toml()).id, "someone-else");
});

test("without a login nothing else is called", async (t) => {
  const cloud = account(t, { loggedIn: false });
  await assert.rejects(cloud.deploy(), /npx wrangler login/);
  assert.deepEqual(cloud.calls(), ["whoami --json"]);
});

test("a place for the database reaches wrangler", async (t) => {
  const { calls } = await account(t).deploy({ location: "weur" });
  assert.ok(calls.includes("d1 create scim-edge --update-config=false --location weur"));
});

test("only the D1 entry's id is rewritten, and comments stay", () => {
  const toml = '# top\n[[kv_namespaces]]\ndatabase_id = "kv"\n\n[[d1_databases]]\n# why\nbinding = "DB"\ndatabase_name = "n"\ndatabase_id = "old" # here\n\n[vars]\ndatabase_id = "var"\n';
  assert.deepEqual(databaseIn(toml), { name: "n", id: "old" });
  assert.equal(withDatabaseId(toml, "new"), toml.replace('"old"', '"new"'));
  assert.throws(() => databaseIn('name = "x"\n'), Stop);
});

function account(t, changes = {}, toml = FRESH) {
  const folder = mkdtempSync(join(tmpdir(), "scim-edge-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name) => join(folder, name);
  const state = () => JSON.parse(readFileSync(at("account.json"), "utf8"));
  const change = (changes) => writeFileSync(at("account.json"), JSON.stringify({ ...state(), ...changes }));
  const calls = () => (existsSync(at("calls")) ? readFileSync(at("calls"), "utf8").trim().split("\n") : []);

  writeFileSync(at("wrangler"), STAND_IN, { mode: 0o755 });
  writeFileSync(at("wrangler.toml"), toml);
  writeFileSync(at("account.json"), JSON.stringify({ loggedIn: true, worker: false, databases: [], secrets: [], deployments: 0 }));
  change(changes);

  return {
    state,
    change,
    calls,
    toml: () => readFileSync(at("wrangler.toml"), "utf8"),
    async deploy(options = {}) {
      const log = t.mock.method(console, "log", () => {});
      const earlier = calls().length;
      try {
        await deploy({ wrangler: at("wrangler"), config: at("wrangler.toml"), env: {}, ...options });
        return { calls: calls().slice(earlier), printed: log.mock.calls.map(({ arguments: [line] }) => line).join("\n") };
      } finally {
        log.mock.restore();
      }
    },
  };
}
