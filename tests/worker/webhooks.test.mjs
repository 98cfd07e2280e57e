// Webhooks: every event reaches its receiver at least once, in the order of its resource, whatever
// happens to the receiver or to us.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Webhook } from "standardwebhooks";

import { external, start, temporaryDirectory, unique } from "./harness.mjs";
import { assertOrdered, receive } from "./receiver.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const title = (value) => patch({ op: "replace", path: "title", value });
const skip = external ? "needs receivers on this machine" : false;
const pause = (millis) => new Promise((done) => setTimeout(done, millis));

let edge;
before(async () => {
  if (!skip) edge = await start({ faults: true, vars: { LOCAL_WEBHOOKS: "on" } });
});
after(() => edge?.stop());

/** What is asked for again and again until it is so. */
async function eventually(ask, is, what = String(is)) {
  for (let round = 0; round < 200; round += 1) {
    const found = await ask();
    if (is(found)) return found;
    await pause(100);
  }
  return assert.fail(`it never came to ${what}: ${JSON.stringify(await ask())}`);
}

async function ok(status, answer) {
  const done = await answer;
  assert.equal(done.status, status, done.text);
  return done.json;
}

/** A tenant, a receiver and a webhook between them, with retries after a second. */
async function hooked(t, more = {}) {
  const [tenant, receiver] = await Promise.all([edge.createTenant("hook"), receive()]);
  t.after(() => receiver.close());
  const path = `/tenants/${tenant.slug}/webhooks`;
  const webhook = await ok(201, edge.admin("POST", path, { label: "Product", url: receiver.url, retry_s: 1, ...more }));
  const at = (rest = "") => `${path}/${webhook.id}${rest}`;
  const user = (more = {}) => ok(201, tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u"), ...more }));
  const group = (more = {}) => ok(201, tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("g"), ...more }));
  const retitle = (one, value) => ok(200, tenant.scim("PATCH", `/Users/${one.id}`, title(value)));
  const state = async () => (await ok(200, edge.admin("GET", at()))).delivery;
  const settled = () => eventually(state, ({ waiting }) => waiting === 0);
  return { tenant, receiver, webhook, at, user, group, retitle, state, settled };
}

describe("webhooks", { skip }, () => {
  test("an event arrives as the feed has it, signed", async (t) => {
    const { tenant, receiver, webhook, user, at, settled } = await hooked(t);
    assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const made = await user({ title: "A" });
    await receiver.until(() => receiver.got.length === 1);
    const [{ event, headers, method, url, body }] = receiver.got;
    assert.deepEqual([method, url, headers["content-type"]], ["POST", "/hook", "application/json"]);
    assert.equal(headers["webhook-id"], event.id);
    assert.ok(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000) < 5);
    assert.deepEqual(new Webhook(webhook.secret).verify(body, headers), event);
    assert.throws(() => new Webhook(webhook.secret).verify(body.replace('"A"', '"B"'), headers));
    assert.equal(event.data.resource.id, made.id);
    const { events } = await ok(200, edge.admin("GET", `/tenants/${tenant.slug}/events`));
    assert.deepEqual(events, [event]);
    const sent = async () => (await ok(200, edge.admin("GET", at("/deliveries")))).deliveries;
    const [{ time, duration_ms: millis, ...rest }] = await eventually(sent, (all) => all.length > 0);
    assert.deepEqual(rest, { event: event.id, type: "user.created", status: 204 });
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 5000 && millis >= 0);
    await settled();
  });

  test("what failed is tried again, later and later, under the same id", async (t) => {
    const { receiver, user, at, settled } = await hooked(t);
    let failures = 2;
    receiver.answer = () => ({ status: failures-- > 0 ? 500 : 200, text: "thanks" });
    await user();
    await receiver.until(() => receiver.taken.length === 1);
    const { got } = receiver;
    assert.deepEqual(got.map(({ status }) => status), [500, 500, 200]);
    assert.equal(new Set(got.map(({ headers }) => headers["webhook-id"])).size, 1);
    const [first, second] = [got[1].at - got[0].at, got[2].at - got[1].at];
    assert.ok(first >= 1000 && first < 3000, `${first} ms`);
    assert.ok(second >= 4000 && second < 8000, `${second} ms`);
    await settled();
    const { deliveries } = await ok(200, edge.admin("GET", at("/deliveries")));
    assert.deepEqual(deliveries.map(({ event, status, error }) => [event, status, error]), [
      [got[0].event.id, 200, undefined],
      [got[0].event.id, 500, "status 500"],
      [got[0].event.id, 500, "status 500"],
    ]);
  });

  test("a failing event holds back its own resource and no other", async (t) => {
    const { receiver, user, retitle, settled } = await hooked(t);
    const [bad, good] = [await user(), await user()];
    await receiver.until(() => receiver.taken.length === 2);
    let failures = 2;
    receiver.answer = ({ data }) => ({ status: data.resource.title === "1" && failures-- > 0 ? 503 : 204 });
    await retitle(bad, "1");
    await receiver.until(() => receiver.got.length === 3);
    for (const value of ["2", "3"]) await retitle(bad, value);
    for (const value of ["a", "b"]) await retitle(good, value);
    await receiver.until(() => receiver.taken.length === 7);
    const titles = receiver.taken.slice(2).map(({ data }) => data.resource.title);
    assert.deepEqual(titles, ["a", "b", "1", "2", "3"]);
    await settled();
  });

  test("in the order of each resource, whatever fails at random", async (t) => {
    const { tenant, receiver, user, group, settled } = await hooked(t);
    receiver.answer = () => ({ status: Math.random() < 0.15 ? 500 : 200, delay: Math.random() * 20 });
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      const [made, team] = [await user(), await group()];
      for (let round = 0; round < 5; round += 1) {
        await ok(200, tenant.scim("PATCH", `/Users/${made.id}`, title(`${lane}.${round}`)));
        const op = round % 2 ? "remove" : "add";
        const members = round % 2 ? { path: `members[value eq "${made.id}"]` } : { path: "members", value: [{ value: made.id }] };
        await ok(204, tenant.scim("PATCH", `/Groups/${team.id}`, patch({ op, ...members })));
      }
    });
    await Promise.all(lanes);
    const { events } = await ok(200, edge.admin("GET", `/tenants/${tenant.slug}/events?limit=1000`));
    await receiver.until(() => receiver.taken.length === events.length, "all events");
    await settled();
    assertOrdered(receiver.got, events);
    assert.deepEqual(receiver.taken.map(({ id }) => id).sort(), events.map(({ id }) => id).sort());
  });

  test("only the types that are asked for, and others from then on", async (t) => {
    const { receiver, user, group, retitle, at } = await hooked(t, { types: ["group.*", "user.deactivated"] });
    const [made] = [await user(), await group()];
    await receiver.until(() => receiver.got.length === 1);
    assert.equal(receiver.got[0].event.type, "group.created");
    const changed = await ok(200, edge.admin("PATCH", at(), { types: ["user.updated"] }));
    assert.deepEqual(changed.types, ["user.updated"]);
    await group();
    await retitle(made, "B");
    await receiver.until(() => receiver.got.length === 2);
    assert.equal(receiver.got[1].event.type, "user.updated");
    const wrong = await edge.admin("PATCH", at(), { types: ["users.gone"] });
    assert.equal(wrong.status, 400);
    assert.match(wrong.json.detail, /user\.created/);
  });

  test("a dead receiver and a slow one delay nobody else", async (t) => {
    const { tenant, receiver, webhook, user, at } = await hooked(t);
    const [slow, dead] = [await receive(), await receive()];
    t.after(() => slow.close());
    await dead.close();
    slow.answer = () => ({ status: 200, delay: 60_000 });
    const path = `/tenants/${tenant.slug}/webhooks`;
    const more = { retry_s: 1, timeout_s: 1 };
    const others = [];
    for (const { url } of [slow, dead]) others.push(await ok(201, edge.admin("POST", path, { label: "Other", url, ...more })));
    for (let round = 0; round < 5; round += 1) await user();
    await receiver.until(() => receiver.taken.length === 5);
    await slow.until(() => slow.got.length > 0);
    await pause(1500);
    const [late, refused] = await Promise.all(
      others.map(async ({ id }) => (await ok(200, edge.admin("GET", `${path}/${id}/deliveries`))).deliveries),
    );
    assert.equal(late.at(-1).error, "no answer within 1 s");
    assert.ok(late.at(-1).duration_ms >= 1000 && late.at(-1).duration_ms < 3000, JSON.stringify(late));
    assert.ok(refused.length > 0 && refused.every(({ status, error }) => status === undefined && error), JSON.stringify(refused));
    assert.ok(webhook.id && at());
  });

  test("429 and Retry-After: nothing at all is sent before", async (t) => {
    const { receiver, user, state } = await hooked(t);
    let asked = true;
    receiver.answer = () => (asked ? { status: 429, headers: { "retry-after": "3" } } : { status: 200 });
    await user();
    await receiver.until(() => receiver.got.length === 1);
    asked = false;
    await user();
    await receiver.until(() => receiver.taken.length === 2);
    const [first, second] = receiver.got;
    assert.ok(second.at - first.at >= 3000, `${second.at - first.at} ms`);
    assert.equal((await state()).paused_until, undefined);
  });

  test("410 disables, and enabling goes on where it ended", async (t) => {
    const { receiver, user, at, settled } = await hooked(t);
    receiver.answer = () => ({ status: 410 });
    await user();
    await receiver.until(() => receiver.got.length === 1);
    const shown = async () => ok(200, edge.admin("GET", at()));
    assert.equal((await eventually(shown, ({ enabled }) => !enabled)).disabled_reason, "gone");
    await user();
    await pause(1500);
    assert.equal(receiver.got.length, 1);
    receiver.answer = () => ({ status: 200 });
    const enabled = await ok(200, edge.admin("PATCH", at(), { enabled: true }));
    assert.deepEqual([enabled.enabled, enabled.disabled_reason], [true, undefined]);
    await receiver.until(() => receiver.taken.length === 2);
    await settled();
  });

  test("nothing but failures for long disables, and enabling goes on where it ended", async (t) => {
    const { tenant, receiver, webhook, user, at, state, settled } = await hooked(t, { disable_s: 3 });
    await user();
    await receiver.until(() => receiver.taken.length === 1);
    receiver.answer = () => ({ status: 500 });
    for (let round = 0; round < 5; round += 1) await user();
    const failing = await eventually(state, ({ failing_since: since }) => since);
    assert.ok(Math.abs(Date.parse(failing.failing_since) - receiver.got[1].at) < 1000, failing.failing_since);
    const shown = async () => ok(200, edge.admin("GET", at()));
    const disabled = await eventually(shown, ({ enabled }) => !enabled);
    assert.equal(disabled.disabled_reason, "failing");
    assert.ok(Date.parse(disabled.disabled) - receiver.got[1].at >= 3000, disabled.disabled);
    const { entries } = await ok(200, edge.admin("GET", `/audit?tenant=${tenant.slug}&order=newest`));
    const { actor, action, target, outcome, detail } = entries[0];
    assert.deepEqual([actor, action, target, outcome], ["scim-edge", "PATCH tenants/{}/webhooks/{}", webhook.id, "done"]);
    assert.deepEqual(detail, { label: "Product", enabled: false, reason: "failing" });
    const sent = receiver.got.length;
    await user();
    await edge.cron();
    await pause(1500);
    assert.equal(receiver.got.length, sent);
    receiver.answer = () => ({ status: 200 });
    const enabled = await ok(200, edge.admin("PATCH", at(), { enabled: true }));
    assert.deepEqual([enabled.enabled, enabled.disabled, enabled.disabled_reason], [true, undefined, undefined]);
    await receiver.until(() => receiver.taken.length === 7);
    await settled();
    assert.equal((await state()).failing_since, undefined);
    const { events } = await ok(200, edge.admin("GET", `/tenants/${tenant.slug}/events`));
    assert.deepEqual(receiver.taken.map(({ id }) => id).sort(), events.map(({ id }) => id).sort());
  });

  test("redirects are not followed", async (t) => {
    const { receiver, user, at } = await hooked(t);
    const elsewhere = await receive();
    t.after(() => elsewhere.close());
    receiver.answer = () => ({ status: 307, headers: { location: elsewhere.url } });
    await user();
    await receiver.until(() => receiver.got.length === 1);
    const attempts = async () => (await ok(200, edge.admin("GET", at("/deliveries")))).deliveries;
    assert.equal((await eventually(attempts, (all) => all.length > 0)).at(-1).error, "status 307");
    assert.equal(elsewhere.got.length, 0);
  });

  test("while it is disabled nothing is sent, and nothing is lost", async (t) => {
    const { receiver, user, at } = await hooked(t);
    await ok(200, edge.admin("PATCH", at(), { enabled: false }));
    const names = [(await user()).userName, (await user()).userName];
    await pause(300);
    assert.equal(receiver.got.length, 0);
    await ok(200, edge.admin("PATCH", at(), { enabled: true, label: "Back" }));
    await receiver.until(() => receiver.taken.length === 2);
    assert.deepEqual(receiver.taken.map(({ data }) => data.resource.userName).sort(), names.sort());
  });

  test("what is given up is a dead letter, and can be sent once more", async (t) => {
    const { receiver, user, retitle, at, state, settled } = await hooked(t, { give_up_s: 2 });
    const made = await user();
    await receiver.until(() => receiver.taken.length === 1);
    receiver.answer = ({ type }) => ({ status: type === "user.updated" ? 500 : 200 });
    await retitle(made, "1");
    await receiver.until(() => receiver.got.length >= 3, "a second attempt");
    await settled();
    const { dead_letters: [dead, ...more] } = await ok(200, edge.admin("GET", at("/dead-letters")));
    assert.equal(more.length, 0);
    const id = receiver.got[1].event.id;
    assert.deepEqual([dead.event, dead.type, dead.resource, dead.error], [id, "user.updated", made.id, "status 500"]);
    assert.equal((await state()).dead_letters, 1);
    // The resource is free again.
    await ok(200, edge.admin("PATCH", at(), { give_up_s: 60 }));
    receiver.answer = () => ({ status: 200 });
    await retitle(made, "2");
    await receiver.until(() => receiver.taken.length === 2);
    assert.deepEqual(await ok(200, edge.admin("POST", at("/redeliver"), { dead_letters: true })), { events: 1 });
    await receiver.until(() => receiver.taken.length === 3);
    assert.equal(receiver.taken[2].id, id);
    await settled();
    assert.deepEqual(await ok(200, edge.admin("GET", at("/dead-letters"))), { dead_letters: [] });
  });

  test("one event, or everything behind a position, once more", async (t) => {
    const { receiver, user, at, settled } = await hooked(t);
    for (let round = 0; round < 3; round += 1) await user();
    await receiver.until(() => receiver.got.length === 3);
    const ids = receiver.taken.map(({ id }) => id).sort();
    await settled();
    await ok(200, edge.admin("POST", at("/redeliver"), { event: ids[0] }));
    await receiver.until(() => receiver.got.length === 4);
    assert.equal(receiver.got[3].event.id, ids[0]);
    await settled();
    const position = Number(ids[0].slice(4));
    await ok(200, edge.admin("POST", at("/redeliver"), { after: position }));
    await receiver.until(() => receiver.got.length === 6);
    assert.deepEqual(receiver.got.slice(4).map(({ event }) => event.id).sort(), ids.slice(1));
    const other = await edge.createTenant("other");
    await ok(201, other.scim("POST", "/Users", { schemas: [USER], userName: unique("u") }));
    const { events: [foreign] } = await ok(200, edge.admin("GET", `/tenants/${other.slug}/events`));
    for (const [body, status] of [
      [{ event: foreign.id }, 404],
      [{ event: "evt_x" }, 404],
      [{ after: foreign.position + 1000 }, 410],
      [{}, 400],
      [{ event: ids[0], after: 1 }, 400],
      [{ dead_letters: false }, 400],
    ]) {
      assert.equal((await edge.admin("POST", at("/redeliver"), body)).status, status, JSON.stringify(body));
    }
  });

  test("a receiver that fails is asked by one event at a time, and gets everything when it is back", async (t) => {
    const { receiver, user, state, settled } = await hooked(t);
    receiver.answer = () => ({ status: 500 });
    for (let round = 0; round < 12; round += 1) await user();
    await receiver.until(() => receiver.got.length >= 5);
    await eventually(state, ({ failures_in_a_row: failures }) => failures >= 6);
    const { got } = receiver;
    const [before, { failures_in_a_row: failures }] = [got.length, await state()];
    assert.ok(before < 12, `${before} attempts`);
    assert.ok(failures >= 6);
    receiver.answer = () => ({ status: 200 });
    await receiver.until(() => receiver.taken.length === 12);
    await settled();
    assert.equal((await state()).failures_in_a_row, 0);
  });

  test("a secret is rotated without a gap", async (t) => {
    const { receiver, webhook, user, at } = await hooked(t);
    const rotated = await ok(200, edge.admin("POST", at("/rotate"), { overlap_s: 60 }));
    assert.notEqual(rotated.secret, webhook.secret);
    assert.ok(rotated.old_secret_until);
    await user();
    await receiver.until(() => receiver.got.length === 1);
    const [{ body, headers }] = receiver.got;
    assert.equal(headers["webhook-signature"].split(" ").length, 2);
    for (const { secret } of [webhook, rotated]) new Webhook(secret).verify(body, headers);
    const again = await ok(200, edge.admin("POST", at("/rotate"), { overlap_s: 0 }));
    assert.equal(again.old_secret_until, undefined);
    await user();
    await receiver.until(() => receiver.got.length === 2);
    const last = receiver.got[1];
    new Webhook(again.secret).verify(last.body, last.headers);
    for (const { secret } of [webhook, rotated]) {
      assert.throws(() => new Webhook(secret).verify(last.body, last.headers));
    }
  });

  test("a test says what came of it", async (t) => {
    const { receiver, webhook, at, tenant } = await hooked(t);
    const good = await ok(200, edge.admin("POST", at("/test")));
    const [{ event, body, headers }] = receiver.got;
    assert.deepEqual(new Webhook(webhook.secret).verify(body, headers), event);
    assert.deepEqual([event.type, event.tenant, event.data], ["webhook.test", tenant.slug, { webhook: webhook.id }]);
    assert.deepEqual([good.delivered, good.status, good.event, good.error], [true, 204, event.id, undefined]);
    assert.ok(good.duration_ms >= 0);
    receiver.answer = () => ({ status: 404 });
    const bad = await ok(200, edge.admin("POST", at("/test")));
    assert.deepEqual([bad.delivered, bad.status, bad.error], [false, 404, "status 404"]);
    await ok(200, edge.admin("PATCH", at(), { url: "http://127.0.0.1:9/", timeout_s: 2 }));
    const none = await ok(200, edge.admin("POST", at("/test")));
    assert.deepEqual([none.delivered, none.status], [false, undefined]);
    assert.ok(none.error);
  });

  test("an endpoint of all tenants hears of each, and of a tenant's end last", async (t) => {
    const receiver = await receive();
    t.after(() => receiver.close());
    const body = { label: "All", url: receiver.url, retry_s: 1 };
    const webhook = await ok(201, edge.admin("POST", "/webhooks", body));
    t.after(() => edge.admin("DELETE", `/webhooks/${webhook.id}`));
    const tenants = [await edge.createTenant("one"), await edge.createTenant("two")];
    for (const tenant of tenants) await ok(201, tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u") }));
    const [one, two] = tenants.map(({ slug }) => slug);
    const of = (slug) => receiver.taken.filter((event) => (event.tenant ?? event.data.slug) === slug).map(({ type }) => type);
    await receiver.until(() => of(one).length === 1 && of(two).length === 1);
    await ok(204, Promise.resolve(await edge.admin("DELETE", `/tenants/${one}`)));
    await receiver.until(() => of(one).length === 2);
    assert.deepEqual(of(one), ["user.created", "tenant.deleted"]);
    assert.deepEqual(await ok(200, edge.admin("GET", `/tenants/${two}/webhooks`)), { webhooks: [] });
    const { webhooks } = await ok(200, edge.admin("GET", "/webhooks"));
    assert.deepEqual(webhooks.map(({ id }) => id), [webhook.id]);
  });

  test("a new one begins at the end, or behind a position", async (t) => {
    const { tenant, receiver, user } = await hooked(t);
    await user();
    await receiver.until(() => receiver.got.length === 1);
    const [late, all] = [await receive(), await receive()];
    t.after(() => Promise.all([late.close(), all.close()]));
    const path = `/tenants/${tenant.slug}/webhooks`;
    await ok(201, edge.admin("POST", path, { label: "Late", url: late.url }));
    await ok(201, edge.admin("POST", path, { label: "All", url: all.url, after: 0 }));
    await all.until(() => all.got.length === 1);
    await user();
    await Promise.all([late, all].map((one) => one.until(() => one.got.length === (one === all ? 2 : 1))));
    assert.equal(late.got[0].event.id, all.taken[1].id);
  });

  test("imports and restorations are heard of at once", async (t) => {
    const { tenant, receiver, user } = await hooked(t);
    await ok(200, edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { delete_policy: "tombstone" } }));
    const made = await user();
    await ok(204, Promise.resolve(await tenant.scim("DELETE", `/Users/${made.id}`)));
    await receiver.until(() => receiver.got.length === 2);
    const restored = await edge.admin("POST", `/tenants/${tenant.slug}/tombstones/${made.id}/restore`);
    assert.ok(restored.status < 300, restored.text);
    await receiver.until(() => receiver.got.length === 3);
    assert.equal(receiver.taken[2].type, "user.restored");
  });

  test("what is told behind a change of a group is sent at once too", async (t) => {
    const { tenant, receiver, user } = await hooked(t, { types: ["user.targets_changed"] });
    await ok(200, edge.admin("PUT", `/tenants/${tenant.slug}/mapping`, { rules: [{ prefix: "dept-" }] }));
    const made = await user();
    const members = [{ value: made.id }];
    // So late that the change itself has long woken the webhook.
    await edge.faults({ reset: true, only: "telling", delay: 300 });
    t.after(() => edge.faults({ reset: true }));
    await ok(201, tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "dept-Sales", members }));
    await receiver.until(() => receiver.got.length === 1);
    assert.equal(receiver.got[0].event.data.resource.id, made.id);
  });

  test("other rules are heard of at once", async (t) => {
    const { tenant, receiver, user, group } = await hooked(t, { types: ["user.targets_changed"] });
    const made = await user();
    await group({ displayName: "dept-Sales", members: [{ value: made.id }] });
    // So late that these have long woken the webhook.
    await pause(300);
    await ok(200, edge.admin("PUT", `/tenants/${tenant.slug}/mapping`, { rules: [{ prefix: "dept-" }] }));
    await receiver.until(() => receiver.got.length === 1);
    assert.equal(receiver.got[0].event.data.resource.id, made.id);
  });

  test("what writes no event wakes nobody", async (t) => {
    const { tenant, user, group, retitle } = await hooked(t);
    const mapping = `/tenants/${tenant.slug}/mapping`;
    await ok(200, edge.admin("PUT", mapping, { rules: [{ prefix: "dept-" }] }));
    const [made, team] = [await user({ title: "A" }), await group({ displayName: "team" })];
    const add = patch({ op: "add", path: "members", value: [{ value: made.id }] });
    await ok(204, tenant.scim("PATCH", `/Groups/${team.id}`, add));
    const quiet = async (ask) => {
      await pause(200);
      await edge.faults({ reset: true });
      await ask();
      await pause(200);
      assert.equal((await edge.faults()).woken, 0, String(ask));
    };
    await quiet(() => retitle(made, "A"));
    await quiet(() => ok(204, tenant.scim("PATCH", `/Groups/${team.id}`, add)));
    await quiet(() => ok(409, tenant.scim("POST", "/Users", { schemas: [USER], userName: made.userName })));
    await quiet(() => ok(200, edge.admin("PUT", mapping, { rules: [{ prefix: "department-" }] })));
    await quiet(() => ok(200, edge.admin("PATCH", `/tenants/${tenant.slug}`, { name: "Other" })));
    await edge.faults({ reset: true });
    await retitle(made, "B");
    await pause(200);
    await group();
    await pause(200);
    // One each: what comes behind a group's change tells nothing here.
    assert.equal((await edge.faults()).woken, 2);
  });

  test("a wake-up that was lost is made good by the maintenance run", async (t) => {
    const { tenant, receiver, user } = await hooked(t);
    await user();
    await receiver.until(() => receiver.got.length === 1);
    await edge.db
      .prepare("INSERT INTO events (tenant, created, type, data) SELECT id, ?2, 'user.deleted', ?3 FROM tenants WHERE slug = ?1")
      .bind(tenant.slug, Date.now(), JSON.stringify({ resource: { id: "x" } }))
      .run();
    await pause(300);
    assert.equal(receiver.got.length, 1);
    await edge.cron();
    await receiver.until(() => receiver.got.length === 2);
    assert.equal(receiver.got[1].event.type, "user.deleted");
    // Nobody is behind any more, so nobody is woken.
    await edge.faults({ reset: true });
    await edge.cron();
    assert.equal((await edge.faults()).woken, 0);
  });

  test("a change waits for no webhook: it costs what it costs without one", async (t) => {
    const { tenant, receiver, user } = await hooked(t);
    const without = await edge.createTenant("plain");
    const cost = async (one) => {
      await ok(201, one.scim("POST", "/Users", { schemas: [USER], userName: unique("warm") }));
      const made = await one.scim("POST", "/Users", { schemas: [USER], userName: unique("u") });
      assert.equal(made.status, 201);
      return made.cost;
    };
    receiver.answer = () => ({ status: 200, delay: 500 });
    assert.deepEqual(await cost(tenant), await cost(without));
    await receiver.until(() => receiver.got.length === 2);
    await pause(200);
    await edge.faults({ reset: true });
    await ok(201, without.scim("POST", "/Users", { schemas: [USER], userName: unique("u") }));
    await pause(200);
    assert.equal((await edge.faults()).woken, 0, "nobody is there to be woken");
    await user();
    await receiver.until(() => receiver.got.length === 3);
    assert.ok((await edge.faults()).woken > 0);
  });

  test("one that is deleted leaves nothing behind", async (t) => {
    const { receiver, user, at, tenant } = await hooked(t);
    receiver.answer = () => ({ status: 500 });
    await user();
    await receiver.until(() => receiver.got.length === 1);
    await ok(204, Promise.resolve(await edge.admin("DELETE", at())));
    assert.equal((await edge.admin("GET", at())).status, 404);
    assert.deepEqual(await ok(200, edge.admin("GET", `/tenants/${tenant.slug}/webhooks`)), { webhooks: [] });
    const rows = async () => (await edge.db.prepare("SELECT * FROM webhooks WHERE id = ?1").bind(at().split("/").at(-1)).all()).results;
    for (const { url, secret } of await rows()) assert.deepEqual([url, secret], ["", ""]);
    await eventually(rows, (left) => left.length === 0, "an empty object");
    const sent = receiver.got.length;
    await user();
    await pause(2500);
    assert.equal(receiver.got.length, sent);
  });

  test("a tenant's webhooks go with it", async (t) => {
    const { tenant, receiver, user, webhook } = await hooked(t);
    await user();
    await receiver.until(() => receiver.got.length === 1);
    await ok(204, Promise.resolve(await edge.admin("DELETE", `/tenants/${tenant.slug}`)));
    const left = () => edge.db.prepare("SELECT count(*) AS n FROM webhooks WHERE id = ?1").bind(webhook.id).first("n");
    await edge.cron();
    await eventually(left, (count) => count === 0, "an empty object");
  });

  test("who may do what, and what is refused", async (t) => {
    const { tenant, receiver, at, webhook } = await hooked(t);
    const credential = async (...scopes) => {
      const made = await ok(201, edge.admin("POST", "/credentials", { name: "c", scopes, tenant: tenant.slug }));
      return (method, path, body) => edge.admin(method, path, body, { authorization: `Bearer ${made.token}` });
    };
    const [reads, writes] = [await credential("events:read"), await credential("events:write")];
    assert.equal((await reads("GET", at())).status, 200);
    assert.equal((await reads("POST", at("/test"))).status, 403);
    assert.equal((await writes("POST", at("/test"))).status, 200);
    assert.equal((await writes("GET", "/webhooks")).status, 403);
    const path = `/tenants/${tenant.slug}/webhooks`;
    const other = await edge.createTenant("other");
    assert.equal((await edge.admin("GET", `/tenants/${other.slug}/webhooks/${webhook.id}`)).status, 404);
    assert.equal((await edge.admin("GET", `/webhooks/${webhook.id}`)).status, 404);
    assert.equal((await edge.admin("GET", "/tenants/nobody/webhooks")).status, 404);
    assert.equal((await edge.admin("POST", "/tenants/nobody/webhooks", { label: "l", url: receiver.url })).status, 404);
    const made = (more) => edge.admin("POST", path, { label: "l", url: receiver.url, ...more });
    for (const wrong of [
      { url: "http://example.com/" },
      { url: "https://10.0.0.1/" },
      { url: "https://[::1]/" },
      { url: "https://169.254.169.254/latest" },
      { url: "https://user:secret@example.com/" },
      { url: undefined },
      { label: "" },
      { types: ["user"] },
      { timeout_s: 31 },
      { retry_s: 0 },
      { give_up_s: 1e9 },
      { disable_s: 0 },
      { disable_s: 1e9 },
      { after: -1 },
      { secret: "whsec_x" },
    ]) {
      assert.equal((await made(wrong)).status, 400, JSON.stringify(wrong));
    }
    assert.equal((await edge.admin("PATCH", at(), { after: 0 })).status, 400);
    const texts = [at(), path, at("/deliveries"), `/audit?tenant=${tenant.slug}`].map(async (one) => (await edge.admin("GET", one)).text);
    for (const text of await Promise.all(texts)) assert.doesNotMatch(text, /whsec_/);
    assert.doesNotMatch(edge.log, /whsec_/);
    const { entries } = await ok(200, edge.admin("GET", `/audit?tenant=${tenant.slug}`));
    const actions = entries.filter(({ action }) => action.includes("webhooks"));
    assert.deepEqual(actions.map(({ action, outcome, target }) => [action, outcome, target]), [
      ["POST tenants/{}/webhooks", "done", webhook.id],
      ["POST tenants/{}/webhooks/{}/test", "denied", webhook.id],
      ["POST tenants/{}/webhooks/{}/test", "done", webhook.id],
    ]);
    for (let round = 1; round < 20; round += 1) await ok(201, made({ enabled: false }));
    assert.equal((await made({})).status, 409);
  });
});

describe("webhooks elsewhere than in tests", { skip }, () => {
  test("this very machine is refused", async () => {
    const other = await start();
    try {
      const tenant = await other.createTenant("strict");
      const refused = await other.admin("POST", `/tenants/${tenant.slug}/webhooks`, { label: "l", url: "http://127.0.0.1:1/" });
      assert.equal(refused.status, 400, refused.text);
    } finally {
      await other.stop();
    }
  });
});

for (const moment of [3, 60]) {
  test(`killed when ${moment} events had arrived`, { skip }, async (t) => {
    const directory = temporaryDirectory();
    const receiver = await receive();
    const edge = await start({ persist: directory.path, vars: { LOCAL_WEBHOOKS: "on" } });
    try {
      const tenant = await edge.createTenant("killed");
      await ok(201, edge.admin("POST", `/tenants/${tenant.slug}/webhooks`, { label: "l", url: receiver.url, retry_s: 1 }));
      // Twice at the most: the third wait of an event would be as long as the test's patience.
      const failed = new Map();
      receiver.answer = ({ id }) => {
        const times = failed.get(id) ?? 0;
        const fails = times < 2 && Math.random() < 0.1;
        if (fails) failed.set(id, times + 1);
        return { status: fails ? 500 : 200, delay: 5 };
      };
      const lanes = Array.from({ length: 6 }, async () => {
        try {
          const made = await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u") });
          for (let round = 0; ; round += 1) {
            await tenant.scim("PATCH", `/Users/${made.json.id}`, title(`${round}`));
          }
        } catch {
          // The connection is gone.
        }
      });
      await receiver.until(() => receiver.got.length >= moment);
      await edge.kill();
      await Promise.all(lanes);
      await edge.restart();
      const events = [];
      for (let more = true, next = 0; more; ) {
        const page = await ok(200, edge.admin("GET", `/tenants/${tenant.slug}/events?limit=1000&after=${next}`));
        events.push(...page.events);
        ({ more, next } = page);
      }
      t.diagnostic(`${events.length} events, ${receiver.got.length} attempts before the restart`);
      await edge.cron();
      await receiver.until(() => receiver.taken.length >= events.length, `all ${events.length} events`);
      assert.deepEqual(receiver.taken.map(({ id }) => id).sort(), events.map(({ id }) => id).sort());
      assertOrdered(receiver.got, events);
    } finally {
      await edge.stop();
      await receiver.close();
      directory.remove();
    }
  });
}
