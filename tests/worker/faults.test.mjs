// D1 that is slow, lost or overloaded: the answer is a 503 that says when to come back, the change has
// happened whole or not at all, and a repetition is safe.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { allFindings } from "./consistency.mjs";
import { external, start, unique } from "./harness.mjs";
import { Replica } from "./replica.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const skip = external ? "needs fault injection" : false;

let edge;
let acme;
before(async () => {
  edge = await start({ faults: true });
  acme = await edge.createTenant("acme");
});
after(() => edge.stop());

/** More failures than anything would retry. */
const MANY = 50;

const messages = {
  lost: "D1_ERROR: Network connection lost.",
  overloaded: "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
  reset: "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
  internal: "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
  unheard: "D1_ERROR: The database is on holiday.",
};

describe("before the commit", { skip }, () => {
  for (const [what, message] of Object.entries(messages)) {
    for (const [method, path, body] of [
      ["GET", (id) => `/Users/${id}`],
      ["GET", () => "/Users"],
      ["POST", () => "/Users", () => ({ schemas: [USER], userName: unique("f") })],
      ["PATCH", (id) => `/Users/${id}`, () => patch({ op: "replace", path: "title", value: "T" })],
      ["PUT", (id) => `/Users/${id}`, () => ({ schemas: [USER], userName: unique("f") })],
      ["DELETE", (id) => `/Users/${id}`],
    ]) {
      test(`${what}: ${method} ${path("{id}")}`, async () => {
        const made = (await acme.scim("POST", "/Users", { schemas: [USER], userName: unique("f") })).json;
        const total = (await acme.scim("GET", "/Users?count=0")).json.totalResults;
        await edge.faults({ reset: true, failBefore: MANY, message });
        const answer = await acme.scim(method, path(made.id), body?.());
        await edge.faults({ reset: true });
        assert.equal(answer.status, 503, answer.text);
        assert.equal(answer.json.status, "503");
        assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
        assert.doesNotMatch(answer.text, /D1|SQL/, "what is inside is not the client's business");
        const read = await acme.scim("GET", `/Users/${made.id}`);
        assert.deepEqual(read.json, made);
        assert.equal((await acme.scim("GET", "/Users?count=0")).json.totalResults, total);
      });
    }
  }
});

describe("after the commit, when the answer is lost", { skip }, () => {
  test("a creation that is repeated makes no second user", async () => {
    const user = { schemas: [USER], userName: unique("lost"), externalId: unique("lost") };
    await edge.faults({ reset: true, failAfter: 1, only: "write" });
    const first = await acme.scim("POST", "/Users", user);
    await edge.faults({ reset: true });
    assert.ok([201, 503].includes(first.status), first.text);
    const second = await acme.scim("POST", "/Users", user);
    assert.ok([201, 409].includes(second.status), second.text);
    const found = await acme.scim("GET", `/Users?filter=userName eq "${user.userName}"`);
    assert.equal(found.json.totalResults, 1);
    if (first.status === 201) assert.equal(found.json.Resources[0].id, first.json.id);
  });

  test("a change that is repeated is made once", async () => {
    const made = (await acme.scim("POST", "/Users", { schemas: [USER], userName: unique("lost") })).json;
    const body = patch({ op: "add", path: "emails", value: [{ value: "x@example.com", type: "work" }] });
    await edge.faults({ reset: true, failAfter: 1, only: "write" });
    const first = await acme.scim("PATCH", `/Users/${made.id}`, body);
    await edge.faults({ reset: true });
    assert.ok([200, 503].includes(first.status), first.text);
    const second = await acme.scim("PATCH", `/Users/${made.id}`, body);
    assert.equal(second.status, 200, second.text);
    assert.deepEqual(second.json.emails, [{ value: "x@example.com", type: "work" }]);
  });

  test("a deletion that is repeated finds nothing left", async () => {
    const made = (await acme.scim("POST", "/Users", { schemas: [USER], userName: unique("lost") })).json;
    await edge.faults({ reset: true, failAfter: 1, only: "write" });
    const first = await acme.scim("DELETE", `/Users/${made.id}`);
    await edge.faults({ reset: true });
    assert.ok([204, 503].includes(first.status), first.text);
    assert.equal((await acme.scim("DELETE", `/Users/${made.id}`)).status, 404);
  });
});

test("one lost read is not the client's trouble, or is a clean 503", { skip }, async () => {
  const made = (await acme.scim("POST", "/Users", { schemas: [USER], userName: unique("read") })).json;
  await edge.faults({ reset: true, failBefore: 1 });
  const answer = await acme.scim("GET", `/Users/${made.id}`);
  await edge.faults({ reset: true });
  assert.ok([200, 503].includes(answer.status), answer.text);
});

test("the tables agree after all of this, and so do the events", { skip }, async () => {
  assert.deepEqual(await allFindings(edge), []);
  assert.deepEqual(await new Replica(edge, acme).differences(), []);
});

test("neither tokens nor passwords nor names reach the console", { skip }, async () => {
  const secret = unique("hunter2");
  const name = unique("private.person");
  await acme.scim("POST", "/Users", { schemas: [USER], userName: name, password: secret });
  await acme.scim("POST", "/Users", { schemas: [USER], userName: name, password: secret });
  await edge.faults({ reset: true, failBefore: MANY });
  await acme.scim("POST", "/Users", { schemas: [USER], userName: name, password: secret });
  await edge.faults({ reset: true });
  await acme.scim("POST", "/Users", `{"userName":"${name}","password":"${secret}"`);
  await new Promise((done) => setTimeout(done, 100));
  for (const one of [secret, name, acme.token, edge.adminToken]) assert.ok(!edge.log.includes(one), one);
});
