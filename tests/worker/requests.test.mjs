// The request log: what it keeps, what it never does, and that no request pays for it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const DAY = 86_400_000;
const user = (more = {}) => ({ schemas: [USER], userName: unique("u"), ...more });

let edge;
before(async () => (edge = await start({ faults: !external })));
after(() => edge.stop());

const query = (parameters) => `?${new URLSearchParams(parameters)}`;
const page = async (tenant, parameters = {}) => {
  const answer = await edge.admin("GET", `/tenants/${tenant.slug}/requests${query(parameters)}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const settings = async (tenant, settings) => {
  const answer = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings });
  assert.equal(answer.status, 200, answer.text);
};

/** Waits until the log has so many entries: they come a moment after their answers. */
async function logged(tenant, count, parameters = {}) {
  for (const end = Date.now() + 20_000; ; ) {
    const { requests } = await page(tenant, { limit: 1000, ...parameters });
    if (requests.length >= count) return requests;
    if (Date.now() > end) throw new Error(`${requests.length} entries, not ${count}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const whole = async (tenant, id) => (await edge.admin("GET", `/tenants/${tenant.slug}/requests/${id}`)).json;

describe("an entry", () => {
  test("tells the request, its answer and what it cost", async () => {
    const tenant = await edge.createTenant("log");
    const body = user({ displayName: "Zoë" });
    const made = await tenant.scim("POST", "/Users", body);
    const [summary] = await logged(tenant, 1);
    const { id, time, duration_ms, d1, ...rest } = summary;
    assert.deepEqual(rest, {
      token: tenant.tokenId,
      method: "POST",
      path: `${tenant.path}/Users`,
      status: 201,
      content_type: "application/scim+json",
      resource_type: "User",
      resource: made.json.id,
      user_name: body.userName,
    });
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
    assert.ok(duration_ms >= 0);
    assert.deepEqual(d1, { trips: made.cost.trips, rows_read: made.cost.read, rows_written: made.cost.written });
    const entry = await whole(tenant, id);
    assert.deepEqual(JSON.parse(entry.request.body), body);
    assert.deepEqual(JSON.parse(entry.response.body), made.json);
    assert.equal(entry.request.bytes, Buffer.byteLength(JSON.stringify(body)));
  });

  test("of a failure says why", async () => {
    const tenant = await edge.createTenant("log");
    const body = user();
    await tenant.scim("POST", "/Users", body);
    const again = await tenant.scim("POST", "/Users", body);
    const [entry] = await logged(tenant, 1, { status: "409" });
    assert.equal(entry.scim_type, "uniqueness");
    assert.equal(entry.detail, again.json.detail);
  });

  test("of a large body keeps the beginning, or the size alone", async () => {
    const tenant = await edge.createTenant("log");
    await tenant.scim("POST", "/Users", user({ title: `ä${"x".repeat(20_000)}` }));
    await tenant.scim("POST", "/Users", user({ title: "x".repeat(100_000) }));
    const [large, middle] = await logged(tenant, 2);
    const kept = await whole(tenant, middle.id);
    assert.equal(kept.request.cut, true);
    assert.ok(Buffer.byteLength(kept.request.body) <= 16_384);
    const { request } = await whole(tenant, large.id);
    assert.ok(request.bytes > 100_000);
    assert.equal(request.body, undefined);
  });

  test("is there of whoever is refused, as far as the tenant is known", async () => {
    const [tenant, other] = [await edge.createTenant("log"), await edge.createTenant("other")];
    const { id, token } = await edge.createToken(tenant.slug, "short");
    const revoked = tenant.with({ token: { id, token } });
    await edge.admin("DELETE", `/tenants/${tenant.slug}/tokens/${id}`);
    assert.equal((await revoked.scim("POST", "/Users", user({ password: "hunter2" }))).status, 401);
    const [entry] = await logged(tenant, 1, { status: "401" });
    assert.equal(entry.token, id);
    assert.match(entry.detail, /revoked/);
    // What somebody sends who may not is nobody's to keep.
    assert.equal((await whole(tenant, entry.id)).request.body, undefined);
    // A token of this tenant at another's address: its own administrator can see the mistake.
    assert.equal((await other.with({ token: { token: tenant.token } }).scim("GET", "/Users")).status, 401);
    const [, elsewhere] = (await logged(tenant, 2, { status: "4xx" })).reverse();
    assert.equal(elsewhere.path, `${other.path}/Users`);
    await edge.admin("PATCH", `/tenants/${tenant.slug}`, { suspended: true });
    assert.equal((await tenant.scim("GET", "/Users")).status, 403);
    await logged(tenant, 1, { status: "403" });
    assert.deepEqual(await page(other), { requests: [] });
  });
});

describe("finding", () => {
  test("by time, status, method, resource and user, page by page", async () => {
    const tenant = await edge.createTenant("log");
    const ids = [];
    for (const userName of ["Ärzte", "b"]) {
      ids.push((await tenant.scim("POST", "/Users", user({ userName }))).json.id);
      await tenant.scim("GET", `/Users${query({ filter: `userName eq "${userName}"` })}`);
      await tenant.scim("GET", `/Users/${ids.at(-1)}`);
    }
    await tenant.scim("GET", "/Users/nobody");
    await tenant.scim("DELETE", `/Users/${ids[1]}`);
    const all = await logged(tenant, 8);
    assert.equal(all.length, 8);
    const found = async (parameters) => (await page(tenant, parameters)).requests.map((one) => `${one.method} ${one.status}`);
    assert.deepEqual(await found({ userName: "äRZTE" }), ["GET 200", "GET 200", "POST 201"]);
    assert.deepEqual(await found({ resource: ids[1] }), ["DELETE 204", "GET 200", "POST 201"]);
    assert.deepEqual(await found({ resource: ids[1], method: "GET" }), ["GET 200"]);
    assert.deepEqual(await found({ status: "404" }), ["GET 404"]);
    assert.deepEqual(await found({ status: "4xx" }), ["GET 404"]);
    assert.deepEqual(await found({ status: "2xx", method: "POST" }), ["POST 201", "POST 201"]);
    assert.deepEqual(await found({ since: all[2].time }), all.slice(0, 3).map((one) => `${one.method} ${one.status}`));
    assert.deepEqual(await found({ until: all[5].time }), all.filter((one) => one.time < all[5].time).map((one) => `${one.method} ${one.status}`));
    const walked = [];
    for (let after; ; ) {
      const { requests, next } = await page(tenant, { limit: 3, ...(after && { after }) });
      walked.push(...requests.map((one) => one.id));
      if (!next) break;
      after = next;
    }
    assert.deepEqual(walked, all.map((one) => one.id));
    for (const wrong of [{ since: "yesterday" }, { status: "many" }, { status: "9xx" }, { limit: 0 }]) {
      const answer = await edge.admin("GET", `/tenants/${tenant.slug}/requests${query(wrong)}`);
      assert.equal(answer.status, 400, answer.text);
    }
    assert.equal((await edge.admin("GET", "/tenants/nobody/requests")).status, 404);
    assert.equal((await edge.admin("GET", `/tenants/${tenant.slug}/requests/${randomUUID()}`)).status, 404);
  });

  test("reads rows in proportion to the page, however long the log is", { skip: external ? "needs the database" : false }, async () => {
    const tenant = await edge.createTenant("log");
    const { id } = await edge.db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(tenant.slug).first();
    await edge.db
      .prepare(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
         INSERT INTO requests SELECT ?1, format('01900000-0000-7000-8000-%012d', n), 'k', 'GET',
         iif(n % 1000, 200, 404), iif(n % 100, 'r', 's'), iif(n % 100, 'a', 'b'), '{}' FROM n`,
      )
      .bind(id)
      .run();
    for (const [parameters, shown, most] of [
      [{}, 10, 15],
      [{ resource: "s" }, 10, 30],
      [{ userName: "B" }, 10, 30],
      [{ status: "404" }, 10, 40],
      [{ status: "4xx" }, 10, 40],
      [{ method: "GET" }, 10, 150],
      [{ method: "PUT" }, 0, 250],
      [{ resource: "s", method: "PUT" }, 0, 450],
    ]) {
      const path = `/tenants/${tenant.slug}/requests${query({ limit: 10, ...parameters })}`;
      const { json, cost } = await edge.admin("GET", path);
      assert.equal(json.requests.length, shown, path);
      assert.ok(json.next, path);
      assert.ok(cost.read <= most, `${path}: ${JSON.stringify(cost)}`);
      assert.equal(cost.trips, 1);
    }
    await edge.db.prepare("DELETE FROM requests WHERE tenant = ?1").bind(id).run();
  });
});

describe("secrets", () => {
  test("are nowhere in the database, nor in the console", { skip: external ? "needs the database" : false }, async () => {
    const tenant = await edge.createTenant("log");
    await settings(tenant, { redact: ["phoneNumbers", "nickName"] });
    let count = 0;
    const secret = () => `Geheim${count++}x${randomUUID().slice(0, 8)}`;
    const secrets = [];
    const hide = () => (secrets.push(secret()), secrets.at(-1));
    const stored = (value) => value; // what the tenant keeps as data, and the log hides
    const marked = [];
    const mark = () => (marked.push(secret()), marked.at(-1));
    const send = (...request) => tenant.scim(...request);
    const made = await send("POST", "/Users", user({ password: hide(), nickName: stored(mark()), phoneNumbers: [{ value: mark() }] }));
    const path = `/Users/${made.json.id}`;
    await send("PUT", path, user({ Password: hide(), nickName: mark() }));
    const patch = (...Operations) => send("PATCH", path, { schemas: [PATCH], Operations });
    await patch({ op: "replace", path: "password", value: hide() });
    await patch({ op: "replace", value: { password: hide(), [`${USER}:password`]: hide() } });
    await patch({ op: "replace", Path: "password", Value: hide() });
    await patch({ op: "replace", path: "nickName", value: { no: mark() } });
    await patch({ op: "remove", path: `phoneNumbers[value eq "${mark()}"]` });
    await send("POST", "/Users", { schemas: [USER], password: hide() });
    await send("POST", "/Users", user({ password: { deep: [hide()] }, access_token: hide(), nickName: [mark()] }));
    await send("POST", "/Users", `{"password": "${hide()}", `);
    await send("POST", "/Bulk", { schemas: [BULK], Operations: [{ method: "POST", path: "/Users", bulkId: "1", data: user({ password: hide() }) }] });
    await send("GET", `/Users${query({ filter: `password eq "${hide()}"` })}`);
    await send("GET", `/Users${query({ filter: `nickName eq "${mark()}"` })}`);
    await send("GET", `/Users${query({ filter: `nickName eq ${mark()}` })}`);
    await send("GET", `/Users${query({ access_token: hide(), filter: `title eq "${tenant.token}"` })}`);
    await send("GET", `/Users/${tenant.token}`);
    await send("POST", "/.search", { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], filter: `nickName sw "${mark()}"` });
    await send("GET", "/Users", undefined, { authorization: `Bearer ${tenant.token}` });
    const sent = await logged(tenant, 18);
    assert.ok(sent.some((one) => one.status === 400), "no error was provoked");

    const tables = (await edge.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'").all()).results;
    assert.ok(tables.some((table) => table.name === "requests"));
    for (const { name } of tables) {
      const rows = JSON.stringify((await edge.db.prepare(`SELECT * FROM "${name}"`).all()).results);
      for (const text of [...secrets, tenant.token, tenant.token.slice(5, 30), edge.adminToken]) {
        assert.ok(!rows.includes(text), `table ${name} has ${text}`);
      }
      if (name !== "requests") continue;
      for (const text of marked) assert.ok(!rows.includes(text), `the log has the marked ${text}`);
    }
    for (const text of [...secrets, ...marked, tenant.token]) assert.ok(!edge.log.includes(text), `the console has ${text}`);
  });

  test("without bodies the log names whom a request is about, and no more", async () => {
    const tenant = await edge.createTenant("log");
    await settings(tenant, { log_bodies: false });
    const body = user({ displayName: unique("Name") });
    await tenant.scim("POST", "/Users", body);
    await tenant.scim("GET", `/Users${query({ filter: `displayName eq "${body.displayName}"` })}`);
    const [search, made] = await logged(tenant, 2);
    assert.equal(decodeURIComponent(search.query), 'filter=displayName eq "…"');
    assert.equal(made.user_name, body.userName);
    for (const { id } of [search, made]) {
      const entry = await whole(tenant, id);
      assert.ok(!JSON.stringify(entry).includes(body.displayName), JSON.stringify(entry));
      assert.equal(entry.response.body, undefined);
    }
  });
});

describe("curl", () => {
  test("does the request again, whatever a shell makes of its text", async () => {
    const tenant = await edge.createTenant("log");
    const line = async (id) => edge.admin("GET", `/tenants/${tenant.slug}/requests/${id}/curl`);
    const displayName = "O'Brien $HOME `id` \"q\" \\ !x";
    const { json: made } = await tenant.scim("POST", "/Users", user({ displayName }));
    await tenant.scim("DELETE", `/Users/${made.id}`);
    await tenant.scim("GET", `/Users${query({ filter: `displayName eq "O'Brien $HOME"`, count: 1 })}`);
    const [search, , create] = await logged(tenant, 3);
    const run = (command) => execFileSync("sh", ["-c", command], { env: { ...process.env, TOKEN: tenant.token }, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const command = await line(create.id);
    assert.match(command.headers.get("content-type"), /^text\/plain/);
    assert.ok(!command.text.includes(tenant.token) && command.text.includes("$TOKEN"));
    const again = run(command.text);
    assert.match(again, /^HTTP\/1.1 201/);
    assert.equal(JSON.parse(again.slice(again.indexOf("\r\n\r\n"))).displayName, displayName);
    assert.match(run((await line(search.id)).text), /"totalResults":0/);
  });
});

describe("no request pays for it", { skip: external ? "needs the database" : false }, () => {
  /** What the log wrote so far, once it has written so many entries of the tenant. */
  const written = async (tenant, count) => (await logged(tenant, count), (await edge.faults()).log);

  test("a warm request has the same trips and rows with and without; the log's own are apart", async () => {
    const tenant = await edge.createTenant("log");
    const { json: one } = await tenant.scim("POST", "/Users", user());
    const { json: group } = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: unique("g"), members: [{ value: one.id }] });
    const add = { schemas: [PATCH], Operations: [{ op: "add", path: "members", value: [{ value: one.id }] }] };
    const requests = [
      ["GET", `/Users/${one.id}`],
      ["GET", `/Users${query({ filter: `userName eq "${one.userName}"` })}`],
      ["PATCH", `/Users/${one.id}`, { schemas: [PATCH], Operations: [{ op: "replace", path: "title", value: unique("t") }] }],
      ["PATCH", `/Groups/${group.id}`, add],
      ["GET", "/ServiceProviderConfig"],
    ];
    const costs = async () => {
      const all = [];
      for (const request of requests) {
        await edge.faults({ trips: 0 });
        const { cost } = await tenant.scim(...request);
        assert.equal((await edge.faults()).trips, cost.trips);
        all.push(cost);
      }
      return all;
    };
    await settings(tenant, { log_retention_days: 0 });
    await costs();
    const without = await costs();
    await settings(tenant, { log_retention_days: 30 });
    await costs();
    assert.deepEqual(await costs(), without);
  });

  test("it writes three rows for a request about a user, one for a list, and one more for a failure", async () => {
    const tenant = await edge.createTenant("log");
    const { json: one } = await tenant.scim("POST", "/Users", user());
    await logged(tenant, 1);
    let before = 1;
    for (const [request, status, rows] of [
      [["GET", `/Users/${one.id}`], 200, 3],
      [["GET", "/Users?count=1"], 200, 1],
      [["GET", "/Users/nobody"], 404, 3],
      [["GET", "/Nothing"], 404, 2],
    ]) {
      await edge.faults({ reset: true });
      assert.equal((await tenant.scim(...request)).status, status);
      const { rowsWritten } = await written(tenant, ++before);
      assert.equal(rowsWritten, rows, request.join(" "));
    }
  });

  test("requests at once are written together", async () => {
    const tenant = await edge.createTenant("log");
    await tenant.scim("GET", "/Users");
    await logged(tenant, 1);
    await edge.faults({ reset: true });
    await Promise.all(Array.from({ length: 30 }, () => tenant.scim("GET", "/Users")));
    const { trips } = await written(tenant, 31);
    assert.ok(trips <= 10, `${trips} trips for 30 requests`);
  });

  test("when it cannot be written the request succeeds, and the console says so once without a name", async () => {
    const tenant = await edge.createTenant("log");
    const before = edge.log.length;
    await edge.faults({ reset: true, failBefore: 1, only: "log", message: "D1_ERROR: for Geheim4711" });
    const body = user();
    assert.equal((await tenant.scim("POST", "/Users", body)).status, 201);
    for (const end = Date.now() + 10_000; (await edge.faults()).failed === 0; ) assert.ok(Date.now() < end);
    assert.equal((await tenant.scim("GET", "/Users?count=1")).status, 200);
    await logged(tenant, 1);
    const lines = edge.log.slice(before).split("\n").filter((line) => line.includes("request log"));
    assert.equal(lines.length, 1, lines.join("\n"));
    for (const text of [body.userName, "Geheim4711", tenant.slug]) assert.ok(!edge.log.slice(before).includes(text), text);
  });

  test("a slow log holds no answer up", async () => {
    const tenant = await edge.createTenant("log");
    await tenant.scim("GET", "/Users");
    await edge.faults({ reset: true, delay: 1500, only: "log" });
    await tenant.scim("GET", "/Users");
    const { millis } = await tenant.scim("GET", "/Users");
    assert.ok(millis < 1000, `${millis} ms`);
    await edge.faults({ reset: true });
    await logged(tenant, 3);
  });
});

describe("in time", { skip: external ? "needs the database" : false }, () => {
  test("entries go when the tenant's days are over, and with the tenant", async () => {
    const [short, long, off] = [await edge.createTenant("short"), await edge.createTenant("long"), await edge.createTenant("off")];
    await settings(short, { log_retention_days: 1 });
    await settings(long, { log_retention_days: 90 });
    for (const tenant of [short, long, off]) await tenant.scim("GET", "/Users");
    for (const tenant of [short, long, off]) await logged(tenant, 1);
    await settings(off, { log_retention_days: 0 });
    const left = async () => Promise.all([short, long, off].map(async (tenant) => (await page(tenant)).requests.length));
    await edge.cron(Date.now() + 1000);
    assert.deepEqual(await left(), [1, 1, 0]);
    await edge.cron(Date.now() + 2 * DAY);
    assert.deepEqual(await left(), [0, 1, 0]);
    await edge.cron(Date.now() + 91 * DAY);
    assert.deepEqual(await left(), [0, 0, 0]);
  });

  test("a long log goes over several runs, and none passes its budget", async () => {
    const tenant = await edge.createTenant("log");
    const { id } = await edge.db.prepare("SELECT id FROM tenants WHERE slug = ?1").bind(tenant.slug).first();
    await edge.db
      .prepare(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 25000)
         INSERT INTO requests SELECT ?1, format('01900000-0000-7000-8000-%012d', n), 'k', 'GET', 200, NULL, NULL, '{}' FROM n`,
      )
      .bind(id)
      .run();
    const count = async () => (await edge.db.prepare("SELECT count(*) AS n FROM requests WHERE tenant = ?1").bind(id).first()).n;
    for (let runs = 0; (await count()) > 0; runs += 1) {
      assert.ok(runs < 4, `${await count()} are left after ${runs} runs`);
      await edge.faults({ reset: true });
      await edge.cron();
      assert.ok((await edge.faults()).statements <= 50);
    }
  });

  test("the use of a token is noted once an hour", async () => {
    const tenant = await edge.createTenant("log");
    const token = () => edge.db.prepare("SELECT last_used FROM tokens WHERE id = ?1").bind(tenant.tokenId).first();
    assert.equal((await token()).last_used, null);
    await tenant.scim("GET", "/Users");
    await logged(tenant, 1);
    const { last_used: first } = await token();
    assert.ok(Math.abs(first - Date.now()) < 60_000, String(first));
    await tenant.scim("GET", "/Users");
    await logged(tenant, 2);
    assert.equal((await token()).last_used, first);
  });

  test("a tenant without a log still has its tokens' last use", async () => {
    const tenant = await edge.createTenant("log");
    await settings(tenant, { log_retention_days: 0 });
    await tenant.scim("GET", "/Users");
    const token = () => edge.db.prepare("SELECT last_used FROM tokens WHERE id = ?1").bind(tenant.tokenId).first();
    for (const end = Date.now() + 10_000; (await token()).last_used === null; ) assert.ok(Date.now() < end);
    assert.deepEqual(await page(tenant), { requests: [] });
  });
});
