// Groups, and the object that their changes go through: what the answers say, and what happens when a
// client hangs up, a batch panics, D1 is slow or a token is revoked in between.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { findings } from "./consistency.mjs";
import { external, start, unique } from "./harness.mjs";
import { seedGroup, seedMembers } from "./seed-groups.mjs";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const nobody = "01900000-0000-7000-8000-00000000dead";
const pause = (millis) => new Promise((done) => setTimeout(done, millis));

let edge;
let acme;
before(async () => {
  edge = await start(external ? {} : { faults: true, vars: { PANIC_ROUTE: "on" } });
  acme = await edge.createTenant("acme");
});
after(() => edge.stop());

async function user(fields = {}) {
  const made = await acme.scim("POST", "/Users", { schemas: [USER], userName: unique("u"), ...fields });
  assert.equal(made.status, 201, made.text);
  return made.json;
}

async function group(members = [], fields = {}) {
  const body = { schemas: [GROUP], displayName: unique("g"), members, ...fields };
  const made = await acme.scim("POST", "/Groups", body);
  assert.equal(made.status, 201, made.text);
  return made.json;
}

const read = async (id) => (await acme.scim("GET", `/Groups/${id}`)).json;
const change = (id, ...operations) => acme.scim("PATCH", `/Groups/${id}`, patch(...operations));
const values = (one) => (one.members ?? []).map(({ value }) => value).sort();

describe("members", () => {
  test("show value, $ref, type and the display of the member until the client gives one", async () => {
    const one = await user({ displayName: "First" });
    const inner = await group([], { displayName: unique("inner") });
    const made = await group([{ value: one.id }, { value: inner.id, display: "As sent" }]);
    const shown = new Map(made.members.map((member) => [member.value, member]));
    assert.deepEqual(shown.get(one.id), {
      value: one.id, $ref: `${acme.base}/Users/${one.id}`, type: "User", display: "First",
    });
    assert.deepEqual(shown.get(inner.id), {
      value: inner.id, $ref: `${acme.base}/Groups/${inner.id}`, type: "Group", display: "As sent",
    });
    await acme.scim("PATCH", `/Users/${one.id}`, patch({ op: "replace", path: "displayName", value: "Second" }));
    await change(inner.id, { op: "replace", path: "displayName", value: unique("renamed") });
    const displays = (await read(made.id)).members.map((member) => member.display).sort();
    assert.deepEqual(displays, ["As sent", "Second"]);
  });

  test("who does not exist is left out, and nothing changes then", async () => {
    const made = await group([{ value: nobody }]);
    assert.equal(made.members, undefined);
    const answer = await change(made.id, { op: "add", path: "members", value: [{ value: nobody }] });
    assert.equal(answer.status, 204, answer.text);
    assert.equal(answer.headers.get("etag"), made.meta.version);
  });

  test("a body without members says nothing of them, an empty list does", async () => {
    const one = await user();
    const made = await group([{ value: one.id }]);
    const body = { schemas: [GROUP], displayName: made.displayName };
    const kept = await acme.scim("PUT", `/Groups/${made.id}`, body);
    assert.deepEqual(values(kept.json), [one.id]);
    assert.equal(kept.headers.get("etag"), made.meta.version);
    const emptied = await acme.scim("PUT", `/Groups/${made.id}`, { ...body, members: [] });
    assert.deepEqual(values(emptied.json), []);
  });

  for (const [what, value] of Object.entries({
    "a text": "abc",
    "a number": 7,
    "an object without value": { members: "x" },
    "an element without value": [{ display: "x" }],
    "lists in a list": [["x"]],
    "numbers in a list": [1],
  })) {
    for (const op of ["add", "replace", "remove"]) {
      test(`${op} with ${what} is no way to empty a group`, async () => {
        const one = await user();
        const made = await group([{ value: one.id }]);
        const answer = await change(made.id, { op, path: "members", value });
        const now = await read(made.id);
        assert.deepEqual(values(now), [one.id], `${answer.status} ${answer.text}`);
        assert.equal(answer.status, 400, answer.text);
      });
    }
  }

  test("a group is never inside itself, not by a batch either", async () => {
    const [one, two, three] = [await group(), await group(), await group()];
    const add = (outer, inner) => change(outer.id, { op: "add", path: "members", value: [{ value: inner.id }] });
    assert.equal((await add(one, one)).status, 400);
    const answers = await Promise.all([add(one, two), add(two, three), add(three, one)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 204, 400]);
    assert.equal(answers.find(({ status }) => status === 400).json.scimType, "invalidValue");
    assert.deepEqual(await findings(edge, acme), []);
  });

  test("whoever is deleted leaves every group, and each of those has a new version", async () => {
    const one = await user();
    const inner = await group([{ value: one.id }]);
    const outer = await group([{ value: one.id }, { value: inner.id }]);
    assert.equal((await acme.scim("DELETE", `/Users/${one.id}`)).status, 204);
    assert.deepEqual([values(await read(inner.id)), values(await read(outer.id))], [[], [inner.id]]);
    assert.equal((await read(inner.id)).meta.version, 'W/"2"');
    assert.equal((await acme.scim("DELETE", `/Groups/${inner.id}`)).status, 204);
    const now = await read(outer.id);
    assert.deepEqual([values(now), now.meta.version], [[], 'W/"3"']);
  });

  test("are found by filters, on groups and on users", async () => {
    const one = await user();
    const made = await group([{ value: one.id }]);
    const find = async (type, filter) => {
      const found = await acme.scim("GET", `/${type}?filter=${encodeURIComponent(filter)}`);
      assert.equal(found.status, 200, found.text);
      return found.json.Resources.map(({ id }) => id);
    };
    assert.deepEqual(await find("Groups", `members.value eq "${one.id}"`), [made.id]);
    assert.deepEqual(await find("Groups", `members[value eq "${one.id}"]`), [made.id]);
    assert.deepEqual(await find("Groups", `displayName eq "${made.displayName.toUpperCase()}"`), [made.id]);
    assert.deepEqual(await find("Users", `groups.value eq "${made.id}"`), [one.id]);
    assert.deepEqual(await find("Groups", `members[$ref eq "${one.meta.location}"]`), [made.id]);
  });

  test("are found by filters through groups inside groups, as they show", async () => {
    const [one, two] = [await user(), await user()];
    const inner = await group([{ value: one.id }]);
    const outer = await group([{ value: inner.id }, { value: two.id }]);
    // In both ways: that is direct.
    await change(outer.id, { op: "add", path: "members", value: [{ value: two.id }] });
    const find = async (filter) => {
      const found = await acme.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`);
      assert.equal(found.status, 200, found.text);
      for (const { id, groups } of found.json.Resources) {
        assert.deepEqual((await acme.scim("GET", `/Users/${id}`)).json.groups, groups);
      }
      return found.json.Resources.map(({ id }) => id).sort();
    };
    const both = [one.id, two.id].sort();
    assert.deepEqual(await find(`groups.value eq "${outer.id}"`), both);
    assert.deepEqual(await find(`groups[value eq "${outer.id}" and type eq "indirect"]`), [one.id]);
    assert.deepEqual(await find(`groups[value eq "${outer.id}" and type eq "direct"]`), [two.id]);
    assert.deepEqual(await find(`groups.display eq "${outer.displayName.toUpperCase()}"`), both);
    assert.deepEqual(await find(`groups.$ref eq "${outer.meta.location}" and userName pr`), both);
    assert.deepEqual(await find(`not (groups.value eq "${outer.id}") and (id eq "${one.id}" or id eq "${two.id}")`), []);
    assert.ok((await find('groups.type eq "indirect"')).includes(one.id));
  });

  test("a display that a client sent is found in any case, beyond ASCII too", async () => {
    const display = `Ärger ΟΔΟΣ ${unique()}`;
    const first = await user();
    const made = await group([{ value: first.id, display }]);
    const find = async () => {
      const filter = encodeURIComponent(`members.display eq "${display.toLowerCase()}"`);
      return (await acme.scim("GET", `/Groups?filter=${filter}`)).json.Resources.map(({ id }) => id);
    };
    assert.deepEqual(await find(), [made.id]);
    await change(made.id, { op: "replace", path: "members", value: [{ value: first.id, display: "other" }] });
    assert.deepEqual(await find(), []);
    await change(made.id, { op: "add", path: "members", value: [{ value: (await user()).id, display }] });
    assert.deepEqual(await find(), [made.id]);
  });

  test("are removed by $ref, as by value", async () => {
    const [one, two, three] = [await user(), await user(), await user()];
    const made = await group([one, two, three].map(({ id }) => ({ value: id })));
    const left = async (path) => {
      const answer = await change(made.id, { op: "remove", path });
      assert.equal(answer.status, 204, answer.text);
      return values(await read(made.id)).sort();
    };
    assert.deepEqual(await left(`members[$ref eq "${one.meta.location}"]`), [two.id, three.id].sort());
    assert.deepEqual(await left(`members[$ref eq "../Users/${two.id}" and type eq "User"]`), [three.id]);
    assert.deepEqual(await left(`members[not ($ref ne "${three.meta.location}")]`), []);
    const refused = await change(made.id, { op: "remove", path: 'members[$ref co "Users"]' });
    assert.deepEqual([refused.status, refused.json.scimType], [400, "invalidFilter"]);
  });
});

describe("a PATCH", () => {
  test("answers 204, and shows the group when it is asked to", async () => {
    const one = await user();
    const made = await group();
    const body = patch({ op: "add", path: "members", value: [{ value: one.id }] });
    const path = `/Groups/${made.id}`;
    const plain = await acme.scim("PATCH", path, body);
    assert.deepEqual([plain.status, plain.text, plain.headers.get("etag")], [204, "", 'W/"2"']);
    const preferred = await acme.scim("PATCH", path, body, { prefer: "return=representation" });
    assert.equal(preferred.status, 200);
    assert.equal(preferred.headers.get("preference-applied"), "return=representation");
    assert.deepEqual(values(preferred.json), [one.id]);
    const named = await acme.scim("PATCH", `${path}?attributes=displayName`, body);
    assert.deepEqual(Object.keys(named.json).sort(), ["displayName", "id", "schemas"]);
    const without = await acme.scim("PATCH", `${path}?excludedAttributes=members`, body);
    assert.deepEqual([without.status, without.json.members], [200, undefined]);
  });

  test("that changes nothing makes no version", async () => {
    const one = await user();
    const made = await group([{ value: one.id }]);
    const answer = await change(made.id, { op: "replace", path: "members", value: [{ value: one.id }] });
    assert.equal(answer.headers.get("etag"), made.meta.version);
    assert.equal(answer.cost?.written ?? 0, 0);
  });

  test("is refused where If-Match names another version", async () => {
    const made = await group();
    const body = patch({ op: "replace", path: "displayName", value: unique() });
    for (const [condition, status] of [['W/"9"', 412], [made.meta.version, 204], [made.meta.version, 412], ["*", 204]]) {
      const answer = await acme.scim("PATCH", `/Groups/${made.id}`, body, { "if-match": condition });
      assert.equal(answer.status, status, `${condition}: ${answer.text}`);
    }
    assert.equal((await acme.scim("DELETE", `/Groups/${made.id}`, undefined, { "if-match": 'W/"1"' })).status, 412);
  });

  test("of many at once: one that is refused hinders nobody", async () => {
    const name = unique("taken");
    await group([], { displayName: name });
    const made = await Promise.all(Array.from({ length: 24 }, () => group()));
    const answers = await Promise.all(
      made.map(({ id }, at) => change(id, { op: "replace", path: "displayName", value: at % 8 ? unique("free") : name })),
    );
    answers.forEach(({ status, json }, at) => {
      assert.equal(status, at % 8 ? 204 : 409);
      if (status === 409) assert.equal(json.scimType, "uniqueness");
    });
  });
});

describe("the object", { skip: external ? "needs faults" : false }, () => {
  test("finishes what a client hung up on, and what waits behind it", async () => {
    const ids = await seedMembers(edge, acme, 20);
    const made = await group();
    await edge.faults({ reset: true, delay: 150 });
    const hangUp = new AbortController();
    const add = (id, signal) =>
      fetch(`${acme.base}/Groups/${made.id}`, {
        method: "PATCH",
        signal,
        headers: { authorization: `Bearer ${acme.token}`, "content-type": "application/scim+json" },
        body: JSON.stringify(patch({ op: "add", path: "members", value: [{ value: id }] })),
      });
    const first = add(ids[0], hangUp.signal).catch((error) => error.name);
    await pause(100);
    const others = ids.slice(1).map((id, at) => add(id, at < 5 ? hangUp.signal : undefined).catch((error) => error.name));
    await pause(40);
    hangUp.abort();
    assert.equal(await first, "AbortError");
    const answers = await Promise.all(others);
    await edge.faults({ reset: true });
    for (const answer of answers.slice(5)) assert.equal(answer.status, 204);
    const there = values(await read(made.id));
    for (const id of ids.slice(6)) assert.ok(there.includes(id), "lost");
    assert.deepEqual(await findings(edge, acme), []);
  });

  test("answers when a batch panics, and goes on", async () => {
    const ids = await seedMembers(edge, acme, 12);
    const made = await group();
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        ids.map((id, at) =>
          acme.scim("PATCH", `/Groups/${made.id}`, patch({ op: "add", path: "members", value: [{ value: id }] }),
            at === 3 ? { "x-scim-edge-panic": "object" } : {}),
        ),
      );
      assert.equal(answers[3].status, 500);
      for (const { status } of answers) assert.ok([204, 500].includes(status), `${status}`);
    }
    for (const id of ids) {
      assert.equal((await change(made.id, { op: "add", path: "members", value: [{ value: id }] })).status, 204);
    }
    assert.deepEqual(values(await read(made.id)), [...ids].sort());
  });

  test("gives a slow database up with 503", { timeout: 60_000 }, async () => {
    const slow = await start({ faults: true });
    try {
      const tenant = await slow.createTenant("slow");
      await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "first" });
      await slow.faults({ reset: true, delay: 28_000, delayNext: 1 });
      const answer = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "late" });
      assert.equal(answer.status, 503, answer.text);
      assert.ok(answer.headers.get("retry-after"));
      await pause(4000);
      assert.equal((await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "next" })).status, 201);
    } finally {
      await slow.stop();
    }
  });

  test("writes nothing for a token that is revoked while it works", async () => {
    const spare = await edge.createToken(acme.slug);
    const other = acme.with({ token: spare });
    const name = unique("revoked");
    const post = () => other.scim("POST", "/Groups", { schemas: [GROUP], displayName: name });
    await other.scim("GET", "/Users?count=1");
    await edge.faults({ reset: true, delay: 400, only: "write" });
    const late = post();
    await pause(150);
    await edge.db.prepare("UPDATE tokens SET revoked = 1 WHERE id = ?1").bind(spare.id).run();
    assert.equal((await late).status, 401);
    await edge.faults({ reset: true });
    const found = await acme.scim("GET", `/Groups?filter=${encodeURIComponent(`displayName eq "${name}"`)}`);
    assert.equal(found.json.totalResults, 0);
  });

  test("takes a group with as many members as a body can name, and several such at once", { timeout: 120_000 }, async (t) => {
    const ids = await seedMembers(edge, acme, 20_000);
    // Connections that stood idle meanwhile are about to be closed: not before the runtime's five seconds are over.
    await pause(6000);
    const members = ids.map((value) => ({ value }));
    const made = await Promise.all([1, 2, 3].map(() => acme.scim("POST", "/Groups?attributes=displayName", { schemas: [GROUP], displayName: unique(), members })));
    t.diagnostic(made.map(({ status, millis }) => `${status} in ${millis.toFixed(0)} ms`).join(", "));
    for (const { status, text } of made) assert.equal(status, 201, text);
    const row = await edge.db.prepare('SELECT count(*) AS n FROM members GROUP BY "group" ORDER BY n DESC LIMIT 3').all();
    assert.deepEqual(row.results.map(({ n }) => n), [20_000, 20_000, 20_000]);
  });
});
