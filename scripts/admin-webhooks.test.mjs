// `npm run admin -- webhooks` against the real Worker, which sends to a receiver on this machine.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Webhook } from "standardwebhooks";

import { start, unique } from "../tests/worker/harness.mjs";
import { receive } from "../tests/worker/receiver.mjs";
import { commandLine } from "./admin/testing.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

let edge;
before(async () => (edge = await start({ vars: { LOCAL_WEBHOOKS: "on" } })));
after(() => edge.stop());

const { command, json } = commandLine(() => edge);

test("a webhook's life: made, tested, changed, looked at, ended", async (t) => {
  const tenant = await edge.createTenant("hook");
  const receiver = await receive();
  t.after(() => receiver.close());
  const of = ["--tenant", tenant.slug];
  const { id, secret } = await json("webhooks", "create", receiver.url, "--label", "Product", "--types", "user.*", ...of);
  assert.match(secret, /^whsec_/);
  assert.equal((await command("webhooks", "create", receiver.url, ...of)).code, 2);
  assert.match((await command("webhooks", "list", ...of)).out, new RegExp(`^ID .*\n${id} +Product +${receiver.url} +user\\.\\* +enabled\n$`));
  assert.deepEqual(await json("webhooks", "list"), []);

  const tried = await json("webhooks", "test", id, ...of);
  assert.deepEqual([tried.delivered, tried.status], [true, 204]);
  const [{ body, headers }] = receiver.got;
  assert.equal(new Webhook(secret).verify(body, headers).type, "webhook.test");

  await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u") });
  await receiver.until(() => receiver.got.length === 2);
  const event = receiver.got[1].event.id;
  assert.equal((await json("webhooks", "redeliver", id, "--event", event, ...of)).events, 1);
  await receiver.until(() => receiver.got.length === 3);
  assert.match((await command("webhooks", "deliveries", id, ...of)).out, new RegExp(`${event} +user\\.created +204 +\\d+`));
  assert.deepEqual(await json("webhooks", "dead-letters", id, ...of), []);

  receiver.answer = () => ({ status: 500 });
  assert.equal((await command("webhooks", "test", id, ...of)).code, 1);
  const rotated = await json("webhooks", "rotate", id, "--overlap", "1h", ...of);
  assert.notEqual(rotated.secret, secret);
  const changed = await json("webhooks", "set", id, "--label", "Other", "--disable", ...of);
  assert.deepEqual([changed.label, changed.enabled, changed.url], ["Other", false, receiver.url]);
  await edge.db.prepare("UPDATE webhooks SET reason = 'failing' WHERE id = ?1").bind(id).run();
  assert.match((await command("webhooks", "list", ...of)).out, / failing\n$/);
  const shown = await command("webhooks", "show", id, ...of);
  assert.match(shown.out, /^id +[^]*position +\d+/);
  assert.match(shown.out, /disabled_reason +failing/);
  assert.ok(!shown.out.includes("whsec_"));
  assert.equal((await command("webhooks", "delete", id, ...of)).code, 0);
  assert.equal((await command("webhooks", "show", id, ...of)).code, 1);
});
