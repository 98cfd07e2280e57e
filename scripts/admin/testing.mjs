// A command line against a Worker of the tests, as a person and as a program would run it.

import assert from "node:assert/strict";
import { admin } from "./index.mjs";

/** `edge` answers with the Worker, once there is one. */
export function commandLine(edge) {
  /** A command line's exit code and what it wrote. */
  async function command(...line) {
    const written = { out: "", note: "" };
    const code = await admin([...line, "--url", edge().url, "--token", edge().adminToken], { out: (text) => (written.out += text), note: (text) => (written.note += text) });
    return { code, ...written };
  }

  async function json(...line) {
    const { code, out, note } = await command(...line, "--json");
    assert.equal(code, 0, note);
    return JSON.parse(out);
  }

  return { command, json };
}
