// Replays what identity providers send. Each file below tests/idp/<provider>/ is one dialog, as data:
//
//     {
//       "provider": "okta",
//       "behaviour": "what the provider does, as a sentence",
//       "source": "where that is known from",
//       "requires": "groups",                        // left out: users
//       "steps": [
//         { "note": "...",
//           "request": { "method": "POST", "path": "/Users", "headers": {}, "body": {} },
//           "expect": { "status": 201, "headers": {}, "body": {}, "maxMillis": 600 },
//           "capture": { "userId": "/id" } }         // JSON pointers into the answer
//       ]
//     }
//
// `status` is a number or a list of those the provider takes. `body` follows matching.mjs; `null` means no
// body at all. Strings may use what was captured, and `${base}`, `${token}`, `${guid}`. A bearer token is
// sent unless the step names `Authorization` itself; `null` sends none. `rawBody` is sent as it stands.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { difference } from "./matching.mjs";

const directory = join(dirname(fileURLToPath(import.meta.url)), "..", "idp");
const fileKeys = ["provider", "behaviour", "source", "requires", "steps"];
const stepKeys = ["note", "request", "expect", "capture"];
const requestKeys = ["method", "path", "headers", "body", "rawBody"];
const expectKeys = ["status", "headers", "body", "maxMillis"];

export const providers = readdirSync(directory).sort();

/** A provider's dialogs, each with the `name` of its file. */
export function dialogs(provider) {
  const files = readdirSync(join(directory, provider)).filter((name) => name.endsWith(".json")).sort();
  return files.map((file) => {
    const dialog = JSON.parse(readFileSync(join(directory, provider, file), "utf8"));
    checkShape(dialog, provider, file);
    return { ...dialog, name: file.replace(".json", "") };
  });
}

/** Has a dialog with a tenant; `afterStep` is called with what the step was. */
export async function replay(dialog, tenant, afterStep = async () => {}) {
  const variables = { base: tenant.base, token: tenant.token, guid: randomUUID() };
  for (const [index, step] of dialog.steps.entries()) {
    const { method, path, headers, body, rawBody } = fill(step.request, variables);
    const answer = await tenant.scim(method, path, rawBody ?? body, headers);
    const where = `step ${index + 1}, ${method} ${path}${step.note ? ` (${step.note})` : ""}`;
    check(answer, fill(step.expect, variables), where);
    for (const [name, pointer] of Object.entries(step.capture ?? {})) {
      variables[name] = at(answer.json, pointer);
      assert.notEqual(variables[name], undefined, `${where}: nothing at ${pointer}: ${answer.text}`);
    }
    await afterStep(where);
  }
}

function check(answer, expected, where) {
  const statuses = [expected.status].flat();
  assert.ok(statuses.includes(answer.status), `${where}: ${answer.status} instead of ${statuses}: ${answer.text}`);
  for (const [name, one] of Object.entries(expected.headers ?? {})) {
    assert.equal(difference(answer.headers.get(name) ?? undefined, one, name), null, where);
  }
  if (expected.body === null) assert.equal(answer.text, "", `${where}: a body where none belongs`);
  else if (expected.body !== undefined) {
    assert.match(answer.headers.get("content-type") ?? "", /^application\/(scim\+)?json\b/, where);
    const found = difference(answer.json, expected.body);
    assert.equal(found, null, `${where}: ${found}\n${answer.text}`);
  }
  if (expected.maxMillis) assert.ok(answer.millis < expected.maxMillis, `${where}: took ${answer.millis} ms`);
}

/** Puts variables into every string of a JSON value, keys included. */
function fill(value, variables) {
  if (typeof value === "string") {
    return value.replace(/\$\{(\w+)\}/g, (_, name) => {
      assert.ok(name in variables, `nothing was captured as ${name}`);
      return variables[name];
    });
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, variables));
  if (value && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [fill(key, variables), fill(one, variables)]),
    );
  }
  return value;
}

/** A JSON pointer (RFC 6901). */
function at(value, pointer) {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((inner, key) => inner?.[key], value);
}

/** A misspelt key would otherwise be an expectation that nobody checks. */
function checkShape(dialog, provider, file) {
  const only = (object, keys, what) => {
    const odd = Object.keys(object).filter((key) => !keys.includes(key));
    assert.deepEqual(odd, [], `${provider}/${file}: ${what} has an unknown key`);
  };
  only(dialog, fileKeys, "the file");
  assert.equal(dialog.provider, provider, `${provider}/${file}: provider`);
  for (const key of ["behaviour", "source"]) assert.ok(dialog[key], `${provider}/${file}: ${key}`);
  for (const step of dialog.steps) {
    only(step, stepKeys, "a step");
    only(step.request, requestKeys, "a request");
    only(step.expect, expectKeys, "an expectation");
    assert.ok(step.expect.status, `${provider}/${file}: a step without a status`);
  }
}
