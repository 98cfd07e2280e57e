// Queries by POST to .search, and over all resource types at the base (RFC 7644 sections 3.4.2.1, 3.4.3).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { start } from "./harness.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

let edge;
let acme;
/** Users and groups by turns, so that the order of creation is not the order of types. */
const made = [];
before(async () => {
  edge = await start();
  acme = await edge.createTenant("search");
  for (let index = 0; index < 8; index += 1) {
    const [path, resource] = index % 2
      ? ["/Groups", { schemas: [GROUP], displayName: `Name ${7 - index}`, externalId: "same", members: [{ value: made[0].id }] }]
      : ["/Users", { schemas: [USER], userName: `user${index}`, externalId: "same", ...(index ? { displayName: `name ${7 - index}` } : {}), title: "x" }];
    const answer = await acme.scim("POST", path, resource);
    assert.equal(answer.status, 201, answer.text);
    made.push(answer.json);
  }
});
after(() => edge.stop());

const users = () => made.filter((_, index) => index % 2 === 0).map((one) => one.id);
const groups = () => made.filter((_, index) => index % 2 === 1).map((one) => one.id);
const everyone = () => [...groups(), ...users()];
const idsOf = (answer) => answer.json.Resources.map((one) => one.id);

async function post(path, body, status = 200) {
  const answer = await acme.scim("POST", path, { schemas: [SEARCH], ...body });
  assert.equal(answer.status, status, answer.text);
  return answer;
}

async function get(query) {
  const answer = await acme.scim("GET", `/${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer;
}
const filtered = (filter) => get(`?filter=${encodeURIComponent(filter)}`);

describe("POST .search", () => {
  test("says the same as GET", async () => {
    const body = { filter: 'externalId eq "same"', sortBy: "displayName", sortOrder: "descending", startIndex: 2, count: 2, attributes: ["displayName", "meta.resourceType"] };
    const query = "?filter=externalId%20eq%20%22same%22&sortBy=displayName&sortOrder=descending&startIndex=2&count=2&attributes=displayName,meta.resourceType";
    for (const path of ["/Users", "/Groups", ""]) {
      const posted = await post(`${path}/.search`, body);
      const gotten = await acme.scim("GET", `${path || "/"}${query}`);
      assert.deepEqual(posted.json, gotten.json, path);
      assert.equal(posted.json.startIndex, 2);
      assert.equal(posted.json.itemsPerPage, 2);
    }
  });

  test("an empty request lists everything", async () => {
    assert.deepEqual(idsOf(await post("/Users/.search", {})), users());
    assert.deepEqual(idsOf(await post("/Groups/.search", {})), groups());
    const all = await post("/.search", {});
    assert.deepEqual(idsOf(all), everyone());
    assert.equal(all.json.totalResults, 8);
  });

  test("excludedAttributes", async () => {
    const answer = await post("/.search", { excludedAttributes: ["members", "title"] });
    assert.ok(answer.json.Resources.every((one) => one.members === undefined && one.title === undefined));
    assert.ok(answer.json.Resources.every((one) => one.externalId === "same"));
  });

  for (const [body, scimType] of [
    [{ attributes: "userName" }, "invalidSyntax"],
    [{ attributes: [1] }, "invalidSyntax"],
    [{ filter: 1 }, "invalidSyntax"],
    [{ filter: "userName" }, "invalidFilter"],
    [{ sortBy: "shoeSize" }, "invalidValue"],
    [{ sortOrder: "up" }, "invalidValue"],
    [{ count: [] }, "invalidSyntax"],
    [{ startIndex: 1.5 }, "invalidValue"],
    [{ startIndex: 1, cursor: "" }, "invalidValue"],
    [{ cursor: "forged" }, "invalidCursor"],
    [{ attributes: ["userName"], excludedAttributes: ["title"] }, "invalidSyntax"],
  ]) {
    test(`${JSON.stringify(body)} is refused`, async () => {
      for (const path of ["/Users/.search", "/.search"]) {
        assert.equal((await post(path, body, 400)).json.scimType, scimType);
      }
    });
  }

  test("a body that is no object", async () => {
    for (const body of ["[]", "x", ""]) {
      const answer = await acme.scim("POST", "/.search", body);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.scimType, "invalidSyntax");
    }
  });

  test("other methods, other places", async () => {
    for (const path of ["/.search", "/Users/.search"]) {
      const answer = await acme.scim("GET", path);
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.get("allow"), "OPTIONS, POST");
    }
    assert.equal((await acme.scim("POST", "/", {})).status, 405);
    assert.equal((await acme.scim("POST", "/Nothing/.search", {})).status, 404);
    assert.equal((await acme.scim("POST", "/.search", {}, { authorization: null })).status, 401);
  });
});

describe("large filters", () => {
  const nested = (levels) => {
    let filter = 'groups.display co "x"';
    for (let level = 0; level < levels; level += 1) filter = `externalId co "${level}" and (title pr or ${filter})`;
    return filter;
  };
  const cases = [
    ["a hundred look-ups", Array.from({ length: 100 }, (_, at) => `externalId eq "${at}"`).join(" or "), 200],
    ["a hundred terms", Array.from({ length: 100 }, (_, at) => `groups.display co "${at}"`).join(" and "), 200],
    ["38 levels, and and or by turns", nested(38), 200],
    ["49 levels, and and or by turns", nested(49), 400],
  ];
  for (const [name, filter, status] of cases) {
    test(`${name}: ${status}`, async () => {
      for (const path of ["/Users/.search", "/.search"]) {
        for (const more of [{}, { sortBy: "displayName", cursor: "" }]) {
          const answer = await post(path, { filter, ...more }, status);
          if (status === 400) assert.equal(answer.json.scimType, "invalidFilter");
        }
      }
    });
  }
});

describe("the base, over all types", () => {
  test("each resource is its own type's", async () => {
    const answer = await get("");
    assert.equal(answer.json.totalResults, 8);
    for (const one of answer.json.Resources) {
      const path = one.meta.resourceType === "User" ? "/Users" : "/Groups";
      assert.deepEqual(one, (await acme.scim("GET", `${path}/${one.id}`)).json);
    }
  });

  test("filters", async () => {
    const cases = [
      ['meta.resourceType eq "User"', users()],
      ['meta.resourceType eq "Group"', groups()],
      ['meta.resourceType ne "Group"', users()],
      ['meta.resourceType eq "Device"', []],
      ['meta.resourceType pr', everyone()],
      ['externalId eq "same"', everyone()],
      ["meta.lastModified gt \"2020-01-01T00:00:00Z\"", everyone().sort()],
      [`id eq "${made[3].id}"`, [made[3].id]],
      [`schemas eq "${GROUP}"`, groups()],
      ['displayName eq "NAME 1"', [made[6].id]],
      ['displayName eq "NAME 1" or displayName eq "name 2"', [made[5].id, made[6].id]],
      // An attribute that a type does not have is without a value in it.
      ['userName eq "user2"', [made[2].id]],
      ["userName pr", users()],
      ["not (userName pr)", groups()],
      ['userName ne "user2"', [...groups(), ...users().filter((id) => id !== made[2].id)]],
      ["userName eq null", groups()],
      ["userName ne null", users()],
      ['userName eq "user2" or displayName eq "name 0"', [made[7].id, made[2].id]],
      ['userName eq "user2" and members pr', []],
      [`members[value eq "${made[0].id}"]`, groups()],
      ['not (members pr) and not (title pr)', []],
      ['meta.resourceType eq "Group" or title eq "X"', everyone()],
      ['meta.resourceType eq "User" and not (meta.resourceType eq "Group") and displayName pr', users().slice(1)],
    ];
    for (const [filter, expected] of cases) {
      const answer = await filtered(filter);
      assert.deepEqual(idsOf(answer), expected, filter);
      assert.equal(answer.json.totalResults, expected.length, filter);
      const counted = await get(`?count=0&filter=${encodeURIComponent(filter)}`);
      assert.equal(counted.json.totalResults, expected.length, `${filter}, counted`);
    }
  });

  test("what no type has is an error", async () => {
    for (const filter of ['shoeSize eq 1', 'userName.x eq "a"', 'userName eq "a" or shoeSize pr', 'members[x eq 1]', 'password pr']) {
      const answer = await acme.scim("GET", `/?filter=${encodeURIComponent(filter)}`);
      assert.equal(answer.status, 400, filter);
      assert.equal(answer.json.scimType, "invalidFilter", filter);
    }
  });

  test("an endpoint still knows its own attributes only", async () => {
    const answer = await acme.scim("GET", "/Groups?filter=userName%20pr");
    assert.equal(answer.json.scimType, "invalidFilter");
  });

  test("sorted across types, without a value last", async () => {
    const byName = [made[7], made[6], made[5], made[4], made[3], made[2], made[1], made[0]].map((one) => one.id);
    assert.deepEqual(idsOf(await get("?sortBy=displayName")), byName);
    assert.deepEqual(idsOf(await get("?sortBy=displayName&sortOrder=descending")), byName.toReversed());
    assert.deepEqual(idsOf(await get("?sortBy=userName")), [...users(), ...groups()]);
    assert.deepEqual(idsOf(await get("?sortBy=id")), made.map((one) => one.id));
    assert.deepEqual(idsOf(await get("?sortBy=meta.created")), made.map((one) => one.id));
  });

  test("pages are stable across types, of every kind", async () => {
    for (const query of ["", "filter=externalId%20eq%20%22same%22&", "filter=externalId%20pr&", "sortBy=displayName&", "sortBy=meta.lastModified&sortOrder=descending&"]) {
      const all = idsOf(await get(`?${query}`));
      for (const count of [1, 3, 7]) {
        const met = [];
        let cursor = "";
        do {
          const page = await get(`?${query}count=${count}&cursor=${cursor}`);
          assert.equal(page.json.totalResults, 8);
          met.push(...idsOf(page));
          cursor = page.json.nextCursor;
        } while (cursor);
        assert.deepEqual(met, all, `${query} ${count} by cursor`);
        const numbered = [];
        for (let startIndex = 1; startIndex <= 8; startIndex += count) {
          const page = await get(`?${query}count=${count}&startIndex=${startIndex}`);
          assert.equal(page.json.totalResults, 8);
          numbered.push(...idsOf(page));
        }
        assert.deepEqual(numbered, all, `${query} ${count} by startIndex`);
      }
    }
  });

  test("another tenant's resources are not among them", async () => {
    const other = await edge.createTenant("other");
    const answer = await other.scim("GET", "/");
    assert.deepEqual([answer.status, answer.json.totalResults, answer.json.Resources], [200, 0, []]);
  });
});
