// What a million of each operation costs at Cloudflare's list prices, and what a customer's month does:
// from the rows, calls and CPU that are measured here.
//
// CPU is the runtime's whole process, its SQLite and its own HTTP server included, of which Cloudflare
// bills only the Worker's part: what a Worker that does nothing takes is subtracted, the rest is an
// upper bound.

import { say } from "../../common.mjs";
import { cost } from "../../../tests/worker/harness.mjs";
import { open, populate } from "../ground.mjs";
import { exchange, load } from "../load.mjs";
import { operations, requests } from "../operations.mjs";
import { listPrice, monthly, PLAN, READ_ON, SOURCES } from "../prices.mjs";
import { table } from "../report.mjs";

/** The object is awake for as long as D1 takes, which far from the database is about this long. */
const OBJECT_SECONDS = 0.1;

/**
 * A customer of 10,000 users, synchronised every hour by an identity provider that looks each of them up
 * by userName each time. A hundred change a day, twenty come, two hundred join or leave a group, and once
 * a day the whole list is walked.
 */
const CUSTOMER = { userName: 10_000 * 24 * 30, patch: 100 * 30, post: 20 * 30, member: 200 * 30, page: 100 * 30, get: 100 * 30 };

export default async function money({ quick }) {
  const edge = await open();
  try {
    const ground = await populate(edge, 1000);
    const { pid } = edge.local;
    const millis = quick ? 500 : 3000;
    const idle = await load(() => ({ url: `${edge.url}/__floor/nothing`, status: 200 }), { clients: 4, millis, pid });
    const used = {};
    for (const operation of operations) {
      const { ours } = await requests(operation, ground);
      await load(ours, { clients: 4, millis: 200, pid });
      const { cpu } = await load(ours, { clients: 4, millis, pid });
      used[operation.key] = { ...(await rows(ours)), requests: 1, cpuMillis: Math.max(0, cpu - idle.cpu) };
      if (operation.key === "member") Object.assign(used.member, { objectRequests: 1, objectGigabyteSeconds: OBJECT_SECONDS / 8 });
    }
    const million = (key) => listPrice(used[key]) * 1e6;
    table(
      ["operation", "rows read", "rows written", "CPU ms at most", "US$ a million"],
      operations.map(({ name, key }) => [name, used[key].rowsRead, used[key].rowsWritten, used[key].cpuMillis.toFixed(2), million(key).toFixed(2)]),
    );
    const month = sum(Object.entries(CUSTOMER).map(([key, times]) => multiplied(used[key], times)));
    say(`\nA customer of 10,000 users with hourly syncs, ${month.requests.toLocaleString("en")} requests a month:`);
    say(`  US$ ${listPrice(month).toFixed(2)} at list prices; US$ ${monthly(month).toFixed(2)} above the plan's US$ ${PLAN} when there is no other customer`);
    say(`Prices of ${READ_ON}: ${SOURCES.join(", ")}`);
    return { used, customer: CUSTOMER, month, list: listPrice(month), prices: { READ_ON, SOURCES } };
  } finally {
    await edge.stop();
  }
}

/** What one request reads and writes, by what the answer says. */
async function rows(make) {
  const { read, written } = cost((await exchange(make())).headers["server-timing"]);
  return { rowsRead: read, rowsWritten: written };
}

const multiplied = (used, times) => Object.fromEntries(Object.entries(used).map(([what, amount]) => [what, amount * times]));

function sum(list) {
  const total = {};
  for (const one of list) for (const [what, amount] of Object.entries(one)) total[what] = (total[what] ?? 0) + amount;
  return total;
}
