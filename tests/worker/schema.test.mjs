// schema.sql shows the database as it is; migrations/ leads there. They must agree.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { migrate, splitSql } from "./harness.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

test("migrations lead to schema.sql", async () => {
  const { Miniflare, Log, LogLevel } = await import("miniflare");
  const mf = new Miniflare({
    log: new Log(LogLevel.NONE),
    modules: true,
    script: "export default {}",
    d1Databases: { MIGRATED: "migrated", SHOWN: "shown" },
  });
  try {
    const migrated = await mf.getD1Database("MIGRATED");
    const shown = await mf.getD1Database("SHOWN");
    await migrate(migrated);
    const statements = splitSql(readFileSync(join(root, "schema.sql"), "utf8"));
    await shown.batch(statements.map((sql) => shown.prepare(sql)));
    const [left, right] = [await describe(migrated), await describe(shown)];
    assert.ok(Object.keys(right).length > 0, "schema.sql shows nothing");
    assert.deepEqual(left, right);
  } finally {
    await mf.dispose();
  }
});

/** Tables, indexes and triggers by name, without comments and white space, columns in their order. */
async function describe(db) {
  const { results } = await db
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf%' ESCAPE '\\' " +
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'd1_migrations' ORDER BY type, name",
    )
    .all();
  const entries = [];
  for (const { type, name, sql } of results) {
    // A table that ALTER TABLE changed keeps its text in another shape: compare what it is.
    entries.push([`${type} ${name}`, type === "table" ? await table(db, name, plain(sql)) : plain(sql)]);
  }
  return Object.fromEntries(entries);
}

async function table(db, name, sql) {
  return {
    columns: (await db.prepare(`PRAGMA table_xinfo("${name}")`).all()).results,
    checks: sql.match(/check ?\((?:[^()]|\([^()]*\))*\)/g) ?? [],
    options: sql.replace(/^.*\)/, ""),
  };
}

function plain(sql) {
  return sql
    .replace(/--[^\n]*/g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([(),;]) ?/g, "$1")
    .trim()
    .toLowerCase();
}
