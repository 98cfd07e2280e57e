// Lists in an order of the client's choice (RFC 7644 section 3.4.2.3).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** In the order of their creation; the names say nothing of it. */
const people = [
  { userName: "delta", externalId: "b", name: { familyName: "Z\u00F6e" }, emails: [{ value: "z@x" }, { value: "B@x", primary: true }], active: true },
  { userName: "Alpha", externalId: "B", name: { familyName: "adam" }, emails: [{ value: "c@x" }], active: false },
  { userName: "\u00C4gir", name: { familyName: "Adam" }, [ENTERPRISE]: { employeeNumber: "10" } },
  { userName: "charlie", externalId: "a", emails: [{ type: "home" }], active: true, [ENTERPRISE]: { employeeNumber: "9" } },
  { userName: "\u00E4gid", externalId: "A", emails: [{ value: "A@x" }] },
];

let edge;
let acme;
before(async () => {
  edge = await start();
  acme = await edge.createTenant("sorted");
  for (const person of people) {
    const made = await acme.scim("POST", "/Users", { schemas: [USER], ...person });
    assert.equal(made.status, 201, made.text);
  }
});
after(() => edge.stop());

const names = (json) => json.Resources.map((one) => people.findIndex((person) => person.userName === one.userName));

async function sorted(query, count = 100) {
  const met = [];
  for (let startIndex = 1; startIndex <= people.length; startIndex += count) {
    const answer = await acme.scim("GET", `/Users?${query}&startIndex=${startIndex}&count=${count}`);
    assert.equal(answer.status, 200, `${query}: ${answer.text}`);
    assert.equal(answer.json.totalResults, people.length);
    met.push(...names(answer.json));
  }
  return met;
}

async function walked(query, count) {
  const met = [];
  let cursor = "";
  do {
    const answer = await acme.scim("GET", `/Users?${query}&count=${count}&cursor=${cursor}`);
    assert.equal(answer.status, 200, `${query}: ${answer.text}`);
    met.push(...names(answer.json));
    cursor = answer.json.nextCursor;
  } while (cursor);
  return met;
}

describe("sortBy", () => {
  const cases = [
    // Where case does not count, beyond ASCII too; without a value last.
    ["userName", [1, 3, 0, 4, 2]],
    ["USERNAME", [1, 3, 0, 4, 2]],
    [`${USER}:userName`, [1, 3, 0, 4, 2]],
    // Where it counts: capitals first.
    ["externalId", [4, 1, 3, 0, 2]],
    // A sub-attribute; equal ones in the order of creation.
    ["name.familyName", [1, 2, 0, 3, 4]],
    // The primary value, or else the first that there is.
    ["emails", [4, 0, 1, 2, 3]],
    ["emails.value", [4, 0, 1, 2, 3]],
    ["active", [1, 0, 3, 2, 4]],
    [`${ENTERPRISE}:employeeNumber`, [2, 3, 0, 1, 4]],
    ["meta.created", [0, 1, 2, 3, 4]],
    ["meta.lastModified", [0, 1, 2, 3, 4]],
    ["id", [0, 1, 2, 3, 4]],
    ["meta.resourceType", [0, 1, 2, 3, 4]],
  ];
  for (const [path, expected] of cases) {
    test(`${path}, by index and by cursor`, async () => {
      const backwards = expected.toReversed();
      const query = `sortBy=${encodeURIComponent(path)}`;
      for (const count of [1, 2, 100]) {
        assert.deepEqual(await sorted(query, count), expected, `pages of ${count}`);
        assert.deepEqual(await sorted(`${query}&sortOrder=descending`, count), backwards, `pages of ${count}, descending`);
        assert.deepEqual(await walked(query, count), expected, `by cursor, ${count}`);
        assert.deepEqual(await walked(`${query}&sortOrder=Descending`, count), backwards, `by cursor, ${count}, descending`);
      }
    });
  }

  test("a filtered list is sorted too", async () => {
    const answer = await acme.scim("GET", `/Users?filter=${encodeURIComponent("externalId pr")}&sortBy=userName&sortOrder=ascending&count=3`);
    assert.equal(answer.json.totalResults, 4);
    assert.deepEqual(names(answer.json), [1, 3, 0]);
  });

  test("look-ups are sorted too", async () => {
    const filter = encodeURIComponent('userName eq "delta" or userName eq "ALPHA" or externalId eq "a"');
    for (const [order, expected] of [["ascending", [1, 3, 0]], ["descending", [0, 3, 1]]]) {
      const answer = await acme.scim("GET", `/Users?filter=${filter}&sortBy=userName&sortOrder=${order}`);
      assert.deepEqual(names(answer.json), expected);
    }
  });

  test("sortOrder alone changes nothing", async () => {
    assert.deepEqual(await sorted("sortOrder=descending"), [0, 1, 2, 3, 4]);
  });

  test("discovery says that lists can be sorted", async () => {
    const config = await acme.scim("GET", "/ServiceProviderConfig");
    assert.equal(config.json.sort.supported, true);
  });

  for (const query of ["sortBy=shoeSize", "sortBy=name", "sortBy=groups", "sortBy=password", "sortBy=userName&sortOrder=up"]) {
    test(`${query} is refused`, async () => {
      const answer = await acme.scim("GET", `/Users?${query}`);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.scimType, "invalidValue");
    });
  }
});
