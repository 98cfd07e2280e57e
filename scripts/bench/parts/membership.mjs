// Group commit against one D1 batch a change: 64 clients put distinct members into one group, with and
// without 20 ms before each D1 call, as when the database is far away.

import { start } from "../../../tests/worker/harness.mjs";
import { seedGroup, seedMembers } from "../../../tests/worker/seed-groups.mjs";
import { exchange } from "../load.mjs";
import { table } from "../report.mjs";

const CLIENTS = 64;
const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];

export default async function membership({ quick }) {
  const members = quick ? 1000 : 3000;
  const results = [];
  for (const delay of [0, 20]) {
    for (const [commit, batch] of [["single", 1], ["group", 256]]) {
      // One at a time over a distance, fewer tell as much.
      const count = delay > 0 && batch === 1 ? Math.min(members, 400) : members;
      results.push({ delay, commit, ...(await measure(batch, delay, count)) });
    }
  }
  table(
    ["ms before D1", "commit", "changes/s", "D1 batches", "changes a batch", "lost"],
    results.map((one) => [one.delay, one.commit, one.rate.toFixed(0), one.batches, (one.changes / one.batches).toFixed(1), one.lost]),
  );
  return results;
}

async function measure(batch, delay, count) {
  const edge = await start({ faults: true, vars: { MEMBERSHIP_MAX_BATCH: String(batch) } });
  try {
    const tenant = await edge.createTenant("bench");
    const ids = await seedMembers(edge, tenant, count);
    const group = await seedGroup(edge, tenant, []);
    const headers = { authorization: `Bearer ${tenant.token}`, "content-type": "application/scim+json" };
    const add = async (id) => {
      const body = { schemas, Operations: [{ op: "add", path: "members", value: [{ value: id }] }] };
      const answer = await exchange({ method: "PATCH", url: `${tenant.base}/Groups/${group}`, headers, body });
      if (answer.status !== 204) throw new Error(`${answer.status} ${answer.text}`);
    };
    await add(ids[0]);
    await edge.faults({ reset: true, delay });
    const rest = ids.slice(1);
    const began = performance.now();
    let next = 0;
    const lane = async () => {
      while (next < rest.length) await add(rest[next++]);
    };
    await Promise.all(Array.from({ length: CLIENTS }, lane));
    const seconds = (performance.now() - began) / 1000;
    const { trips } = await edge.faults();
    const row = await edge.db.prepare("SELECT count(*) AS members FROM members").first();
    return { rate: rest.length / seconds, batches: trips / 2, changes: rest.length, lost: count - row.members };
  } finally {
    await edge.stop();
  }
}
