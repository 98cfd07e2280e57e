// Import: the file's lines in pieces below the server's limit, held in memory a piece at a time.

import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";

import { Progress } from "./progress.mjs";
import { tenantPath } from "./tenants.mjs";
import { USAGE, Wrong } from "./wrong.mjs";

/** What the server takes at most: bytes of a body, lines of a body. */
const MAX_BYTES = 1 << 20;
const MAX_LINES = 2000;

/** Refused lines that are kept to be shown. */
const MAX_SHOWN = 1000;

export async function importFrom(api, file, options, { note }) {
  const limit = Number(options["chunk-kb"] ?? 256) * 1024;
  if (!(limit >= 1024 && limit <= MAX_BYTES)) throw new Wrong(USAGE, "--chunk-kb is 1 to 1024.");
  const size = await check(file, options.partial);
  const lines = numbered(file);
  const { value: first } = await lines.next();
  const header = headerOf(first?.text, file);
  const slug = options.slug ?? header.slug;
  const path = tenantPath(slug);
  const before = await prepare(api, slug, header, options["data-only"]);
  const total = { tenant: slug, created: 0, present: 0, members: 0, lines_refused: 0, refused: [] };
  const progress = new Progress(note);
  let sent = 0;
  let done = 1;
  try {
    for await (const piece of pieces(lines, limit, total)) {
      const answer = await send(api, `${path}/import`, piece);
      for (const key of ["created", "present", "members"]) total[key] += answer[key];
      for (const { line, detail } of answer.refused) refuse(total, piece.numbers[line - 1], detail);
      sent += piece.bytes;
      done = piece.numbers.at(-1);
      progress.say(`${Math.round((100 * sent) / size)} %: ${total.created} created, ${total.present} there before, ${total.members} members, ${total.lines_refused} lines refused`);
    }
  } catch (error) {
    if (error instanceof Wrong) error.message += `\nThe lines up to ${done} are in. ${slug} is suspended; the same command goes on.`;
    throw error;
  } finally {
    progress.done();
  }
  if (!before.suspended) await api.json("PATCH", path, { suspended: false });
  else note(`${slug} was suspended before and still is: \`npm run admin -- tenants resume ${slug}\` serves it.\n`);
  return total;
}

/** The file's size. One that is cut off is told before anything is done. */
async function check(file, partial) {
  let handle;
  try {
    handle = await open(file);
  } catch (error) {
    throw new Wrong(USAGE, `${file} cannot be read (${error.code}).`);
  }
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 1000));
    await handle.read(tail, 0, tail.length, size - tail.length);
    const last = tail.toString("utf8").trimEnd().split("\n").at(-1);
    if (!partial && !/^\{\s*"end"/.test(last)) throw new Wrong(USAGE, `${file} is cut off: its last line should begin with {"end":. Export it again, or say --partial.`);
    return size;
  } finally {
    await handle.close();
  }
}

async function* numbered(file) {
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity })) {
    number += 1;
    if (text.trim() !== "") yield { number, text };
  }
}

function headerOf(text, file) {
  try {
    const { export: header } = JSON.parse(text);
    if (header.version === 1) return header;
  } catch {
    // Told below.
  }
  throw new Wrong(USAGE, `${file} is no export that this version reads: its first line should be {"export": {"version": 1, …}}.`);
}

/** The tenant, made where there is none, with what the header says, suspended: as it was before. */
async function prepare(api, slug, header, dataOnly) {
  const path = tenantPath(slug);
  let before = await api.get(path).catch((error) => {
    if (!(error instanceof Wrong) || !/does not exist/.test(error.message)) throw error;
  });
  const { indexed, ...settings } = header.settings ?? {};
  before ??= await api.post("/tenants", { slug, name: header.name ?? slug });
  // Nobody sees a setting without the schemas that it stands on, nor half of the resources.
  await api.json("PATCH", path, { suspended: true });
  if (dataOnly) return before;
  for (const schema of header.schemas ?? []) await api.put(`${path}/schemas/${encodeURIComponent(schema.id)}`, schema);
  for (const type of header.resource_types ?? []) await api.put(`${path}/resource-types/${encodeURIComponent(type.name)}`, type);
  await api.json("PATCH", path, { settings: { ...settings, ...(indexed ? { indexed } : {}) } });
  if (header.mapping) await api.put(`${path}/mapping`, { rules: header.mapping });
  return before;
}

/** Lines for one call each, with their numbers in the file. */
async function* pieces(lines, limit, total) {
  let piece = { texts: [], numbers: [], bytes: 0 };
  for await (const { number, text } of lines) {
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > MAX_BYTES) {
      refuse(total, number, `The line is longer than ${MAX_BYTES} bytes.`);
      continue;
    }
    if (piece.texts.length > 0 && (piece.bytes + bytes > limit || piece.texts.length === MAX_LINES)) {
      yield piece;
      piece = { texts: [], numbers: [], bytes: 0 };
    }
    piece.texts.push(text);
    piece.numbers.push(number);
    piece.bytes += bytes;
  }
  if (piece.texts.length > 0) yield piece;
}

async function send(api, path, piece) {
  const { text } = await api.request("POST", path, `${piece.texts.join("\n")}\n`, { type: "application/x-ndjson", repeatable: true });
  return JSON.parse(text);
}

function refuse(total, line, detail) {
  total.lines_refused += 1;
  if (total.refused.length < MAX_SHOWN) total.refused.push({ line, detail });
}
