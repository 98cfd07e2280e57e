// Runs the README's commands, so that it cannot promise what does not work.
//
// A ```sh block directly under the line <!-- ci --> is run. Under <!-- ci: TEXT --> its output must
// also contain TEXT (case and all); use that where the command itself exits 0 on a refusal, as curl
// does. The blocks run from top to bottom in one shell (bash, stopping at the first failure), in
// the project's folder, so a later block may use a variable that an earlier one set. They meet an
// `npm start` with an empty database and a port of its own: write the default 8787 in the README,
// it is replaced here.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root, run, start, stop } from "./common.mjs";

const devFile = join(root, ".scim-edge", "dev.json");
const readme = join(root, "README.md");

export function markedBlocks(markdown) {
  const marked = /^<!-- ci(?:: (.*?))? -->\n+```sh\n([\s\S]*?)^```$/gm;
  return [...markdown.matchAll(marked)].map(([, expected, commands]) => ({ expected, commands }));
}

test("only marked blocks are taken, with what they must print", () => {
  const markdown = "```sh\nrm x\n```\n\n<!-- ci -->\n```sh\necho a\n```\n<!-- ci: b c -->\n\n```sh\necho b c\n```\n<!-- ci -->\n```json\n{}\n```\n";
  assert.deepEqual(markedBlocks(markdown), [
    { expected: undefined, commands: "echo a\n" },
    { expected: "b c", commands: "echo b c\n" },
  ]);
});

test("the README's marked commands work", { skip: existsSync(readme) ? false : "there is no README.md", timeout: 600_000 }, async () => {
  const blocks = markedBlocks(readFileSync(readme, "utf8"));
  assert.notEqual(blocks.length, 0, "no block in README.md is marked with <!-- ci -->");

  const state = mkdtempSync(join(tmpdir(), "scim-edge-readme-"));
  // A server that somebody has running here keeps its dev.json.
  const others = existsSync(devFile) ? readFileSync(devFile) : undefined;
  const port = await freePort();
  const server = start("npm", ["start", "--", "--port", String(port), "--persist-to", state]);
  try {
    await serving(server, port);
    await runBlocks(blocks, port);
  } finally {
    await stop(server);
    rmSync(state, { recursive: true, force: true });
    if (others) writeFileSync(devFile, others, { mode: 0o600 });
  }
});

async function runBlocks(blocks, port) {
  const line = (number) => `== README block ${number}`;
  const commands = blocks.map(({ commands }, number) => `echo "${line(number)}"\n${commands}`).join("\n");
  const script = `set -euo pipefail\n${commands}`.replaceAll(/\b(127\.0\.0\.1|localhost):8787\b/g, `127.0.0.1:${port}`);
  const { code, stdout, stderr } = await run("bash", ["-c", script], { capture: true });
  assert.equal(code, 0, `the commands stopped with exit code ${code}\n${stdout}\n${stderr}`);
  blocks.forEach(({ expected, commands }, number) => {
    const printed = stdout.split(`${line(number)}\n`)[1].split(line(number + 1))[0];
    if (expected) assert.ok(printed.includes(expected), `${commands}printed\n${printed}\nand not ${expected}`);
  });
}

async function serving(server, port) {
  let ended = false;
  server.ended.then(() => (ended = true));
  while (!(existsSync(devFile) && readFileSync(devFile, "utf8").includes(`127.0.0.1:${port}/`))) {
    assert.equal(ended, false, "npm start ended before it served");
    await new Promise((done) => setTimeout(done, 100));
  }
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
