// `npm run deploy`: brings the Worker, its database and its admin token to your Cloudflare account.
// Every step looks first and changes only what is missing, so it can be run again at any time: after
// a failure it goes on where it stopped, and after an update it migrates and deploys.
//
// The database's id goes into wrangler.toml, as `wrangler d1 create` itself would write it: it is no
// secret, and committing it in your copy lets plain `wrangler deploy` and your CI do the rest. An id
// that is there already is never replaced. If it belongs to no database of this account, the account
// is the wrong one more often than the file, and a new, empty database would be a bad surprise.

import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, isMain, main, parseOptions, root, run, say, Stop, writeWhole } from "./common.mjs";
import { build } from "./build.mjs";
import { setup } from "./setup.mjs";

const USAGE = `Usage: npm run deploy -- [--dry-run] [--location HINT]
  --dry-run        build and check all that needs no Cloudflare account
  --location HINT  where a new database is placed: wnam enam weur eeur apac oc`;

export const PLACEHOLDER_ID = "00000000-0000-0000-0000-000000000000";

const MIN_TOKEN = 32;

// The D1 entry's own lines, up to the next table.
const D1_ENTRY = /^\[\[d1_databases\]\]$(?:\n(?!\[).*)*/m;

export function databaseIn(toml) {
  const entry = D1_ENTRY.exec(toml)?.[0] ?? "";
  const value = (key) => new RegExp(`^${key}\\s*=\\s*"([^"]*)"`, "m").exec(entry)?.[1];
  const found = { name: value("database_name"), id: value("database_id") };
  if (!found.name || !found.id) throw new Stop("wrangler.toml has no [[d1_databases]] entry with a database_name and a database_id: restore them from the repository.");
  return found;
}

export function withDatabaseId(toml, id) {
  return toml.replace(D1_ENTRY, (entry) => entry.replace(/^(database_id\s*=\s*)"[^"]*"/m, `$1"${id}"`));
}

/** All that needs the account. Which wrangler and which wrangler.toml are the caller's, for the tests. */
export async function deploy({ wrangler, config, location, env = process.env }) {
  const call = caller(wrangler, config);
  await requireLogin(call);
  const name = await database(call, config, location);
  await migrate(call, name);
  const adminToken = await adminSecret(call, env);
  const url = await publish(call);
  nextSteps(url, adminToken);
}

function caller(wrangler, config) {
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  return async (args, { orStop, extra = {}, ...options } = {}) => {
    const result = await run(wrangler, [...args, "--config", config], { env: { ...env, ...extra }, ...options });
    if (result.code !== 0 && orStop) throw new Stop(`${result.stdout}${result.stderr}\n${orStop}`.trim());
    return result;
  };
}

async function requireLogin(call) {
  say("[1/5] Cloudflare account …");
  const { code } = await call(["whoami", "--json"], { capture: true });
  if (code !== 0) throw new Stop("You are not logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (and CLOUDFLARE_ACCOUNT_ID), and run this again.");
}

async function database(call, config, location) {
  const toml = readFileSync(config, "utf8");
  const { name, id } = databaseIn(toml);
  say(`[2/5] D1 database ${name} …`);
  let known = await databases(call);
  if (id !== PLACEHOLDER_ID) {
    if (known.some(({ uuid }) => uuid === id)) return name;
    throw new Stop(`wrangler.toml names database ${id}, which this Cloudflare account does not have: log in to the account that has it, or, to deploy to this one, set database_id back to ${PLACEHOLDER_ID} and run this again.`);
  }
  if (!known.some((database) => database.name === name)) {
    const place = location ? ["--location", location] : [];
    await call(["d1", "create", name, "--update-config=false", ...place], { capture: true, orStop: `The database ${name} could not be created: see wrangler's message above.` });
    known = await databases(call);
  }
  const found = known.find((database) => database.name === name);
  if (!found) throw new Stop(`The database ${name} was created but is not listed yet: wait a minute and run this again.`);
  await writeWhole(config, withDatabaseId(toml, found.uuid));
  say(`      its id ${found.uuid} is now in wrangler.toml: commit it in your copy`);
  return name;
}

async function databases(call) {
  const { stdout } = await call(["d1", "list", "--json"], { capture: true, orStop: "The account's D1 databases could not be listed: see wrangler's message above." });
  return JSON.parse(stdout);
}

async function migrate(call, name) {
  say("[3/5] Migrations …");
  await call(["d1", "migrations", "apply", name, "--remote"], { orStop: "A migration could not be applied, and nothing was deployed: see wrangler's message above." });
}

/** The token, when this run made it. The environment's is not shown; one that is set already cannot be read back, and is left alone. */
async function adminSecret(call, env) {
  say("[4/5] Secret ADMIN_TOKEN …");
  const listed = await call(["secret", "list", "--format", "json"], { capture: true });
  // Before the first deployment there is no Worker to list secrets of; `secret put` makes a draft of it.
  const noWorkerYet = /Worker ".*" not found|code: 10007/.test(listed.stdout + listed.stderr);
  if (listed.code !== 0 && !noWorkerYet) throw new Stop(`${listed.stdout}${listed.stderr}\nThe Worker's secrets could not be listed: see wrangler's message above.`);
  if (listed.code === 0 && JSON.parse(listed.stdout).some(({ name }) => name === "ADMIN_TOKEN")) return undefined;

  const own = env.ADMIN_TOKEN;
  // A CI's log is read by more people than the token is meant for.
  if (!own && env.CI) throw new Stop("The Worker has no secret ADMIN_TOKEN yet, and a token made here would stand in this log: set ADMIN_TOKEN in the environment from your CI's secrets (32 random bytes or more), or run the first deploy by hand. Nothing was deployed.");
  if (own && own.length < MIN_TOKEN) throw new Stop(`ADMIN_TOKEN in the environment is shorter than ${MIN_TOKEN} characters: choose a random one, such as \`openssl rand -base64 32\` prints. Nothing was deployed.`);
  const token = own ?? randomBytes(32).toString("base64url");
  await call(["secret", "put", "ADMIN_TOKEN"], { input: token, capture: true, orStop: "The secret ADMIN_TOKEN could not be set, and nothing was deployed: see wrangler's message above." });
  say(own ? "      set to ADMIN_TOKEN of the environment" : `      made a new one, shown this once; keep it where you keep secrets:\n\n      ${token}\n`);
  return own ? undefined : token;
}

async function publish(call) {
  say("[5/5] Worker …");
  const folder = mkdtempSync(join(tmpdir(), "scim-edge-deploy-"));
  try {
    await call(["deploy"], { extra: { WRANGLER_OUTPUT_FILE_DIRECTORY: folder }, orStop: "The Worker could not be deployed: see wrangler's message above, and run this again." });
    return deployedUrl(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Wrangler reports there, a JSON object a line, what it also prints for people.
function deployedUrl(folder) {
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"));
  const report = lines.filter(Boolean).map((line) => JSON.parse(line)).find(({ type }) => type === "deploy");
  const target = report?.targets?.find((target) => /^(https:\/\/)?[\w.-]+$/.test(target));
  return target ? `https://${target.replace("https://", "")}` : "https://YOUR-WORKER";
}

function nextSteps(url, adminToken) {
  say(`
Deployed to ${url}. Next, with ADMIN_TOKEN set to ${adminToken ? "the token above" : "your admin token (lost? `npx wrangler secret put ADMIN_TOKEN` sets another)"}:

1. Create a tenant:

  curl -X POST ${url}/admin/v1/tenants \\
    -H "Authorization: Bearer $ADMIN_TOKEN" -H "Content-Type: application/json" \\
    -d '{"slug":"acme","name":"Acme"}'

2. Create its token, and give it to the identity provider with the base URL ${url}/t/acme/scim/v2:

  curl -X POST ${url}/admin/v1/tenants/acme/tokens \\
    -H "Authorization: Bearer $ADMIN_TOKEN" -H "Content-Type: application/json" \\
    -d '{"label":"Okta"}'
`);
}

/** Everything short of the account: does what wrangler would upload hang together? */
export async function dryRun() {
  databaseIn(readFileSync(join(root, "wrangler.toml"), "utf8"));
  const { code } = await run(bin("wrangler"), ["deploy", "--dry-run", "--outdir", join(root, ".wrangler", "dry-run")], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" },
  });
  if (code !== 0) throw new Stop("wrangler would not deploy this: see its message above.");
}

async function fromCommandLine(args) {
  const options = parseOptions(args, { "dry-run": "flag", location: "text" }, USAGE);
  const tools = await setup();
  await build(tools);
  if (options["dry-run"]) return dryRun();
  await deploy({ wrangler: bin("wrangler"), config: join(root, "wrangler.toml"), location: options.location });
}

if (isMain(import.meta.url)) await main(() => fromCommandLine(process.argv.slice(2)));
