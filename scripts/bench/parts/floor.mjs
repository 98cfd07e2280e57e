// Every operation against the floor that does only what D1 and the Durable Object cannot be spared: at
// several sizes of a tenant, and with several clients.

import { say } from "../../common.mjs";
import { open, populate } from "../ground.mjs";
import { inTurns, ratio } from "../load.mjs";
import { operations, requests } from "../operations.mjs";
import { keep, lines, table } from "../report.mjs";

/** What we hold ourselves to, where we do: time over the floor's, by clients. */
const BUDGETS = { get: { 1: 1.25, 16: 1.15 }, post: { 1: 1.2, 16: 1.2 } };

export default async function floor({ quick }) {
  const sizes = quick ? [1000, 20_000] : [1000, 100_000, 1_000_000];
  const clients = quick ? [1, 16] : [1, 16, 64];
  const how = quick ? { rounds: 6, millis: 150 } : { rounds: 15, millis: 300 };
  const measured = [];
  for (const size of sizes) {
    const edge = await open();
    try {
      const ground = await populate(edge, size);
      await nothing(edge, how);
      say(`\n${size.toLocaleString("en")} users in one tenant`);
      const rows = [];
      for (const operation of operations) {
        const makes = await requests(operation, ground);
        await inTurns(makes, { clients: 4, rounds: 1, millis: 200, pid: edge.local.pid }); // Compiled and warm.
        for (const count of clients) {
          const run = await inTurns(makes, { ...how, clients: count, pid: edge.local.pid });
          const over = ratio(run.ours, run.floor);
          measured.push({ size, operation: operation.key, clients: count, ratio: over, ...run });
          rows.push(row(operation, count, over, run));
        }
      }
      table(["operation", "clients", "ours ms p50", "p99", "floor p50", "p99", "ours /s", "floor /s", "time over floor", "budget", "CPU ms", "floor CPU"], rows);
    } finally {
      await edge.stop();
    }
  }
  plots(measured);
  return measured;
}

/** Connections opened, and the floors compiled. */
async function nothing(edge, how) {
  const idle = () => ({ url: `${edge.url}/__floor/nothing`, status: 200 });
  const { floor } = await inTurns({ floor: idle }, { ...how, rounds: 2, clients: 16, pid: edge.local.pid });
  say(`A Worker that does nothing: ${floor.rate.toFixed(0)}/s, p50 ${floor.p50.toFixed(2)} ms with 16 clients, CPU ${floor.cpu.toFixed(3)} ms`);
}

function row({ name, key }, clients, over, { ours, floor }) {
  const budget = BUDGETS[key]?.[clients];
  const millis = (value) => value.toFixed(2);
  const verdict = budget === undefined ? "" : `≤ ${budget}${over > budget ? " missed" : ""}`;
  return [name, clients, millis(ours.p50), millis(ours.p99), millis(floor.p50), millis(floor.p99), ours.rate.toFixed(0), floor.rate.toFixed(0), over.toFixed(2), verdict, ours.cpu.toFixed(3), floor.cpu.toFixed(3)];
}

function plots(measured) {
  const of = (side) => (one) => one[side];
  const names = operations.map(({ key, name }) => [key, name]);
  const sizes = [...new Set(measured.map((one) => one.size))];
  const last = sizes.at(-1);
  for (const [key, name] of names) {
    const shown = measured.filter((one) => one.operation === key && one.size === last && one.clients <= 16);
    const series = shown.flatMap((one) =>
      ["ours", "floor"].map((side) => ({
        name: `${side}, ${one.clients} client${one.clients > 1 ? "s" : ""}`,
        dashed: side === "floor",
        points: one[side].distribution.map((millis, percent) => [percent, millis]),
      })),
    );
    keep(`latency-${key}.svg`.replaceAll(".value", ""), lines(`${name}: latency, ${last.toLocaleString("en")} users`, { x: "percent of requests", y: "ms", logY: true, series }));
  }
  const byOperation = (point, filter) =>
    names.map(([key, name]) => ({ name, points: measured.filter((one) => one.operation === key && filter(one)).map(point) }));
  keep("size.svg", lines("CPU a request against the tenant's size", { x: "users in the tenant", y: "CPU ms", logX: true, series: byOperation((one) => [one.size, of("ours")(one).cpu], (one) => one.clients === 16) }));
  keep("clients.svg", lines("Throughput against clients", { x: "clients", y: "requests a second", logX: true, series: byOperation((one) => [one.clients, one.ours.rate], (one) => one.size === last) }));
}
