// examples/workplace beside scim-edge, in the same runtime, and what a test does to it.
//
//     const edge = await start({ beside: [await Workplace.worker()] });
//     const workplace = await Workplace.open(edge, tenant, admin);   // empty tables, following the tenant
//     ... what an identity provider does ...
//     await workplace.tellAll();                                       // webhooks of what happened since
//     assert.deepEqual(await workplace.differences(), []);

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

import { bundle } from "./bundle.mjs";
import { splitSql } from "./harness.mjs";

const example = (name) => readFileSync(new URL(`../../examples/workplace/${name}`, import.meta.url), "utf8");
export const EXTENSION = "urn:scim-edge:workplace:2.0:User";

// The app as its users have it, over a database and a network that fail: before something has happened,
// and behind it. `/__control` says how often, for whom the app works, and how many batches, or requests of
// a path, are held up, to be released one after the other.
const front = `
  import app from "./app.mjs";
  let bindings = {}, chance = 0, requests = 0, at = "", holds = 0, held = 0, released = 0;
  const moment = async (what) => {
    if (chance > 0) await scheduler.wait(Math.random() * 10);
    if (Math.random() < chance) throw new Error(what + " failed, as the test wants it");
  };
  const around = async (what, work) => {
    if (what.endsWith(at) && held < holds) {
      const mine = (held += 1);
      while (released < mine) await scheduler.wait(2);
    }
    await moment(what);
    const done = await work();
    await moment("the answer of " + what);
    return done;
  };
  const faulty = (db) => ({
    prepare: (sql) => db.prepare(sql),
    batch: (statements) => around("a batch", () => db.batch(statements)),
  });
  const ask = (SCIM, request) => {
    requests += 1;
    return around(new URL(request.url).pathname, () => SCIM.fetch(request));
  };
  const environment = ({ DB, SCIM, ...env }) => ({
    ...env,
    ...bindings,
    DB: faulty(DB),
    SCIM: bindings.SCIM_URL ? undefined : { fetch: (request) => ask(SCIM, request) },
    SCIM_URL: bindings.SCIM_URL ?? "https://scim.example.com",
  });
  const inside = {
    "/__control": (change) => {
      ({ bindings = bindings, chance = chance, at = at, holds = holds, released = released } = change);
      return { requests, held };
    },
    "/__clock": (_, env) => app.scheduled({}, environment(env)).then(() => "ok", () => "exception"),
    "/__sql": async (statements, { DB }) => {
      const done = await DB.batch(statements.map(([sql, ...values]) => DB.prepare(sql).bind(...values)));
      return done.map(({ results }) => results);
    },
  };
  export default {
    async fetch(request, env) {
      const does = inside[new URL(request.url).pathname];
      if (!does) return app.fetch(request, environment(env));
      return Response.json(await does(await request.json(), env));
    },
  };`;

export class Workplace {
  /** As Miniflare has it, for the harness's `beside`. */
  static async worker() {
    return {
      name: "workplace",
      modules: [
        { type: "ESModule", path: "front.mjs", contents: front },
        { type: "ESModule", path: "app.mjs", contents: await bundle({ file: "examples/workplace/src/index.ts" }) },
      ],
      compatibilityDate: "2026-04-01",
      serviceBindings: { SCIM: "scim-edge" },
      d1Databases: { DB: "workplace" },
      unsafeDirectSockets: [{ port: 0 }],
    };
  }

  /**
   * Empty tables, for a tenant with the example's extension, and with `rules` for its departments. With `isHooked`
   * scim-edge itself sends the webhooks.
   */
  static async open(edge, tenant, { client, rules, isHooked = false, bindings = {} }) {
    const { adminClient, answer, directoryClient } = client;
    const admin = adminClient({ url: edge.url, token: edge.adminToken });
    const schema = JSON.parse(example("schema.json"));
    const type = JSON.parse(example("resource-type-user.json"));
    const at = (more) => ({ params: { path: { slug: tenant.slug, ...more } } });
    await answer(admin.PUT("/tenants/{slug}/schemas/{urn}", { ...at({ urn: schema.id }), body: schema }));
    await answer(admin.PUT("/tenants/{slug}/resource-types/{name}", { ...at({ name: type.name }), body: type }));
    await answer(admin.PUT("/tenants/{slug}/mapping", { ...at(), body: { rules } }));
    const product = await answer(
      admin.POST("/tenants/{slug}/tokens", { ...at(), body: { label: "workplace", scopes: ["directory:read"] } }),
    );

    const workplace = new Workplace();
    workplace.edge = edge;
    workplace.tenant = tenant;
    workplace.client = client;
    workplace.admin = admin;
    workplace.directory = directoryClient({ url: edge.url, tenant: tenant.slug, token: product.token });
    workplace.url = String(await edge.local.mf.unsafeGetDirectURL("workplace")).replace(/\/$/, "");
    workplace.secret = isHooked ? await workplace.webhook() : `whsec_${randomBytes(32).toString("base64")}`;
    workplace.told = (await workplace.events("latest")).next;
    await workplace.empty();
    await workplace.control({
      chance: 0,
      bindings: {
        TENANT: tenant.slug,
        DIRECTORY_TOKEN: product.token,
        WEBHOOK_SECRET: workplace.secret,
        ...bindings,
      },
    });
    return workplace;
  }

  async empty() {
    const [there] = await this.sql("SELECT 1 FROM sqlite_master WHERE name = 'feed'");
    const statements = there
      ? ["DELETE FROM employees", "DELETE FROM departments", "UPDATE feed SET position = -1"]
      : splitSql(example("migrations/0001_tables.sql"));
    for (const statement of statements) await this.sql(statement);
  }

  /** The rows that a statement finds in the app's database. */
  async sql(...statement) {
    const [rows] = await this.#inside("/__sql", [statement]);
    return rows;
  }

  control(change) {
    return this.#inside("/__control", change);
  }

  async #inside(path, body) {
    const answer = await fetch(this.url + path, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Makes the tenant's webhook to the app; answers with what it is signed with. */
  async webhook() {
    const params = { path: { slug: this.tenant.slug } };
    const body = { label: "Workplace", url: `${this.url}/webhooks/scim-edge`, types: ["user.*", "group.*"] };
    const { id, secret } = await this.client.answer(this.admin.POST("/tenants/{slug}/webhooks", { params, body }));
    this.hook = { params: { path: { ...params.path, id } } };
    return secret;
  }

  /** One event now, to see whether the app takes what scim-edge signs. */
  test() {
    return this.client.answer(this.admin.POST("/tenants/{slug}/webhooks/{id}/test", this.hook));
  }

  /** How many deliveries of the webhook failed since the last one that did not. */
  async failures() {
    const { delivery } = await this.client.answer(this.admin.GET("/tenants/{slug}/webhooks/{id}", this.hook));
    return delivery.failures_in_a_row;
  }

  /** Has what waits sent again now. */
  retry() {
    return this.client.answer(this.admin.PATCH("/tenants/{slug}/webhooks/{id}", { ...this.hook, body: { enabled: true } }));
  }

  async until(condition) {
    const deadline = Date.now() + 30_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`still not so: ${condition}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Begins a delivery that is held up before its batch, or a request, until `release`d: `answered` is its status. */
  async hold(event, at = "a batch") {
    const before = (await this.control({})).held;
    await this.control({ at, holds: before + 1 });
    const answered = this.tell(event);
    while ((await this.control({})).held === before) await new Promise((done) => setTimeout(done, 5));
    return { answered, release: () => this.control({ released: before + 1 }) };
  }

  /** How many requests of the app have gone to scim-edge. */
  async requests() {
    return (await this.control({})).requests;
  }

  events(after) {
    return this.client.answer(this.directory.GET("/events", { params: { query: { after: String(after), limit: 1000 } } }));
  }

  /** What has happened since this was called last. */
  async news() {
    const { events, next } = await this.events(this.told);
    this.told = next;
    return events;
  }

  /** One delivery, as scim-edge makes it; the answer's status. */
  async tell(event, { secret = this.secret, time = new Date(), headers = {}, body = JSON.stringify(event) } = {}) {
    const signed = {
      "content-type": "application/json",
      "webhook-id": event.id,
      "webhook-timestamp": String(Math.floor(time.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(event.id, time, JSON.stringify(event)),
    };
    const sent = { method: "POST", body, headers: { ...signed, ...headers } };
    const answer = await fetch(`${this.url}/webhooks/scim-edge`, sent);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Deliveries of what has happened since; how many. */
  async tellAll() {
    const events = await this.news();
    for (const event of events) {
      const status = await this.tell(event);
      if (status !== 204) throw new Error(`the webhook of ${event.type} was answered with ${status}`);
    }
    return events.length;
  }

  /** The run that the clock starts; how it ended. */
  clock() {
    return this.#inside("/__clock", {});
  }

  /** What the example's README says against tables that are wrong. */
  startOver() {
    return this.sql("UPDATE feed SET position = -1");
  }

  async employee(userName) {
    const [found] = await this.sql("SELECT * FROM employees WHERE email = ?1", userName);
    return found ? { ...found, departments: JSON.parse(found.departments) } : null;
  }

  async departments() {
    return (await this.sql("SELECT name FROM departments ORDER BY name")).map(({ name }) => name);
  }

  async position() {
    return (await this.sql("SELECT position FROM feed"))[0].position;
  }

  /** Sentences; none where the tables are what the directory is. */
  async differences() {
    const found = [];
    const compare = (what, real, row) => {
      if (JSON.stringify(real) !== JSON.stringify(row)) found.push(`${what} is ${JSON.stringify(real)}, and not ${JSON.stringify(row)}`);
    };
    const real = new Map((await this.users()).map((user) => [user.id, asRow(user)]));
    const rows = new Map((await this.sql("SELECT * FROM employees")).map((row) => [row.id, row]));
    for (const id of new Set([...real.keys(), ...rows.keys()])) compare(id, real.get(id), rows.get(id));
    const { departments } = await this.client.answer(this.directory.GET("/departments"));
    compare("departments", departments.map(({ name }) => name).sort(), (await this.departments()).sort());
    return found;
  }

  async users() {
    const users = [];
    let cursor;
    do {
      const page = await this.client.answer(this.directory.GET("/users", { params: { query: { limit: 1000, cursor } } }));
      users.push(...page.users);
      cursor = page.next;
    } while (cursor);
    return users;
  }
}

/** From the SCIM resource, and not as the app does it. */
function asRow({ scim, departments, groups }) {
  const email = scim.emails?.find(({ primary }) => primary) ?? scim.emails?.[0];
  return {
    id: scim.id,
    external_id: scim.externalId ?? null,
    email: email?.value ?? null,
    first_name: scim.name?.givenName ?? null,
    last_name: scim.name?.familyName ?? null,
    building_id: scim[EXTENSION]?.buildingId ?? null,
    preferred_language: scim.preferredLanguage ?? null,
    active: scim.active === false ? 0 : 1,
    departments: JSON.stringify(departments),
    groups: JSON.stringify(groups.map(({ id }) => id)),
  };
}
