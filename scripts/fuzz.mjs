// Fuzzes the protocol's pure part: `npm test` does a short run that is the same every time, and
// `node scripts/fuzz.mjs SECONDS [TARGET…]` a long one whose finds stay in target/fuzz. Seeds are
// the cases and the recorded exchanges of the tests, written out anew before each run.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMain, main, root, run, say, Stop } from "./common.mjs";
import { fuzzTool } from "./setup.mjs";

const TARGETS = ["filter", "path", "patch", "json"];
const RUNS = 20_000;
const folder = join(root, "target", "fuzz");

/** Why there can be no fuzzing here, or undefined. */
export function missing() {
  const nightly = spawnSync("rustc", ["+nightly", "--version"], { env: { ...process.env, RUSTUP_AUTO_INSTALL: "0" } });
  if (nightly.status !== 0) return "rustup has no nightly toolchain, which cargo-fuzz needs";
  if (spawnSync("c++", ["--version"]).status !== 0) return "libFuzzer is compiled with a C++ compiler, and there is none";
  return undefined;
}

/** Without `seconds`, the short run: the same inputs every time. */
export async function fuzz(environment, { seconds, targets = TARGETS } = {}) {
  const tool = await fuzzTool(environment);
  const env = { ...environment, RUSTUP_TOOLCHAIN: "nightly" };
  // The code is safe Rust, and half as fast with a sanitizer.
  const options = ["--sanitizer", "none", "--target-dir", folder];
  await ended(tool, ["fuzz", "build", ...options], env);
  const words = dictionary();
  const failed = [];
  for (const target of targets) {
    const found = join(folder, seconds ? "corpus" : "short", target);
    if (!seconds) rmSync(found, { recursive: true, force: true });
    mkdirSync(found, { recursive: true });
    const limits = seconds ? [`-max_total_time=${seconds}`] : ["-seed=1", `-runs=${RUNS}`];
    const given = [found, seeds(target), "--", ...limits, `-dict=${words}`, "-timeout=10", "-verbosity=0", "-print_final_stats=1"];
    say(`fuzzing ${target}`);
    const { code } = await run(tool, ["fuzz", "run", ...options, target, ...given], { env });
    if (code !== 0) failed.push(target);
  }
  if (failed.length > 0) throw new Stop(`${failed.join(", ")} failed: the input is in fuzz/artifacts`);
}

async function ended(program, args, env) {
  const { code } = await run(program, args, { env });
  if (code !== 0) throw new Stop(`${program} ${args.slice(0, 2).join(" ")} ended with exit code ${code}`);
}

/** A folder with an input a file. */
function seeds(target) {
  const inputs = new Set({ filter: filters, path: paths, patch: patches, json: bodies }[target]());
  const path = join(folder, "seeds", target);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  [...inputs].forEach((text, number) => writeFileSync(join(path, String(number).padStart(4, "0")), text));
  if (inputs.size < 20) throw new Stop(`tests/ holds only ${inputs.size} inputs for ${target}`);
  return path;
}

const filters = () => files("tests/cases/filter").flatMap(({ cases }) => (cases ?? []).map(([filter]) => filter));

const paths = () => [
  ...operations().flatMap((list) => list.map(({ path }) => path)).filter((path) => typeof path === "string"),
  ...files("tests/cases/project").flatMap(({ cases }) => cases.flatMap(({ attributes, excluded }) => [attributes, excluded])).filter(Boolean),
];

const patches = () => [
  ...operations().map((Operations) => JSON.stringify({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations })),
  ...recorded("PATCH"),
];

const bodies = () => [
  ...files("tests/cases/validate").flatMap(({ document, cases }) => cases.map(({ input }) => JSON.stringify({ ...document, ...input }))),
  ...recorded("POST"),
  ...recorded("PUT"),
];

const operations = () => files("tests/cases/patch").flatMap(({ cases }) => cases.map((one) => one.operations ?? []));

const recorded = (method) =>
  files("tests/idp")
    .flatMap(({ steps }) => steps.map(({ request }) => request))
    .filter((request) => request.method === method && request.body !== undefined)
    .map(({ body }) => JSON.stringify(body));

/** Every JSON file below, in order, with the cases' abbreviations written out. */
function files(path) {
  const names = readdirSync(join(root, path), { recursive: true }).filter((name) => name.endsWith(".json")).sort();
  return names.map((name) => JSON.parse(spelledOut(readFileSync(join(root, path, name), "utf8"))));
}

function spelledOut(text) {
  return text
    .replaceAll("@user", "urn:ietf:params:scim:schemas:core:2.0:User")
    .replaceAll("@group", "urn:ietf:params:scim:schemas:core:2.0:Group")
    .replaceAll("@enterprise", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
    .replaceAll("@device", "urn:example:2.0:Device")
    .replaceAll("@lab", "urn:example:lab:2.0:Device");
}

/** The words of filters and schemas, which chance alone would rarely spell. */
function dictionary() {
  const names = new Set(" eq  ne  co  sw  ew  gt  lt  ge  le  pr  and  or  not  true  false  null ".split("  "));
  for (const name of ["user", "group", "enterprise_user", "common"]) {
    const schema = JSON.parse(readFileSync(join(root, "src", "scim", "schema", `${name}.json`), "utf8"));
    names.add(schema.id);
    for (const attribute of schema.attributes) {
      names.add(attribute.name);
      for (const sub of attribute.subAttributes ?? []) names.add(sub.name);
    }
  }
  const path = join(folder, "dictionary");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, [...names].map((name) => `"${name}"\n`).join(""));
  return path;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const why = missing();
    if (why) throw new Stop(why);
    const [seconds, ...targets] = process.argv.slice(2);
    if (seconds !== undefined && !(Number(seconds) > 0)) throw new Stop(`${seconds} is no number of seconds`);
    await fuzz(process.env, { seconds: seconds && Number(seconds), targets: targets.length > 0 ? targets : TARGETS });
  });
}
