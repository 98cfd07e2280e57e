// A Python environment for a suite that comes from PyPI, with the versions that its requirements pin.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes the environment, anew when the requirements changed, and answers with the folder of its programs. */
export function environment(venv, requirements) {
  const programs = join(venv, process.platform === "win32" ? "Scripts" : "bin");
  const stamp = join(venv, "installed.txt");
  const text = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === text) return programs;
  console.log(`Making a Python environment in ${venv} ...`);
  const python = join(programs, process.platform === "win32" ? "python.exe" : "python");
  if (!existsSync(python)) must(process.env.PYTHON ?? "python3", ["-m", "venv", venv]);
  must(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  writeFileSync(stamp, text);
  return programs;
}

function must(command, args) {
  const done = spawnSync(command, args, { stdio: "inherit" });
  if (done.error || done.status !== 0) {
    throw new Error(`${command} ${args.join(" ")} failed${done.error ? `: ${done.error.message}` : ""}`);
  }
}
