// Security Event Tokens: every event that SCIM's profile (RFC 9967) has a word for reaches its receiver
// signed, by poll (RFC 8936) until it is acknowledged, and by push (RFC 8935).

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";
import { receive } from "./receiver.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const PROV = "urn:ietf:params:scim:event:prov";
const patch = (...Operations) => ({ schemas: [PATCH], Operations });
const title = (value) => patch({ op: "replace", path: "title", value });
const now = { returnImmediately: true };
const skip = external ? "looks into the database, and needs receivers on this machine" : false;

let edge;
before(async () => {
  if (!skip) edge = await start({ vars: { LOCAL_WEBHOOKS: "on" } });
});
after(() => edge?.stop());

async function ok(status, answer) {
  const done = await answer;
  assert.equal(done.status, status, done.text);
  return done.json;
}

/** A tenant, a stream of it, and a token to ask with. */
async function streamed(more = {}) {
  const tenant = await edge.createTenant("set");
  const path = `/tenants/${tenant.slug}/streams`;
  const stream = await ok(201, edge.admin("POST", path, { label: "HR", ...more }));
  const { token } = await ok(201, edge.admin("POST", `/tenants/${tenant.slug}/tokens`, { label: "HR", scopes: ["sets"] }));
  const asked = (method, body) => edge.request(method, new URL(stream.address).pathname, body, { authorization: `Bearer ${token}` });
  const ask = (body) => asked("POST", body);
  // From here on the isolate knows the token.
  assert.equal((await asked("OPTIONS")).status, 204);
  const poll = (body = now) => ok(200, ask(body));
  const user = (more = {}) => ok(201, tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u"), ...more }));
  const shown = async () => (await ok(200, edge.admin("GET", path))).streams[0];
  return { tenant, path, stream, token, ask, poll, user, shown };
}

const part = (text) => JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
const keys = async (issuer) => (await ok(200, edge.request("GET", `${new URL(issuer).pathname}/jwks.json`))).keys;

/** What a token says, once its signature is good by the issuer's keys. */
async function verified(token) {
  const [header, claims, signature] = token.split(".");
  const { alg, typ, kid } = part(header);
  assert.deepEqual([alg, typ], ["ES256", "secevent+jwt"]);
  const said = part(claims);
  const jwk = (await keys(said.iss)).find((one) => one.kid === kid);
  assert.ok(jwk, `no key ${kid}`);
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  const holds = (signed) => verify("sha256", Buffer.from(signed), key, Buffer.from(signature, "base64url"));
  assert.ok(holds(`${header}.${claims}`), "the signature is wrong");
  assert.ok(!holds(`${header}.${claims}x`));
  return said;
}

const all = ({ sets }) => Promise.all(Object.values(sets).map(verified));
const events = async (answer) => (await all(answer)).map((one) => one.events);
const uris = async (answer) => (await events(answer)).map((one) => Object.keys(one).map((uri) => uri.replace(`${PROV}:`, "")));

describe("by poll", { skip }, () => {
  test("a user's life with its values, signed", async () => {
    const { tenant, stream, poll, user } = await streamed();
    const made = await user({ externalId: "x1", title: "A" });
    const at = `/Users/${made.id}`;
    await ok(200, tenant.scim("PATCH", at, title("B")));
    await ok(200, tenant.scim("PATCH", at, patch({ op: "replace", path: "active", value: false }, { op: "remove", path: "title" })));
    await ok(200, tenant.scim("PATCH", at, patch({ op: "replace", path: "active", value: true })));
    await ok(204, tenant.scim("DELETE", at));
    const answer = await poll();
    const found = await all(answer);
    assert.deepEqual(Object.keys(answer.sets), found.map(({ jti }) => jti));
    assert.equal(answer.moreAvailable, false);
    for (const said of found) {
      const { iss, aud, sub, sub_id: subject, iat, txn, jti } = said;
      assert.deepEqual([iss, aud, sub, txn], [`${edge.url}/t/${tenant.slug}`, stream.address, undefined, jti]);
      assert.deepEqual(subject, { format: "scim", uri: at, id: made.id, externalId: "x1" });
      assert.ok(Number.isInteger(iat) && Math.abs(iat - Date.now() / 1000) < 30);
    }
    assert.deepEqual([stream.audience, stream.issuer, stream.jwks_uri], [stream.address, found[0].iss, `${found[0].iss}/jwks.json`]);
    const [created, changed, off, on, gone] = found.map((one) => one.events);
    const { version, data } = created[`${PROV}:create:full`];
    assert.deepEqual([version, data.id, data.userName, data.title], ['W/"1"', made.id, made.userName, "A"]);
    const operations = (event) => event[`${PROV}:patch:full`].data.Operations;
    assert.deepEqual(operations(changed), [{ op: "replace", path: "title", value: "B" }]);
    assert.deepEqual(changed[`${PROV}:patch:full`].data.schemas, [PATCH]);
    assert.deepEqual(off[`${PROV}:deactivate`], {});
    assert.deepEqual(operations(off).sort((a, b) => a.path.localeCompare(b.path)), [{ op: "replace", path: "active", value: false }, { op: "remove", path: "title" }]);
    assert.deepEqual([on[`${PROV}:activate`], operations(on).length], [{}, 1]);
    assert.deepEqual(gone, { [`${PROV}:delete`]: {} });
  });

  test("a group's members are a patch of the group", async () => {
    const { tenant, poll, user } = await streamed({ types: ["group.*"] });
    const [ann, bob] = [await user(), await user()];
    const group = await ok(201, tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "G", members: [{ value: ann.id }] }));
    await ok(204, tenant.scim("PATCH", `/Groups/${group.id}`, patch({ op: "add", path: "members", value: [{ value: bob.id }] })));
    await ok(204, tenant.scim("PATCH", `/Groups/${group.id}`, patch({ op: "remove", path: `members[value eq "${ann.id}"]` })));
    const [created, ...rest] = await all(await poll());
    assert.deepEqual(Object.keys(created.events), [`${PROV}:create:full`]);
    assert.equal(rest.at(-1).sub_id.uri, `/Groups/${group.id}`);
    assert.deepEqual(
      rest.map(({ events }) => events[`${PROV}:patch:full`].data.Operations),
      [
        [{ op: "add", path: "members", value: [{ value: ann.id, type: "User" }] }],
        [{ op: "add", path: "members", value: [{ value: bob.id, type: "User" }] }],
        [{ op: "remove", path: `members[value eq "${ann.id}"]` }],
      ],
    );
  });

  test("a notice names attributes and tells no value", async () => {
    const { tenant, poll, user } = await streamed({ format: "notice", audience: "https://hr.example", types: ["user.*"] });
    const made = await user({ title: "secret title" });
    await ok(200, tenant.scim("PATCH", `/Users/${made.id}`, title("another")));
    const found = await all(await poll());
    assert.ok(found.every(({ aud }) => aud === "https://hr.example"));
    assert.deepEqual(found[0].events[`${PROV}:create:notice`].attributes.sort(), ["active", "id", "title", "userName"].filter((name) => name in made).sort());
    assert.deepEqual(found[1].events, { [`${PROV}:patch:notice`]: { version: 'W/"2"', attributes: ["title"] } });
    assert.doesNotMatch(JSON.stringify(found), /secret title|another/);
  });

  test("it comes again until it is acknowledged, in whatever order", async () => {
    const { poll, user, shown, stream } = await streamed();
    for (let at = 0; at < 4; at += 1) await user();
    const [one, two, three, four] = Object.keys((await poll()).sets);
    assert.deepEqual(Object.keys((await poll()).sets), [one, two, three, four]);
    assert.deepEqual(Object.keys((await poll({ ...now, ack: [two, "evt_999999999", "nonsense"] })).sets), [one, three, four]);
    assert.equal((await shown()).position, stream.position);
    assert.deepEqual(Object.keys((await poll({ ...now, ack: [one] })).sets), [three, four]);
    assert.equal((await shown()).position, Number(two.slice(4)));
    const answer = await poll({ ...now, ack: [four], setErrs: { [three]: { err: "invalid_key", description: "who is ann@example.com" } } });
    assert.deepEqual(answer, { sets: {}, moreAvailable: false });
    const { refused, polled, position } = await shown();
    assert.deepEqual([refused.jti, refused.err, position], [three, "invalid_key", Number(four.slice(4))]);
    assert.ok(Math.abs(Date.parse(polled) - Date.now()) < 30_000);
    assert.doesNotMatch(JSON.stringify(await shown()), /ann@/);
  });

  test("so many at a time, and none to acknowledge alone", async () => {
    const { poll, user } = await streamed();
    for (let at = 0; at < 3; at += 1) await user();
    const first = await poll({ ...now, maxEvents: 2 });
    assert.deepEqual([Object.keys(first.sets).length, first.moreAvailable], [2, true]);
    const none = await poll({ maxEvents: 0, ack: Object.keys(first.sets) });
    assert.deepEqual(none, { sets: {}, moreAvailable: true });
    const last = await poll({ ...now, maxEvents: 2 });
    assert.deepEqual([Object.keys(last.sets).length, last.moreAvailable], [1, false]);
  });

  test("who waits hears of it at once", async () => {
    const { ask, poll, user } = await streamed();
    const began = performance.now();
    assert.deepEqual(await poll(), { sets: {}, moreAvailable: false });
    assert.ok(performance.now() - began < 900);
    const waiting = ask({});
    await new Promise((done) => setTimeout(done, 1500));
    await user();
    const answer = await waiting;
    assert.equal(Object.keys(answer.json.sets).length, 1, answer.text);
    assert.ok(answer.millis < 4500, `${answer.millis} ms`);
  });

  test("one round trip, and a row written to acknowledge", async () => {
    const { ask, user } = await streamed();
    const cost = async (body) => {
      const { status, cost, text, json } = await ask(body);
      assert.equal(status, 200, text);
      return [cost.trips, cost.written, Object.keys(json.sets)];
    };
    // That a receiver is there is written once a day.
    assert.deepEqual(await cost(now), [2, 1, []]);
    assert.deepEqual(await cost(now), [1, 0, []]);
    await user();
    const [trips, written, ack] = await cost(now);
    assert.deepEqual([trips, written, ack.length], [1, 0, 1]);
    assert.deepEqual(await cost({ ...now, ack }), [1, 1, []]);
  });

  test("what is not for the receiver is passed by, however much of it", async () => {
    const { tenant, ask, user, shown } = await streamed({ types: ["user.created"] });
    const { results } = await edge.db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(tenant.slug).all();
    await edge.db
      .prepare("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 450) INSERT INTO events (tenant, created, type, data) SELECT ?1, 1, 'user.updated', '{}' FROM n")
      .bind(results[0].id)
      .run();
    await user();
    const answer = await ask(now);
    assert.deepEqual(await uris(answer.json), [["create:full"]]);
    assert.equal(answer.cost.trips, 3);
    const { position } = await shown();
    assert.deepEqual((await ask(now)).cost.trips, 1);
    assert.equal(position, (await shown()).position);
  });

  test("resources of a tenant's own type, also once the type is gone", async () => {
    const { tenant, poll, user, shown } = await streamed();
    const urn = "urn:example:device:1.0:Device";
    const declared = `/tenants/${tenant.slug}`;
    await ok(201, edge.admin("PUT", `${declared}/schemas/${urn}`, { id: urn, name: "Device", attributes: [{ name: "serial" }] }));
    await ok(201, edge.admin("PUT", `${declared}/resource-types/Device`, { name: "Device", endpoint: "/Devices", schema: urn, schemaExtensions: [] }));
    const made = await ok(201, tenant.scim("POST", "/Devices", { schemas: [urn], serial: "1" }));
    const answer = await poll();
    const [{ sub_id: subject, events }] = await all(answer);
    assert.deepEqual([subject.uri, Object.keys(events)], [`/Devices/${made.id}`, [`${PROV}:create:full`]]);
    assert.equal((await tenant.scim("DELETE", `/Devices/${made.id}`)).status, 204);
    await ok(204, edge.admin("DELETE", `${declared}/resource-types/Device`));
    const [jti] = Object.keys(answer.sets);
    assert.deepEqual((await poll({ ...now, ack: [jti] })).sets, {});
    assert.equal((await shown()).position, Number(jti.slice(4)) + 1);
    await user();
    assert.deepEqual(await uris(await poll()), [["create:full"]]);
  });

  test("what grew old before it was asked for is told", async () => {
    const { tenant, poll, user, shown, stream } = await streamed();
    await poll();
    for (let at = 0; at < 2; at += 1) await user();
    await edge.db.prepare("UPDATE events SET created = 1 WHERE tenant = (SELECT id FROM tenants WHERE slug = ?1)").bind(tenant.slug).run();
    await edge.db.prepare("DELETE FROM events WHERE position = ?1").bind(stream.position + 1).run();
    await edge.db.prepare("INSERT INTO outbox (one, pruned) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET pruned = ?1").bind(stream.position + 1).run();
    const { sets } = await poll();
    assert.equal(Object.keys(sets).length, 1);
    await poll({ ...now, ack: Object.keys(sets) });
    assert.equal((await shown()).missed_up_to, stream.position + 1);
    await edge.db.prepare("DELETE FROM outbox").run();
  });

  test("it begins at the end, or behind a position", async () => {
    const { tenant, path, token, user } = await streamed();
    await user();
    const [late, early] = [{}, { after: 0 }].map((more) => edge.admin("POST", path, { label: "L", ...more }));
    for (const [made, count] of [[await ok(201, late), 0], [await ok(201, early), 1]]) {
      const { sets } = await ok(200, edge.request("POST", `/t/${tenant.slug}/sets/${made.id}`, now, { authorization: `Bearer ${token}` }));
      assert.equal(Object.keys(sets).length, count);
    }
  });

  test("who may ask, and what is refused", async () => {
    const { tenant, stream, token, ask, path } = await streamed();
    const at = new URL(stream.address).pathname;
    const refused = async (answer, status, err) => {
      const done = await answer;
      assert.deepEqual([done.status, done.json?.err], [status, err], done.text);
      assert.ok(done.json.description.length > 10);
      assert.equal(done.headers.get("content-type"), "application/json");
      return done;
    };
    const bearer = (token) => ({ authorization: `Bearer ${token}` });
    await refused(edge.request("POST", at, now), 401, "authentication_failed");
    await refused(edge.request("POST", at, now, bearer(`${token}x`)), 401, "authentication_failed");
    const denied = await refused(edge.request("POST", at, now, bearer(tenant.token)), 403, "access_denied");
    assert.match(denied.headers.get("www-authenticate"), /insufficient_scope.*scope="sets"/);
    const other = await streamed();
    await refused(edge.request("POST", at, now, bearer(other.token)), 401, "authentication_failed");
    await refused(edge.request("POST", `/t/${other.tenant.slug}/sets/${stream.id}`, now, bearer(other.token)), 404, "invalid_request");
    await refused(ask("["), 400, "invalid_request");
    await refused(ask({ ack: "evt_1" }), 400, "invalid_request");
    const get = await refused(edge.request("GET", at, undefined, bearer(token)), 405, "invalid_request");
    assert.equal(get.headers.get("allow"), "OPTIONS, POST");
    assert.equal((await edge.request("OPTIONS", at, undefined, bearer(token))).status, 204);
    assert.equal((await tenant.with({ token: { id: "", token } }).scim("GET", "/Users")).status, 403);
    for (const [body, words] of [
      [{ label: "" }, /label/],
      [{ label: "l", format: "event" }, /full or notice/],
      [{ label: "l", types: ["nothing"] }, /nothing/],
      [{ label: "l", types: ["user.*", "credential.expiring"] }, /credential\.expiring/],
      [{ label: "l", after: -1 }, /after/],
      [{ label: "l", url: "x" }, /url/],
    ]) {
      const { status, json } = await edge.admin("POST", path, body);
      assert.deepEqual([status, words.test(json.detail)], [400, true], json.detail);
    }
    assert.equal((await edge.admin("POST", "/tenants/none-such/streams", { label: "l" })).status, 404);
    await ok(204, edge.admin("DELETE", `${path}/${stream.id}`));
    assert.equal((await edge.admin("DELETE", `${path}/${stream.id}`)).status, 404);
    await refused(ask(now), 404, "invalid_request");
  });

  test("there are twenty at the most, and they go with their tenant", async () => {
    const { tenant, path } = await streamed();
    for (let at = 1; at < 20; at += 1) await ok(201, edge.admin("POST", path, { label: `${at}` }));
    assert.equal((await edge.admin("POST", path, { label: "one more" })).status, 409);
    assert.equal((await edge.admin("DELETE", `/tenants/${tenant.slug}`)).status, 204);
    const { results } = await edge.db.prepare("SELECT count(*) AS rest FROM streams WHERE tenant NOT IN (SELECT id FROM tenants)").all();
    assert.equal(results[0].rest, 0);
  });
});

describe("discovery", { skip }, () => {
  test("says so where there is a receiver", async () => {
    const tenant = await edge.createTenant("set");
    const said = async () => (await ok(200, tenant.scim("GET", "/ServiceProviderConfig"))).securityEvents;
    assert.equal(await said(), undefined);
    const path = `/tenants/${tenant.slug}/streams`;
    const { id } = await ok(201, edge.admin("POST", path, { label: "HR" }));
    const { asyncRequest, eventUris } = await said();
    assert.equal(asyncRequest, "request");
    const changes = ["create:full", "create:notice", "patch:full", "patch:notice", "delete", "activate", "deactivate"];
    assert.deepEqual(eventUris, [...changes.map((name) => `${PROV}:${name}`), "urn:ietf:params:scim:event:misc:asyncresp"]);
    await ok(204, edge.admin("DELETE", `${path}/${id}`));
    assert.equal(await said(), undefined);
    await ok(201, edge.admin("POST", `/tenants/${tenant.slug}/webhooks`, { label: "l", url: "https://hr.example.com", format: "notice" }));
    assert.deepEqual((await said()).eventUris, eventUris);
  });
});

describe("keys", { skip }, () => {
  test("a new one signs, and the old one is there until its time is over", async () => {
    const { poll, user, stream } = await streamed();
    await user();
    const before = await poll();
    const kid = ({ sets }) => part(Object.values(sets)[0].split(".")[0]).kid;
    const rotated = await ok(201, edge.admin("POST", "/signing-keys/rotate", { overlap_s: 3600 }));
    assert.notEqual(rotated.kid, kid(before));
    const after = await poll();
    assert.equal(kid(after), rotated.kid);
    assert.deepEqual(await all(before), await all(after));
    const published = await keys(stream.issuer);
    assert.deepEqual(published.slice(0, 2).map((one) => one.kid), [rotated.kid, kid(before)]);
    for (const jwk of published) assert.deepEqual(Object.keys(jwk).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    const { signing_keys: listed } = await ok(200, edge.admin("GET", "/signing-keys"));
    const hours = (Date.parse(listed[1].until) - Date.parse(rotated.created)) / 3_600_000;
    assert.deepEqual([listed[0], listed[1].kid, hours], [rotated, kid(before), 1]);
    await ok(201, edge.admin("POST", "/signing-keys/rotate", { overlap_s: 0 }));
    assert.ok(!(await keys(stream.issuer)).some((one) => one.kid === rotated.kid));
    assert.equal((await edge.admin("POST", "/signing-keys/rotate", { overlap_s: -1 })).status, 400);
    const { entries } = await ok(200, edge.admin("GET", "/audit?order=newest&limit=10"));
    assert.ok(entries.some(({ action, target }) => action === "POST signing-keys/rotate" && target === rotated.kid));
    assert.doesNotMatch(JSON.stringify([entries, listed, published]), /"d":/);
  });

  test("they can be read and nothing else", async () => {
    const { stream } = await streamed();
    const at = `${new URL(stream.issuer).pathname}/jwks.json`;
    assert.match((await edge.request("GET", at)).headers.get("cache-control"), /max-age=300/);
    assert.equal((await edge.request("POST", at, {})).status, 405);
  });
});

describe("by push", { skip }, () => {
  async function pushed(t, more = {}) {
    const [tenant, receiver] = await Promise.all([edge.createTenant("set"), receive()]);
    t.after(() => receiver.close());
    const path = `/tenants/${tenant.slug}/webhooks`;
    const webhook = await ok(201, edge.admin("POST", path, { label: "HR", url: receiver.url, retry_s: 1, format: "full", ...more }));
    const user = () => ok(201, tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u") }));
    receiver.answer = () => ({ status: 202 });
    return { tenant, receiver, webhook, path: `${path}/${webhook.id}`, user };
  }

  test("a SET is the body, and nothing else signs", async (t) => {
    const { tenant, receiver, user, webhook } = await pushed(t);
    const made = await user();
    await receiver.until(() => receiver.got.length === 1);
    const [{ body, headers, method }] = receiver.got;
    assert.deepEqual([method, headers["content-type"], headers.accept], ["POST", "application/secevent+jwt", "application/json"]);
    assert.ok(!Object.keys(headers).some((name) => name.startsWith("webhook-")));
    const said = await verified(body);
    assert.deepEqual([said.iss, said.aud, said.sub_id.id], [`${edge.url}/t/${tenant.slug}`, receiver.url, made.id]);
    assert.deepEqual([webhook.format, webhook.audience], ["full", receiver.url]);
  });

  test("what the receiver cannot use is told and tried again", async (t) => {
    const { receiver, user, path } = await pushed(t, { format: "notice", audience: "https://hr.example" });
    let failures = 1;
    receiver.answer = () => (failures-- > 0 ? { status: 400, text: '{"err": "invalid_key", "description": "ann@example.com"}' } : { status: 202 });
    await user();
    await receiver.until(() => receiver.taken.length === 1);
    assert.equal(receiver.got[0].event.jti, receiver.got[1].event.jti);
    assert.equal((await verified(receiver.got[1].body)).aud, "https://hr.example");
    let deliveries = [];
    while (deliveries.length < 2) ({ deliveries } = await ok(200, edge.admin("GET", `${path}/deliveries`)));
    assert.deepEqual(deliveries.map(({ status, error }) => [status, error]), [[202, undefined], [400, "status 400: invalid_key"]]);
  });

  test("what has no SET is not sent, and holds nothing back", async (t) => {
    const { tenant, receiver, user } = await pushed(t, { types: [] });
    await ok(200, edge.admin("PUT", `/tenants/${tenant.slug}/mapping`, { rules: [{ prefix: "dept-" }] }));
    const made = await user();
    await ok(201, tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: "dept-a", members: [{ value: made.id }] }));
    await receiver.until(() => receiver.taken.length === 3);
    const { events } = await ok(200, edge.admin("GET", `/tenants/${tenant.slug}/events?wait=5&types=user.targets_changed`));
    assert.equal(events.length, 1);
    await user();
    await receiver.until(() => receiver.taken.length === 4);
    assert.ok(receiver.taken.every(({ events }) => Object.keys(events).every((uri) => uri.startsWith(PROV))));
  });

  test("a test is a verification event", async (t) => {
    const { tenant, receiver, path } = await pushed(t);
    const tried = await ok(200, edge.admin("POST", `${path}/test`));
    assert.deepEqual([tried.delivered, tried.status], [true, 202]);
    const said = await verified(receiver.got[0].body);
    assert.deepEqual(Object.keys(said.events), ["https://schemas.openid.net/secevent/ssf/event-type/verification"]);
    assert.deepEqual([said.jti, said.iss], [tried.event, `${edge.url}/t/${tenant.slug}`]);
  });

  test("one of all tenants says whose each is", async (t) => {
    const receiver = await receive();
    t.after(() => receiver.close());
    receiver.answer = () => ({ status: 202 });
    const { id } = await ok(201, edge.admin("POST", "/webhooks", { label: "All", url: receiver.url, format: "notice", types: ["user.created"] }));
    t.after(() => edge.admin("DELETE", `/webhooks/${id}`));
    const tenants = [await edge.createTenant("set"), await edge.createTenant("set")];
    for (const tenant of tenants) await ok(201, tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u") }));
    await receiver.until(() => receiver.taken.length === 2);
    assert.deepEqual(receiver.taken.map(({ iss }) => iss).sort(), tenants.map(({ slug }) => `${edge.url}/t/${slug}`).sort());
  });

  test("the format can be changed, and what is refused", async (t) => {
    const { receiver, user, path } = await pushed(t, { format: "event" });
    await user();
    await receiver.until(() => receiver.got.length === 1);
    assert.equal(receiver.got[0].headers["content-type"], "application/json");
    assert.equal((await ok(200, edge.admin("PATCH", path, { format: "notice" }))).format, "notice");
    await user();
    await receiver.until(() => receiver.got.length === 2);
    assert.equal(receiver.got[1].headers["content-type"], "application/secevent+jwt");
    for (const [body, words] of [
      [{ format: "set" }, /event, full or notice/],
      [{ types: ["tenant.deleted"] }, /tenant\.deleted/],
      [{ audience: "" }, /audience/],
    ]) {
      const { status, json } = await edge.admin("PATCH", path, body);
      assert.deepEqual([status, words.test(json.detail)], [400, true], json.detail);
    }
  });
});
