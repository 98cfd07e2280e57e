import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { root, run, Stop } from "./common.mjs";
import { adminTokenFrom, startOptions } from "./start.mjs";

test("options and their defaults", () => {
  assert.deepEqual(startOptions([]), { port: 8787, fresh: false, state: join(root, ".wrangler", "state") });
  assert.deepEqual(startOptions(["--port", "8790", "--fresh", "--persist-to", "x"]), { port: 8790, fresh: true, state: resolve("x") });
  assert.throws(() => startOptions(["--port", "70000"]), Stop);
});

test("an unknown option ends with the usage and a failure", async () => {
  const { code, stderr } = await run(process.execPath, [join(root, "scripts", "start.mjs"), "--bogus"], { capture: true });
  assert.equal(code, 1);
  assert.match(stderr, /Unknown option --bogus\.\nUsage: npm start/);
});

test("the admin token is made once and kept", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "scim-edge-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, ".dev.vars");

  const token = await adminTokenFrom(path);
  assert.match(token, /^[\w-]{43}$/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(await adminTokenFrom(path), token);

  writeFileSync(path, 'OTHER=1\nADMIN_TOKEN = "quoted"\n');
  assert.equal(await adminTokenFrom(path), "quoted");

  writeFileSync(path, "OTHER=1");
  const added = await adminTokenFrom(path);
  assert.equal(readFileSync(path, "utf8"), `OTHER=1\nADMIN_TOKEN=${added}\n`);
});
