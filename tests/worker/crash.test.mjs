// SIGKILL in the middle of many writes. What was acknowledged is there after a restart, and nothing is
// there by halves.

import assert from "node:assert/strict";
import { test } from "node:test";

import { allFindings } from "./consistency.mjs";
import { external, start, temporaryDirectory, unique } from "./harness.mjs";
import { Replica } from "./replica.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });

/** Writes until the server is gone; answers what it acknowledged. */
async function write(tenant, lane, acknowledged) {
  for (let round = 0; ; round += 1) {
    const name = `${lane}-${round}-${unique()}`;
    const user = {
      schemas: [USER],
      userName: `${name}@example.com`,
      externalId: name,
      emails: [{ value: `${name}@mail.example.com`, type: "work" }],
      title: "new",
    };
    try {
      const made = await tenant.scim("POST", "/Users", user);
      assert.equal(made.status, 201, made.text);
      const { id } = made.json;
      const entry = { id, user, title: "new", maybe: null, deleted: false };
      acknowledged.push(entry);
      entry.maybe = { title: "changed" };
      const changed = await tenant.scim("PATCH", `/Users/${id}`, patch({ op: "replace", path: "title", value: "changed" }));
      assert.equal(changed.status, 200, changed.text);
      Object.assign(entry, { title: "changed", maybe: null });
      if (round % 3 === 2) {
        entry.maybe = { deleted: true };
        const gone = await tenant.scim("DELETE", `/Users/${id}`);
        assert.equal(gone.status, 204, gone.text);
        Object.assign(entry, { deleted: true, maybe: null });
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return; // the connection is gone
    }
  }
}

for (const moment of [1, 40, 250]) {
  test(`killed when ${moment} creations were acknowledged`, { skip: external ? "needs to kill the runtime" : false }, async (t) => {
    const directory = temporaryDirectory();
    const edge = await start({ persist: directory.path });
    try {
      const tenant = await edge.createTenant("crash");
      const acknowledged = [];
      const lanes = Array.from({ length: 24 }, (_, lane) => write(tenant, lane, acknowledged));
      while (acknowledged.length < moment) await new Promise((done) => setTimeout(done, 1));
      await edge.kill();
      await Promise.all(lanes);
      await edge.restart();
      t.diagnostic(`${acknowledged.length} users were acknowledged before the kill`);
      assert.ok(acknowledged.length > 0, "nothing was written before the kill");

      for (const { id, user, title, maybe, deleted } of acknowledged) {
        const read = await tenant.scim("GET", `/Users/${id}`);
        if (deleted || (maybe?.deleted && read.status === 404)) {
          assert.equal(read.status, 404, `${id} was deleted: ${read.text}`);
          continue;
        }
        assert.equal(read.status, 200, `${id} is lost: ${read.text}`);
        assert.ok([title, maybe?.title].includes(read.json.title), `${id}: ${read.json.title}`);
        for (const filter of [
          `userName eq "${user.userName}"`,
          `externalId eq "${user.externalId}"`,
          `emails[type eq "work"].value eq "${user.emails[0].value}"`,
        ]) {
          const found = await tenant.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`);
          assert.deepEqual(found.json.Resources?.map((one) => one.id), [id], filter);
        }
      }

      // Everything that is there is whole, acknowledged or not, and counted.
      let met = 0;
      for (let startIndex = 1; ; startIndex += 100) {
        const page = (await tenant.scim("GET", `/Users?startIndex=${startIndex}&count=100`)).json;
        if (page.Resources.length === 0) {
          assert.equal(page.totalResults, met);
          break;
        }
        met += page.Resources.length;
        for (const one of page.Resources) {
          const found = await tenant.scim("GET", `/Users?filter=${encodeURIComponent(`userName eq "${one.userName}"`)}`);
          assert.equal(found.json.totalResults, 1, one.userName);
        }
      }
      assert.deepEqual(await allFindings(edge), []);
      assert.deepEqual(await new Replica(edge, tenant).differences(), []);

      // And it goes on: the same names are refused, new ones are taken.
      const survivor = acknowledged.find((one) => !one.deleted && !one.maybe);
      if (survivor) assert.equal((await tenant.scim("POST", "/Users", survivor.user)).status, 409);
      assert.equal((await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("after") })).status, 201);
    } finally {
      await edge.stop();
      directory.remove();
    }
  });
}
