// `npm run admin -- COMMAND …`: the admin API for people. `--json` makes every answer one for programs.
//
// Exit codes: 0 done; 1 the server refused, or found what should not be; 2 the command is wrong; 3 there
// is no server, or no credential for it.

import { parseArgs } from "node:util";

import { isMain } from "../common.mjs";
import { Api, target } from "./api.mjs";
import { audit } from "./audit.mjs";
import { clients } from "./clients.mjs";
import { consistency } from "./consistency.mjs";
import { credentials } from "./credentials.mjs";
import { declared } from "./declared.mjs";
import { events } from "./events.mjs";
import { logs } from "./logs.mjs";
import { sets } from "./sets.mjs";
import { tenants } from "./tenants.mjs";
import { tokens } from "./tokens.mjs";
import { tombstones } from "./tombstones.mjs";
import { transfer } from "./transfer.mjs";
import { webhooks } from "./webhooks.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

export const COMMANDS = { ...tenants, ...tokens, ...clients, ...declared, ...tombstones, ...logs, ...events, ...webhooks, ...sets, ...transfer, ...consistency, ...credentials, ...audit };

const COMMON = {
  url: { type: "string", value: "URL" },
  token: { type: "string", value: "TOKEN" },
  "access-token": { type: "string", value: "TOKEN" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

const PROLOGUE = `Usage: npm run admin -- COMMAND …

--url URL and --token TOKEN say which server and who asks; without them the environment's SCIM_EDGE_URL and
SCIM_EDGE_ADMIN_TOKEN do, or else .scim-edge/dev.json, which a running \`npm start\` writes. Behind Cloudflare
Access, --access-token (or SCIM_EDGE_ACCESS_TOKEN) is what \`cloudflared access token --app=URL\` prints.
--json answers with JSON. COMMAND --help says more of a command.
`;

/** Runs a command line: its exit code. */
export async function admin(line, { out = (text) => process.stdout.write(text), note = (text) => process.stderr.write(text) } = {}) {
  try {
    const words = parseArgs({ args: line, options: kinds(COMMON), strict: false, allowPositionals: true }).positionals;
    const name = commandOf(words);
    if (name === undefined) return overview(line, words, out);
    const command = COMMANDS[name];
    const { values, positionals } = read(name, command, line);
    if (values.help) return out(`${helpOf(name, command)}\n`), 0;
    const args = positionals.slice(name.split(" ").length);
    const needed = command.args ?? [];
    if (args.length < needed.length || (!command.rest && args.length > needed.length)) throw new Wrong(USAGE, helpOf(name, command));
    const api = new Api(target(values));
    const answer = await command.run({ api, args, options: values, out, note });
    if (answer !== undefined) out(`${values.json ? JSON.stringify(answer, null, 2) : command.show(answer)}\n`);
    return command.code?.(answer) ?? 0;
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    note(`${error.message}\n`);
    return error.code;
  }
}

/** "tenants list" or "export": the longest name that the words begin with. */
function commandOf(words) {
  const names = [words.slice(0, 2).join(" "), words[0]];
  return names.find((name) => name !== undefined && Object.hasOwn(COMMANDS, name));
}

function overview(line, words, out) {
  if (line.length > 0 && !line.some((word) => ["--help", "-h"].includes(word)) && words.length === 0) {
    throw new Wrong(USAGE, PROLOGUE);
  }
  const of = (name) => words.length === 0 || name.split(" ")[0] === words[0];
  const known = Object.entries(COMMANDS).filter(([name]) => of(name));
  if (known.length === 0) throw new Wrong(USAGE, `There is no command ${words.slice(0, 2).join(" ")}: \`npm run admin\` lists those there are.`);
  const usages = known.map(([name, command]) => [usage(name, command), command.says]);
  const text = `${words.length === 0 ? `${PROLOGUE}\n` : ""}${usages.map(([usage, says]) => `  ${usage}\n      ${says}`).join("\n")}\n`;
  // A family's name alone is not yet a command.
  if (words.length > 0 && !line.includes("--help") && !line.includes("-h")) throw new Wrong(USAGE, text);
  out(text);
  return 0;
}

/** What parseArgs wants to know of options. */
function kinds(options) {
  return Object.fromEntries(Object.entries(options).map(([key, { value, ...kind }]) => [key, kind]));
}

function read(name, command, line) {
  const options = { ...COMMON, ...command.options };
  try {
    return parseArgs({ args: line, options: kinds(options), allowPositionals: true });
  } catch (error) {
    throw new Wrong(USAGE, `${error.message}\n${helpOf(name, command)}`);
  }
}

function usage(name, command) {
  const options = Object.entries(command.options ?? {}).map(([key, { value }]) => (value ? `[--${key} ${value}]` : `[--${key}]`));
  return [name, ...(command.args ?? []), ...(command.rest ? [command.rest] : []), ...options].join(" ");
}

function helpOf(name, command) {
  return `Usage: npm run admin -- ${usage(name, command)}\n  ${command.says}${command.more ? `\n\n${command.more}` : ""}`;
}

if (isMain(import.meta.url)) process.exitCode = await admin(process.argv.slice(2));
