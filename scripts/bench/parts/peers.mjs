// Servers that people would use instead, each installed from its registry and started as its documents
// say, under the same load with the same checks. They are no like for like: what keeps everything in
// memory is marked so, and ours runs on Miniflare with every change in D1.

import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { run, say, start as launch, stop } from "../../common.mjs";
import { start } from "../../../tests/worker/harness.mjs";
import { seededUser } from "../../../tests/worker/seed.mjs";
import { exchange, inTurns } from "../load.mjs";
import { newUser } from "../operations.mjs";
import { folder, table } from "../report.mjs";

const PEERS = [
  {
    name: "scimmy-routers 1.3.2 on Express",
    memory: true,
    async install(home) {
      cpSync(new URL("../peers/scimmy.mjs", import.meta.url), join(home, "server.mjs"));
      if (existsSync(join(home, "node_modules", "scimmy-routers"))) return;
      writeFileSync(join(home, "package.json"), '{"private":true,"type":"module"}');
      await must("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "scimmy-routers@1.3.2", "scimmy@1.3.5", "express@5.1.0"], home);
    },
    start: (home, port) => launch(process.execPath, [join(home, "server.mjs"), String(port)], { cwd: home, stdio: "ignore" }),
    base: (port) => `http://127.0.0.1:${port}/scim`,
  },
  {
    name: "scim2-server 0.8.3 (Python)",
    memory: true,
    async install(home) {
      if (existsSync(join(home, "venv", "bin", "scim2-server"))) return;
      await must("python3", ["-m", "venv", "venv"], home);
      await must(join("venv", "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", "scim2-server==0.8.3"], home);
    },
    start: (home, port) => launch(join(home, "venv", "bin", "scim2-server"), ["--port", String(port)], { cwd: home, stdio: "ignore" }),
    base: (port) => `http://127.0.0.1:${port}`,
  },
];

export default async function peers({ quick }) {
  const users = quick ? 200 : 2000;
  const how = { rounds: quick ? 3 : 8, millis: quick ? 300 : 1000, clients: 4 };
  const rows = [];
  const results = [];
  const measure = async (name, server) => {
    const result = { name, ...(await loads(server, users, how)) };
    results.push(result);
    rows.push([name, ...["create", "get", "find", "page"].map((key) => (Number.isNaN(result[key]) ? "wrong" : result[key].toFixed(0)))]);
  };
  const edge = await start();
  try {
    const tenant = await edge.createTenant("peers");
    await measure("scim-edge, D1 in Miniflare", { base: tenant.base, pid: edge.local.pid, token: tenant.token });
  } finally {
    await edge.stop();
  }
  for (const peer of PEERS) {
    try {
      await against(peer, measure);
    } catch (error) {
      say(`${peer.name}: ${error.message}`);
      results.push({ name: peer.name, failed: error.message });
    }
  }
  table([`requests/s, ${users} users, ${how.clients} clients`, "POST", "GET", "userName eq", "page of 100"], rows);
  say("scim-server (crates.io) is a library whose HTTP server is its user's to write: it has no start to measure.");
  return results;
}

async function against(peer, measure) {
  const home = join(folder, "peers", peer.name.split(" ")[0]);
  mkdirSync(home, { recursive: true });
  await peer.install(home);
  const port = await freePort();
  const child = peer.start(home, port);
  try {
    const base = peer.base(port);
    await answers(`${base}/ServiceProviderConfig`);
    await measure(`${peer.name}${peer.memory ? ", in memory" : ""}`, { base, pid: child.pid, token: "any" });
  } finally {
    await stop(child);
  }
}

/** Rates of each operation, with the server's own users. */
async function loads({ base, pid, token }, count, how) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/scim+json", accept: "application/scim+json" };
  const users = [];
  for (let index = 0; index < count; index += 1) {
    const user = seededUser(index);
    const made = await exchange({ method: "POST", url: `${base}/Users`, headers, body: user });
    if (made.status !== 201) throw new Error(`POST answered ${made.status}: ${made.text.slice(0, 200)}`);
    users.push({ ...user, id: JSON.parse(made.text).id });
  }
  let turn = 0;
  const next = () => users[(turn += 7) % users.length];
  const found = (number) => (answer) => {
    const { totalResults, Resources } = JSON.parse(answer.text);
    if (totalResults < number || Resources.length < number) throw new Error(`found ${totalResults}, shows ${Resources?.length}`);
  };
  const makes = {
    get: () => ({ url: `${base}/Users/${next().id}`, headers, status: 200 }),
    find: () => ({ url: `${base}/Users?filter=${encodeURIComponent(`userName eq "${next().userName}"`)}`, headers, status: 200, check: found(1) }),
    page: () => ({ url: `${base}/Users?startIndex=51&count=100`, headers, status: 200, check: found(100) }),
    create: () => ({ method: "POST", url: `${base}/Users`, headers, body: newUser(), status: 201 }),
  };
  const rates = {};
  for (const [name, make] of Object.entries(makes)) {
    // What a server does not do right has no rate.
    try {
      rates[name] = (await inTurns({ make }, { ...how, pid })).make.rate;
    } catch (error) {
      say(`${base}, ${name}: ${error.message}`);
      rates[name] = NaN;
    }
  }
  return rates;
}

async function must(command, args, cwd) {
  const { code, stderr } = await run(command, args, { cwd, capture: true });
  if (code !== 0) throw new Error(`could not be installed: ${stderr.trim().split("\n").at(-1)}`);
}

async function answers(url) {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const status = await exchange({ url, headers: { authorization: "Bearer any" } }).then((answer) => answer.status, () => 0);
    if (status === 200) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error("does not start within 30 seconds");
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
