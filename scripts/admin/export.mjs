// Export: page after page to a file, held in memory a page at a time.

import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { once } from "node:events";

import { Progress } from "./progress.mjs";
import { tenantPath } from "./tenants.mjs";
import { REFUSED, USAGE, Wrong } from "./wrong.mjs";

/** Writes a tenant to `file`, which appears only when it is whole, or to `out` for "-". */
export async function exportTo(api, slug, file, { out, note }) {
  const sink = file === "-" ? { write: async (text) => out(text), end() {}, abandon() {} } : await fileSink(file);
  const progress = new Progress(note);
  const counted = { resources: 0, members: 0 };
  let last;
  try {
    for await (const page of pages(api, slug)) {
      for (const line of page.split("\n")) last = count(counted, line) ?? last;
      await sink.write(page);
      progress.say(`${counted.resources} resources, ${counted.members} members`);
    }
    if (last?.resources !== counted.resources || last?.members !== counted.members) {
      throw new Wrong(REFUSED, "The export is not whole: export again.");
    }
    await sink.end();
  } catch (error) {
    await sink.abandon();
    throw error;
  } finally {
    progress.done();
  }
  return { tenant: slug, file, ...counted };
}

async function* pages(api, slug) {
  for (let next = `${tenantPath(slug)}/export`; next; ) {
    const { headers, text } = await api.request("GET", next);
    yield text;
    // The server's own view of its host does not matter: it is asked where it was asked before.
    const link = /<([^>]*)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
    next = link && `${tenantPath(slug)}/export${new URL(link).search}`;
  }
}

/** Adds a line to the counts; the counts of the last line, when it is that one. */
function count(counted, line) {
  if (line.startsWith('{"meta":')) counted.resources += 1;
  if (line.startsWith('{"group":')) counted.members += JSON.parse(line).members.length;
  return line.startsWith('{"end":') ? JSON.parse(line).end : undefined;
}

/** Passwords are not in it, people are: nobody else may read it. */
async function fileSink(file) {
  const draft = `${file}.part`;
  const stream = createWriteStream(draft, { mode: 0o600 });
  try {
    await once(stream, "open");
  } catch (error) {
    throw new Wrong(USAGE, `${draft} cannot be written (${error.code}): choose another place with --out.`);
  }
  return {
    async write(text) {
      if (!stream.write(text)) await once(stream, "drain");
    },
    async end() {
      stream.end();
      await once(stream, "finish");
      await rename(draft, file);
    },
    async abandon() {
      stream.destroy();
      await rm(draft, { force: true });
    },
  };
}
