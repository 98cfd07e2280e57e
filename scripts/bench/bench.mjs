// `npm run bench`: costs, speed and size, each beside a floor on the same runtime in the same run.
//
//     npm run bench                  everything; with a million users it takes about an hour
//     npm run bench -- --quick       the same in about three minutes, with small tenants and short turns
//     npm run bench -- floor money   only these parts
//
// Tables go to the terminal, JSON and SVG to .scim-edge/bench/. Rates depend on the machine and on what
// else it does: only ratios within one run mean anything.

import { cpus } from "node:os";
import { build } from "../build.mjs";
import { isMain, main, say, seconds, Stop } from "../common.mjs";
import { folder, keep } from "./report.mjs";

const PARTS = ["size", "start", "floor", "tenants", "distance", "membership", "memory", "core", "money", "peers"];

async function bench(args) {
  const quick = args.includes("--quick");
  const names = args.filter((arg) => arg !== "--quick");
  const unknown = names.find((name) => !PARTS.includes(name));
  if (unknown) throw new Stop(`There is no part ${unknown}; there are ${PARTS.join(", ")}, and --quick.`);
  await build();
  const results = { made: new Date().toISOString(), node: process.version, cores: cpus().length, quick };
  for (const name of PARTS.filter((part) => names.length === 0 || names.includes(part))) {
    const since = performance.now();
    say(`\n== ${name}`);
    try {
      const part = await import(`./parts/${name}.mjs`);
      results[name] = await part.default({ quick, results });
    } catch (error) {
      say(`${name} failed: ${error.stack}`);
      results[name] = { failed: String(error) };
      process.exitCode = 1;
    }
    say(`== ${name} took ${seconds(since)}`);
    keep("results.json", results);
  }
  say(`\nEverything, and the plots, in ${folder}`);
}

if (isMain(import.meta.url)) await main(() => bench(process.argv.slice(2)));
