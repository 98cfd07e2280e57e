// A thousand tenants, each with a token and users of its own, asked in turn: what an isolate remembers of
// each, and what D1 has to find, against one tenant.

import { open, populate } from "../ground.mjs";
import { exchange, inTurns, ratio } from "../load.mjs";
import { requests, operations } from "../operations.mjs";
import { seededUser } from "../../../tests/worker/seed.mjs";
import { tenantKey } from "../../../tests/worker/seed-groups.mjs";
import { table } from "../report.mjs";

export default async function tenants({ quick }) {
  const count = quick ? 200 : 1000;
  const edge = await open();
  try {
    const alone = await populate(edge, 1000);
    const many = await Promise.all(Array.from({ length: 8 }, (_, lane) => made(edge, count / 8, lane)));
    const grounds = many.flat();
    const chosen = operations.filter(({ key }) => ["get", "userName", "post"].includes(key));
    const results = [];
    for (const operation of chosen) {
      const one = await requests(operation, alone);
      const each = await Promise.all(grounds.map((ground) => requests(operation, ground)));
      let turn = 0;
      const all = () => each[turn++ % each.length].ours();
      for (const clients of [1, 16]) {
        const run = await inTurns({ many: all, one: one.ours, floor: one.floor }, { rounds: quick ? 5 : 15, millis: 250, clients, pid: edge.local.pid });
        results.push({ operation: operation.name, clients, tenants: count, over: ratio(run.many, run.one), overFloor: ratio(run.many, run.floor), ...run });
      }
    }
    table(
      ["operation", "clients", `p50 ms, ${count} tenants`, "one tenant", "time over one tenant's", "over the floor"],
      results.map((one) => [one.operation, one.clients, one.many.p50.toFixed(2), one.one.p50.toFixed(2), one.over.toFixed(2), one.overFloor.toFixed(2)]),
    );
    return results;
  } finally {
    await edge.stop();
  }
}

/** Tenants with two users each. */
async function made(edge, count, lane) {
  const grounds = [];
  for (let number = 0; number < count; number += 1) {
    const tenant = await edge.createTenant(`many${lane}`);
    const users = [];
    for (const index of [0, 1]) {
      const user = seededUser(index);
      const answer = await exchange({
        method: "POST",
        url: `${tenant.base}/Users`,
        headers: { authorization: `Bearer ${tenant.token}`, "content-type": "application/scim+json" },
        body: user,
      });
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
      users.push({ id: JSON.parse(answer.text).id, ...user });
    }
    grounds.push({ edge, tenant, key: await tenantKey(edge.db, tenant.slug), users });
  }
  return grounds;
}
