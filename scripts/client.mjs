// `npm run client`: the types of client/ as docs/openapi.json and docs/openapi-directory.json have them.
// `npm test -- client` writes nothing: it fails where a type is not what the documents say, and where tsc
// finds a mistake in the client or in the example that uses it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bin, isMain, main, root, run, say, Stop } from "./common.mjs";

const GENERATED = [
  ["docs/openapi.json", "client/admin.d.ts"],
  ["docs/openapi-directory.json", "client/directory.d.ts"],
];

const PROJECTS = ["client", "examples/workplace"];

async function generate() {
  for (const [document, file] of GENERATED) {
    writeFileSync(join(root, file), await typesOf(document));
    say(`${file} is what ${document} says`);
  }
}

/** Fails where the types are not the documents', or where tsc finds a mistake. */
export async function checkClient() {
  for (const [document, file] of GENERATED) {
    if (readFileSync(join(root, file), "utf8") !== (await typesOf(document))) {
      throw new Stop(`${file} is not what ${document} says: run \`npm run client\`.`);
    }
  }
  for (const project of PROJECTS) {
    const { code } = await run(bin("tsc"), ["--noEmit", "--project", project]);
    if (code !== 0) throw new Stop(`tsc ended with exit code ${code} in ${project}`);
  }
}

async function typesOf(document) {
  // Not at the head of the file: scripts begin before `npm ci` has run.
  const { default: openapiTS, astToString } = await import("openapi-typescript");
  const content = sayable(JSON.parse(readFileSync(join(root, document), "utf8")));
  const nodes = await openapiTS(content, { defaultNonNullable: false, emptyObjectsUnknown: true });
  return `// Made from ${document} by \`npm run client\`: change that and not this.\n\n${astToString(nodes)}`;
}

/**
 * The document without what a type cannot say. Which members go together stands there as alternatives
 * of `required`, each of which would become a type that knows no member. Examples would be comments,
 * and a third of the file.
 */
function sayable(value, within) {
  if (Array.isArray(value)) return value.map((one) => sayable(one));
  if (value === null || typeof value !== "object") return value;
  const names = within === "properties"; // Whose keys are the API's words, and not OpenAPI's.
  const unsayable = (key) => ["example", "examples", "not"].includes(key) || ("properties" in value && ["anyOf", "oneOf"].includes(key));
  const entries = Object.entries(value).filter(([key]) => names || !unsayable(key));
  return Object.fromEntries(entries.map(([key, one]) => [key, sayable(one, names ? undefined : key)]));
}

if (isMain(import.meta.url)) await main(generate);
