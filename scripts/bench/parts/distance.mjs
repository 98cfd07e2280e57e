// Far from the database: so many milliseconds before each call to D1 and to the Durable Object. An
// answer may take its round trips times the distance more than without, and nothing beyond.

import { say } from "../../common.mjs";
import { open, populate } from "../ground.mjs";
import { load, quantile } from "../load.mjs";
import { operations, requests } from "../operations.mjs";
import { table } from "../report.mjs";

/** Hops to the object, which are calls as well. */
const HOPS = { member: 1 };

export default async function distance({ quick }) {
  const edge = await open({ faults: true });
  try {
    const ground = await populate(edge, 1000);
    const rows = [];
    const results = [];
    for (const operation of operations) {
      const { ours } = await requests(operation, ground);
      const p50 = async (delay) => {
        await edge.faults({ reset: true, delay, hopDelay: delay });
        const { latencies } = await load(ours, { clients: 1, millis: (quick ? 300 : 1000) + 8 * delay, pid: edge.local.pid });
        const { trips } = await edge.faults();
        return { millis: quantile(latencies.sort((a, b) => a - b), 0.5), calls: Math.round(trips / latencies.length) + (HOPS[operation.key] ?? 0) };
      };
      await p50(0);
      const near = await p50(0);
      const result = { operation: operation.key, calls: near.calls, near: near.millis };
      for (const delay of [20, 100]) {
        const far = await p50(delay);
        result[delay] = far.millis;
        result[`over${delay}`] = far.millis - near.millis - near.calls * delay;
      }
      results.push(result);
      rows.push([operation.name, near.calls, near.millis.toFixed(1), ...[20, 100].flatMap((delay) => [result[delay].toFixed(1), result[`over${delay}`].toFixed(1)])]);
    }
    table(["operation", "calls", "p50 near", "20 ms", "unexplained", "100 ms", "unexplained"], rows);
    const odd = results.filter((one) => one.over20 > 15 || one.over100 > 30);
    say(odd.length === 0 ? "Every answer waits for its calls and for nothing else." : `More than its calls: ${odd.map((one) => one.operation).join(", ")}`);
    return results;
  } finally {
    await edge.stop();
  }
}
