// `npm test`, `npm run check` and CI: every check, in this order. `npm test -- NAME…` runs only
// those whose name contains a NAME (and the build, when they need it). A check that fails does not
// stop the others; the table at the end says which failed.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isMain, main, root, run, say, seconds, Stop } from "./common.mjs";
import { build, kilobytes, wasmSize } from "./build.mjs";
import { checkClient } from "./client.mjs";
import { dryRun } from "./deploy.mjs";
import { fuzz, missing } from "./fuzz.mjs";
import { setup } from "./setup.mjs";

// The whole of the wasm is compiled before the first request is answered. Of its 721 KB some 150 are
// OAuth with signed tokens, the request log, the audit log, export and import, and group mapping,
// 95 events, webhooks, limits and Cloudflare Access, 30 Security Event Tokens, and 10 bulks
// that nobody waits for. What would make
// it smaller, and what does not, is in docs/performance.md.
// Cloudflare's own limit is far off (3 MB on the free plan): this guards the time of a start.
const GZIP_BUDGET = 725 * 1024;

const CHECKS = [
  { name: "fmt", run: ({ native }) => command("cargo-fmt", ["fmt", "--check"], native.env) },
  { name: "clippy", run: ({ native }) => command("cargo-clippy", ["clippy", "--all-targets", "--", "-D", "warnings"], native.env) },
  { name: "clippy-wasm", run: clippyWasm },
  { name: "unit", run: ({ native }) => command("cargo", ["test"], native.env) },
  { name: "fuzz", run: fuzzing },
  { name: "client", run: checkClient },
  { name: "build", run: build },
  { name: "size", needsBuild: true, run: size },
  { name: "deploy-dry-run", needsBuild: true, run: dryRun },
  { name: "worker", needsBuild: true, run: () => nodeTests("tests/worker", ".test.mjs") },
  { name: "scripts", needsBuild: true, run: () => nodeTests("scripts", ".test.mjs") },
  { name: "scim2-tester", needsBuild: true, run: () => script("tests", "scim2-tester.mjs") },
  { name: "openapi", needsBuild: true, run: () => script("tests", "openapi.mjs") },
];

/** What a check answers when there is nothing for it to check. */
class Skipped {
  constructor(why) {
    this.why = why;
  }
}

export function chosen(names, checks = CHECKS) {
  const wanted = checks.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  if (wanted.length === 0) throw new Stop(`No check has such a name; there are ${checks.map(({ name }) => name).join(", ")}.`);
  const builds = wanted.some(({ needsBuild }) => needsBuild);
  return checks.filter((check) => wanted.includes(check) || (builds && check.name === "build"));
}

async function test(names) {
  const checks = chosen(names);
  const tools = await setup({ checks: true });
  const results = [];
  for (const check of checks) {
    const broken = check.needsBuild && results.some(({ name, failed }) => name === "build" && failed);
    results.push(await perform(check, tools, broken));
  }
  summarize(results);
}

async function perform({ name, run }, tools, broken) {
  const since = performance.now();
  say(`\n== ${name}`);
  let failed = "";
  let skipped = "";
  try {
    if (broken) throw new Stop("not run, because the build failed");
    const answer = await run(tools);
    if (answer instanceof Skipped) skipped = answer.why;
  } catch (error) {
    failed = error instanceof Stop ? error.message : error.stack;
  }
  const outcome = failed ? `FAILED: ${failed}` : skipped ? `skipped: ${skipped}` : "passed";
  const time = seconds(since);
  say(`== ${name} ${outcome} (${time})`);
  return { name, failed, skipped, time };
}

function summarize(results) {
  say("");
  for (const { name, failed, skipped, time } of results) {
    say(`  ${name.padEnd(16)}${(failed ? "FAILED" : skipped ? "skipped" : "passed").padEnd(9)}${time.padStart(9)}`);
  }
  const failures = results.filter(({ failed }) => failed).length;
  const skips = results.filter(({ skipped }) => skipped).length;
  say(`\n${results.length - failures - skips} passed, ${failures} failed${skips > 0 ? `, ${skips} skipped` : ""}`);
  if (failures > 0) process.exitCode = 1;
}

async function command(program, args, env = process.env) {
  const { code } = await run(program, args, { env });
  if (code !== 0) throw new Stop(`${program} ended with exit code ${code}`);
}

// Debian has no compiled standard library for wasm, so there it is compiled along.
function clippyWasm({ native }) {
  const std = native.debian ? ["-Zbuild-std=std,panic_abort"] : [];
  const env = native.debian ? { ...native.env, RUSTC_BOOTSTRAP: "1" } : native.env;
  return command("cargo-clippy", ["clippy", "--lib", "--target", "wasm32-unknown-unknown", ...std, "--", "-D", "warnings"], env);
}

async function fuzzing({ native }) {
  const why = missing();
  if (why) return new Skipped(why);
  await fuzz(native.env);
}

function size() {
  const { raw, gzip } = wasmSize();
  say(`wasm ${kilobytes(raw)}, gzip ${kilobytes(gzip)} (${gzip} bytes) of ${kilobytes(GZIP_BUDGET)}`);
  if (gzip > GZIP_BUDGET) throw new Stop(`the wasm is ${gzip - GZIP_BUDGET} bytes over its budget`);
}

function nodeTests(folder, suffix) {
  const files = filesIn(folder, (name) => name.endsWith(suffix)).sort();
  if (files.length === 0) return new Skipped(`no ${folder}/*${suffix}`);
  return command(process.execPath, ["--test", "--test-reporter=spec", ...files]);
}

function script(folder, name) {
  const files = filesIn(folder, (entry) => entry === name);
  if (files.length === 0) return new Skipped(`no ${folder}/${name}`);
  return command(process.execPath, files);
}

function filesIn(folder, belongs) {
  try {
    return readdirSync(join(root, folder)).filter(belongs).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

if (isMain(import.meta.url)) await main(() => test(process.argv.slice(2)));
