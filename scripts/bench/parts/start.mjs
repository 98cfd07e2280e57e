// A start: the runtime up to its first answer, ours against a JavaScript Worker that says hello. The
// answer needs no database, so that it is the script's loading that differs.

import { say } from "../../common.mjs";
import { start as startOurs } from "../../../tests/worker/harness.mjs";
import { exchange, median } from "../load.mjs";
import { table } from "../report.mjs";

const HELLO = 'export default { fetch: () => new Response("hello") };';
const BUDGET = 1.5;

export default async function start({ quick }) {
  const times = { ours: [], hello: [] };
  for (let round = 0; round < (quick ? 5 : 15); round += 1) {
    times.hello.push(await hello());
    times.ours.push(await ours());
  }
  const [mine, floor] = [median(times.ours), median(times.hello)];
  table(["script", "ms to the first answer"], [["ours", mine.toFixed(0)], ["hello-world", floor.toFixed(0)]]);
  say(`${(mine / floor).toFixed(2)} times hello-world; the budget is ${BUDGET}`);
  return { ...times, ratio: mine / floor };
}

async function ours() {
  const began = performance.now();
  const edge = await startOurs({ migrate: false });
  await exchange({ url: `${edge.url}/nowhere` });
  const millis = performance.now() - began;
  await edge.stop();
  return millis;
}

async function hello() {
  const { Miniflare, Log, LogLevel } = await import("miniflare");
  const began = performance.now();
  const miniflare = new Miniflare({
    log: new Log(LogLevel.NONE),
    modules: true,
    script: HELLO,
    compatibilityDate: "2026-04-01",
    // What ours binds as well, so that the runtime has the same to set up.
    d1Databases: { DB: "hello" },
  });
  await miniflare.getD1Database("DB");
  await exchange({ url: String(await miniflare.ready) });
  const millis = performance.now() - began;
  await miniflare.dispose();
  return millis;
}
