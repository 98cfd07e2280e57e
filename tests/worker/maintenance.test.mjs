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
    assert.ok(statements <= 18, `${statements} statements`);
    // The tenants, to see how long each keeps its log.
    assert.ok(rowsRead <= 42, `${rowsRead} rows`);
  });

  test("credentials that will expire are told of within 30 days, 7 and 1, once each", async () => {
    const tenant = await edge.createTenant("expiring");
    const make = async (path, body) => {
      const made = await edge.admin("POST", `/tenants/${tenant.slug}${path}`, body);
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const DAY = 86_400;
    await make("/tokens", { label: "for ever" });
    await make("/tokens", { label: "a year", expires_in_s: 365 * DAY });
    const token = await make("/tokens", { label: "a month", expires_in_s: 29 * DAY });
    const replaced = await make("/tokens", { label: "rotated", expires_in_s: 5 * DAY });
    await make(`/tokens/${replaced.id}/rotate`, { expires_in_s: 90 * DAY });
    const revoked = await make("/tokens", { label: "revoked", expires_in_s: 5 * DAY });
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${revoked.id}`);
    const client = await make("/clients", { label: "client" });
    const secret = await make(`/clients/${client.client_id}/secrets`, { label: "second", expires_in_s: 3600 });
    const told = async () => {
      await run();
      await run();
      const { json } = await edge.admin("GET", `/tenants/${tenant.slug}/events?types=credential.expiring`);
      return json.events.map(({ data: { credential, days } }) => [credential.id, days]);
    };
    const first = await told();
    assert.deepEqual(first, [[secret.id, 1], [token.id, 30]]);
    for (const days of [6, 0.5]) {
      await edge.db.prepare("UPDATE tokens SET expires = ?2 WHERE id = ?1").bind(token.id, Date.now() + days * DAY * 1000).run();
      first.push([token.id, days > 1 ? 7 : 1]);
      assert.deepEqual(await told(), first);
    }
    const { json } = await edge.admin("GET", `/tenants/${tenant.slug}/events`);
    const { data } = json.events.find((event) => event.data.credential.id === secret.id);
    const { expires, ...credential } = data.credential;
    assert.deepEqual(credential, { id: secret.id, kind: "secret", label: "second", client_id: client.client_id });
    assert.match(expires, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
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
