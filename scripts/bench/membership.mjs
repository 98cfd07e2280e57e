// Group commit against one D1 batch a change: 64 clients put distinct members into one group, with and
// without 20 ms before each D1 call, as when the database is far away.
//
//     node scripts/bench/membership.mjs [members]

import { start } from "../../tests/worker/harness.mjs";
import { seedGroup, seedMembers } from "../../tests/worker/seed-groups.mjs";

const CLIENTS = 64;
const members = Number(process.argv[2] ?? 3000);
const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];

async function measure(batch, delay, count) {
  const edge = await start({ faults: true, vars: { MEMBERSHIP_MAX_BATCH: String(batch) } });
  try {
    const tenant = await edge.createTenant("bench");
    const ids = await seedMembers(edge, tenant, count);
    const group = await seedGroup(edge, tenant, []);
    const add = (id) =>
      tenant.scim("PATCH", `/Groups/${group}`, {
        schemas,
        Operations: [{ op: "add", path: "members", value: [{ value: id }] }],
      });
    await add(ids[0]);
    await edge.faults({ reset: true, delay });
    const rest = ids.slice(1);
    const began = performance.now();
    let next = 0;
    const lane = async () => {
      while (next < rest.length) {
        const answer = await add(rest[next++]);
        if (answer.status !== 204) throw new Error(`${answer.status} ${answer.text}`);
      }
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

console.log("delay ms  commit    changes/s  D1 batches  changes a batch  lost");
for (const delay of [0, 20]) {
  for (const [name, batch] of [["single", 1], ["group", 256]]) {
    const { rate, batches, changes, lost } = await measure(batch, delay, delay && batch === 1 ? Math.min(members, 400) : members);
    const cells = [rate.toFixed(0).padStart(9), batches.toFixed(0).padStart(10), (changes / batches).toFixed(1).padStart(15), String(lost).padStart(4)];
    console.log(`${String(delay).padStart(8)}  ${name.padEnd(8)}  ${cells.join("  ")}`);
  }
}
