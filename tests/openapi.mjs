// docs/openapi.json and docs/openapi-directory.json against the running Worker by schemathesis: requests
// made from the documents, those that fit and those that do not, and every answer checked.
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
  await schemathesis("openapi.json", "/admin/v1", edge.adminToken);
  await schemathesis("openapi-directory.json", "/directory/v1/peopled", await peopled());
} finally {
  await edge.stop();
}

/** A tenant with a user in a department, and a token for its directory. */
async function peopled() {
  const tenant = await edge.createTenant("peopled", { exact: true });
  const created = async (path, resource) => {
    const { status, text, json } = await tenant.scim("POST", path, resource);
    if (status !== 201) throw new Error(text);
    return json.id;
  };
  const user = await created("/Users", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "ada", emails: [{ value: "ada@example.com" }] });
  await created("/Groups", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "Sales", members: [{ value: user }] });
  await edge.admin("PUT", "/tenants/peopled/mapping", { rules: [{ name: "Sales" }] });
  const made = await edge.admin("POST", "/tenants/peopled/tokens", { label: "product", scopes: ["directory:read"] });
  return made.json.token;
}

/** Not spawnSync: the server that is being asked lives in this process. */
async function schemathesis(document, path, token) {
  const args = [
    ...["--config-file", join(here, "openapi", "schemathesis.toml")],
    ...["run", join(here, "..", "docs", document), "--checks", "all"],
    ...["--url", edge.url + path, "--header", `Authorization: Bearer ${token}`],
    ...process.argv.slice(2),
  ];
  const code = await new Promise((resolve, reject) => {
    // In a folder of its own: it keeps what it found beside the place where it runs.
    const env = { ...process.env, SCHEMATHESIS_HOOKS: join(here, "openapi", "hooks.py") };
    const child = spawn(join(programs, "schemathesis"), args, { cwd: join(here, ".venv-openapi"), env, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  if (code !== 0) process.exitCode = code;
}
