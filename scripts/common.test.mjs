import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { digest, parseOptions, run, start, stop, Stop, writeWhole } from "./common.mjs";

const KINDS = { port: "number", fresh: "flag", dir: "text" };

test("options in both spellings", () => {
  const check = (args, expected) => assert.deepEqual(parseOptions(args, KINDS, "Usage"), expected);
  check([], {});
  check(["--port", "8790", "--fresh"], { port: 8790, fresh: true });
  check(["--port=8790", "--dir=a=b"], { port: 8790, dir: "a=b" });
});

test("anything else gets the usage", () => {
  const check = (args) =>
    assert.throws(() => parseOptions(args, KINDS, "Usage: x"), (error) => error instanceof Stop && error.message.endsWith("Usage: x"));
  check(["--bogus"]);
  check(["--toString"]);
  check(["8790"]);
  check(["--port"]);
  check(["--port", "abc"]);
  check(["--dir", ""]);
});

test("a file is written whole and with its mode", async (t) => {
  const folder = temporary(t);
  const path = join(folder, "below", "file");
  await writeWhole(path, "text", 0o600);
  assert.equal(readFileSync(path, "utf8"), "text");
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a digest changes with content and with names", (t) => {
  const folder = temporary(t);
  const empty = digest(folder);
  writeFileSync(join(folder, "a"), "1");
  const a = digest(folder);
  writeFileSync(join(folder, "a"), "2");
  const changed = digest(folder);
  rmSync(join(folder, "a"));
  writeFileSync(join(folder, "b"), "2");
  assert.equal(new Set([empty, a, changed, digest(folder)]).size, 4);
});

test("a program's exit code and output come back", async () => {
  assert.deepEqual(await run("sh", ["-c", "cat; echo no >&2; exit 3"], { capture: true, input: "yes" }), { code: 3, stdout: "yes", stderr: "no\n" });
  assert.equal((await run("/no/such/program", [], { capture: true })).code, 127);
});

test("stopping a program stops what it started, in whatever process group", { skip: existsSync("/proc/self") ? false : "needs /proc" }, async (t) => {
  const pids = join(temporary(t), "pids");
  const child = start("bash", ["-c", `sleep 60 & echo $! >>${pids}; setsid sleep 60 & echo $! >>${pids}; trap '' TERM; wait; wait`]);
  while (!existsSync(pids) || readFileSync(pids, "utf8").trim().split("\n").length < 2) await new Promise((done) => setTimeout(done, 20));
  await stop(child);
  for (const pid of readFileSync(pids, "utf8").trim().split("\n")) assert.throws(() => process.kill(Number(pid), 0), { code: "ESRCH" });
});

function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), "scim-edge-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
