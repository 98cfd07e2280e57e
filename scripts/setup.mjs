// Installs what is missing, and nothing that is there: npm packages, Rust with its sources for the
// wasm build, worker-build and wasm-bindgen. `npm start` and `npm test` both begin here, so a bare
// clone needs no step before them. With everything in place it only looks, in well under a second.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cache, digest, isMain, main, root, run, say, seconds, Stop } from "./common.mjs";

// worker-build goes with the worker crate, and the wasm-bindgen CLI must equal the crate's version
// in Cargo.toml: it refuses to read what another version has written.
const TOOLS = { "worker-build": ["worker-build", "0.8.7"], "wasm-bindgen-cli": ["wasm-bindgen", "0.2.130"] };

const WASM = "wasm32-unknown-unknown";
const DEBIAN_RUST = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];
const DEBIAN_LINT = ["rust-web-clippy", "rustfmt-web"];
const DEBIAN_COMPILERS = ["build-essential", "pkg-config", "libssl-dev"];
const debianBin = join(cache, "debian-rust");

/**
 * Makes the machine ready and answers with the environments to run programs in: `wasm` for
 * worker-build and, when `checks` are wanted, `native` for fmt, clippy and test.
 */
export async function setup({ checks = false } = {}) {
  const progress = steps(checks ? 5 : 4);
  await npmPackages(progress);
  const env = withHomeCargo(process.env);
  const wasm = await rust("nightly", { sources: true, lint: [] }, env, progress);
  const native = checks ? await rust("stable", { sources: false, lint: ["clippy", "rustfmt"] }, env, progress) : undefined;
  const tools = {};
  for (const [crate, [program, version]] of Object.entries(TOOLS)) {
    tools[program] = await compiledTool(crate, program, version, (native ?? wasm).env, progress);
  }
  return {
    workerBuild: tools["worker-build"],
    native,
    wasm: {
      ...wasm.env,
      WASM_BINDGEN_BIN: tools["wasm-bindgen"],
      WASM_OPT_BIN: join(root, "scripts", "wasm-opt.sh"),
      ESBUILD_BIN: join(root, "node_modules", ".bin", "esbuild"),
    },
  };
}

/** cargo-fuzz, which only its check needs. */
export function fuzzTool(env) {
  return compiledTool("cargo-fuzz", "cargo-fuzz", "0.13.2", env, steps(1));
}

// Only a step that has something to do speaks; its number says how far the set-up is.
function steps(total) {
  let number = 0;
  return () => {
    number += 1;
    const prefix = `[${number}/${total}]`;
    return async (what, work) => {
      const since = performance.now();
      say(`${prefix} ${what} …`);
      const result = await work();
      say(`${prefix} done in ${seconds(since)}`);
      return result;
    };
  };
}

async function npmPackages(progress) {
  const step = progress();
  const stamp = join(root, "node_modules", ".scim-edge");
  const wanted = digest(join(root, "package-lock.json"));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await step("npm packages (wrangler, miniflare, esbuild, binaryen)", async () => {
    const { code } = await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    if (code !== 0) throw new Stop("npm could not install the packages: see its message above, check that the npm registry can be reached, and run this again.");
    await writeFile(stamp, wanted);
  });
}

// A rustup installed a minute ago is in this folder and not yet on the shell's PATH.
function withHomeCargo(env) {
  const folder = join(env.CARGO_HOME || join(homedir(), ".cargo"), "bin");
  const known = (env.PATH ?? "").split(delimiter).includes(folder);
  return known || !existsSync(folder) ? env : { ...env, PATH: `${env.PATH}${delimiter}${folder}` };
}

/**
 * Finds or installs a toolchain: rustup's channel where rustup has it or can download it, else
 * Debian's packages. A machine where Debian's are already in place is not made to try rustup's
 * download again at every start.
 */
async function rust(channel, needs, env, progress) {
  const step = progress();
  const minimum = Number(/^rust-version = "1\.(\d+)/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1]);
  const rustup = () => ({ env: { ...env, RUSTUP_TOOLCHAIN: channel }, debian: false });
  const debian = () => {
    if (output(join(root, "scripts", "debian-rust.sh"), [debianBin]) === undefined) throw new Stop(`${debianBin} could not be written: make it writable and run this again.`);
    return { env: { ...env, PATH: `${debianBin}${delimiter}${env.PATH}`, ...(needs.sources ? { RUSTC_BOOTSTRAP: "1" } : {}) }, debian: true };
  };

  if (rustupComplete(channel, needs, minimum, env)) return rustup();
  if (debianComplete(needs, minimum)) return debian();
  return step(`Rust ${channel} for ${needs.sources ? "the wasm build" : "the checks"}`, async () => {
    if (await rustupInstall(channel, needs, minimum, env)) return rustup();
    await debianInstall(needs, minimum, env);
    return debian();
  });
}

function rustupState(channel, env) {
  const probe = { ...env, RUSTUP_AUTO_INSTALL: "0" };
  const sysroot = output("rustc", [`+${channel}`, "--print", "sysroot"], probe);
  if (!sysroot) return undefined;
  const version = minor(output("rustc", [`+${channel}`, "--version"], probe));
  const has = (...path) => existsSync(join(sysroot, ...path));
  return {
    version,
    target: has("lib", "rustlib", WASM, "lib"),
    "rust-src": has("lib", "rustlib", "src", "rust", "library", "Cargo.lock"),
    clippy: has("bin", "cargo-clippy"),
    rustfmt: has("bin", "rustfmt"),
  };
}

function rustupComplete(channel, needs, minimum, env) {
  const state = rustupState(channel, env);
  return state !== undefined && state.version >= minimum && state.target && components(needs).every((name) => state[name]);
}

const components = (needs) => [...(needs.sources ? ["rust-src"] : []), ...needs.lint];

async function rustupInstall(channel, needs, minimum, env) {
  if (!output("rustup", ["--version"], env)) return false;
  const state = rustupState(channel, env);
  const wanted = components(needs);
  if (state === undefined || state.version < minimum) {
    await run("rustup", ["toolchain", "install", channel, "--profile", "minimal", "--no-self-update"], { env });
  }
  if (wanted.length > 0) await run("rustup", ["component", "add", "--toolchain", channel, ...wanted], { env });
  await run("rustup", ["target", "add", "--toolchain", channel, WASM], { env });
  const complete = rustupComplete(channel, needs, minimum, env);
  if (!complete) say("rustup could not provide it; trying Debian's Rust packages instead.");
  return complete;
}

function debianComplete(needs, minimum) {
  const ready = missingPackages([...DEBIAN_RUST, ...(needs.lint.length > 0 ? DEBIAN_LINT : [])]).length === 0;
  return ready && minor(output("/usr/bin/rustc", ["--version"])) >= minimum;
}

async function debianInstall(needs, minimum, env) {
  const rustupFirst = output("rustup", ["--version"], env)
    ? `Rust 1.${minimum} or later could not be installed by rustup: let it reach its server, or update it by hand with \`rustup update\``
    : "Rust is not installed: install it with rustup (https://rustup.rs)";
  await aptInstall([...DEBIAN_RUST, ...(needs.lint.length > 0 ? DEBIAN_LINT : [])], rustupFirst);
  const found = minor(output("/usr/bin/rustc", ["--version"]));
  if (!(found >= minimum)) throw new Stop(`Debian's Rust 1.${found} is older than the 1.${minimum} this project needs: install Rust with rustup (https://rustup.rs) and run this again.`);
}

/** Debian packages, as root; anyone else is told what to ask for. `otherwise` names the other way out. */
async function aptInstall(packages, otherwise) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get")) throw new Stop(`${otherwise}, then run this again.`);
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid() !== 0) throw new Stop(`${otherwise}, or ask an administrator for \`${command}\`, then run this again.`);
  say(`apt-get install ${missing.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], { env });
  const { code } = await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env });
  if (code !== 0) throw new Stop(`${otherwise}, or make \`${command}\` succeed on this machine, then run this again.`);
}

function missingPackages(packages) {
  const listed = spawnSync("dpkg-query", ["-W", "-f", "${Package} ${Status}\n", ...packages], { encoding: "utf8" });
  return packages.filter((name) => !(listed.stdout ?? "").includes(`${name} install ok installed`));
}

async function compiledTool(crate, program, version, env, progress) {
  const step = progress();
  const folder = join(cache, `${crate}-${version}`);
  const path = join(folder, "bin", program);
  if (existsSync(path)) return path;
  return step(`${crate} ${version}, compiled once for all clones on this machine (a few minutes)`, async () => {
    // worker-build links OpenSSL on Linux, although nothing is downloaded through it here.
    const compilers = output("cc", ["--version"], env) && (process.platform !== "linux" || output("pkg-config", ["--modversion", "openssl"], env));
    if (!compilers) await aptInstall(DEBIAN_COMPILERS, "A C compiler, pkg-config and OpenSSL's headers are missing: install them");
    // Not --locked: wasm-bindgen-cli's lock file names a crate that was withdrawn.
    const { code } = await run("cargo", ["install", crate, "--version", version, "--root", folder], { env });
    if (code !== 0) throw new Stop(`${crate} ${version} could not be installed: see cargo's message above, check that crates.io can be reached, and run this again.`);
    return path;
  });
}

function output(command, args, env = process.env) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}

const minor = (version) => Number(/^rustc 1\.(\d+)/.exec(version ?? "")?.[1]);

if (isMain(import.meta.url)) {
  await main(async () => {
    const since = performance.now();
    await setup({ checks: true });
    say(`Everything is installed (${seconds(since)}).`);
  });
}
