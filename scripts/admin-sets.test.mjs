// `npm run admin -- streams` and `signing-keys` against the real Worker.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { start, unique } from "../tests/worker/harness.mjs";
import { commandLine } from "./admin/testing.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

const { command, json } = commandLine(() => edge);

test("a stream's life: made, asked, looked at, ended", async () => {
  const tenant = await edge.createTenant("cli");
  const { slug } = tenant;
  const stream = await json("streams", "create", slug, "--label", "HR", "--format", "notice", "--audience", "hr", "--types", "user.*", "--after", "0");
  assert.deepEqual([stream.format, stream.audience, stream.types], ["notice", "hr", ["user.*"]]);
  assert.equal((await command("streams", "create", slug)).code, 2);
  assert.equal((await command("streams", "create", slug, "--label", "HR", "--format", "event")).code, 1);
  const { token } = await json("tokens", "create", slug, "--label", "HR", "--scopes", "sets");
  await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u") });
  const ask = (body) => edge.request("POST", new URL(stream.address).pathname, body, { authorization: `Bearer ${token}` });
  const [jti] = Object.keys((await ask({})).json.sets);
  await ask({ maxEvents: 0, setErrs: { [jti]: { err: "invalid_key" } } });
  assert.match((await command("streams", "list", slug)).out, new RegExp(`^ID .*\n${stream.id} +HR +notice +user\\.\\* +\\d+ +2\\S+ +${jti} invalid_key\n$`));
  assert.equal((await command("streams", "delete", slug, stream.id)).code, 0);
  assert.deepEqual(await json("streams", "list", slug), []);
});

test("the signing key is seen, and another takes its place", async () => {
  const { slug } = await edge.createTenant("cli");
  await json("streams", "create", slug, "--label", "HR");
  const [old] = await json("signing-keys", "list");
  const { kid } = await json("signing-keys", "rotate", "--overlap", "1h");
  assert.match((await command("signing-keys", "list")).out, new RegExp(`${kid} +\\S+ +signs\n${old.kid} +\\S+ +until 2`));
});
