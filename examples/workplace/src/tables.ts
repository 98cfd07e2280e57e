// The app's tables: what is asked of them, and the one transaction that changes them.

import type { Employee } from "./employee";

export interface Change {
  /** Up to where the feed is worked off then. */
  position: number;
  employees: Employee[];
  /** Ids of those who are not there any more. */
  gone: string[];
  /** All of their names; undefined where they are what they were. */
  departments?: string[];
}

export async function position(db: D1Database): Promise<number> {
  return (await db.prepare("SELECT position FROM feed").first<number>("position")) ?? -1;
}

export function everybody(db: D1Database): Promise<string[]> {
  return ids(db.prepare("SELECT id FROM employees"));
}

/** Who was in one of these groups when we last looked. */
export function membersOf(db: D1Database, groups: string[]): Promise<string[]> {
  const members =
    "SELECT DISTINCT e.id FROM employees e, json_each(e.groups) g WHERE g.value IN (SELECT value FROM json_each(?1))";
  return ids(db.prepare(members).bind(JSON.stringify(groups)));
}

async function ids(query: D1PreparedStatement): Promise<string[]> {
  const { results } = await query.all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** All of a change and the new position; or nothing, and `false`, where the position is not `from` any more. */
export async function commit(db: D1Database, from: number, change: Change): Promise<boolean> {
  const forEach = (list: unknown[], sql: string) =>
    parts(list, 500).map((part) => db.prepare(sql).bind(JSON.stringify(part)));
  const statements = [
    // Else NULL, which the column refuses: then the whole batch is undone.
    db.prepare("UPDATE feed SET position = CASE position WHEN ?1 THEN ?2 END").bind(from, change.position),
    ...forEach(change.gone, "DELETE FROM employees WHERE id IN (SELECT value FROM json_each(?1))"),
    ...forEach(change.employees, upsert(change.employees)),
  ];
  if (change.departments) {
    const names = JSON.stringify(change.departments);
    statements.push(
      db.prepare("DELETE FROM departments WHERE name NOT IN (SELECT value FROM json_each(?1))").bind(names),
      db.prepare("INSERT INTO departments (name) SELECT value FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING").bind(names),
    );
  }
  try {
    await db.batch(statements);
    return true;
  } catch (error) {
    if (String(error).includes("NOT NULL constraint failed: feed.position")) return false;
    throw error;
  }
}

/** Changes the rows that are there and leaves columns of the app's own alone. */
function upsert([first]: Employee[]): string {
  const columns = Object.keys(first ?? {});
  return (
    `INSERT INTO employees (${columns}) SELECT ${columns.map((name) => `value ->> '${name}'`)} FROM json_each(?1) ` +
    `WHERE true ON CONFLICT (id) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`)}`
  );
}

/** A list in parts: no URL, and no value in D1, may be of any length. */
export function parts<T>(list: T[], size: number): T[][] {
  const count = Math.ceil(list.length / size);
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size));
}
