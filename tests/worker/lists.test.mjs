// Lists of users: pages, filters, and what is shown of each.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { missing } from "./features.mjs";
import { start, unique } from "./harness.mjs";
import { difference } from "./matching.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const gone = { $absent: true };

let edge;
let acme;
/** Seven users in the order of their creation. */
const people = [
  { userName: "\u00C5sa@Example.com", externalId: "E-1", name: { givenName: "\u00C5sa", familyName: "Berg" }, emails: [{ value: "asa@work.example", type: "work", primary: true }, { value: "asa@home.example", type: "home" }], title: "Engineer", active: true },
  { userName: "bo@example.com", externalId: "e-1", name: { givenName: "Bo", familyName: "Str\u00F6m" }, emails: [{ value: "BO@work.example", type: "work" }], title: "engineer", active: false },
  { userName: "cleo@example.com", externalId: "E-3", displayName: "Cleo \"The Boss\" O'Neil", emails: [{ value: "bo@work.example", type: "home" }], active: true },
  { userName: "\u0130da@example.com", externalId: "E-4", title: "100% 50_50 \\ back" },
  { userName: "stra\u00DFe@example.com", externalId: "E-5", [ENTERPRISE]: { department: "Tours", employeeNumber: "7" } },
  { userName: "\u03A3\u03BF\u03C6\u03AF\u03B1@example.com", externalId: "E-6", nickName: "Sophia" },
  { userName: "zo\u00EB@example.com", externalId: "E-7", phoneNumbers: [{ value: "+31 20 555 0101", type: "work" }] },
];
const ids = [];

before(async () => {
  edge = await start();
  acme = await edge.createTenant("acme");
  for (const person of people) {
    const made = await acme.scim("POST", "/Users", { schemas: [USER], ...person });
    assert.equal(made.status, 201, made.text);
    ids.push(made.json.id);
  }
});
after(() => edge.stop());

async function list(query, expected) {
  const answer = await acme.scim("GET", `/Users${query}`);
  assert.equal(answer.status, 200, `${query}: ${answer.text}`);
  assert.deepEqual(answer.json.schemas, [LIST]);
  assert.ok(Array.isArray(answer.json.Resources), answer.text);
  assert.equal(answer.json.itemsPerPage, answer.json.Resources.length);
  const found = expected && difference(answer.json, expected);
  assert.equal(found ?? null, null, `${query}: ${found}`);
  return answer.json;
}

describe("pages (RFC 7644 section 3.4.2.4)", () => {
  const cases = [
    ["", { totalResults: 7, startIndex: 1 }, [0, 1, 2, 3, 4, 5, 6]],
    ["?count=3", { totalResults: 7, startIndex: 1, itemsPerPage: 3 }, [0, 1, 2]],
    ["?startIndex=4&count=3", { totalResults: 7, startIndex: 4, itemsPerPage: 3 }, [3, 4, 5]],
    ["?startIndex=7&count=3", { totalResults: 7, startIndex: 7, itemsPerPage: 1 }, [6]],
    ["?startIndex=8&count=3", { totalResults: 7, startIndex: 8, itemsPerPage: 0 }, []],
    ["?startIndex=1000000", { totalResults: 7, startIndex: 1000000, itemsPerPage: 0 }, []],
    ["?count=0", { totalResults: 7, startIndex: 1, itemsPerPage: 0 }, []],
    ["?count=-1", { totalResults: 7, itemsPerPage: 0 }, []],
    ["?startIndex=0&count=2", { totalResults: 7, startIndex: 1 }, [0, 1]],
    ["?startIndex=-5&count=2", { totalResults: 7, startIndex: 1 }, [0, 1]],
    ["?count=100000", { totalResults: 7 }, [0, 1, 2, 3, 4, 5, 6]],
    ['?filter=userName pr&startIndex=2&count=2', { totalResults: 7, startIndex: 2, itemsPerPage: 2 }, [1, 2]],
    ['?filter=userName pr&count=0', { totalResults: 7, itemsPerPage: 0 }, []],
    ['?filter=active eq true&startIndex=2', { totalResults: 2, startIndex: 2 }, [2]],
  ];
  for (const [query, expected, indexes] of cases) {
    test(query || "without parameters", () =>
      list(query, { ...expected, Resources: indexes.map((index) => ({ id: ids[index] })) }));
  }

  for (const query of ["?count=x", "?startIndex=one", "?count=1.5"]) {
    test(`${query} is refused`, async () => {
      const answer = await acme.scim("GET", `/Users${query}`);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.scimType, "invalidValue");
    });
  }

  test("a walk meets each user once, whatever the page", async () => {
    for (const count of [1, 2, 3, 5]) {
      const met = [];
      for (let startIndex = 1; startIndex <= 7; startIndex += count) {
        const page = await list(`?startIndex=${startIndex}&count=${count}`);
        met.push(...page.Resources.map((one) => one.id));
      }
      assert.deepEqual(met, ids, `pages of ${count}`);
    }
  });

  test("a user who comes or goes behind the walk moves nobody in the pages ahead of it", async () => {
    const tenant = await edge.createTenant("walk");
    const made = [];
    for (let index = 0; index < 6; index += 1) {
      made.push((await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("w") })).json.id);
    }
    const first = (await tenant.scim("GET", "/Users?startIndex=1&count=3")).json;
    await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("late") });
    const second = (await tenant.scim("GET", "/Users?startIndex=4&count=3")).json;
    assert.deepEqual([...first.Resources, ...second.Resources].map((one) => one.id), made);
    assert.equal(second.totalResults, 7);
  });
});

describe("filters (RFC 7644 section 3.4.2.2)", () => {
  const cases = [
    // userName is compared without case, and not in ASCII only.
    ['userName eq "\u00E5sa@example.com"', [0]],
    ['userName eq "\u00C5SA@EXAMPLE.COM"', [0]],
    ['userName eq "zo\u00CB@EXAMPLE.com"', [6]],
    ['userName eq "\u03C3\u03BF\u03C6\u03AF\u03B1@example.com"', [5]],
    ['userName eq "asa@example.com"', []],
    ['USERNAME EQ "bo@example.com"', [1]],
    [`${USER}:userName eq "bo@example.com"`, [1]],
    // externalId and id are compared as they are.
    ['externalId eq "E-1"', [0]],
    ['externalId eq "e-1"', [1]],
    ['externalId eq "E-2"', []],
    [() => `id eq "${ids[2]}"`, [2]],
    ['id eq "nobody"', []],
    // Multi-valued attributes.
    ['emails.value eq "asa@home.example"', [0]],
    ['emails.value eq "bo@work.example"', [1, 2]],
    ['emails eq "asa@work.example"', [0]],
    ['emails[type eq "work"].value eq "bo@work.example"', [1]],
    ['emails[type eq "WORK"].value eq "BO@WORK.EXAMPLE"', [1]],
    ['emails[type eq "home" and value eq "bo@work.example"]', [2]],
    ['emails[type eq "home" and value eq "asa@work.example"]', []],
    ['emails.type eq "home" and emails.value eq "asa@work.example"', [0]],
    ['emails[primary eq true]', [0]],
    ['phoneNumbers[type eq "work" and value co "555"]', [6]],
    // Operators.
    ['externalId eq "E-1" and userName eq "\u00E5sa@example.com"', [0]],
    ['externalId eq "E-1" and userName eq "bo@example.com"', []],
    ['userName eq "bo@example.com" or externalId eq "E-7"', [1, 6]],
    ['title eq "ENGINEER"', [0, 1]],
    ['title eq "engineer" and active eq true', [0]],
    ['title pr and not (title sw "eng")', [3]],
    ['userName eq "bo@example.com" or userName eq "cleo@example.com" and active eq false', [1]],
    ['(userName eq "bo@example.com" or userName eq "cleo@example.com") and active eq true', [2]],
    ['name.familyName co "STR\u00D6"', [1]],
    ['userName sw "CL"', [2]],
    ['userName ew "\u00CB@EXAMPLE.COM"', [6]],
    ['nickName pr', [5]],
    ['title ne "engineer" and title pr', [3]],
    ['externalId gt "E-5"', [1, 5, 6]],
    ['externalId ge "E-7"', [1, 6]],
    ['meta.created gt "2020-01-01T00:00:00Z" and nickName pr', [5]],
    ['meta.lastModified lt "2020-01-01T00:00:00Z"', []],
    ['meta.resourceType eq "User" and nickName pr', [5]],
    ['active eq "True"', [0, 2]],
    [`${ENTERPRISE}:department eq "tours"`, [4]],
    [`schemas eq "${ENTERPRISE}"`, [4]],
    // Values with what SQL or LIKE would read as its own.
    ['displayName eq "Cleo \\"The Boss\\" O\'Neil"', [2]],
    ['displayName co "O\'"', [2]],
    ['title co "%"', [3]],
    ['title co "0_5"', [3]],
    ['title co "\\\\"', [3]],
    ['title co "x%"', []],
    ['title eq ""', []],
    ['displayName eq "\\u0043leo \\u0022The Boss\\u0022 O\'Neil"', [2]],
  ];
  for (const [filter, indexes] of cases) {
    test(typeof filter === "string" ? filter : "id eq an id", () => {
      const text = typeof filter === "string" ? filter : filter();
      return list(`?filter=${encodeURIComponent(text)}`, {
        totalResults: indexes.length,
        startIndex: 1,
        Resources: indexes.map((index) => ({ id: ids[index] })),
      });
    });
  }

  test("a filter on a password finds out nothing", async () => {
    const answer = await acme.scim("GET", '/Users?filter=password sw "a"');
    assert.ok(answer.status === 400 || answer.json.totalResults === 0, answer.text);
  });
});

describe("what is shown", () => {
  test("attributes", () =>
    list("?attributes=userName,emails.value&count=2", {
      Resources: [
        { $equals: { schemas: [USER], id: ids[0], userName: people[0].userName, emails: people[0].emails.map(({ value }) => ({ value })) } },
        { $equals: { schemas: [USER], id: ids[1], userName: people[1].userName, emails: [{ value: "BO@work.example" }] } },
      ],
    }));
  test("excludedAttributes", () =>
    list("?excludedAttributes=emails,meta&count=1", {
      Resources: [{ id: ids[0], userName: people[0].userName, name: people[0].name, emails: gone, meta: gone }],
    }));
  test("attributes with a filter on another one", () =>
    list('?filter=externalId eq "E-7"&attributes=userName', {
      totalResults: 1,
      Resources: [{ id: ids[6], userName: people[6].userName, externalId: gone }],
    }));
  test("an attribute nobody knows shows nothing", () =>
    list("?attributes=shoeSize&count=1", { Resources: [{ id: ids[0], userName: gone }] }));
  test("a list shows the same as the resource by id", async () => {
    const page = await list("");
    for (const one of page.Resources) {
      assert.deepEqual(one, (await acme.scim("GET", `/Users/${one.id}`)).json);
    }
  });
});

describe("search by POST (RFC 7644 section 3.4.3)", { skip: missing("search") }, () => {
  for (const path of ["/Users/.search", "/.search"]) {
    test(path, async () => {
      const answer = await acme.scim("POST", path, {
        schemas: [SEARCH],
        filter: 'userName eq "BO@example.com"',
        attributes: ["userName"],
        startIndex: 1,
        count: 10,
      });
      assert.equal(answer.status, 200, answer.text);
      const found = difference(answer.json, {
        schemas: { $equals: [LIST] },
        totalResults: 1,
        Resources: [{ id: ids[1], userName: "bo@example.com", title: gone }],
      });
      assert.equal(found, null, found);
    });
  }
});
