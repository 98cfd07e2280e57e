// docs/openapi.json against the running Worker by schemathesis: requests made from the document, those
// that fit it and those that do not, and every answer checked against it.
//
//     node tests/openapi.mjs [options of `schemathesis run`]
//
// The first run makes a Python environment in tests/.venv-openapi. Python 3.10 or later is needed.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { environment } from "./python.mjs";
import { start } from "./worker/harness.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const programs = environment(join(here, ".venv-openapi"), join(here, "openapi", "requirements.txt"));

const edge = await start();
try {
  // The tenant of the document's examples: without it most requests would find nothing.
  await edge.createTenant("acme", { exact: true });
  process.exitCode = await schemathesis();
} finally {
  await edge.stop();
}

/** Not spawnSync: the server that is being asked lives in this process. */
function schemathesis() {
  const args = [
    ...["--config-file", join(here, "openapi", "schemathesis.toml")],
    ...["run", join(here, "..", "docs", "openapi.json"), "--checks", "all"],
    ...["--url", `${edge.url}/admin/v1`, "--header", `Authorization: Bearer ${edge.adminToken}`],
    ...process.argv.slice(2),
  ];
  return new Promise((resolve, reject) => {
    // In a folder of its own: it keeps what it found beside the place where it runs.
    const env = { ...process.env, SCHEMATHESIS_HOOKS: join(here, "openapi", "hooks.py") };
    const child = spawn(join(programs, "schemathesis"), args, { cwd: join(here, ".venv-openapi"), env, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
