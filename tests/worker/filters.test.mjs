// Filters by chance on the real D1. The generator says of each whether its resource satisfies it, by the
// plain reading of the RFC (src/scim/filter/matches.rs); the Worker is asked for that resource with it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";

import { start } from "./harness.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const count = process.env.SCIM_EDGE_FILTER_CASES ?? "3000";
const seed = process.env.SCIM_EDGE_FILTER_SEED ?? "1";
const LANES = 8;

let edge;
let lines;
before(async () => {
  const cargo = spawnSync("cargo", ["run", "--quiet", "--example", "filter-cases", "--", "--count", count, "--seed", seed], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(cargo.status, 0, cargo.stderr);
  lines = cargo.stdout.trim().split("\n").map((line) => JSON.parse(line));
  edge = await start();
});
after(() => edge.stop());

test(`${count} filters, seed ${seed}`, async (t) => {
  const tenant = await edge.createTenant("filters");
  const ids = new Map();
  for (const { type, number, resource } of lines.filter((line) => line.resource)) {
    const made = await tenant.scim("POST", `/${type}s`, resource);
    assert.equal(made.status, 201, `${made.text}\n${JSON.stringify(resource)}`);
    ids.set(number, made.json.id);
  }
  const cases = lines.filter((line) => line.filter !== undefined);
  const wrong = [];
  let positive = 0;
  let next = 0;
  const ask = async (type, filter) => {
    const query = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], filter, attributes: ["id"], count: 1000 };
    const answer = await tenant.scim("POST", `/${type}s/.search`, query);
    if (answer.status !== 200) wrong.push(`${filter}: ${answer.text}`);
    return answer.json.Resources?.map((one) => one.id) ?? [];
  };
  const lane = async () => {
    while (next < cases.length) {
      const { type, number, filter, expected } = cases[next++];
      const id = ids.get(number);
      positive += expected;
      // Both ways to the rows: the one resource tested against the filter, and by turns what the filter
      // itself finds its rows by.
      const found = [await ask(type, `(${filter}) and id eq "${id}"`)];
      if (next % 2) found.push(await ask(type, filter));
      for (const [at, list] of found.entries()) {
        if (list.includes(id) !== expected) wrong.push(`${at ? "alone" : "with its id"}: ${filter}: expected ${expected}`);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  t.diagnostic(`${cases.length} filters on ${ids.size} resources, every other asked in two ways; ${positive} are satisfied`);
  assert.deepEqual(wrong, []);
  assert.ok(positive * 10 > cases.length && positive * 10 < cases.length * 9, "too one-sided");
});
