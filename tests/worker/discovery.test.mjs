// What a server says of itself: RFC 7644 section 4.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { supported } from "./features.mjs";
import { start } from "./harness.mjs";
import { difference } from "./matching.mjs";

const SCHEMAS = "urn:ietf:params:scim:schemas:core:2.0";
const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const groups = supported.has("groups");

let edge;
let acme;
before(async () => {
  edge = await start();
  acme = await edge.createTenant("acme");
});
after(() => edge.stop());

async function get(path, expected) {
  const answer = await acme.scim("GET", path);
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  assert.match(answer.headers.get("content-type"), /^application\/scim\+json/);
  noNulls(answer.json, path);
  const found = difference(answer.json, expected);
  assert.equal(found, null, `${path}: ${found}\n${answer.text}`);
  return answer.json;
}

function noNulls(value, place) {
  assert.notEqual(value, null, `${place} is null`);
  if (typeof value === "object") {
    for (const [key, one] of Object.entries(value)) noNulls(one, `${place}.${key}`);
  }
}

test("ServiceProviderConfig tells what is supported", async () => {
  const flag = { supported: { $type: "boolean" } };
  await get("/ServiceProviderConfig", {
    schemas: { $contains: [`${SCHEMAS}:ServiceProviderConfig`] },
    patch: { supported: true },
    bulk: { ...flag, maxOperations: { $type: "integer" }, maxPayloadSize: { $type: "integer" } },
    filter: { supported: true, maxResults: { $atLeast: 100 } },
    changePassword: flag,
    sort: flag,
    etag: { supported: true },
    authenticationSchemes: { $contains: [{ type: "oauthbearertoken", name: { $exists: true }, description: { $exists: true } }] },
    meta: { resourceType: "ServiceProviderConfig", location: `${acme.base}/ServiceProviderConfig` },
  });
});

describe("ResourceTypes", () => {
  const user = {
    schemas: { $contains: [`${SCHEMAS}:ResourceType`] },
    id: "User",
    name: "User",
    endpoint: "/Users",
    description: { $type: "string" },
    schema: `${SCHEMAS}:User`,
    schemaExtensions: [{ schema: ENTERPRISE, required: false }],
    meta: { resourceType: "ResourceType" },
  };
  test("are a list", () =>
    get("/ResourceTypes", {
      schemas: [LIST],
      totalResults: groups ? 2 : { $atLeast: 1 },
      startIndex: 1,
      Resources: { $contains: groups ? [user, { id: "Group", endpoint: "/Groups", schema: `${SCHEMAS}:Group` }] : [user] },
    }));
  test("and each is there by its id", async () => {
    const list = await get("/ResourceTypes", {});
    assert.equal(list.totalResults, list.Resources.length);
    for (const one of list.Resources) {
      assert.equal(one.meta.location, `${acme.base}/ResourceTypes/${one.id}`);
      await get(`/ResourceTypes/${one.id}`, { $equals: one });
      await get(`/Schemas/${one.schema}`, { id: one.schema });
      for (const extension of one.schemaExtensions ?? []) await get(`/Schemas/${extension.schema}`, { id: extension.schema });
    }
  });
});

describe("Schemas", () => {
  test("are a list, and each is there by its URN", async () => {
    const list = await get("/Schemas", {
      schemas: [LIST],
      startIndex: 1,
      Resources: {
        $contains: [{ id: `${SCHEMAS}:User`, name: "User" }, { id: ENTERPRISE }, ...(groups ? [{ id: `${SCHEMAS}:Group`, name: "Group" }] : [])],
      },
    });
    assert.equal(list.totalResults, list.Resources.length);
    for (const one of list.Resources) {
      assert.equal(one.meta.resourceType, "Schema");
      assert.equal(one.meta.location, `${acme.base}/Schemas/${one.id}`);
      await get(`/Schemas/${one.id}`, { $equals: one });
    }
  });

  test("every attribute says all that RFC 7643 section 7 asks of it", async () => {
    const list = await get("/Schemas", {});
    for (const schema of list.Resources) {
      for (const attribute of schema.attributes) checkAttribute(attribute, `${schema.id}:${attribute.name}`);
    }
  });

  const expected = {
    userName: { type: "string", multiValued: false, required: true, caseExact: false, mutability: "readWrite", returned: "default", uniqueness: "server" },
    password: { type: "string", mutability: "writeOnly", returned: "never" },
    active: { type: "boolean", multiValued: false },
    name: { type: "complex", multiValued: false },
    emails: { type: "complex", multiValued: true, subAttributes: { $contains: [{ name: "value" }, { name: "type", canonicalValues: { $contains: ["work", "home"] } }, { name: "primary", type: "boolean" }] } },
    groups: { type: "complex", multiValued: true, mutability: "readOnly" },
    x509Certificates: { type: "complex", multiValued: true, subAttributes: { $contains: [{ name: "value", type: "binary" }] } },
    profileUrl: { type: "reference", referenceTypes: ["external"] },
  };
  for (const [name, one] of Object.entries(expected)) {
    test(`the user's ${name}`, () => get(`/Schemas/${SCHEMAS}:User`, { attributes: { $contains: [{ name, ...one }] } }));
  }
  test("the enterprise extension's manager", () =>
    get(`/Schemas/${ENTERPRISE}`, {
      attributes: { $contains: [{ name: "manager", type: "complex", subAttributes: { $contains: [{ name: "value" }, { name: "$ref", type: "reference", referenceTypes: ["User"] }, { name: "displayName", mutability: "readOnly" }] } }] },
    }));
});

describe("a filter on discovery is forbidden (RFC 7644 section 4)", () => {
  for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"]) {
    test(path, async () => {
      const answer = await acme.scim("GET", `${path}?filter=name eq "User"`);
      assert.equal(answer.status, 403, answer.text);
      assert.equal(answer.json.status, "403");
    });
  }
});

test("a discovery document that is not there is a 404", async () => {
  for (const path of ["/Schemas/urn:ietf:params:scim:schemas:core:2.0:Nothing", "/ResourceTypes/Nothing", "/ServiceProviderConfig/x"]) {
    const answer = await acme.scim("GET", path);
    assert.equal(answer.status, 404, `${path}: ${answer.text}`);
    assert.equal(answer.json.status, "404");
  }
});

function checkAttribute(attribute, place) {
  const oneOf = (...values) => ({ $anyOf: values });
  const found = difference(attribute, {
    name: { $matches: "^[$A-Za-z][\\w$-]*$" },
    type: oneOf("string", "boolean", "decimal", "integer", "dateTime", "reference", "complex", "binary"),
    multiValued: { $type: "boolean" },
    description: { $type: "string" },
    required: { $type: "boolean" },
    mutability: oneOf("readOnly", "readWrite", "immutable", "writeOnly"),
    returned: oneOf("always", "never", "default", "request"),
    ...(attribute.type === "complex"
      ? { subAttributes: { $type: "array" } }
      : { caseExact: { $type: "boolean" }, uniqueness: oneOf("none", "server", "global") }),
    ...(attribute.type === "reference" ? { referenceTypes: { $type: "array" } } : {}),
  });
  assert.equal(found, null, `${place}: ${found}`);
  for (const inner of attribute.subAttributes ?? []) {
    // The schema of schemas describes attributes, and they have sub-attributes.
    if (!place.startsWith(`${SCHEMAS}:Schema:`)) assert.notEqual(inner.type, "complex", `${place}.${inner.name}`);
    checkAttribute(inner, `${place}.${inner.name}`);
  }
}
