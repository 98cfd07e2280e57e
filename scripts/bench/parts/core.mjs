// `cargo bench`: the pure core, native.

import { run, Stop } from "../../common.mjs";
import { setup } from "../../setup.mjs";

export default async function core() {
  const { native } = await setup({ checks: true });
  const { code, stdout, stderr } = await run("cargo", ["bench", "--bench", "core"], { env: native.env, capture: true });
  if (code !== 0) throw new Stop(`cargo bench failed:\n${stderr}`);
  console.log(stdout.trim());
  return stdout.trim().split("\n");
}
