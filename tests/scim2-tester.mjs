// Runs the public conformance suites scim2-tester and scim-sanity against the built Worker, prints every
// check, and fails on each that is not a success, unless it is excused below with a reason.
//
//     node tests/scim2-tester.mjs [scim2-tester|scim-sanity]
//
// The first run makes a Python environment in tests/.venv. Python 3.10 or later is needed.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { environment } from "./python.mjs";
import { start } from "./worker/harness.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const programs = environment(join(here, ".venv"), join(here, "scim2_tester", "requirements.txt"));

/** What a suite asks for and this server does otherwise: which suite, which check, what it found, why. */
const excused = [
  {
    suite: "scim2-tester",
    name: /^Group check_(add|replace)_attribute$/,
    status: "ERROR",
    reason: /^Attribute 'members'[\s\S]*display=None[\s\S]*Returned value: [^\n]*display='/,
    why: "the server adds the member's display name, as the examples of RFC 7643 do; the suite compares to the letter",
  },
  {
    suite: "scim-sanity",
    name: /Agent/,
    status: "SKIPPED",
    reason: /^Agent\w* not supported/,
    why: "resource types of an Internet draft that this server does not offer",
  },
  {
    suite: "scim-sanity",
    name: /PATCH \/Groups/,
    status: "FAIL",
    reason: /got 204/,
    why: "RFC 7644 section 3.5.2 allows 204: reading all members back would cost a large group a large answer",
  },
];

const wanted = process.argv.slice(2);
const suites = wanted.length ? wanted : ["scim2-tester", "scim-sanity"];

const edge = await start();
let failures = 0;
try {
  for (const suite of suites) {
    // A tenant of its own for each, so that neither meets what the other left.
    const tenant = await edge.createTenant(suite);
    const checks = await run(suite, { SCIM_BASE: tenant.base, SCIM_TOKEN: tenant.token });
    failures += report(suite, checks);
  }
} finally {
  await edge.stop();
}
process.exitCode = failures ? 1 : 0;

/** Not spawnSync: the server that is being asked lives in this process. */
function run(suite, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(programs, "python"), [join(here, "scim2_tester", "run.py"), suite], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`${suite} broke off`))));
  });
}

function report(suite, checks) {
  const counts = { success: 0, excused: 0, failed: 0 };
  console.log(`\n${suite}`);
  for (const check of checks) {
    const excuse = excused.find(
      (one) =>
        one.suite === suite && one.status === check.status && one.name.test(check.name) && one.reason.test(check.reason),
    );
    const kind = check.status === "SUCCESS" ? "success" : excuse ? "excused" : "failed";
    counts[kind] += 1;
    const mark = { success: "ok     ", excused: "excused", failed: "FAILED " }[kind];
    console.log(`  ${mark} ${check.name}: ${kind === "success" ? "" : `${check.status} `}${check.reason}`);
    if (excuse) console.log(`          because: ${excuse.why}`);
  }
  console.log(`  ${counts.success} succeeded, ${counts.excused} excused, ${counts.failed} failed`);
  // A suite that found nothing to check has not succeeded.
  return counts.failed + (counts.success === 0 ? 1 : 0);
}
