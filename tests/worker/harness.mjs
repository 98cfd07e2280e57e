// One harness for every test that talks to the Worker: the built Worker on the real workerd, with a
// real D1 database and the real Durable Object, through Miniflare's API.
//
//     const edge = await start();                       // about a second; share one per test file
//     const acme = await edge.createTenant("acme");     // a tenant of its own for each test
//     const made = await acme.scim("POST", "/Users", { ... });
//     made.status, made.headers, made.json, made.cost   // cost: { trips, read, written }
//     await edge.stop();
//
// With SCIM_EDGE_URL and SCIM_EDGE_ADMIN_TOKEN in the environment the same tests talk to a server that
// already runs; what needs the inside of one (the database, faults, kill) then refuses, and a test that
// needs it asks `edge.local` first.

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const build = process.env.SCIM_EDGE_BUILD ?? join(root, "build");

/** The content type of everything SCIM. */
export const SCIM_JSON = "application/scim+json";

/** The environment's server, when the tests are pointed at one. */
export const external = process.env.SCIM_EDGE_URL
  ? { url: process.env.SCIM_EDGE_URL.replace(/\/+$/, ""), adminToken: process.env.SCIM_EDGE_ADMIN_TOKEN ?? "" }
  : null;

/**
 * Starts a Worker.
 *
 * - `persist`: a directory that keeps D1 and the Durable Object's storage, for restarts. Without it, memory.
 * - `vars`: further variables for the Worker, over the defaults.
 * - `ratelimits`: rate-limiting bindings, in Miniflare's words. Without them nothing is limited.
 * - `faults`: puts `faults.mjs` in front of the Worker, and `edge.faults(...)` then controls it.
 * - `twin`: a second isolate with the same script over the same database and the same objects, as
 *   `edge.twin`, with the same functions. It stands for another place on the edge. `twin: "objects"`
 *   gives it Durable Objects of its own, as when a superseded object goes on beside its successor.
 * - `beside`: more Workers for the same runtime, in Miniflare's words; D1 database "scim-edge" is ours.
 * - `migrate: false`: leaves the database empty.
 */
export async function start(options = {}) {
  if (external) {
    return new Edge({ url: external.url, adminToken: external.adminToken });
  }
  const local = new Local(options);
  await local.up();
  return local.edge;
}

/** A directory for `persist` that goes away with `remove()`. */
export function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), "scim-edge-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A name nobody used before: for tenants, user names and the like. */
export function unique(prefix = "t") {
  return `${prefix}-${randomUUID().slice(0, 13)}`;
}

/** What a tester sees of a running Worker, wherever it runs. */
class Edge {
  constructor({ url, adminToken, local = null, twin = null, control = "" }) {
    this.url = url;
    this.adminToken = adminToken;
    this.local = local;
    this.twin = twin;
    this.control = control;
  }

  /** Any request at all: `path` from the server's root. */
  request(method, path, body, headers = {}) {
    return send(method, this.url + path, body, headers);
  }

  admin(method, path, body, headers = {}) {
    const authorization = { authorization: `Bearer ${this.adminToken}` };
    return send(method, `${this.url}/admin/v1${path}`, body, {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...authorization,
      ...headers,
    });
  }

  /** A new tenant with one token. A slug given as a prefix is made unique unless `exact`. */
  async createTenant(prefix = "t", { exact = false } = {}) {
    const slug = exact ? prefix : unique(prefix);
    const made = await this.admin("POST", "/tenants", { slug, name: `Tenant ${slug}` });
    if (made.status !== 201) {
      throw new Error(`no tenant ${slug}: ${made.status} ${made.text}`);
    }
    const token = await this.createToken(slug);
    return new Tenant(this, slug, made.json, token);
  }

  async createToken(slug, label = "test") {
    const made = await this.admin("POST", `/tenants/${slug}/tokens`, { label });
    if (made.status !== 201) {
      throw new Error(`no token for ${slug}: ${made.status} ${made.text}`);
    }
    return made.json;
  }

  /** The D1 database, past the Worker: for seeding and for looking. */
  get db() {
    return this.#inside().db;
  }

  /**
   * Sets faults and answers with their state and what was counted since the last reset; see `faults.mjs`.
   * `faults()` only reads.
   */
  async faults(change) {
    const answer = await send(change === undefined ? "GET" : "POST", `${this.url}/__faults`, change, {});
    if (answer.status !== 200) {
      throw new Error(`this Worker was started without faults: ${answer.status} ${answer.text}`);
    }
    return answer.json;
  }

  /** What the Worker has written to its console so far. */
  get log() {
    return this.#inside().output;
  }

  /** One maintenance run, as the cron trigger makes them; `time` (Unix milliseconds) is when it believes to be. */
  async cron(time = Date.now()) {
    const { outcome } = await (await this.#inside().mf.getWorker("scim-edge")).scheduled({
      scheduledTime: new Date(time),
      cron: "*/5 * * * *",
    });
    if (outcome !== "ok") throw new Error(`the scheduled event ended with ${outcome}`);
  }

  /** SIGKILL to the runtime, as when the machine under it dies. */
  kill() {
    return this.#inside().kill();
  }

  /** A new runtime over the same `persist` directory; the URL changes, tenants follow it. */
  restart() {
    return this.#inside().restart();
  }

  async stop() {
    await this.local?.down();
  }

  #inside() {
    if (!this.local) {
      throw new Error("this needs the inside of the server, and the tests run against one that is elsewhere");
    }
    return this.local;
  }
}

/** A tenant and a bearer token for it. */
class Tenant {
  constructor(edge, slug, created, token) {
    this.edge = edge;
    this.slug = slug;
    this.created = created;
    this.tokenId = token.id;
    this.token = token.token;
  }

  /** The tenant's id as the admin API calls it, for seeding. */
  get id() {
    return this.created.id ?? this.slug;
  }

  get path() {
    return `/t/${this.slug}/scim/v2`;
  }

  get base() {
    return this.edge.url + this.path;
  }

  /** `path` is below the SCIM base; a header given as `null` is not sent. */
  scim = (method, path, body, headers = {}) => {
    return send(method, this.base + path, body, {
      ...(body === undefined ? {} : { "content-type": SCIM_JSON }),
      accept: SCIM_JSON,
      authorization: `Bearer ${this.token}`,
      ...lowerKeys(headers),
    });
  };

  /** The same tenant seen with another token, or through another isolate. */
  with({ token = { id: this.tokenId, token: this.token }, edge = this.edge }) {
    return new Tenant(edge, this.slug, this.created, token);
  }
}

/** Miniflare, and what only it can do. */
class Local {
  constructor(options) {
    this.options = options;
    this.adminToken = "test-admin-token-0123456789abcdef";
    this.edge = null;
    this.mf = null;
    this.pid = null;
    this.output = "";
  }

  /** Keeps what the runtime and the Worker's console print; SCIM_EDGE_LOG=1 shows it as it comes. */
  #listen(streams) {
    for (const stream of streams) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.output = (this.output + text).slice(-1_000_000);
        if (process.env.SCIM_EDGE_LOG) process.stderr.write(text);
      });
    }
  }

  async up() {
    const { Miniflare, Log, LogLevel } = await import("miniflare");
    const before = new Set(runtimes());
    this.mf = new Miniflare({
      log: new Log(LogLevel.NONE),
      handleRuntimeStdio: (...streams) => this.#listen(streams),
      ...(this.options.persist ? { defaultPersistRoot: this.options.persist } : {}),
      workers: [
        worker("scim-edge", this.options, this.adminToken, false),
        ...(this.options.twin ? [worker("scim-edge-twin", this.options, this.adminToken, this.options.twin !== "objects")] : []),
        ...(this.options.beside ?? []),
      ],
    });
    const url = trim(
      await this.mf.ready.catch(async (error) => {
        // What is left of it would keep this process alive for ever.
        await this.down();
        throw new Error(`the Worker does not start:\n${this.output}`, { cause: error });
      }),
    );
    // Only this call starts a runtime, and nothing else in this process does so while it awaits.
    this.pid = runtimes().find((pid) => !before.has(pid)) ?? null;
    this.db = await this.mf.getD1Database("DB", "scim-edge");
    if (this.options.migrate !== false) {
      await migrate(this.db);
    }
    const twinUrl = this.options.twin ? trim(await this.mf.unsafeGetDirectURL("scim-edge-twin")) : null;
    if (this.edge) {
      this.edge.url = url;
      if (this.edge.twin) this.edge.twin.url = twinUrl;
      return;
    }
    const twin = twinUrl && new Edge({ url: twinUrl, adminToken: this.adminToken, local: this });
    this.edge = new Edge({ url, adminToken: this.adminToken, local: this, twin });
  }

  async kill() {
    if (!this.pid) throw new Error("the runtime's process was not found");
    process.kill(this.pid, "SIGKILL");
    while (runtimes().includes(this.pid)) await new Promise((done) => setTimeout(done, 5));
  }

  async restart() {
    await this.down();
    await this.up();
  }

  async down() {
    // After a kill there is nothing left that could answer a polite goodbye.
    await this.mf?.dispose().catch(() => {});
    this.mf = null;
  }
}

function worker(name, options, adminToken, sharesObjects) {
  const isTwin = name !== "scim-edge";
  return {
    name,
    modules: modules(options.faults),
    compatibilityDate: "2026-04-01",
    compatibilityFlags: options.compatibilityFlags ?? [],
    bindings: { SERVER_TIMING: "on", ADMIN_TOKEN: adminToken, ...options.vars },
    d1Databases: { DB: "scim-edge" },
    ...(options.ratelimits ? { ratelimits: options.ratelimits } : {}),
    durableObjects: Object.fromEntries(
      ["Membership", "Delivery"].map((className) => [
        className.toUpperCase(),
        { className, useSQLite: true, ...(sharesObjects ? { scriptName: "scim-edge" } : {}) },
      ]),
    ),
    ...(isTwin ? { unsafeDirectSockets: [{ port: 0 }] } : {}),
  };
}

/** The build as Miniflare's list of modules, the entry first. */
function modules(faults) {
  const entry = join(build, "index.js");
  if (!existsSync(entry)) {
    throw new Error(`there is no built Worker at ${relative(process.cwd(), entry)}: run the build first`);
  }
  const built = readdirSync(build, { recursive: true })
    .filter((name) => /\.(m?js|wasm)$/.test(name) && !name.split(sep).includes("node_modules"))
    .map((name) => ({
      type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
      path: `build/${name.split(sep).join("/")}`,
      contents: readFileSync(join(build, name)),
    }));
  const front = {
    type: "ESModule",
    path: "entry.mjs",
    contents: faults
      ? readFileSync(join(here, "faults.mjs"), "utf8")
      : 'export { default } from "./build/index.js"; export * from "./build/index.js";',
  };
  return [front, ...built];
}

/** Applies what is in `migrations/` and not yet applied, in the table that wrangler also uses for it. */
export async function migrate(db, directory = join(root, "migrations")) {
  await db
    .prepare(
      "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, " +
        "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    )
    .run();
  const applied = new Set((await db.prepare("SELECT name FROM d1_migrations").all()).results.map((row) => row.name));
  const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".sql")).sort() : [];
  for (const name of files.filter((name) => !applied.has(name))) {
    const statements = splitSql(readFileSync(join(directory, name), "utf8"));
    try {
      await db.batch([
        ...statements.map((sql) => db.prepare(sql)),
        db.prepare("INSERT INTO d1_migrations (name) VALUES (?1)").bind(name),
      ]);
    } catch (error) {
      throw new Error(`migration ${name} failed`, { cause: error });
    }
  }
}

/**
 * Cuts a SQL script into statements. A semicolon inside a string, a quoted name, a comment or a trigger's
 * body does not end one.
 */
export function splitSql(script) {
  const token = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|;|[A-Za-z_][\w$]*|\s+|./g;
  const statements = [];
  let text = "";
  let words = [];
  let depth = 0; // of BEGIN and CASE inside a trigger
  for (const [piece] of script.matchAll(token)) {
    if (piece.startsWith("--") || piece.startsWith("/*")) {
      text += " ";
      continue;
    }
    if (piece === ";" && depth === 0) {
      if (text.trim()) statements.push(text.trim());
      text = "";
      words = [];
      continue;
    }
    text += piece;
    if (!/^[A-Za-z_]/.test(piece)) continue;
    const word = piece.toUpperCase();
    if (words.length < 4) words.push(word);
    const trigger = words[0] === "CREATE" && words.slice(1, 4).includes("TRIGGER");
    if (trigger && (word === "BEGIN" || word === "CASE")) depth += 1;
    if (trigger && word === "END") depth -= 1;
  }
  if (text.trim()) statements.push(text.trim());
  return statements;
}

/** One HTTP exchange. Objects are sent as JSON, strings and bytes as they are. */
export async function send(method, url, body, headers = {}) {
  const sent = Object.fromEntries(Object.entries(lowerKeys(headers)).filter(([, value]) => value != null));
  const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  if (!raw && !sent["content-type"]) sent["content-type"] = "application/json";
  const began = performance.now();
  const response = await fetch(url, {
    method,
    headers: sent,
    body: raw ? body : JSON.stringify(body),
    redirect: "manual",
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: parse(text),
    cost: cost(response.headers.get("server-timing")),
    millis: performance.now() - began,
  };
}

/** `d1;dur=1.4;desc="trips=1 read=3 written=0"` as numbers, or null. */
export function cost(header) {
  const found = /(?:^|,)\s*d1;[^,]*desc="trips=(\d+) read=(\d+) written=(\d+)"/.exec(header ?? "");
  return found && { trips: Number(found[1]), read: Number(found[2]), written: Number(found[3]) };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lowerKeys(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function trim(url) {
  return String(url).replace(/\/+$/, "");
}

/** Process ids of the workerd children of this process. */
function runtimes() {
  const rows = existsSync("/proc/self/stat") ? fromProc() : fromPs();
  return rows.filter((row) => row.parent === process.pid && row.name.includes("workerd")).map((row) => row.pid);
}

function fromProc() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat);
        return state === "Z" ? [] : [{ pid: Number(pid), parent: Number(parent), name }];
      } catch {
        return []; // it ended while we looked
      }
    });
}

function fromPs() {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter(Boolean)
    .map(([, pid, parent, name]) => ({ pid: Number(pid), parent: Number(parent), name }));
}
