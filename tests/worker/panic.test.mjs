// A panic in the program is a 500 for the request it happened in and for no other. The Worker panics on
// demand only where the variable PANIC_ROUTE says so.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const PANIC = { "x-scim-edge-panic": "1" };

describe("where panics may be asked for", { skip: external ? "needs a variable of its own" : false }, () => {
  let edge;
  let acme;
  before(async () => {
    edge = await start({ vars: { PANIC_ROUTE: "on" } });
    acme = await edge.createTenant("acme");
  });
  after(() => edge.stop());

  test("a panic is a SCIM error, and the next request works", async () => {
    for (let round = 0; round < 3; round += 1) {
      const answer = await acme.scim("GET", "/Users", undefined, PANIC);
      assert.equal(answer.status, 500, answer.text);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/scim\+json/);
      assert.deepEqual(answer.json.schemas, ["urn:ietf:params:scim:api:messages:2.0:Error"]);
      assert.equal(answer.json.status, "500");
      assert.ok(answer.json.detail);
      assert.doesNotMatch(answer.text, /panicked|\.rs:|wasm/, "what is inside is not the client's business");
      const made = await acme.scim("POST", "/Users", { schemas: [USER], userName: unique() });
      assert.equal(made.status, 201, made.text);
    }
    assert.match(edge.log, /panicked/, "it is logged");
  });

  test("requests beside it are answered", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 5 === 2
          ? acme.scim("GET", "/Users", undefined, PANIC)
          : acme.scim("POST", "/Users", { schemas: [USER], userName: unique() }),
      ),
    );
    answers.forEach((answer, index) => assert.equal(answer.status, index % 5 === 2 ? 500 : 201, answer.text));
  });
});

test("elsewhere the header means nothing", async () => {
  const edge = await start();
  try {
    const acme = await edge.createTenant("acme");
    assert.equal((await acme.scim("GET", "/Users", undefined, PANIC)).status, 200);
  } finally {
    await edge.stop();
  }
});
