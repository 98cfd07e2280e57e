// A product that mirrors one tenant's directory by its events, and says where its copy differs.
//
//     const replica = await Replica.snapshot(edge, tenant);   // as docs/events.md describes
//     ...
//     assert.deepEqual(await replica.differences(), []);

/** Events behind a position in the feed, to its end, and the position to go on from. */
export async function feed(edge, { after = 0, limit = 1000, ...query } = {}) {
  const events = [];
  for (let next = after; ; ) {
    const page = await edge.admin("GET", `/events?${new URLSearchParams({ ...query, after: next, limit })}`);
    if (page.status !== 200) throw new Error(`no page behind ${next}: ${page.status} ${page.text}`);
    events.push(...page.json.events);
    next = page.json.next;
    if (!page.json.more) return { events, next };
  }
}

export class Replica {
  constructor(edge, tenant) {
    this.edge = edge;
    this.tenant = tenant;
    this.position = 0;
    this.resources = new Map(); // id → the resource as it was told last
    this.members = new Map(); // group's id → Set of ids
    this.seen = new Set();
    this.taken = 0;
    this.duplicates = 0;
  }

  /** First the position, then the directory: what changes in between is told again. */
  static async snapshot(edge, tenant) {
    const replica = new Replica(edge, tenant);
    replica.position = (await edge.admin("GET", `/events?after=latest&tenant=${tenant.slug}`)).json.next;
    const directory = await replica.directory();
    for (const [id, { document, version }] of directory.resources) {
      replica.resources.set(id, { ...document, meta: { version } });
    }
    replica.members = directory.members;
    return replica;
  }

  take(event) {
    const { resource, members } = event.data;
    this.taken += 1;
    if (this.seen.has(event.id)) this.duplicates += 1;
    this.seen.add(event.id);
    const group = () => {
      if (!this.members.has(resource.id)) this.members.set(resource.id, new Set());
      return this.members.get(resource.id);
    };
    const age = () => {
      const known = this.resources.get(resource.id);
      if (known) known.meta = { ...known.meta, version: resource.meta.version };
    };
    switch (event.type.split(".")[1]) {
      case "deleted":
        this.resources.delete(resource.id);
        this.members.delete(resource.id);
        break;
      case "member_added":
        for (const { value } of members) group().add(value);
        age();
        break;
      case "member_removed":
        for (const { value } of members) group().delete(value);
        age();
        break;
      case "targets_changed":
      case "completed":
        break;
      default:
        this.resources.set(resource.id, resource);
    }
  }

  async catchUp() {
    const { events, next } = await feed(this.edge, { tenant: this.tenant.slug, after: this.position });
    for (const event of events) this.take(event);
    this.position = next;
    return events;
  }

  /** What D1 has, past the Worker. */
  async directory() {
    const db = this.edge.db;
    const tenant = await db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(this.tenant.slug).first("id");
    const [resources, members] = await db.batch([
      db.prepare("SELECT id, version, document FROM resources WHERE tenant = ?1").bind(tenant),
      db
        .prepare(
          'SELECT g.id AS "group", r.id AS member FROM resources g JOIN members m ON m."group" = g.seq ' +
            "JOIN resources r ON r.seq = m.member WHERE g.tenant = ?1",
        )
        .bind(tenant),
    ]);
    const found = { resources: new Map(), members: new Map() };
    for (const { id, version, document } of resources.results) {
      found.resources.set(id, { document: JSON.parse(document), version: `W/"${version}"` });
    }
    for (const { group, member } of members.results) {
      if (!found.members.has(group)) found.members.set(group, new Set());
      found.members.get(group).add(member);
    }
    return found;
  }

  /** Sentences; none where the copy is the directory. */
  async differences() {
    await this.catchUp();
    return this.compare(await this.directory());
  }

  compare(directory) {
    const found = [];
    for (const id of union(this.resources, directory.resources)) {
      const [copy, real] = [this.resources.get(id), directory.resources.get(id)];
      if (!copy || !real) {
        found.push(`${id} is only ${copy ? "in the copy" : "in the directory"}`);
        continue;
      }
      const { meta, ...document } = copy;
      if (meta.version !== real.version) found.push(`${id} is at ${real.version}, not at ${meta.version}`);
      if (sorted(document) !== sorted(real.document)) found.push(`${id} is ${sorted(real.document)}, not ${sorted(document)}`);
    }
    for (const id of union(this.members, directory.members)) {
      const [copy, real] = [this.members.get(id) ?? new Set(), directory.members.get(id) ?? new Set()];
      for (const member of union(copy, real)) {
        if (!real.has(member)) found.push(`${member} is in the group ${id} only in the copy`);
        if (!copy.has(member)) found.push(`${member} is in the group ${id} only in the directory`);
      }
    }
    return found;
  }
}

function union(one, other) {
  return new Set([...one.keys(), ...other.keys()]);
}

/** JSON whose text does not depend on the order of names. */
function sorted(value) {
  return JSON.stringify(value, (_, one) =>
    one && typeof one === "object" && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort()) : one,
  );
}
