// The runtime's memory after many requests of every kind: what a request leaves behind would show.

import { say } from "../../common.mjs";
import { open, populate } from "../ground.mjs";
import { load, memory } from "../load.mjs";
import { operations, requests } from "../operations.mjs";
import { table } from "../report.mjs";

const READS = ["get", "userName", "page", "group"];

export default async function grows({ quick }) {
  const goal = quick ? 10_000 : 100_000;
  const edge = await open();
  const { pid } = edge.local;
  try {
    const ground = await populate(edge, 1000);
    const makes = await Promise.all(operations.map(async (operation) => ({ key: operation.key, ...(await requests(operation, ground)) })));
    // Writes at a tenth of the reads, so that the database itself stays small.
    const mixed = makes.flatMap((make) => Array(READS.includes(make.key) ? 5 : 1).fill(make.ours));
    let sent = 0;
    const next = () => mixed[sent++ % mixed.length]();
    const marks = [];
    while (sent < goal) {
      await load(next, { clients: 16, millis: 500, pid });
      if (sent > (marks.length * goal) / 10) marks.push([sent, memory(pid)]);
    }
    table(["requests", "resident MB"], marks.map(([requests, megabytes]) => [requests, megabytes.toFixed(0)]));
    const half = marks[Math.floor(marks.length / 2)][1];
    say(`From the half to the end: ${(marks.at(-1)[1] - half).toFixed(0)} MB`);
    return marks;
  } finally {
    await edge.stop();
  }
}
