// `npm run build`, and wrangler.toml's [build] command: compiles the crate to wasm in build/ with
// the ecosystem's own worker-build. It does nothing when nothing that goes in has changed since.
//
// --panic-unwind, because with the default (abort) a panic inside the Durable Object leaves its
// caller and every request beside it without an answer; unwinding answers the caller with a 500.
//
// SCIM_EDGE_FAST_BUILD=1 leaves wasm-opt out, for the loop of editing and testing: it takes most of
// a build's time, and changes nothing but the size.

import { existsSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { digest, isMain, main, root, run, say, seconds, Stop } from "./common.mjs";
import { setup } from "./setup.mjs";

const out = (name) => join(root, "build", name);

// A panic's place in the source would cost a path and a line for each of thousands of places; its
// message stays, and with the request's id it is in the log. The standard library is compiled along
// anyway, so it may be the small one, and without what prints backtraces that wasm does not have.
const small = (env) => ({
  ...env,
  RUSTFLAGS: `${env.RUSTFLAGS ?? ""} -Zlocation-detail=none`.trim(),
  CARGO_UNSTABLE_BUILD_STD_FEATURES: "panic-unwind,optimize_for_size",
});

const SOURCES = ["src", "Cargo.toml", "scripts/build.mjs", "scripts/setup.mjs", "scripts/wasm-opt.sh"];

const digestOf = (paths) => digest(...paths.map((path) => join(root, path)));

export async function build(tools) {
  const sources = digestOf(SOURCES);
  // Cargo writes this one itself when Cargo.toml has changed, so it counts as it is afterwards.
  const inputs = () => `${process.env.SCIM_EDGE_FAST_BUILD ?? ""} ${sources} ${digestOf(["Cargo.lock"])}`;
  if (isBuilt(inputs())) return say(`build/ is up to date: ${sizes()}`);

  const since = performance.now();
  const { wasm, workerBuild } = tools ?? (await setup());
  say("Compiling to wasm (the first time a minute or two, later seconds) …");
  const fast = process.env.SCIM_EDGE_FAST_BUILD === "1" ? ["--no-opt"] : [];
  const { code } = await run(workerBuild, ["--release", "--panic-unwind", ...fast], { env: small(wasm) });
  if (code !== 0) throw new Stop("The wasm build failed: see the compiler's message above.");
  await writeFile(out(".inputs"), inputs());
  say(`Built in ${seconds(since)}: ${sizes()}`);
}

function isBuilt(inputs) {
  const parts = [".inputs", "index.js", "index_bg.wasm"].map(out);
  return parts.every((path) => existsSync(path)) && readFileSync(parts[0], "utf8") === inputs;
}

/** What a start of the Worker has to load, and what of it is sent over the network. */
export function wasmSize() {
  const path = out("index_bg.wasm");
  return { raw: statSync(path).size, gzip: gzipSync(readFileSync(path), { level: 9 }).length };
}

export const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

function sizes() {
  const { raw, gzip } = wasmSize();
  return `wasm ${kilobytes(raw)}, ${kilobytes(gzip)} gzip`;
}

if (isMain(import.meta.url)) await main(() => build());
