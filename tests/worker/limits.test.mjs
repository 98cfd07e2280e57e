// What a tenant's settings allow a request to be, and what ServiceProviderConfig says of it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start, unique } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

const newUser = (more = {}) => ({ schemas: [USER], userName: `${unique("u")}@example.com`, ...more });

async function settle(edge, tenant, settings) {
  const answer = await edge.admin("PATCH", `/tenants/${tenant.slug}`, { settings });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.settings;
}

/** An error as RFC 7644 section 3.12 has it. */
function refused(answer, status, scimType, ...words) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.status, String(status));
  assert.equal(answer.json.scimType, scimType);
  for (const word of words) assert.ok(answer.json.detail.includes(word), `${word}: ${answer.json.detail}`);
}

describe("what a request may be", () => {
  let edge;
  let acme;
  let other;
  before(async () => {
    edge = await start();
    acme = await edge.createTenant("acme");
    other = await edge.createTenant("other");
    await settle(edge, acme, {
      max_body_bytes: 20_000,
      max_results: 10,
      max_filter_bytes: 256,
      max_filter_terms: 3,
      bulk_max_operations: 4,
      bulk_max_payload_size: 30_000,
    });
  });
  after(() => edge.stop());

  test("is shown by ServiceProviderConfig", async () => {
    const { json } = await acme.scim("GET", "/ServiceProviderConfig");
    assert.deepEqual(json.bulk, { supported: true, maxOperations: 4, maxPayloadSize: 30_000 });
    assert.equal(json.filter.maxResults, 10);
    assert.equal(json.pagination.maxPageSize, 10);
    assert.equal(json.pagination.defaultPageSize, 10);
    const { json: standard } = await other.scim("GET", "/ServiceProviderConfig");
    assert.deepEqual(standard.bulk, { supported: true, maxOperations: 1000, maxPayloadSize: 1_048_576 });
    assert.equal(standard.filter.maxResults, 1000);
    assert.equal(standard.pagination.defaultPageSize, 100);
  });

  test("a body", async () => {
    const large = newUser({ displayName: "x".repeat(21_000) });
    refused(await acme.scim("POST", "/Users", large), 413, undefined, "20000 bytes");
    refused(await acme.scim("POST", "/Users", newUser({ displayName: "x".repeat(1_100_000) })), 413, undefined, "20000 bytes");
    assert.equal((await acme.scim("POST", "/Users", newUser({ displayName: "x".repeat(15_000) }))).status, 201);
    assert.equal((await other.scim("POST", "/Users", large)).status, 201);
  });

  test("no tenant's limit is told to a stranger", async () => {
    const body = newUser({ displayName: "x".repeat(1_100_000) });
    const answer = await acme.scim("POST", "/Users", body, { authorization: "Bearer wrong" });
    assert.equal(answer.status, 401, answer.text);
  });

  test("a bulk", async () => {
    const bulk = (count, size = 1) => ({
      schemas: [BULK],
      Operations: Array.from({ length: count }, (_, at) => ({
        method: "POST",
        path: "/Users",
        bulkId: `u${at}`,
        data: newUser({ displayName: "x".repeat(size) }),
      })),
    });
    refused(await acme.scim("POST", "/Bulk", bulk(5)), 413, undefined, "maxOperations (4)");
    refused(await acme.scim("POST", "/Bulk", bulk(2, 16_000)), 413, undefined, "maxPayloadSize (30000)");
    const done = await acme.scim("POST", "/Bulk", bulk(4, 6_000));
    assert.equal(done.status, 200, done.text);
    assert.deepEqual(done.json.Operations.map((one) => one.status), ["201", "201", "201", "201"]);
  });

  test("a page", async () => {
    for (let made = 0; made < 11; made += 1) await acme.scim("POST", "/Users", newUser());
    for (const query of ["", "?count=1000", "?count=1000&cursor="]) {
      const { json } = await acme.scim("GET", `/Users${query}`);
      assert.equal(json.Resources.length, 10, query);
    }
    const search = await acme.scim("POST", "/Users/.search", { schemas: [SEARCH], count: 500 });
    assert.equal(search.json.itemsPerPage, 10);
    assert.equal((await acme.scim("GET", "/Users?count=3")).json.itemsPerPage, 3);
  });

  test("a filter", async () => {
    const filter = (text) => `/Users?filter=${encodeURIComponent(text)}`;
    const terms = (count) => Array.from({ length: count }, () => "title pr").join(" or ");
    refused(await acme.scim("GET", filter(terms(4))), 400, "invalidFilter", "3 comparisons");
    refused(await acme.scim("GET", filter(`emails[${terms(4).replaceAll("title", "type")}]`)), 400, "invalidFilter", "3 comparisons");
    refused(await acme.scim("GET", filter(`title eq "${"x".repeat(300)}"`)), 400, "invalidFilter", "256 bytes");
    const search = { schemas: [SEARCH], filter: terms(4) };
    refused(await acme.scim("POST", "/.search", search), 400, "invalidFilter", "3 comparisons");
    assert.equal((await acme.scim("GET", filter(terms(3)))).status, 200);
    assert.equal((await other.scim("GET", filter(terms(90)))).status, 200);
  });

  test("no setting passes what the platform takes", async () => {
    for (const [name, least, most] of [
      ["max_body_bytes", 16_384, 1_048_576],
      ["max_results", 10, 1000],
      ["max_filter_bytes", 256, 8192],
      ["max_filter_terms", 2, 100],
      ["bulk_max_operations", 1, 1000],
      ["bulk_max_payload_size", 16_384, 1_048_576],
    ]) {
      const say = (value) => edge.admin("PATCH", `/tenants/${other.slug}`, { settings: { [name]: value } });
      for (const value of [least - 1, most + 1, -1, 1.5, "many"]) {
        const answer = await say(value);
        assert.equal(answer.status, 400, `${name} ${value}`);
        assert.ok(answer.json.detail.includes(`settings.${name}`), answer.json.detail);
      }
      for (const value of [least, most]) assert.equal((await say(value)).json.settings[name], value);
    }
  });
});
