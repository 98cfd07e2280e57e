// What the wasm is made of, by crate. The shares are those of a build that still has its functions'
// names; what wasm-opt saves then spreads over all of them.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kilobytes, wasmSize } from "../../build.mjs";
import { root, say } from "../../common.mjs";
import { table } from "../report.mjs";
import { anatomy } from "../wasm.mjs";

export default async function size() {
  const { raw, gzip } = wasmSize();
  say(`build/index_bg.wasm: ${kilobytes(raw)}, ${kilobytes(gzip)} gzip`);
  const named = join(root, "target", "wasm32-unknown-unknown", "release", "scim_edge.wasm");
  if (!existsSync(named)) return { raw, gzip };
  const { crates, data, total } = anatomy(readFileSync(named));
  const rows = [...crates.slice(0, 24), ["(constants)", data]].map(([name, bytes]) => [name, kilobytes(bytes), `${((100 * bytes) / total).toFixed(1)} %`]);
  table(["crate", "before wasm-opt", "share"], rows);
  return { raw, gzip, crates: Object.fromEntries(crates), data };
}
