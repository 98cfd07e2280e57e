// What the cron trigger does, run after run, as D1's budget for one invocation allows.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";
import { seedUsers } from "./seed.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const user = (more = {}) => ({ schemas: [USER], userName: unique("u"), ...more });

/** D1 gives an invocation on the free plan so many statements. */
const STATEMENTS = 50;

describe("maintenance", { skip: external ? "needs the database" : false }, () => {
  let edge;
  before(async () => {
    edge = await start({ faults: true });
  });
  after(() => edge.stop());

  /** One run, within its budget. */
  async function run() {
    await edge.faults({ reset: true });
    await edge.cron();
    const { statements } = await edge.faults();
    assert.ok(statements <= STATEMENTS, `${statements} statements`);
  }

  const rows = async (sql, ...values) => (await edge.db.prepare(sql).bind(...values).all()).results;
  const idOf = async (tenant) => (await rows("SELECT id FROM tenants WHERE slug = ?1", tenant.slug))[0].id;

  test("a deletion that a call began is ended, and nothing else goes", async () => {
    const [gone, kept] = [await edge.createTenant("gone"), await edge.createTenant("kept")];
    for (const tenant of [gone, kept]) {
      await seedUsers(tenant, 50);
      const made = await tenant.scim("POST", "/Users", user());
      assert.equal(made.status, 201, made.text);
    }
    const id = await idOf(gone);
    await edge.db.prepare("UPDATE tenants SET deleting = 1, suspended = 1 WHERE id = ?1").bind(id).run();
    await run();
    for (const table of ["resources", "attribute_index", "counters", "tokens"]) {
      assert.deepEqual(await rows(`SELECT * FROM ${table} WHERE tenant = ?1`, id), [], table);
    }
    assert.equal((await edge.admin("GET", `/tenants/${gone.slug}`)).status, 404);
    assert.equal((await kept.scim("GET", "/Users?count=0")).json.totalResults, 51);
    assert.deepEqual((await edge.admin("GET", `/tenants/${kept.slug}/consistency`)).json.findings, []);
  });

  test("a large tenant goes over several runs", async () => {
    const tenant = await edge.createTenant("large");
    const id = await idOf(tenant);
    // 250,000 index entries of nobody: 25 chunks, more than one run takes.
    await edge.db
      .prepare(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250000) " +
          "INSERT INTO attribute_index SELECT ?1, 'User', 'title', n, n, n FROM n",
      )
      .bind(id)
      .run();
    await edge.db.prepare("UPDATE tenants SET deleting = 1, suspended = 1 WHERE id = ?1").bind(id).run();
    await run();
    assert.equal((await edge.admin("GET", `/tenants/${tenant.slug}`)).status, 200);
    await run();
    assert.equal((await edge.admin("GET", `/tenants/${tenant.slug}`)).status, 404);
  });

  test("a re-indexing that a call began is ended, and filters use it", async () => {
    const tenant = await edge.createTenant("indexing");
    const made = await tenant.scim("POST", "/Users", user({ title: "Ärztin" }));
    assert.equal(made.status, 201, made.text);
    const reindex = JSON.stringify({ clear: [], fill: [["User", "title"]], after: "" });
    await edge.db
      .prepare("UPDATE tenants SET settings = ?2, reindex = ?3, revision = revision + 1 WHERE slug = ?1")
      .bind(tenant.slug, JSON.stringify({ indexed: ["title"] }), reindex)
      .run();
    assert.equal((await edge.admin("GET", `/tenants/${tenant.slug}`)).json.reindexing, true);
    await run();
    assert.equal((await edge.admin("GET", `/tenants/${tenant.slug}`)).json.reindexing, undefined);
    const found = await tenant.scim("GET", `/Users?filter=${encodeURIComponent('title eq "ärztin"')}`);
    assert.equal(found.json.totalResults, 1, found.text);
    assert.deepEqual((await edge.admin("GET", `/tenants/${tenant.slug}/consistency`)).json.findings, []);
  });

  test("a run with nothing to do reads next to nothing", async () => {
    await edge.faults({ reset: true });
    await edge.cron();
    const { statements, rowsRead } = await edge.faults();
    assert.ok(statements <= 14, `${statements} statements`);
    // The tenants, to see how long each keeps its log.
    assert.ok(rowsRead <= 36, `${rowsRead} rows`);
  });

  test("a task that fails is told in the log, and hinders no other", async () => {
    const tenant = await edge.createTenant("indexing");
    await edge.db
      .prepare("UPDATE tenants SET reindex = ?2 WHERE slug = ?1")
      .bind(tenant.slug, JSON.stringify({ clear: [["User", "title"]], fill: [], after: "" }))
      .run();
    await edge.faults({ reset: true, failBefore: 1 });
    await edge.cron();
    assert.equal((await edge.admin("GET", `/tenants/${tenant.slug}`)).json.reindexing, undefined);
    assert.match(edge.log, /maintenance, .*Network connection lost/);
  });
});
