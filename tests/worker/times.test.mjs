// When a change happened: at its commit, by D1's clock, and never earlier than the one before it. Whoever asks
// for what was modified since misses nothing then.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const skip = external ? "needs the database" : false;
const DELAY = 400;

let edge;
let acme;
before(async () => {
  if (skip) return;
  edge = await start({ faults: true });
  acme = await edge.createTenant("acme");
});
after(() => edge?.stop());

const time = (one, what = "lastModified") => Date.parse(one.meta[what]);

for (const [endpoint, body] of [
  ["/Users", () => ({ schemas: [USER], userName: unique("u") })],
  ["/Groups", () => ({ schemas: [GROUP], displayName: unique("g") })],
]) {
  describe(endpoint, { skip }, () => {
    const attribute = "externalId";
    const change = () => patch({ op: "replace", path: attribute, value: unique("x") });
    const shown = { prefer: "return=representation" };

    for (const [name, request] of [
      ["POST", () => ["POST", endpoint, body()]],
      ["PATCH", (id) => ["PATCH", `${endpoint}/${id}`, change(), shown]],
      ["PUT", (id) => ["PUT", `${endpoint}/${id}`, { ...body(), externalId: unique("x") }]],
    ]) {
      test(`${name}: the time is the commit's, in the answer and afterwards`, async () => {
        const made = (await acme.scim("POST", endpoint, body())).json;
        await edge.faults({ reset: true, delay: DELAY, only: "write", delayNext: 1 });
        const began = Date.now();
        const answer = await acme.scim(...request(made.id));
        await edge.faults({ reset: true });
        assert.ok(answer.status < 300, answer.text);
        const passed = time(answer.json) - began;
        assert.ok(passed >= DELAY - 20, `${passed} ms after the request, the commit was ${DELAY} ms after it`);
        if (name === "POST") assert.equal(answer.json.meta.created, answer.json.meta.lastModified);
        else assert.equal(answer.json.meta.created, made.meta.created);
        const read = await acme.scim("GET", `${endpoint}/${answer.json.id}`);
        assert.deepEqual(read.json.meta, answer.json.meta);
      });
    }

    test("it never goes back", async () => {
      const made = (await acme.scim("POST", endpoint, body())).json;
      const ahead = Date.now() + 3_600_000;
      await edge.db.prepare("UPDATE resources SET modified = ?1 WHERE id = ?2").bind(ahead, made.id).run();
      const answer = await acme.scim("PATCH", `${endpoint}/${made.id}`, change(), shown);
      assert.equal(answer.json.meta.version, 'W/"2"');
      assert.equal(time(answer.json), ahead);
    });
  });
}

test("many at once: the order of times is the order of versions, and a poller sees each change", { skip }, async () => {
  const acme = await edge.createTenant("poll");
  const groups = [];
  for (let at = 0; at < 8; at += 1) {
    groups.push((await acme.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("g") })).json.id);
  }
  let isOver = false;
  let since = new Date(Date.now() - 1000).toISOString();
  const seen = new Map();
  const poll = async () => {
    const filter = encodeURIComponent(`meta.lastModified ge "${since}"`);
    const found = await acme.scim("GET", `/Groups?count=1000&filter=${filter}&excludedAttributes=members`);
    assert.equal(found.status, 200, found.text);
    for (const one of found.json.Resources) {
      seen.set(one.id, one.externalId);
      if (one.meta.lastModified > since) since = one.meta.lastModified;
    }
  };
  const poller = (async () => {
    while (!isOver) await poll();
  })();
  const last = new Map();
  await Promise.all(
    groups.map(async (id) => {
      let before = 0;
      for (let round = 0; round < 12; round += 1) {
        const value = unique("x");
        const answer = await acme.scim("PATCH", `/Groups/${id}?attributes=meta`, patch({ op: "replace", path: "externalId", value }));
        assert.equal(answer.status, 200, answer.text);
        assert.ok(time(answer.json) >= before);
        before = time(answer.json);
        last.set(id, value);
      }
    }),
  );
  isOver = true;
  await poller;
  await poll();
  for (const id of groups) assert.equal(seen.get(id), last.get(id));
});

describe("the place of the object", { skip }, () => {
  const seen = async (hint) => {
    const placed = await start({ faults: true, vars: hint === undefined ? {} : { LOCATION_HINT: hint } });
    try {
      const tenant = await placed.createTenant("place");
      const answer = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("g") });
      return { status: answer.status, hint: (await placed.faults()).locationHint, log: placed.log };
    } finally {
      await placed.stop();
    }
  };

  test("is Cloudflare's to choose unless LOCATION_HINT names one", async () => {
    assert.deepEqual([(await seen()).hint, (await seen("")).hint], [null, null]);
    const { status, hint } = await seen("weur");
    assert.deepEqual([status, hint], [201, "weur"]);
  });

  test("that does not exist is an error, and the log says what to write", async () => {
    const { status, log } = await seen("mars");
    assert.equal(status, 500);
    assert.match(log, /LOCATION_HINT is .*mars.*: make it one of wnam, enam, sam, weur/);
  });
});
