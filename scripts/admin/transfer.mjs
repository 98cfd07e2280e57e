// A whole tenant as lines of JSON, out and in. docs/transfer.md has the format.

import { list, table } from "./table.mjs";
import { exportTo } from "./export.mjs";
import { importFrom } from "./import.mjs";
import { REFUSED } from "./wrong.mjs";

const refusals = (refused) => (refused.length === 0 ? "" : `\n\n${table(refused, { LINE: (one) => one.line, "NOT TAKEN": (one) => one.detail })}`);

export const transfer = {
  export: {
    args: ["SLUG"],
    options: { out: { type: "string", value: "FILE" } },
    says: "everything of a tenant but its credentials, into SLUG.ndjson; --out - writes it to the standard output",
    more: "What changes while it is read may be in it in part: suspend the tenant for an exact copy.",
    async run({ api, args: [slug], options, out, note }) {
      const exported = await exportTo(api, slug, options.out ?? `${slug}.ndjson`, { out, note });
      return options.out === "-" ? undefined : exported;
    },
    show: (exported) => list(exported),
  },
  import: {
    args: ["FILE"],
    options: { slug: { type: "string", value: "SLUG" }, "data-only": { type: "boolean" }, partial: { type: "boolean" }, "chunk-kb": { type: "string", value: "256" } },
    says: "what export wrote, into the tenant of the same slug or of another; makes the tenant where there is none",
    more: `Everything keeps its id, its times and its version. What is there already stays as it is, so that the same command
goes on with an import that broke off. The tenant is suspended meanwhile, and serves again in the end if it did
before. Settings, mapping, schemas and resource types are put first; --data-only leaves them alone. --partial takes
a file without its last line. Lines that cannot be taken are listed, and the exit code is 1 then.`,
    run: ({ api, args: [file], options, note }) => importFrom(api, file, options, { note }),
    show: ({ refused, ...imported }) => `${list(imported)}${refusals(refused)}`,
    code: ({ refused }) => (refused.length === 0 ? 0 : REFUSED),
  },
};
