// TypeScript as a single JavaScript module, bundled as wrangler does it.

import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** A file, or with `source` a text that stands in the project's folder. */
export async function bundle({ file, source }) {
  const entry = source === undefined ? { entryPoints: [join(root, file)] } : { stdin: { contents: source, resolveDir: root, loader: "ts" } };
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
  });
  return outputFiles[0].text;
}

/** A module of the project in this very process. */
export async function load(file) {
  return import(`data:text/javascript;base64,${Buffer.from(await bundle({ file })).toString("base64")}`);
}
