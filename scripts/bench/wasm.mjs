// What a wasm file is made of: bytes of code by crate, read from its own name section.

/** Sections as `{ id, name, at, end }`, a custom section's name read and passed. */
function sections(bytes) {
  const found = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at];
    const [size, start] = leb(bytes, at + 1);
    const section = { id, name: "", at: start, end: start + size };
    if (id === 0) [section.name, section.at] = text(bytes, start);
    found.push(section);
    at = start + size;
  }
  return found;
}

function leb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

function text(bytes, at) {
  const [length, start] = leb(bytes, at);
  return [bytes.subarray(start, start + length).toString("utf8"), start + length];
}

/** The functions' names by number, imports first. */
function functionNames(bytes, { at, end }) {
  const names = new Map();
  while (at < end) {
    const kind = bytes[at];
    const [size, start] = leb(bytes, at + 1);
    if (kind === 1) {
      let [count, here] = leb(bytes, start);
      for (; count > 0; count -= 1) {
        const [number, after] = leb(bytes, here);
        const [name, next] = text(bytes, after);
        names.set(number, name);
        here = next;
      }
    }
    at = start + size;
  }
  return names;
}

/** Every function's name and size; a build that still has its names is needed. */
export function functions(bytes) {
  const all = sections(bytes);
  const named = all.find(({ name }) => name === "name");
  if (!named) throw new Error("this wasm has no name section: it was stripped");
  const names = functionNames(bytes, named);
  const code = all.find(({ id }) => id === 10);
  let [count, at] = leb(bytes, code.at);
  let number = Math.min(...names.keys()) + importedFunctions(bytes, all);
  const found = [];
  for (; count > 0; count -= 1, number += 1) {
    const [size, start] = leb(bytes, at);
    found.push({ name: names.get(number) ?? "?", size: start + size - at });
    at = start + size;
  }
  return found;
}

function importedFunctions(bytes, all) {
  const imports = all.find(({ id }) => id === 2);
  if (!imports) return 0;
  let [count, at] = leb(bytes, imports.at);
  let functions = 0;
  const limits = (here) => {
    const flags = bytes[here];
    const after = leb(bytes, here + 1)[1];
    return flags & 1 ? leb(bytes, after)[1] : after;
  };
  for (; count > 0; count -= 1) {
    at = text(bytes, text(bytes, at)[1])[1];
    const kind = bytes[at++];
    if (kind === 0) (functions += 1), (at = leb(bytes, at)[1]);
    else if (kind === 1) at = limits(at + 1);
    else if (kind === 2) at = limits(at);
    else if (kind === 3) at += 2;
    else at = leb(bytes, at + 1)[1]; // A tag: its attribute, and its type.
  }
  return functions;
}

/** The crate that a function belongs to: the first in its name, which may be mangled (`…Cs1a2B_5serde…`). */
export function crateOf(name) {
  const mangled = /Cs[0-9A-Za-z]*_(\d+)(\w+)/.exec(name);
  if (name.startsWith("_R") && mangled) return mangled[2].slice(0, Number(mangled[1]));
  return /([a-z_][a-z_0-9]*)\[[0-9a-f]+\]/.exec(name)?.[1] ?? "glue and no name";
}

/** Bytes of code by crate, the largest first, and of constants. */
export function anatomy(bytes) {
  const crates = new Map();
  let total = 0;
  for (const { name, size } of functions(bytes)) {
    crates.set(crateOf(name), (crates.get(crateOf(name)) ?? 0) + size);
    total += size;
  }
  const constants = sections(bytes).find(({ id }) => id === 11);
  const data = constants ? constants.end - constants.at : 0;
  return { data, total: total + data, crates: [...crates].sort((a, b) => b[1] - a[1]) };
}
