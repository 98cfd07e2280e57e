// Tables for people.

/** Rows of objects below the headings of `columns`: heading → the cell of a row. */
export function table(rows, columns) {
  const headings = Object.keys(columns);
  const cells = rows.map((row) => headings.map((heading) => text(columns[heading](row))));
  const widths = headings.map((heading, at) => Math.max(heading.length, ...cells.map((line) => line[at].length)));
  const line = (parts) => parts.map((part, at) => (at === parts.length - 1 ? part : part.padEnd(widths[at]))).join("  ").trimEnd();
  return [headings, ...cells].map(line).join("\n");
}

/** An object, a line a member; what is nested stands behind its path. */
export function list(object) {
  const pairs = flatten(object);
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${text(value)}`).join("\n");
}

function flatten(object, prefix = "") {
  return Object.entries(object).flatMap(([name, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0 ? flatten(value, `${prefix}${name}.`) : [[prefix + name, value]],
  );
}

/** What clients sent must not write over the terminal. */
export const plain = (text) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?");

function text(value) {
  const shown = value === undefined || value === null ? "" : Array.isArray(value) ? value.map((one) => (typeof one === "object" ? JSON.stringify(one) : one)).join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value);
  return plain(shown);
}
