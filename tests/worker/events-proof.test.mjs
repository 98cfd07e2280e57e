// A product that hears of changes by a webhook has the directory in the end: while many clients change it
// at once, the product fails at random, and the runtime is killed at random.
//
// SCIM_EDGE_PROOF_CHANGES=10000 runs the full size; npm test runs a smaller one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { findings } from "./consistency.mjs";
import { external, start, temporaryDirectory, unique } from "./harness.mjs";
import { assertOrdered, receive } from "./receiver.mjs";
import { feed, Replica } from "./replica.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const CHANGES = Number(process.env.SCIM_EDGE_PROOF_CHANGES ?? 300);
const CLIENTS = 24;
const skip = external ? "needs the inside of the server" : false;
const patch = (op, path, value) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [{ op, path, value }] });
const pause = (millis) => new Promise((done) => setTimeout(done, millis));
const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** Changes of every kind, each sent until it is answered; what it was is nobody's business here. */
class Crowd {
  constructor(tenant) {
    this.tenant = tenant;
    this.users = [];
    this.groups = [];
    this.answered = 0;
    this.broken = 0;
  }

  async send(method, path, body) {
    for (;;) {
      try {
        const answer = await this.tenant.scim(method, path, body);
        if (answer.status < 500) {
          this.answered += 1;
          return answer;
        }
      } catch {
        // The runtime was killed: perhaps it is done, perhaps not.
      }
      this.broken += 1;
      await pause(50);
    }
  }

  async create(list, path, body) {
    const { status, json } = await this.send("POST", path, body);
    if (status === 201) list.push(json.id);
  }

  async change() {
    const [user, group] = [pick(this.users), pick(this.groups)];
    const chance = Math.random();
    if (!user || chance < 0.15) return this.create(this.users, "/Users", { schemas: [USER], userName: unique("u"), externalId: unique("x") });
    if (!group || chance < 0.2) return this.create(this.groups, "/Groups", { schemas: [GROUP], displayName: unique("g"), members: [{ value: user }] });
    if (chance < 0.4) return this.send("PATCH", `/Users/${user}`, patch("replace", "title", unique("t")));
    if (chance < 0.5) return this.send("PATCH", `/Users/${user}`, patch("replace", "active", Math.random() < 0.5));
    if (chance < 0.7) return this.send("PATCH", `/Groups/${group}`, patch("add", "members", [{ value: user }]));
    if (chance < 0.85) return this.send("PATCH", `/Groups/${group}`, patch("remove", `members[value eq "${user}"]`));
    if (chance < 0.95) return this.send("PATCH", `/Groups/${group}`, patch("replace", "displayName", unique("g")));
    const [list, path] = chance < 0.98 ? [this.users, "/Users"] : [this.groups, "/Groups"];
    const [id] = list.splice(Math.floor(Math.random() * list.length), 1);
    return id && this.send("DELETE", `${path}/${id}`);
  }
}

test(`a product that fails and a runtime that is killed, through ${CHANGES} changes`, { skip, timeout: 1_800_000 }, async (t) => {
  const directory = temporaryDirectory();
  const receiver = await receive();
  const edge = await start({ persist: directory.path, vars: { LOCAL_WEBHOOKS: "on" } });
  try {
    const tenant = await edge.createTenant("proof");
    const made = await edge.admin("POST", `/tenants/${tenant.slug}/webhooks`, { label: "Product", url: receiver.url, retry_s: 1 });
    assert.equal(made.status, 201, made.text);
    const product = new Replica(edge, tenant);
    const failed = new Map();
    receiver.answer = (event) => {
      // Twice an event fails at the most, or the third wait would be the test's own.
      const times = failed.get(event.id) ?? 0;
      const fails = times < 2 && Math.random() < 0.1;
      if (fails) failed.set(event.id, times + 1);
      const forgets = fails && Math.random() < 0.5;
      if (!forgets && !product.seen.has(event.id)) product.take(event);
      return { status: fails ? 500 : 200 };
    };

    const crowd = new Crowd(tenant);
    let kills = 0;
    let isOver = false;
    const killer = (async () => {
      while (!isOver) {
        await pause(200 + Math.random() * 2000);
        if (isOver) break;
        await edge.kill();
        await edge.restart();
        kills += 1;
      }
    })();
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
      while (crowd.answered < CHANGES) await crowd.change();
    }));
    isOver = true;
    await killer;
    if (kills === 0) {
      await edge.kill();
      await edge.restart();
      kills += 1;
    }

    const { events } = await feed(edge, { tenant: tenant.slug });
    for (let stood = -1; receiver.taken.length < events.length && stood < receiver.taken.length; ) {
      stood = receiver.taken.length;
      await edge.cron();
      await receiver.until(() => receiver.taken.length === events.length || receiver.taken.length > stood + 200, `all of ${events.length} events`);
    }
    assert.deepEqual(receiver.taken.map(({ id }) => id).sort(), events.map(({ id }) => id).sort());
    assertOrdered(receiver.got, events);
    assert.deepEqual(product.compare(await product.directory()), []);
    assert.deepEqual(await new Replica(edge, tenant).differences(), []);
    assert.deepEqual(await findings(edge, tenant), []);
    const late = receiver.got.map(({ event, at }) => at - Date.parse(event.timestamp)).sort((one, other) => one - other);
    t.diagnostic(`${crowd.answered} changes answered, ${crowd.broken} times none; ${kills} kills`);
    t.diagnostic(`${events.length} events in ${receiver.got.length} attempts, half of them within ${late[late.length >> 1]} ms of the change`);
    t.diagnostic(`${product.resources.size} resources, no difference to the directory`);
  } finally {
    await edge.stop();
    await receiver.close();
    directory.remove();
  }
});
