// What every script here shares: where the project is, how a child process is run and always
// stopped again, and how a run that cannot go on ends: in one sentence, with a non-zero exit.
// Only Node's own modules, because these scripts run before `npm ci` has.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const bin = (name) => join(root, "node_modules", ".bin", name);

// Compiled tools outlive a clone here: a fresh one does not compile them again.
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "scim-edge", "tools");

/** A run that cannot go on; its message is the sentence that says what to do. */
export class Stop extends Error {}

export const say = (line) => console.log(line);
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
export const isMain = (url) => process.argv[1] !== undefined && url === pathToFileURL(process.argv[1]).href;

/** Runs a script's work, and turns its end into an exit code. */
export async function main(work) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 3)) {
    console.error(`Node ${process.versions.node} is too old: install Node 20.3 or later and run this again.`);
    process.exit(1);
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interrupt(signal));
  try {
    await work();
  } catch (error) {
    if (interrupted) return;
    console.error(error instanceof Stop ? `\n${error.message}` : error);
    process.exitCode = 1;
    await stopAll();
  }
}

const children = new Set();
const interruptions = [];
let interrupted = false;

/** Adds something to do, synchronously, when the run is interrupted; a true answer makes it exit 0. */
export const onInterrupt = (action) => interruptions.push(action);

// npm hands on the Ctrl-C that the terminal already gave us, so the second signal means nothing new.
async function interrupt(signal) {
  if (interrupted) return;
  interrupted = true;
  const wanted = interruptions.map((action) => action()).includes(true);
  await stopAll();
  process.exit(wanted ? 0 : signal === "SIGINT" ? 130 : 143);
}

const stopAll = () => Promise.all([...children].map(stop));

/**
 * Starts a program as the leader of its own process group, so that the terminal's Ctrl-C reaches
 * this script alone, and this script decides in which order things end.
 */
export function start(command, args, { cwd = root, env = process.env, stdio = ["ignore", "inherit", "inherit"] } = {}) {
  const child = spawn(command, args, { cwd, env, stdio, detached: true });
  children.add(child);
  child.ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 127, error }));
    child.on("close", (code, signal) => resolve({ code: code ?? 128, signal }));
  }).then((end) => {
    children.delete(child);
    return end;
  });
  return child;
}

/** Runs a program to its end. With `capture`, its output comes back instead of being shown. */
export async function run(command, args, { capture = false, input, ...options } = {}) {
  const output = capture ? "pipe" : "inherit";
  const child = start(command, args, {
    ...options,
    stdio: [input === undefined ? "ignore" : "pipe", output, output],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  child.stdin?.on("error", () => {}); // A program that ends without reading its input says so by its exit code.
  child.stdin?.end(input);
  const { code } = await child.ended;
  return { code, stdout, stderr };
}

/** Ends a program and everything that it started, however those arranged their process groups. */
export async function stop(child) {
  if (child.pid === undefined) return;
  const family = [child.pid, ...descendants(child.pid)];
  signalEach([-child.pid, ...family], "SIGTERM");
  const deadline = performance.now() + 8000;
  while (family.some(alive) && performance.now() < deadline) await new Promise((done) => setTimeout(done, 50));
  signalEach(family.filter(alive), "SIGKILL");
  await child.ended;
}

function signalEach(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}

// A zombie still answers signal 0; only its parent's wait is missing, so it counts as gone.
function alive(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] !== "Z";
  } catch {
    return !existsSync("/proc/self");
  }
}

function descendants(pid) {
  const parents = existsSync("/proc/self/stat") ? parentsFromProc() : new Map();
  const found = [];
  for (const ancestors = [pid]; ancestors.length > 0; ) {
    const parent = ancestors.pop();
    for (const [child, itsParent] of parents) if (itsParent === parent) found.push(child), ancestors.push(child);
  }
  return found;
}

function parentsFromProc() {
  const parents = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // The name in parentheses may hold anything, so the fields are counted from the last one on.
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // The process ended while the list was read.
    }
  }
  return parents;
}

/** Options as `{ port: "number", fresh: "flag", "persist-to": "text" }`; whatever else there is gets the usage. */
export function parseOptions(args, kinds, usage) {
  const options = {};
  const queue = args.flatMap((arg) => (/^--[^=]+=/.test(arg) ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] : [arg]));
  while (queue.length > 0) {
    const arg = queue.shift();
    const name = arg.startsWith("--") ? arg.slice(2) : undefined;
    const kind = name !== undefined && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw new Stop(`Unknown option ${arg}.\n${usage}`);
    if (kind === "flag") {
      options[name] = true;
      continue;
    }
    const value = queue.shift();
    if (value === undefined || value === "") throw new Stop(`--${name} needs a value.\n${usage}`);
    options[name] = kind === "number" ? Number(value) : value;
    if (kind === "number" && !Number.isInteger(options[name])) throw new Stop(`--${name} needs a number, not ${value}.\n${usage}`);
  }
  return options;
}

/** Writes a file so that no reader ever sees half of it. */
export async function writeWhole(path, text, mode = 0o644) {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, text, { mode });
  await rename(draft, path);
}

/** A digest of the files at these places (a folder counts with all below it), names included. */
export function digest(...places) {
  const hash = createHash("sha256");
  const add = (path) => {
    if (!existsSync(path)) return;
    const children = tryReaddir(path);
    if (children) return children.sort().forEach((name) => add(join(path, name)));
    const content = readFileSync(path);
    hash.update(`${path.slice(root.length).split(sep).join("/")}\0${content.length}\0`).update(content);
  };
  places.forEach(add);
  return hash.digest("hex");
}

function tryReaddir(path) {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}
