// The consistency check finds what it claims to find: each contradiction is made by hand, past the Worker,
// in a tenant of its own, and a sound tenant beside it stays sound.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { allFindings, findings } from "./consistency.mjs";
import { external, start } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const skip = external ? "needs the database" : false;

describe("contradictions are found", { skip }, () => {
  let edge;
  before(async () => {
    edge = await start();
  });
  after(() => edge.stop());

  /** A tenant with a user in an inner group in an outer one, and the numbers of the three. */
  async function made() {
    const tenant = await edge.createTenant("c");
    const post = async (path, body) => {
      const answer = await tenant.scim("POST", path, body);
      assert.equal(answer.status, 201, answer.text);
      return answer.json.id;
    };
    const user = await post("/Users", { schemas: [USER], userName: "a@example.com", emails: [{ value: "a@example.com" }] });
    const inner = await post("/Groups", { displayName: "inner", members: [{ value: user }] });
    const outer = await post("/Groups", { displayName: "outer", members: [{ value: inner }] });
    const seq = (id) => edge.db.prepare("SELECT seq FROM resources WHERE id = ?1").bind(id).first("seq");
    return { tenant, user: await seq(user), inner: await seq(inner), outer: await seq(outer) };
  }

  for (const [what, sql, named, sentence] of [
    ["a missing index entry", "DELETE FROM attribute_index WHERE resource = ?1 AND path = 'emails.value'", "user", /index entry is missing: .*emails\.value/],
    ["an index entry with another value", "UPDATE attribute_index SET value = 'z' WHERE resource = ?1 AND path = 'userName'", "user", /index entry is missing: .*userName/],
    ["an index entry too many", "INSERT INTO attribute_index SELECT tenant, type, path, 'z', slot, resource FROM attribute_index WHERE resource = ?1 AND path = 'userName'", "user", /indexed values, the index has/],
    ["an index entry without its resource", "UPDATE attribute_index SET resource = -1 WHERE resource = ?1 AND path = 'userName'", "user", /index entry's resource does not exist/],
    ["a counter that is off", "UPDATE counters SET resources = 7 WHERE type = 'User' AND tenant = (SELECT tenant FROM resources WHERE seq = ?1)", "user", /counter differs.*counted 7, there 1/],
    ["a member that does not exist", 'INSERT INTO members ("group", member) VALUES (?1, -1)', "outer", /member that does not exist/],
    ["a group that does not exist", 'INSERT INTO members ("group", member) VALUES (-1, ?1)', "user", /in a group that does not exist/],
    ["a circle of groups", 'INSERT INTO members ("group", member) SELECT ?1, "group" FROM members WHERE member = ?1', "inner", /group is inside itself/],
    ["a version that cannot be", "UPDATE resources SET version = 0 WHERE seq = ?1", "user", /times or version cannot be/],
    ["a document that cannot be read", "UPDATE resources SET document = '{' WHERE seq = ?1", "user", /cannot be read/],
  ]) {
    test(what, async () => {
      const [broken, sound] = [await made(), await made()];
      assert.deepEqual(await findings(edge, broken.tenant), []);
      await edge.db.prepare(sql).bind(broken[named]).run();
      const found = await findings(edge, broken.tenant);
      assert.ok(found.some((one) => sentence.test(one)), JSON.stringify(found));
      assert.deepEqual(await findings(edge, sound.tenant), []);
      assert.ok((await allFindings(edge)).length >= found.length);
    });
  }
});
