// Export and import of a large tenant by the command line, against the real Worker: time, and the peak
// memory of the runtime and of the command.
//
//     node scripts/bench/transfer.mjs [users]
//
// A group for every ten thousand users, each with a tenth of all users as members. The copy is
// exported again and compared line by line, and both are checked for contradictions. Linux only.

import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { root, start as launch } from "../common.mjs";
import { start, temporaryDirectory } from "../../tests/worker/harness.mjs";
import { seedUsers } from "../../tests/worker/seed.mjs";
import { seedGroup } from "../../tests/worker/seed-groups.mjs";

const users = Number(process.argv[2] ?? 50_000);
const groups = Math.max(1, Math.round(users / 10_000));
const state = temporaryDirectory();
const folder = mkdtempSync(join(tmpdir(), "scim-edge-transfer-"));

/** The high water mark of a process's resident memory, in MB. */
function peak(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  } catch {
    return 0; // it has ended
  }
}

/** Begins a new high water mark, where that is allowed; otherwise it is that of the whole run. */
function forgetPeak(pid) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {}
}

/** One command: seconds, and the peaks of command and runtime. */
async function command(edge, ...args) {
  const env = { ...process.env, SCIM_EDGE_URL: edge.url, SCIM_EDGE_ADMIN_TOKEN: edge.adminToken };
  forgetPeak(edge.local.pid);
  const began = performance.now();
  const child = launch(process.execPath, [join(root, "scripts", "admin", "index.mjs"), ...args, "--json"], { env });
  let own = 0;
  const watch = setInterval(() => (own = Math.max(own, peak(child.pid))), 50);
  const { code } = await child.ended;
  clearInterval(watch);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
  const seconds = (performance.now() - began) / 1000;
  return { seconds, own, runtime: peak(edge.local.pid) };
}

/** Everything behind the first line, which names the tenant. */
async function digest(file) {
  const hash = createHash("sha256");
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (number > 0) hash.update(`${line}\n`);
    number += 1;
  }
  return { lines: number, digest: hash.digest("hex") };
}

const edge = await start({ persist: state.path });
try {
  const tenant = await edge.createTenant("bench");
  await seedUsers(tenant, users);
  const ids = (await edge.db.prepare("SELECT id FROM resources WHERE type = 'User' ORDER BY id").all()).results.map((row) => row.id);
  const share = Math.ceil(users / 10);
  for (let at = 0; at < groups; at += 1) await seedGroup(edge, tenant, ids.slice((at * share) % users, ((at * share) % users) + share));
  console.log(`${users} users, ${groups} groups of ${share}; the runtime has ${peak(edge.local.pid).toFixed(0)} MB`);
  const [file, copy] = [join(folder, "tenant.ndjson"), join(folder, "copy.ndjson")];
  const rows = [
    ["export", await command(edge, "export", tenant.slug, "--out", file)],
    ["import", await command(edge, "import", file, "--slug", "copy")],
    ["import again", await command(edge, "import", file, "--slug", "copy")],
    ["export of the copy", await command(edge, "export", "copy", "--out", copy)],
    ["consistency", await command(edge, "consistency", "copy")],
  ];
  console.log(`\n${"".padEnd(20)}${"seconds".padStart(9)}${"command MB".padStart(12)}${"runtime MB".padStart(12)}`);
  for (const [name, { seconds, own, runtime }] of rows) {
    console.log(`${name.padEnd(20)}${seconds.toFixed(1).padStart(9)}${own.toFixed(0).padStart(12)}${runtime.toFixed(0).padStart(12)}`);
  }
  const [one, other] = [await digest(file), await digest(copy)];
  console.log(`\n${one.lines} lines, ${(statSync(file).size / 1e6).toFixed(1)} MB; the copy is ${one.digest === other.digest ? "the same" : "ANOTHER"}`);
  if (one.digest !== other.digest) process.exitCode = 1;
} finally {
  await edge.stop();
  state.remove();
  rmSync(folder, { recursive: true, force: true });
}
