// `npm start`: installs what is missing, builds, migrates a local database that survives restarts
// and serves on the real workerd through `wrangler dev`. Once requests are answered it writes
// .scim-edge/dev.json, which people's scripts read:
//
//   {"base_url": "http://127.0.0.1:8787/t/demo/scim/v2", "token": "…",
//    "admin_url": "http://127.0.0.1:8787/admin/v1", "admin_token": "…"}
//
// The file is there only while the server is.

import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { bin, isMain, main, onInterrupt, parseOptions, root, run, say, start, Stop, writeWhole } from "./common.mjs";
import { build } from "./build.mjs";
import { setup } from "./setup.mjs";

const USAGE = `Usage: npm start -- [--port N] [--fresh] [--persist-to DIR]
  --port N          listen on this port (8787)
  --fresh           begin with an empty database
  --persist-to DIR  keep the database in DIR (.wrangler/state)`;

const devFile = join(root, ".scim-edge", "dev.json");

// The request.cf object is of no use to us, and looking it up would make an offline start wait.
const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

export function startOptions(args) {
  const options = parseOptions(args, { port: "number", fresh: "flag", "persist-to": "text" }, USAGE);
  const port = options.port ?? 8787;
  if (port < 1 || port > 65535) throw new Stop(`--port needs a number from 1 to 65535, not ${port}.\n${USAGE}`);
  return { port, fresh: options.fresh ?? false, state: resolve(options["persist-to"] ?? join(root, ".wrangler", "state")) };
}

async function serve(args) {
  const { port, fresh, state } = startOptions(args);
  await refuseBusyPort(port);
  // One left behind by a killed run would send scripts to a server that is gone.
  await rm(devFile, { force: true });

  const tools = await setup();
  await build(tools);
  const adminToken = await adminTokenFrom(join(root, ".dev.vars"));
  if (fresh) await empty(state);
  await migrate(state);
  const server = await launch(port, state);

  const origin = `http://127.0.0.1:${port}`;
  const admin = { url: `${origin}/admin/v1`, token: adminToken };
  const base = `${origin}/t/demo/scim/v2`;
  const token = await demoToken(admin, base, join(state, "scim-edge-token"));
  await announce({ base_url: base, token, admin_url: admin.url, admin_token: adminToken });

  const { code } = await server.ended;
  throw new Stop(`wrangler dev ended by itself (exit code ${code}): see its message above.`);
}

function refuseBusyPort(port) {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once("error", ({ code }) =>
      failed(new Stop(code === "EADDRINUSE" ? `Port ${port} is in use: stop what listens there, or choose another with \`npm start -- --port N\`.` : `Port ${port} cannot be opened (${code}): choose another with \`npm start -- --port N\`.`)),
    );
    probe.listen(port, "127.0.0.1", () => probe.close(done));
  });
}

/** The admin token of the local server, made on the first run and kept in a file that git ignores. */
export async function adminTokenFrom(path) {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const known = /^\s*ADMIN_TOKEN\s*=\s*(["']?)([^"'\n]+?)\1\s*$/m.exec(text)?.[2];
  if (known) return known;
  const token = randomBytes(32).toString("base64url");
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  await writeWhole(path, `${text}${gap}ADMIN_TOKEN=${token}\n`, 0o600);
  return token;
}

// Only what wrangler and this script wrote there: --persist-to may name a folder that holds more.
async function empty(state) {
  await rm(join(state, "v3"), { recursive: true, force: true });
  await rm(join(state, "scim-edge-token"), { force: true });
}

async function migrate(state) {
  const folder = join(root, "migrations");
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  say("Applying the migrations …");
  const wanted = ["d1", "migrations", "apply", "DB", "--local", "--persist-to", state];
  const { code, stdout, stderr } = await run(bin("wrangler"), wanted, { env: { ...env, CI: "true" }, capture: true });
  if (code !== 0) throw new Stop(`${stdout}${stderr}\nA migration could not be applied: correct it, or begin again with \`npm start -- --fresh\`.`);
}

async function launch(port, state) {
  const since = performance.now();
  say(`Starting workerd on port ${port} …`);
  // An inspector port of its own choice lets two servers run side by side.
  const args = ["dev", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0", "--persist-to", state, "--var", "LOCAL_WEBHOOKS:on", "--show-interactive-dev-session=false"];
  const server = start(bin("wrangler"), args, { env });
  let end;
  server.ended.then((result) => (end = result));
  while (!(await answers(`http://127.0.0.1:${port}/`))) {
    if (end) throw new Stop(`wrangler dev did not start (exit code ${end.code}): see its message above.`);
    if (performance.now() - since > 120_000) throw new Stop("wrangler dev gave no answer for two minutes: see its messages above.");
    await new Promise((done) => setTimeout(done, 100));
  }
  return server;
}

async function answers(url) {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(5000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// The token is kept beside the database that knows it, so each --persist-to folder has its own.
async function demoToken(admin, base, path) {
  const kept = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (kept && (await works(base, kept))) return kept;

  await post(admin, "/tenants", { slug: "demo", name: "Demo" }, [201, 409]);
  const { token } = await post(admin, "/tenants/demo/tokens", { label: "npm start" }, [201]);
  await writeWhole(path, `${token}\n`, 0o600);
  return token;
}

async function works(base, token) {
  const response = await fetch(`${base}/Users?count=0`, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status === 200;
}

async function post(admin, path, body, expected) {
  const response = await fetch(`${admin.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${admin.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!expected.includes(response.status)) {
    throw new Stop(`The Worker runs, but answered ${response.status} to POST ${admin.url}${path}: ${text.slice(0, 500)}`);
  }
  return response.status === 201 ? JSON.parse(text) : undefined;
}

async function announce(dev) {
  const text = `${JSON.stringify(dev, null, 2)}\n`;
  await writeWhole(devFile, text, 0o600);
  // A second server on another port may have written its own file since; that one stays.
  onInterrupt(() => {
    if (existsSync(devFile) && readFileSync(devFile, "utf8") === text) rmSync(devFile);
    return true;
  });
  say(`
scim-edge is ready (Ctrl-C stops it).

  SCIM base URL  ${dev.base_url}
  token          ${dev.token}
  admin API      ${dev.admin_url}
  admin token    ${dev.admin_token}

  curl -H "Authorization: Bearer ${dev.token}" ${dev.base_url}/Users

The same is in .scim-edge/dev.json.
`);
}

if (isMain(import.meta.url)) await main(() => serve(process.argv.slice(2)));
