// Groups with more members than belong into memory, and users in more groups: sent while they are read, all of
// one version, at a bounded cost, or refused with a sentence that says what to do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";
import { seedGroup, seedMembers, tenantKey } from "./seed-groups.mjs";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const SIZE = 100_000;
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const add = (id) => patch({ op: "add", path: "members", value: [{ value: id }] });
const remove = (id) => patch({ op: "remove", path: `members[value eq "${id}"]` });
const skip = external ? "needs the database" : false;

let edge;
let acme;
let ids;
let outsider;
let large;
before(async () => {
  if (skip) return;
  edge = await start({ faults: true });
  acme = await edge.createTenant("acme");
  [outsider, ...ids] = await seedMembers(edge, acme, SIZE + 1);
  large = await seedGroup(edge, acme, ids);
});
after(() => edge?.stop());

/**
 * Work on large answers can hold this process for as long as the runtime keeps an idle connection, five seconds:
 * the next request would meet its end. Both sides have closed it after this.
 */
const breathe = () => new Promise((done) => setTimeout(done, 1500));

const values = (members) => members.map(({ value }) => value).sort();

/** One request from a warm isolate, and what D1 was asked for it in all: the header goes before the body. */
async function counted(...request) {
  await breathe();
  await acme.scim("GET", "/Users/01900000-0000-7000-8000-000000000000");
  await edge.faults({ reset: true });
  const answer = await acme.scim(...request);
  return { ...answer, trips: (await edge.faults()).trips };
}

/** The runtime's resident memory, MB. */
function resident() {
  const status = readFileSync(`/proc/${edge.local.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
}

describe(`a group of ${SIZE}`, { skip, timeout: 300_000 }, () => {
  test("is read whole, in pages, without being in memory", async (t) => {
    await acme.scim("GET", `/Groups/${large}`);
    const before = resident();
    const whole = await counted("GET", `/Groups/${large}`);
    assert.equal(whole.status, 200, whole.text.slice(0, 300));
    assert.deepEqual(values(whole.json.members), ids.toSorted());
    assert.deepEqual(
      [whole.json.id, whole.json.schemas, whole.json.meta.version, whole.headers.get("etag")],
      [large, [GROUP], 'W/"1"', 'W/"1"'],
    );
    const growth = resident() - before;
    t.diagnostic(`${(whole.text.length / 1e6).toFixed(1)} MB in ${whole.millis.toFixed(0)} ms, ${whole.trips} round trips, memory +${growth.toFixed(0)} MB`);
    assert.ok(whole.trips <= 14, `${whole.trips} round trips`);
  });

  test("is read by several at once", { skip: process.platform === "linux" ? false : "reads /proc" }, async (t) => {
    await breathe();
    const before = resident();
    const all = await Promise.all(Array.from({ length: 6 }, () => acme.scim("GET", `/Groups/${large}`)));
    for (const one of all) assert.equal(one.json.members.length, SIZE);
    const growth = resident() - before;
    t.diagnostic(`memory ${before.toFixed(0)} MB, +${growth.toFixed(0)} MB`);
    // Whole in memory they were 120 MB of text, in five forms, D1's own among them.
    assert.ok(growth < 300, `${growth} MB more`);
  });

  for (const [query, keys] of [
    ["attributes=members", ["id", "members", "schemas"]],
    ["attributes=members.value", ["id", "members", "schemas"]],
    ["excludedAttributes=members.display,displayName", ["id", "members", "meta", "schemas"]],
  ]) {
    test(`shows what ${query} asks for`, async () => {
      await breathe();
      const { status, json } = await acme.scim("GET", `/Groups/${large}?${query}`);
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(json).sort(), keys);
      assert.deepEqual(values(json.members), ids.toSorted());
      const shown = { members: "$ref display type value", "members.value": "value" }[query.split("=")[1]] ?? "$ref type value";
      for (const at of [0, 5000, 50_000, SIZE - 1]) assert.equal(Object.keys(json.members[at]).sort().join(" "), shown);
    });
  }

  test("is not shown where no member has what is asked for", async () => {
    const { text, json } = await acme.scim("GET", `/Groups/${large}?attributes=members.nothing`);
    assert.ok(json, text.slice(0, 200));
    assert.deepEqual(json.members ?? [], []);
  });

  test("costs as much as any other where its members are not sent", async () => {
    for (const [method, path, headers, status] of [
      ["HEAD", `/Groups/${large}`, {}, 200],
      ["GET", `/Groups/${large}`, { "if-none-match": 'W/"1"' }, 304],
      ["HEAD", `/Groups/${large}`, { "if-none-match": 'W/"1"' }, 304],
      ["GET", `/Groups/${large}?excludedAttributes=members`, {}, 200],
      ["GET", "/Groups?excludedAttributes=members", {}, 200],
    ]) {
      const answer = await counted(method, path, undefined, headers);
      assert.equal(answer.status, status);
      assert.equal(answer.trips, 1);
      assert.ok(answer.cost.read <= 8, `${method} ${path}: ${answer.cost.read} rows read`);
      if (method === "HEAD") assert.equal(answer.headers.get("etag"), 'W/"1"');
    }
    const moved = await acme.scim("GET", `/Groups/${large}`, undefined, { "if-none-match": 'W/"7"' });
    assert.equal(moved.json.members.length, SIZE);
  });

  test("breaks off where it changes while it is sent, and is whole when it is asked for again", async () => {
    const made = await seedGroup(edge, acme, ids);
    // The object knows its tenant already, and each page takes long enough to be overtaken.
    await acme.scim("PATCH", `/Groups/${made}`, add(ids[0]));
    await edge.faults({ reset: true, delay: 600, only: "read" });
    const response = await fetch(`${acme.base}/Groups/${made}`, { headers: { authorization: `Bearer ${acme.token}` } });
    assert.equal(response.status, 200);
    const reader = response.body.getReader();
    let text = new TextDecoder().decode((await reader.read()).value);
    const changed = await acme.scim("PATCH", `/Groups/${made}`, add(outsider));
    assert.equal(changed.status, 204, changed.text);
    const rest = async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        text += new TextDecoder().decode(value);
      }
    };
    // The runtime here ends the answer as if it were whole; half a JSON text is not to be mistaken.
    await rest().catch(() => {});
    assert.throws(() => JSON.parse(text));
    await edge.faults({ reset: true });
    assert.match(edge.log, /broke off a large group/);
    const again = await acme.scim("GET", `/Groups/${made}`);
    assert.deepEqual([again.json.members.length, again.json.meta.version], [SIZE + 1, 'W/"2"']);
  });

  test("is listed alone on its page, and a walk meets every other once", async () => {
    const other = await edge.createTenant("pages");
    const people = await seedMembers(edge, other, 45_000);
    const made = [];
    for (const size of [0, 3, 45_000, 2, 45_000, 5000, 1]) made.push({ size, id: await seedGroup(edge, other, people.slice(0, size)) });
    for (const paging of ["cursor", "index"]) {
      const met = [];
      let next = paging === "cursor" ? "&cursor" : "&startIndex=1";
      let pages = 0;
      while (next) {
        const page = await other.scim("GET", `/Groups?count=5${next}`);
        assert.equal(page.status, 200, page.text.slice(0, 300));
        assert.equal(page.json.totalResults, made.length);
        assert.equal(page.json.itemsPerPage, page.json.Resources.length);
        assert.ok(page.text.length < 10e6, `${page.text.length} bytes`);
        met.push(...page.json.Resources.map((one) => ({ size: one.members?.length ?? 0, id: one.id })));
        pages += 1;
        if (paging === "cursor") next = page.json.nextCursor && `&cursor=${page.json.nextCursor}`;
        else next = met.length < made.length && page.json.Resources.length && `&startIndex=${met.length + 1}`;
      }
      assert.deepEqual(met, made, paging);
      assert.ok(pages >= 4);
    }
  });
});

describe("a group while it changes", { skip, timeout: 120_000 }, () => {
  test("is never a mixture: up to 20,000 members it is always whole", async (t) => {
    const made = await seedGroup(edge, acme, ids.slice(0, 18_000));
    let isOver = false;
    const writer = (async () => {
      for (let at = 0; !isOver; at += 1) {
        // Who goes is at the beginning, who comes is at the end: half of each would show.
        const body = patch(
          { op: "remove", path: `members[value eq "${ids[at]}"]` },
          { op: "add", path: "members", value: [{ value: ids[18_000 + at] }] },
        );
        const { status } = await acme.scim("PATCH", `/Groups/${made}`, body);
        assert.equal(status, 204);
      }
    })();
    let versions = new Set();
    for (let round = 0; round < 25; round += 1) {
      const path = round % 2 ? `/Groups/${made}` : `/Groups?filter=id%20eq%20%22${made}%22`;
      const { status, json } = await acme.scim("GET", path);
      assert.equal(status, 200);
      const one = json.Resources?.[0] ?? json;
      const version = Number(/\d+/.exec(one.meta.version)[0]);
      versions.add(version);
      const expected = ids.slice(version - 1, 18_000 + version - 1);
      assert.deepEqual(values(one.members), expected.toSorted());
    }
    isOver = true;
    await writer;
    t.diagnostic(`${versions.size} versions seen`);
    assert.ok(versions.size > 3);
  });

  test("shows in the answer to a change what that answer's tag names", async () => {
    const made = await seedGroup(edge, acme, ids.slice(0, 6000));
    const put = { schemas: [GROUP], displayName: unique("g"), members: ids.slice(0, 6001).map((value) => ({ value })) };
    for (const [request, size] of [
      [["PATCH", `/Groups/${made}`, add(ids[6001]), { prefer: "return=representation" }], 6001],
      [["PATCH", `/Groups/${made}?attributes=members.value`, remove(ids[6001])], 6000],
      [["PUT", `/Groups/${made}`, put], 6001],
    ]) {
      const { status, json, text, headers } = await acme.scim(...request);
      assert.equal(status, 200, text.slice(0, 300));
      assert.equal(json.members.length, size);
      const read = await acme.scim("GET", `/Groups/${made}`);
      assert.equal(headers.get("etag"), read.headers.get("etag"));
    }
    const body = { schemas: [GROUP], displayName: unique("g"), members: ids.slice(0, 21_000).map((value) => ({ value })) };
    const created = await acme.scim("POST", "/Groups", body);
    assert.equal(created.status, 201, created.text.slice(0, 300));
    assert.deepEqual(values(created.json.members), ids.slice(0, 21_000).toSorted());
  });
});

describe("long displays", { skip, timeout: 120_000 }, () => {
  const long = (what) => `${what} ${"long \"name\" ".repeat(300)}`;

  test("of members and of groups, and many groups of one user, fit into D1's rows", async () => {
    const other = await edge.createTenant("long");
    const key = await tenantKey(edge.db, other.slug);
    const people = await seedMembers(edge, other, 4500);
    const group = await seedGroup(edge, other, people);
    await edge.db.prepare("UPDATE resources SET display = display || ?2 WHERE tenant = ?1 AND type = 'User'").bind(key, long("")).run();
    for (const path of [`/Groups/${group}`, "/Groups", `/Groups/${group}?attributes=members`]) {
      await breathe();
      const { status, json, text } = await other.scim("GET", path);
      assert.equal(status, 200, text.slice(0, 300));
      const one = json.Resources?.[0] ?? json;
      assert.deepEqual(values(one.members), people.toSorted());
      assert.ok(one.members[4444].display.length > 3000);
    }
    await seedGroups(other, people[7], 3000, long("group"));
    await breathe();
    for (const path of [`/Users/${people[7]}`, `/Users?filter=id%20eq%20%22${people[7]}%22`]) {
      const { status, json, text } = await other.scim("GET", path);
      assert.equal(status, 400, text.slice(0, 300));
      assert.equal(json.scimType, "tooMany");
      const without = await other.scim("GET", `${path}${path.includes("?") ? "&" : "?"}excludedAttributes=groups`);
      assert.equal(without.status, 200);
    }
  });

  /** Groups with one member each, as the Worker would store them but for their index. */
  async function seedGroups(tenant, member, count, display, prefix = unique()) {
    const key = await tenantKey(edge.db, tenant.slug);
    for (let at = 0; at < count; at += 10_000) {
      const { last } = await edge.db.prepare("SELECT max(seq) AS last FROM resources").first();
      const size = Math.min(10_000, count - at);
      await edge.db.batch([
        edge.db
          .prepare(
            "INSERT INTO resources (tenant, type, id, created, modified, display, document) " +
              "SELECT ?1, 'Group', ?2 || value, 1, 1, ?3 || value, json_object('displayName', ?3 || value) FROM json_each(?4)",
          )
          .bind(key, prefix, display, JSON.stringify(Array.from({ length: size }, (_, n) => at + n))),
        edge.db
          .prepare(
            'INSERT INTO members ("group", member) SELECT g.seq, u.seq FROM resources g JOIN resources u ' +
              "ON u.tenant = ?1 AND u.type = 'User' AND u.id = ?3 WHERE g.seq > ?2",
          )
          .bind(key, last, member),
      ]);
    }
    return prefix;
  }

  test("a user's groups are shown while they are fewer than 40,000, direct and indirect", async () => {
    const other = await edge.createTenant("joiner");
    const [one, two] = await seedMembers(edge, other, 2);
    const prefix = await seedGroups(other, one, 9000, "g");
    const key = await tenantKey(edge.db, other.slug);
    const outer = await seedGroup(edge, other, []);
    await edge.db
      .prepare('INSERT INTO members ("group", member) SELECT g.seq, m.seq FROM resources g, resources m WHERE g.id = ?2 AND m.tenant = ?1 AND m.id = ?3')
      .bind(key, outer, `${prefix}8999`)
      .run();
    const read = await other.scim("GET", `/Users/${one}`);
    assert.equal(read.status, 200, read.text.slice(0, 300));
    assert.equal(read.json.groups.length, 9001);
    assert.equal(new Set(read.json.groups.map(({ value }) => value)).size, 9001);
    assert.deepEqual(read.json.groups.filter(({ type }) => type === "indirect").map(({ value }) => value), [outer]);
    const listed = await other.scim("GET", "/Users");
    assert.deepEqual(listed.json.Resources.find(({ id }) => id === one).groups, read.json.groups);
    assert.equal(listed.json.Resources.length, 2);
    const known = await other.scim("GET", `/Users/${one}`, undefined, { "if-none-match": read.headers.get("etag") });
    assert.equal(known.status, 304);
    await seedGroups(other, two, 41_000, "h");
    const many = await other.scim("GET", `/Users/${two}`);
    assert.equal(many.status, 400, many.text.slice(0, 300));
    assert.equal(many.json.scimType, "tooMany");
    assert.match(many.json.detail, /excludedAttributes=groups/);
  });
});
