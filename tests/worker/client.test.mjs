// The typed client in client/: over the network, and from another Worker through a service binding.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { bundle, load } from "./bundle.mjs";
import { external, start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

// docs/client.md's own Worker, with the token of the test.
const [, source] = /^<!-- ci -->\n```ts\n([\s\S]*?)^```$/m.exec(readFileSync(new URL("../../docs/client.md", import.meta.url), "utf8"));
const front = `
  import product from "./product.mjs";
  export default {
    fetch: (request, env) => product.fetch(request, { ...env, DIRECTORY_TOKEN: request.headers.get("x-token") }),
  };`;

let edge, client, admin;
before(async () => {
  const product = {
    name: "product",
    modules: [
      { type: "ESModule", path: "front.mjs", contents: front },
      { type: "ESModule", path: "product.mjs", contents: await bundle({ source }) },
    ],
    compatibilityDate: "2026-04-01",
    serviceBindings: { SCIM: "scim-edge" },
  };
  edge = await start({ beside: [product] });
  client = await load("client/index.ts");
  admin = client.adminClient({ url: edge.url, token: edge.adminToken });
});
after(() => edge.stop());

/** A tenant with one department, two people in it and one outside, and a client for its directory. */
async function company(slug) {
  const { answer, directoryClient } = client;
  const params = { path: { slug } };
  await answer(admin.POST("/tenants", { body: { slug, name: "Acme Inc." } }));
  await answer(admin.PUT("/tenants/{slug}/mapping", { params, body: { rules: [{ prefix: "dept-" }] } }));
  const provider = await answer(admin.POST("/tenants/{slug}/tokens", { params, body: { label: "provider" } }));
  const scim = async (path, body) => {
    const headers = { authorization: `Bearer ${provider.token}`, "content-type": "application/scim+json" };
    const made = await edge.request("POST", `/t/${slug}/scim/v2${path}`, body, headers);
    assert.equal(made.status, 201, made.text);
    return made.json.id;
  };
  const people = [];
  for (const name of ["ada", "bob", "eve"]) {
    people.push(await scim("/Users", { schemas: [USER], userName: name, emails: [{ value: `${name}@example.com` }] }));
  }
  await scim("/Groups", { schemas: [GROUP], displayName: "dept-Sales", members: people.slice(0, 2).map((value) => ({ value })) });
  const { token } = await answer(
    admin.POST("/tenants/{slug}/tokens", { params, body: { label: "product", scopes: ["directory:read"] } }),
  );
  return { people, token, directory: directoryClient({ url: edge.url, tenant: slug, token }) };
}

test("the admin API and the directory", async () => {
  const { answer } = client;
  const slug = unique("client");
  const { people, directory } = await company(slug);
  const tenant = await answer(admin.GET("/tenants/{slug}", { params: { path: { slug } } }));
  assert.deepEqual(tenant.resources, { User: 3, Group: 1 });

  const ada = await answer(directory.GET("/users/{id}", { params: { path: { id: people[0] } } }));
  assert.deepEqual([ada.email, ada.departments], ["ada@example.com", ["Sales"]]);
  const { departments } = await answer(directory.GET("/departments"));
  assert.deepEqual(departments.map(({ name }) => name), ["Sales"]);

  const met = [];
  let cursor;
  do {
    const page = await answer(directory.GET("/users", { params: { query: { limit: 2, cursor } } }));
    met.push(...page.users.map(({ id }) => id));
    cursor = page.next;
  } while (cursor);
  assert.deepEqual(met, people);

  const gone = await answer(admin.DELETE("/tenants/{slug}", { params: { path: { slug } } }));
  assert.equal(gone, undefined, "204 has nothing to say");
});

test("a refusal is an error whose message says what to change", async () => {
  const { answer, directoryClient, Refusal } = client;
  const refused = (call, status, message) =>
    assert.rejects(answer(call), (error) => error instanceof Refusal && error.status === status && message.test(error.message));
  await refused(admin.POST("/tenants", { body: { slug: "No slug", name: "x" } }), 400, /^400: .*slug/);
  await refused(admin.GET("/tenants/{slug}", { params: { path: { slug: unique("nobody") } } }), 404, /does not exist/);
  const stranger = directoryClient({ url: edge.url, tenant: "acme", token: "scim_wrong" });
  await refused(stranger.GET("/users"), 401, /token/);
});

test("docs/client.md's Worker reads through a service binding", { skip: external ? "needs a Worker beside" : false }, async () => {
  const { token } = await company("acme");
  const product = await edge.local.mf.getWorker("product");
  const ask = async (query) => (await product.fetch(`https://product.example.com/${query}`, { headers: { "x-token": token } })).json();
  assert.deepEqual(await ask("?department=Sales"), ["ada@example.com", "bob@example.com"]);
  assert.deepEqual(await ask("?department=Nowhere"), []);
});
