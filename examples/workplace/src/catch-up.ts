// From events to tables. An event is taken as a hint: it says who is concerned, and what they are now is read in
// the directory. So no event does harm that comes twice, late or out of order.

import { answer, directoryClient, Refusal, type Directory } from "../../../client";
import { employee, type Employee } from "./employee";
import type { Env } from "./index";
import * as tables from "./tables";

interface Step {
  change: tables.Change;
  more: boolean;
}

/** Works the feed off, to its end or until the position `wanted` is behind us. */
export async function catchUp(env: Env, wanted = Infinity): Promise<void> {
  for (let more = true; more; ) {
    const position = await tables.position(env.DB);
    if (position >= wanted) return;
    const step = position < 0 ? await everything(env) : await news(env, position);
    const isDone = await tables.commit(env.DB, position, step.change);
    // Where another run was faster, this one goes on from where that one came to.
    more = step.more || !isDone;
  }
}

/** What the next page of the feed makes of the tables. */
async function news(env: Env, position: number): Promise<Step> {
  const page = await events(env, String(position)).catch((error) => {
    // Nobody asked for a month, or scim-edge's database was restored to an earlier time.
    if (error instanceof Refusal && error.status === 410) return null;
    throw error;
  });
  if (page === null) return everything(env);

  const { users, groups, hasOtherDepartments } = concerned(page.events);
  // Who came into one of these groups since we last looked is named by an event, of this page or of a later one.
  const all = [...new Set([...users, ...(await tables.membersOf(env.DB, groups))])];
  const found = new Map<string, Employee>();
  for (const ids of tables.parts(all, 50)) {
    await read(env, ids.map((id) => `id eq "${id}"`).join(" or "), found);
  }
  const change = {
    position: page.next,
    employees: [...found.values()],
    gone: all.filter((id) => !found.has(id)),
    departments: hasOtherDepartments ? await departments(env) : undefined,
  };
  return { change, more: page.more };
}

/** The whole directory. The position comes first: what changes while we read is told behind it. */
async function everything(env: Env): Promise<Step> {
  const { next } = await events(env, "latest");
  const known = await tables.everybody(env.DB);
  const found = new Map<string, Employee>();
  await read(env, undefined, found);
  const change = {
    position: next,
    employees: [...found.values()],
    gone: known.filter((id) => !found.has(id)),
    departments: await departments(env),
  };
  return { change, more: true };
}

/** Whom events are about: users by their ids, and everybody in some groups. */
function concerned(events: Directory["Event"][]) {
  const users = new Set<string>();
  const groups = new Set<string>();
  let hasOtherDepartments = false;
  for (const { type, data } of events) {
    const { resource, members = [] } = data as { resource: { id: string }; members?: { value: string; type: string }[] };
    if (type.startsWith("group.member_")) {
      for (const member of members) (member.type === "Group" ? groups : users).add(member.value);
    } else if (type.startsWith("group.")) {
      groups.add(resource.id);
      hasOtherDepartments = true;
    } else if (type.startsWith("user.")) {
      users.add(resource.id);
      hasOtherDepartments ||= type === "user.targets_changed";
    }
  }
  return { users: [...users], groups: [...groups], hasOtherDepartments };
}

function events(env: Env, after: string) {
  return answer(directory(env).GET("/events", { params: { query: { after } } }));
}

/** Everyone in the directory, or whom a filter means. */
async function read(env: Env, filter: string | undefined, found: Map<string, Employee>) {
  let cursor: string | undefined;
  do {
    const page = await answer(directory(env).GET("/users", { params: { query: { filter, limit: 1000, cursor } } }));
    for (const user of page.users) found.set(user.id, employee(user));
    cursor = page.next;
  } while (cursor);
}

async function departments(env: Env): Promise<string[]> {
  const { departments } = await answer(directory(env).GET("/departments"));
  return departments.map(({ name }) => name);
}

function directory({ SCIM, SCIM_URL, TENANT, DIRECTORY_TOKEN }: Env) {
  const fetch = SCIM && ((request: Request) => SCIM.fetch(request));
  return directoryClient({ url: SCIM_URL, tenant: TENANT, token: DIRECTORY_TOKEN, fetch });
}
