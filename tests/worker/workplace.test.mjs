// examples/workplace, end to end: what an identity provider does arrives in the app's own tables.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { load } from "./bundle.mjs";
import { dialogs, replay } from "./dialogs.mjs";
import { external, start } from "./harness.mjs";
import { EXTENSION, Workplace } from "./workplace.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const patch = (...Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
const RULES = [{ prefix: "dept-", nested: true }, { regex: "^(\\w+) crew$", priority: 500 }];

describe("the workplace app", { skip: external ? "needs a Worker beside" : false }, () => {
  let edge, client;
  before(async () => {
    edge = await start({ beside: [await Workplace.worker()], vars: { LOCAL_WEBHOOKS: "on" } });
    client = await load("client/index.ts");
  });
  after(() => edge.stop());

  /** A tenant that the app follows, and what its identity provider sends. */
  async function company({ rules = RULES, ...options } = {}) {
    const tenant = await edge.createTenant("work");
    const workplace = await Workplace.open(edge, tenant, { client, rules, ...options });
    const send = async (method, path, body) => {
      const { status, text, json } = await tenant.scim(method, path, body);
      assert.ok(status < 300, `${method} ${path}: ${status} ${text}`);
      return json?.id;
    };
    return { tenant, workplace, send };
  }

  const person = (name, more = {}) => ({
    schemas: [USER, EXTENSION],
    externalId: `${name}-ext`,
    userName: `${name}@contoso.example`,
    active: true,
    emails: [{ primary: true, type: "work", value: `${name}@contoso.example` }],
    name: { givenName: name, familyName: "Berg" },
    ...more,
  });

  // In Entra ID's words: capitalised operations, booleans as strings, members one PATCH each. What a group's own
  // events say must do here: `user.targets_changed` comes when it comes.
  test("people come, move, and go", async (context) => {
    await edge.db.prepare("CREATE TRIGGER untold BEFORE INSERT ON events WHEN new.type = 'user.targets_changed' BEGIN SELECT raise(abort, 'untold'); END").run();
    context.after(() => edge.db.prepare("DROP TRIGGER untold").run());
    const { workplace, send } = await company();
    const told = async () => {
      await workplace.tellAll();
      assert.deepEqual(await workplace.differences(), []);
    };
    const aino = () => workplace.employee("aino@contoso.example");

    const user = await send("POST", "/Users", person("aino", { preferredLanguage: "fi-FI", [EXTENSION]: { buildingId: "HQ" } }));
    const other = await send("POST", "/Users", person("bo"));
    await told();
    assert.deepEqual(await aino(), {
      id: user,
      external_id: "aino-ext",
      email: "aino@contoso.example",
      first_name: "aino",
      last_name: "Berg",
      building_id: "HQ",
      preferred_language: "fi-FI",
      active: 1,
      departments: [],
      groups: "[]",
    });

    await send("PATCH", `/Users/${user}`, patch({ op: "Replace", path: `${EXTENSION}:buildingId`, value: "B2" }, { op: "Replace", path: "preferredLanguage", value: "en" }));
    await told();
    assert.deepEqual([(await aino()).building_id, (await aino()).preferred_language], ["B2", "en"]);

    const tours = await send("POST", "/Groups", { schemas: [GROUP], externalId: "g1", displayName: "dept-Tours", members: [] });
    await told();
    assert.deepEqual(await workplace.departments(), ["Tours"]);
    for (const value of [user, other]) await send("PATCH", `/Groups/${tours}`, patch({ op: "Add", path: "members", value: [{ value }] }));
    await told();
    assert.deepEqual((await aino()).departments, ["Tours"]);

    await send("PATCH", `/Groups/${tours}`, patch({ op: "Replace", path: "displayName", value: "dept-Travel" }));
    await told();
    assert.deepEqual([(await aino()).departments, await workplace.departments()], [["Travel"], ["Travel"]]);

    const crew = await send("POST", "/Groups", { schemas: [GROUP], displayName: "Cabin crew", members: [{ value: user }] });
    await told();
    assert.deepEqual((await aino()).departments, ["Travel", "Cabin"], "by the priority of their rules");
    const joined = await workplace.sql("SELECT * FROM department_members WHERE employee = ?1 ORDER BY is_main", user);
    assert.deepEqual(joined, [
      { department: "Cabin", employee: user, is_main: 0 },
      { department: "Travel", employee: user, is_main: 1 },
    ]);

    // A department within a department: in, out, in again, and gone.
    const all = await send("POST", "/Groups", { schemas: [GROUP], displayName: "dept-Everything", members: [{ value: crew }] });
    await told();
    assert.deepEqual((await aino()).departments.sort(), ["Cabin", "Everything", "Travel"]);
    await send("PATCH", `/Groups/${all}`, patch({ op: "Remove", path: "members", value: [{ value: crew }] }));
    await told();
    await send("PATCH", `/Groups/${all}`, patch({ op: "Add", path: "members", value: [{ value: crew }] }));
    await told();
    await send("DELETE", `/Groups/${crew}`);
    await told();
    assert.deepEqual((await aino()).departments, ["Travel"]);

    await send("PATCH", `/Groups/${tours}`, patch({ op: "Remove", path: "members", value: [{ value: user }] }));
    await send("PATCH", `/Users/${user}`, patch({ op: "Replace", path: "active", value: "False" }));
    await told();
    assert.deepEqual([(await aino()).departments, (await aino()).active], [[], 0]);
    await send("DELETE", `/Users/${user}`);
    await told();
    assert.equal(await aino(), null);
    await send("DELETE", `/Groups/${tours}`);
    await told();
    assert.deepEqual([(await workplace.employee("bo@contoso.example")).departments, await workplace.departments()], [[], ["Everything"]]);
  });

  const recorded = [...dialogs("entra"), ...dialogs("okta").filter(({ requires }) => requires === "groups")];
  test("after every step of what providers were recorded to do, the tables are the directory", async () => {
    for (const dialog of recorded) {
      // Every group is a department: dialogs name theirs as they like.
      const { tenant, workplace } = await company({ rules: [{ regex: "." }] });
      await replay(dialog, tenant, async (step) => {
        const where = `${dialog.provider}/${dialog.name}, ${step}`;
        if ((await workplace.tellAll()) > 0) assert.deepEqual(await workplace.differences(), [], where);
      });
    }
  });

  test("who is not told finds out by the clock, also over the network", async () => {
    const { workplace, send } = await company({ bindings: { SCIM_URL: edge.url } });
    await send("POST", "/Users", person("aino"));
    assert.equal(await workplace.clock(), "ok");
    assert.deepEqual(await workplace.differences(), []);
    assert.notEqual(await workplace.employee("aino@contoso.example"), null);
  });

  test("scim-edge's own webhooks bring everything, also to an app that was away", async () => {
    const { workplace, send } = await company({ isHooked: true });
    assert.equal((await workplace.test()).status, 204);
    const aino = () => workplace.employee("aino@contoso.example");
    const user = await send("POST", "/Users", person("aino", { [EXTENSION]: { buildingId: "HQ" } }));
    await workplace.until(async () => (await aino())?.building_id === "HQ");
    const tours = await send("POST", "/Groups", { schemas: [GROUP], displayName: "dept-Tours" });
    await send("PATCH", `/Groups/${tours}`, patch({ op: "Add", path: "members", value: [{ value: user }] }));
    await workplace.until(async () => (await aino()).departments.includes("Tours"));

    await workplace.control({ chance: 1 });
    await send("PATCH", `/Groups/${tours}`, patch({ op: "Replace", path: "displayName", value: "dept-Travel" }));
    await send("PATCH", `/Users/${user}`, patch({ op: "Replace", path: "active", value: "False" }));
    await workplace.until(async () => (await workplace.failures()) > 0);
    await workplace.control({ chance: 0 });
    await workplace.retry();
    await workplace.until(async () => (await aino()).departments.includes("Travel") && (await aino()).active === 0);

    await send("DELETE", `/Users/${user}`);
    await workplace.until(async () => (await aino()) === null);
    assert.deepEqual(await workplace.differences(), []);
  });

  test("only what is signed is believed", async () => {
    const { workplace, send } = await company();
    await send("POST", "/Users", person("aino"));
    const [event] = await workplace.news();
    const long = 10 * 60 * 1000;
    assert.equal(await workplace.tell(event, { secret: `whsec_${Buffer.alloc(32, 1).toString("base64")}` }), 401);
    assert.equal(await workplace.tell(event, { body: JSON.stringify({ ...event, position: 0 }) }), 401);
    assert.equal(await workplace.tell(event, { headers: { "webhook-id": "evt_0" } }), 401);
    assert.equal(await workplace.tell(event, { headers: { "webhook-signature": "" } }), 401);
    assert.equal(await workplace.tell(event, { time: new Date(Date.now() - long) }), 401);
    const get = await fetch(`${workplace.url}/webhooks/scim-edge`);
    assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
    assert.equal((await fetch(workplace.url)).status, 404);
    assert.equal(await workplace.requests(), await workplace.requests());
    assert.equal(await workplace.employee("aino@contoso.example"), null);
    assert.equal(await workplace.tell(event), 204);
    assert.notEqual(await workplace.employee("aino@contoso.example"), null);
  });

  test("an event that was dealt with costs no request", async () => {
    const { workplace, send } = await company();
    await send("POST", "/Users", person("aino"));
    await send("POST", "/Users", person("bo"));
    const [first, second] = await workplace.news();
    assert.equal(await workplace.tell(second), 204);
    const requests = await workplace.requests();
    for (const event of [first, second, second]) assert.equal(await workplace.tell(event), 204);
    assert.equal(await workplace.requests(), requests);
  });

  test("other rules make other departments", async () => {
    const { tenant, workplace, send } = await company();
    const user = await send("POST", "/Users", person("aino"));
    await send("POST", "/Groups", { schemas: [GROUP], displayName: "Cabin crew", members: [{ value: user }] });
    await workplace.tellAll();
    assert.deepEqual((await workplace.employee("aino@contoso.example")).departments, ["Cabin"]);
    const put = await edge.admin("PUT", `/tenants/${tenant.slug}/mapping`, { rules: [{ name: "cabin crew", target: "Stewards" }] });
    assert.equal(put.status, 200, put.text);
    await workplace.tellAll();
    assert.deepEqual((await workplace.employee("aino@contoso.example")).departments, ["Stewards"]);
    assert.deepEqual(await workplace.departments(), ["Stewards"]);
  });

  test("of two runs at once the slower writes nothing, and goes on", async () => {
    const { workplace, send } = await company();
    const user = await send("POST", "/Users", person("aino"));
    await workplace.tellAll();
    const speaks = async (value) => {
      await send("PATCH", `/Users/${user}`, patch({ op: "Replace", path: "preferredLanguage", value }));
      return (await workplace.news()).at(-1);
    };
    const state = async () => [(await workplace.employee("aino@contoso.example")).preferred_language, await workplace.position()];

    const slower = await workplace.hold(await speaks("fi"));
    const news = await speaks("sv");
    assert.equal(await workplace.tell(news), 204);
    assert.deepEqual(await state(), ["sv", news.position]);
    await slower.release();
    assert.equal(await slower.answered, 204);
    assert.deepEqual(await state(), ["sv", news.position]);

    // Who is overtaken by one who has read less has something left to do.
    const first = await workplace.hold(await speaks("en"));
    const last = await speaks("fi");
    const second = await workplace.hold(last);
    await first.release();
    assert.equal(await first.answered, 204);
    await second.release();
    assert.equal(await second.answered, 204);
    assert.deepEqual(await state(), ["fi", last.position]);
  });

  test("what changes while the whole directory is read is not missed", async () => {
    const { workplace, send } = await company();
    const user = await send("POST", "/Users", person("aino"));
    const [event] = await workplace.news();
    const reading = await workplace.hold(event, "/events");
    await send("DELETE", `/Users/${user}`);
    await reading.release();
    assert.equal(await reading.answered, 204);
    assert.deepEqual(await workplace.differences(), []);
  });

  test("events of a feed that is longer than a page", async () => {
    const { workplace, send } = await company();
    assert.equal(await workplace.clock(), "ok");
    const people = [];
    for (let part = 0; part < 25; part += 1) {
      people.push(...(await Promise.all(Array.from({ length: 5 }, (_, index) => send("POST", "/Users", person(`p${part * 5 + index}`))))));
    }
    await send("POST", "/Groups", { schemas: [GROUP], displayName: "dept-Large", members: people.map((value) => ({ value })) });
    assert.equal(await workplace.clock(), "ok");
    assert.deepEqual(await workplace.differences(), []);
    await send("DELETE", `/Users/${people[7]}`);
    assert.equal(await workplace.clock(), "ok");
    assert.deepEqual(await workplace.differences(), []);
  });

  test("from zero: after tables that are wrong, and after events that are gone", async () => {
    const { workplace, send } = await company();
    const aino = await send("POST", "/Users", person("aino"));
    await send("POST", "/Groups", { schemas: [GROUP], displayName: "dept-Tours", members: [{ value: aino }] });
    await workplace.tellAll();
    const spoil = async (position) => {
      await workplace.sql("UPDATE employees SET id = 'nobody', departments = '[\"Nothing\"]'");
      await workplace.sql("UPDATE departments SET name = 'Nothing'");
      await workplace.sql("UPDATE feed SET position = ?1", position);
      assert.equal((await workplace.differences()).length, 3, "a difference is seen");
      assert.equal(await workplace.clock(), "ok");
      assert.deepEqual(await workplace.differences(), []);
    };
    await spoil(-1);
    await spoil(1_000_000); // Past the end: the database there was restored to an earlier time.
    await edge.db.batch([
      edge.db.prepare("UPDATE outbox SET pruned = (SELECT max(position) FROM events)"),
      edge.db.prepare("DELETE FROM events WHERE position < (SELECT pruned FROM outbox)"),
    ]);
    await spoil(0);
  });

  // Requests and batches fail before they have done something and behind it; deliveries come twice, out of
  // order, at once or not at all. In the end the clock strikes.
  for (const seed of [1, 2]) {
    test(`whatever fails, the tables become the directory (${seed})`, async () => {
      const { tenant, workplace, send } = await company();
      const settings = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings: { delete_policy: "tombstone" } });
      assert.equal(settings.status, 200, settings.text);
      const random = generator(seed);
      const pick = (list) => list[Math.floor(random() * list.length)];
      const [users, groups, deleted] = [[], [], []];
      let names = 0;
      const remove = async (list, type) => {
        const id = pick(list);
        list.splice(list.indexOf(id), 1);
        await send("DELETE", `/${type}/${id}`);
        deleted.push(id);
      };
      const members = (op, group, value) => send("PATCH", `/Groups/${group}`, patch({ op, path: "members", value: [{ value }] }));
      const anybody = () => pick(random() < 0.3 ? groups : users);
      const acts = [
        async () => users.push(await send("POST", "/Users", person(`p${(names += 1)}`, { [EXTENSION]: { buildingId: pick(["HQ", "B2"]) } }))),
        async () => groups.push(await send("POST", "/Groups", { schemas: [GROUP], displayName: `dept-${(names += 1)}`, members: users.slice(0, 3).map((value) => ({ value })) })),
        () => send("PATCH", `/Users/${pick(users)}`, patch({ op: "Replace", path: "active", value: pick(["True", "False"]) })),
        () => send("PATCH", `/Users/${pick(users)}`, patch({ op: "Replace", path: "preferredLanguage", value: pick(["fi", "sv", "en"]) })),
        () => send("PATCH", `/Groups/${pick(groups)}`, patch({ op: "Replace", path: "displayName", value: pick([`dept-${(names += 1)}`, `Team ${(names += 1)}`]) })),
        () => members("Add", pick(groups), pick(users)),
        () => members("Add", pick(groups), pick(groups)).catch(() => {}), // A circle is refused.
        () => members("Remove", pick(groups), anybody()),
        () => users.length > 4 && remove(users, "Users"),
        () => groups.length > 2 && remove(groups, "Groups"),
        async () => {
          if (deleted.length === 0) return;
          const id = deleted.pop();
          const restored = await edge.admin("POST", `/tenants/${tenant.slug}/tombstones/${id}/restore`);
          assert.equal(restored.status, 200, restored.text);
          (restored.json.resource_type === "User" ? users : groups).push(id);
        },
      ];
      for (const index of [0, 0, 0, 1, 1]) await acts[index]();

      await workplace.control({ chance: 0.1 });
      const outcomes = new Set();
      for (let round = 0; round < 20; round += 1) {
        const events = (await workplace.news()).filter(() => random() < 0.8);
        const deliveries = [...events, ...events.filter(() => random() < 0.3)].sort(() => random() - 0.5);
        const work = deliveries.map((event) => workplace.tell(event));
        if (random() < 0.2) work.push(workplace.clock());
        if (random() < 0.1) await workplace.startOver();
        // The identity provider does not wait for us.
        for (let act = 0; act < 4; act += 1) await pick(acts)();
        for (const outcome of await Promise.all(work)) outcomes.add(outcome);
      }
      assert.ok(outcomes.has(204) && outcomes.has(500), `something went well and something failed: ${[...outcomes]}`);
      await workplace.control({ chance: 0 });
      assert.equal(await workplace.clock(), "ok");
      assert.deepEqual(await workplace.differences(), []);
    });
  }
});

/** Numbers below 1 that are the same in every run (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
