// No membership is lost, doubled or half made: by many clients at once, through kills of the runtime,
// through failures of D1 before and after its commits, and by two objects at once for one tenant.
//
// SCIM_EDGE_PROOF_MEMBERS=10000 runs the full size; npm test runs a smaller one.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { findings } from "./consistency.mjs";
import { external, start, temporaryDirectory, unique } from "./harness.mjs";
import { Replica } from "./replica.mjs";
import { seedGroup, seedMembers } from "./seed-groups.mjs";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const MEMBERS = Number(process.env.SCIM_EDGE_PROOF_MEMBERS ?? 500);
const CLIENTS = 64;
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const add = (id) => patch({ op: "add", path: "members", value: [{ value: id }] });
const remove = (id) => patch({ op: "remove", path: `members[value eq "${id}"]` });
const skip = external ? "needs the inside of the server" : false;
const pause = (millis) => new Promise((done) => setTimeout(done, millis));

/** The ids of a group's members, past the Worker: its answer is checked against this once. */
async function membersOf(edge, group) {
  const rows = await edge.db
    .prepare(
      'SELECT r.id FROM resources g JOIN members m ON m."group" = g.seq JOIN resources r ON r.seq = m.member WHERE g.id = ?1',
    )
    .bind(group)
    .all();
  return new Set(rows.results.map((row) => row.id));
}

/** Runs `work` over `items` from so many clients at once. */
async function crowd(items, clients, work) {
  let next = 0;
  const lane = async (client) => {
    while (next < items.length) await work(items[next++], client);
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => lane(client)));
}

/** One change to the end, however often it has to be sent; counts in `told`. */
async function insist(tenantOf, group, body, told, withIfMatch) {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const tenant = tenantOf();
    told.sent += 1;
    try {
      let headers = {};
      if (withIfMatch && attempt < 5) {
        const read = await tenant.scim("GET", `/Groups/${group}?excludedAttributes=members`);
        if (read.status !== 200) throw new Error(`${read.status}`);
        headers = { "if-match": read.headers.get("etag") };
      }
      const answer = await tenant.scim("PATCH", `/Groups/${group}`, body, headers);
      if (answer.status === 204) {
        told.acknowledged += 1;
        return;
      }
      if (answer.status === 412) told.refused += 1;
      else if (answer.status === 503) told.unknown += 1;
      else assert.fail(`${answer.status} ${answer.text}`);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      told.broken += 1;
      await pause(20);
    }
  }
  assert.fail("a change was never acknowledged");
}

const fresh = () => ({ sent: 0, acknowledged: 0, refused: 0, unknown: 0, broken: 0 });
const said = (told) => Object.entries(told).map(([what, count]) => `${count} ${what}`).join(", ");

/** Every second member leaves again; those that stay are the model. */
async function addAndRemove(tenantOf, group, ids, told) {
  await crowd(ids.map((id, at) => ({ id, at })), CLIENTS, async ({ id, at }) => {
    await insist(tenantOf, group, add(id), told, at % 16 === 0);
    if (at % 2 === 1) await insist(tenantOf, group, remove(id), told, at % 16 === 1);
  });
  return new Set(ids.filter((_, at) => at % 2 === 0));
}

/** The group's members are those expected, and a product that only heard of the events knows it. */
async function checkEnd(t, edge, tenant, group, expected, replica) {
  const there = await membersOf(edge, group);
  const lost = [...expected].filter((id) => !there.has(id));
  const extra = [...there].filter((id) => !expected.has(id));
  t.diagnostic(`${there.size} members, ${lost.length} lost, ${extra.length} too many`);
  assert.deepEqual({ lost, extra }, { lost: [], extra: [] });
  const shown = (await tenant.scim("GET", `/Groups/${group}`)).json.members ?? [];
  assert.deepEqual(shown.map((one) => one.value).sort(), [...expected].sort());
  assert.deepEqual(await findings(edge, tenant), []);
  assert.deepEqual(await replica.differences(), []);
  t.diagnostic(`${replica.taken} events lead to the same members`);
}

describe("the end state is the model's", { skip, timeout: 900_000 }, () => {
  test(`${CLIENTS} clients, each change once`, async (t) => {
    const edge = await start({ faults: true });
    try {
      const tenant = await edge.createTenant("crowd");
      const ids = await seedMembers(edge, tenant, MEMBERS);
      const group = await seedGroup(edge, tenant, []);
      const replica = await Replica.snapshot(edge, tenant);
      const told = fresh();
      await edge.faults({ reset: true });
      const began = performance.now();
      const expected = await addAndRemove(() => tenant, group, ids, told);
      const { trips } = await edge.faults();
      const seconds = (performance.now() - began) / 1000;
      t.diagnostic(`${said(told)}; ${trips} D1 calls in ${seconds.toFixed(1)} s`);
      assert.equal(told.unknown + told.broken, 0);
      await checkEnd(t, edge, tenant, group, expected, replica);
      const { version } = (await tenant.scim("GET", `/Groups/${group}?excludedAttributes=members`)).json.meta;
      assert.equal(version, `W/"${1 + told.acknowledged}"`, "each change is a version of its own");
    } finally {
      await edge.stop();
    }
  });

  test("while the runtime is killed at random moments", async (t) => {
    const directory = temporaryDirectory();
    const edge = await start({ persist: directory.path });
    try {
      const tenant = await edge.createTenant("kill");
      const ids = await seedMembers(edge, tenant, MEMBERS);
      const group = await seedGroup(edge, tenant, []);
      const replica = await Replica.snapshot(edge, tenant);
      const told = fresh();
      let kills = 0;
      let isOver = false;
      const killer = (async () => {
        for (;;) {
          await pause(150 + Math.random() * 700);
          if (isOver) return;
          await edge.kill();
          await edge.restart();
          kills += 1;
        }
      })();
      const expected = await addAndRemove(() => tenant, group, ids, told);
      isOver = true;
      await killer;
      t.diagnostic(`${said(told)}; ${kills} kills`);
      assert.ok(kills > 0, "nothing was killed");
      await checkEnd(t, edge, tenant, group, expected, replica);
    } finally {
      await edge.stop();
      directory.remove();
    }
  });

  test("while D1 fails before and after its commits", async (t) => {
    const edge = await start({ faults: true });
    try {
      const tenant = await edge.createTenant("faults");
      const ids = await seedMembers(edge, tenant, MEMBERS);
      const group = await seedGroup(edge, tenant, []);
      const replica = await Replica.snapshot(edge, tenant);
      const told = fresh();
      let isOver = false;
      await edge.faults({ reset: true });
      const saboteur = (async () => {
        for (let round = 0; !isOver; round += 1) {
          await pause(5 + Math.random() * 30);
          await edge.faults(round % 2 ? { failBefore: 1 } : { failAfter: 1, only: "write" });
        }
      })();
      const expected = await addAndRemove(() => tenant, group, ids, told);
      isOver = true;
      await saboteur;
      const { failed } = await edge.faults();
      await edge.faults({ reset: true });
      t.diagnostic(`${said(told)}; ${failed} injected failures`);
      assert.ok(failed > 0 && told.unknown > 0, "nothing failed");
      await checkEnd(t, edge, tenant, group, expected, replica);
    } finally {
      await edge.stop();
    }
  });

  test("one attempt each: acknowledged is there, refused is not, unknown is whole or absent", async (t) => {
    const edge = await start({ faults: true });
    try {
      const tenant = await edge.createTenant("once");
      const ids = await seedMembers(edge, tenant, MEMBERS);
      const group = await seedGroup(edge, tenant, []);
      const replica = await Replica.snapshot(edge, tenant);
      const outcomes = new Map();
      let isOver = false;
      const saboteur = (async () => {
        for (let round = 0; !isOver; round += 1) {
          await pause(5 + Math.random() * 20);
          await edge.faults(round % 2 ? { failBefore: 1 } : { failAfter: 1, only: "write" });
        }
      })();
      // Pairs, so that a change that was made by halves would show.
      const pairs = ids.flatMap((id, at) => (at % 2 ? [[ids[at - 1], id]] : []));
      await crowd(pairs, CLIENTS, async (pair) => {
        const stale = outcomes.size % 7 === 0 ? { "if-match": 'W/"0"' } : {};
        const body = patch({ op: "add", path: "members", value: pair.map((value) => ({ value })) });
        outcomes.set(pair, (await tenant.scim("PATCH", `/Groups/${group}`, body, stale)).status);
      });
      isOver = true;
      await saboteur;
      await edge.faults({ reset: true });
      const there = await membersOf(edge, group);
      const count = {};
      for (const [pair, status] of outcomes) {
        count[status] = (count[status] ?? 0) + 1;
        const present = pair.filter((id) => there.has(id)).length;
        if (status === 204) assert.equal(present, 2, "acknowledged and lost");
        else if (status === 412) assert.equal(present, 0, "refused and made");
        else if (status === 503) assert.ok(present !== 1, "made by halves");
        else assert.fail(`status ${status}`);
      }
      t.diagnostic(Object.entries(count).map(([status, times]) => `${times} × ${status}`).join(", "));
      assert.ok(count[204] && count[412] && count[503]);
      assert.deepEqual(await findings(edge, tenant), []);
      assert.deepEqual(await replica.differences(), []);
    } finally {
      await edge.stop();
    }
  });

  test("with two objects at once for one tenant", async (t) => {
    const edge = await start({ twin: "objects" });
    try {
      const tenant = await edge.createTenant("twins");
      const other = tenant.with({ edge: edge.twin });
      const ids = await seedMembers(edge, tenant, MEMBERS);
      const group = await seedGroup(edge, tenant, []);
      const replica = await Replica.snapshot(edge, tenant);
      const told = fresh();
      let turn = 0;
      const expected = await addAndRemove(() => (turn++ % 2 ? other : tenant), group, ids, told);
      t.diagnostic(said(told));
      assert.equal(told.broken, 0);
      await checkEnd(t, edge, tenant, group, expected, replica);
    } finally {
      await edge.stop();
    }
  });

  test("deletions, renames and additions at once leave nothing dangling", async (t) => {
    const edge = await start({ twin: "objects" });
    try {
      const tenant = await edge.createTenant("race");
      const other = tenant.with({ edge: edge.twin });
      const rounds = Math.min(60, Math.ceil(MEMBERS / 50));
      const count = {};
      for (let round = 0; round < rounds; round += 1) {
        const ids = await seedMembers(edge, tenant, 6);
        const group = await seedGroup(edge, tenant, ids.slice(0, 3));
        const parent = await seedGroup(edge, tenant, []);
        const replica = await Replica.snapshot(edge, tenant);
        const user = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: unique() };
        const answers = await Promise.all([
          tenant.scim("PATCH", `/Groups/${group}`, add(ids[4])),
          other.scim("DELETE", `/Users/${ids[4]}`),
          other.scim("PATCH", `/Groups/${group}`, patch({ op: "replace", path: "displayName", value: unique() })),
          tenant.scim("PATCH", `/Groups/${parent}`, add(group)),
          other.scim("PATCH", `/Groups/${group}`, add(parent)),
          other.scim("DELETE", `/Users/${ids[0]}`),
          other.scim("POST", "/Users", user),
          ...(round % 2 ? [other.scim("DELETE", `/Groups/${group}`)] : []),
          tenant.scim("PATCH", `/Groups/${group}`, add(ids[5])),
        ]);
        for (const { status, text } of answers) {
          assert.ok([201, 204, 400, 404, 503].includes(status), `${status} ${text}`);
          count[status] = (count[status] ?? 0) + 1;
        }
        assert.deepEqual(await findings(edge, tenant), [], `round ${round}`);
        assert.deepEqual(await replica.differences(), [], `round ${round}`);
      }
      t.diagnostic(`${rounds} rounds: ${Object.entries(count).map(([status, times]) => `${times} × ${status}`).join(", ")}`);
    } finally {
      await edge.stop();
    }
  });
});
