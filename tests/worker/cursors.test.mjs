// Pages by cursor (RFC 9865), and walks of either kind while resources come and go.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { external, start, unique } from "./harness.mjs";
import { seedUsers } from "./seed.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

let edge;
before(async () => {
  edge = await start();
});
after(() => edge.stop());

/** A tenant with so many users: [tenant, their ids in the order of creation]. */
async function people(count, more = () => ({})) {
  const tenant = await edge.createTenant("cursor");
  const ids = [];
  for (let index = 0; index < count; index += 1) {
    const made = await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique("u"), ...more(index) });
    assert.equal(made.status, 201, made.text);
    ids.push(made.json.id);
  }
  return [tenant, ids];
}

/** All pages of a query; `between` runs after each of them. */
async function walk(tenant, query, between = async () => {}) {
  const pages = [];
  let cursor = "";
  do {
    const page = await tenant.scim("GET", `/Users?${query}&cursor=${cursor}`);
    assert.equal(page.status, 200, `${query}: ${page.text}`);
    pages.push(page);
    cursor = page.json.nextCursor;
    await between(pages.length, page);
  } while (cursor);
  return pages;
}
const idsOf = (pages) => pages.flatMap((page) => page.json.Resources.map((one) => one.id));

async function refused(tenant, path, scimType) {
  const answer = await tenant.scim("GET", path);
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.json.scimType, scimType, answer.text);
}

describe("pages by cursor", () => {
  let tenant;
  let ids;
  before(async () => {
    [tenant, ids] = await people(7, (index) => ({ title: index % 2 ? "odd" : "even" }));
  });

  for (const count of [1, 2, 3, 6, 7, 8]) {
    test(`${count} at a time`, async () => {
      const pages = await walk(tenant, `count=${count}`);
      assert.deepEqual(idsOf(pages), ids);
      assert.equal(pages.length, Math.ceil(7 / count), "nextCursor is left out on the last page only");
      for (const page of pages) {
        assert.equal(page.json.totalResults, 7);
        assert.equal(page.json.itemsPerPage, page.json.Resources.length);
        assert.equal(page.json.startIndex, undefined);
        assert.match(page.json.nextCursor ?? "", /^[A-Za-z0-9._~-]*$/);
      }
    });
  }

  test("of a filter", async () => {
    for (const filter of ['title eq "even"', `meta.lastModified gt "2020-01-01T00:00:00Z" and title eq "even"`, 'userName sw "u-" and title eq "even"']) {
      const pages = await walk(tenant, `count=2&filter=${encodeURIComponent(filter)}`);
      assert.deepEqual(idsOf(pages), ids.filter((_, index) => index % 2 === 0), filter);
      assert.deepEqual(pages.map((page) => page.json.totalResults), [4, 4], filter);
    }
  });

  test("cursor without a value, and by POST", async () => {
    const first = await tenant.scim("GET", "/Users?cursor&count=5");
    assert.equal(first.json.itemsPerPage, 5);
    const body = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], cursor: first.json.nextCursor, count: 5 };
    const second = await tenant.scim("POST", "/Users/.search", body);
    assert.equal(second.status, 200, second.text);
    assert.deepEqual(idsOf([first, second]), ids);
  });

  test("count 0 and below asks for the total", async () => {
    for (const count of [0, -3]) {
      const page = await tenant.scim("GET", `/Users?cursor=&count=${count}`);
      assert.deepEqual([page.status, page.json.totalResults, page.json.Resources, page.json.nextCursor], [200, 7, [], undefined]);
    }
  });

  test("what is shown may change from page to page", async () => {
    const first = await tenant.scim("GET", "/Users?cursor=&count=5");
    const second = await tenant.scim("GET", `/Users?cursor=${first.json.nextCursor}&count=5&attributes=title`);
    assert.equal(second.status, 200, second.text);
    assert.equal(second.json.Resources[0].userName, undefined);
  });

  test("a list by index has no cursors", async () => {
    const page = await tenant.scim("GET", "/Users?count=2");
    assert.equal(page.json.nextCursor, undefined);
    assert.equal(page.json.startIndex, 1);
  });

  test("other parameters than the first page's are refused", async () => {
    const { nextCursor } = (await tenant.scim("GET", "/Users?count=3&cursor=&sortBy=userName")).json;
    const same = await tenant.scim("GET", `/Users?sortBy=username&sortOrder=ascending&count=3&cursor=${nextCursor}`);
    assert.equal(same.status, 200, same.text);
    await refused(tenant, `/Users?count=3&cursor=${nextCursor}`, "invalidCursor");
    await refused(tenant, `/Users?count=3&sortBy=userName&sortOrder=descending&cursor=${nextCursor}`, "invalidCursor");
    await refused(tenant, `/Users?count=3&sortBy=userName&filter=title%20pr&cursor=${nextCursor}`, "invalidCursor");
    await refused(tenant, `/Groups?count=3&sortBy=displayName&cursor=${nextCursor}`, "invalidCursor");
    await refused(tenant, `/?count=3&sortBy=userName&cursor=${nextCursor}`, "invalidCursor");
    await refused(tenant, `/Users?count=4&sortBy=userName&cursor=${nextCursor}`, "invalidCount");
    await refused(tenant, `/Users?sortBy=userName&cursor=${nextCursor}`, "invalidCount");
    await refused(tenant, `/Users?count=3&sortBy=userName&startIndex=1&cursor=${nextCursor}`, "invalidValue");
  });

  test("forged and foreign ones are refused", async () => {
    const { nextCursor } = (await tenant.scim("GET", "/Users?count=3&cursor=")).json;
    const other = await edge.createTenant("foreign");
    await refused(other, `/Users?count=3&cursor=${nextCursor}`, "invalidCursor");
    const middle = nextCursor.length >> 1;
    const changed = nextCursor.slice(0, middle) + (nextCursor[middle] === "A" ? "B" : "A") + nextCursor.slice(middle + 1);
    for (const forged of [changed, nextCursor.slice(1), `${nextCursor}A`, "1", "%00", "x".repeat(5000)]) {
      await refused(tenant, `/Users?count=3&cursor=${forged}`, "invalidCursor");
    }
  });

  test("a cursor gives no rights", async () => {
    const { nextCursor } = (await tenant.scim("GET", "/Users?count=3&cursor=")).json;
    const answer = await tenant.scim("GET", `/Users?count=3&cursor=${nextCursor}`, undefined, { authorization: null });
    assert.equal(answer.status, 401);
  });

  test("an old one has expired", { skip: external ? "needs the database" : false }, async () => {
    const [short] = await people(2);
    await edge.db.prepare("UPDATE tenants SET settings = '{\"cursor_timeout_s\": 1}', revision = revision + 1 WHERE slug = ?1").bind(short.slug).run();
    const { nextCursor } = (await short.scim("GET", "/Users?count=1&cursor=")).json;
    assert.equal((await short.scim("GET", `/Users?count=1&cursor=${nextCursor}`)).status, 200);
    await new Promise((done) => setTimeout(done, 1100));
    await refused(short, `/Users?count=1&cursor=${nextCursor}`, "expiredCursor");
  });
});

describe("walks while users come and go", () => {
  for (const query of ["", "sortBy=userName&", "sortBy=userName&sortOrder=descending&", "filter=userName%20pr&", "sortBy=meta.lastModified&", "filter=userName%20sw%20%22u%22&"]) {
    test(`by cursor, ${query || "as they are"}`, async () => {
      const [tenant, ids] = await people(12);
      const deleted = new Set();
      const pages = await walk(tenant, `${query}count=2`, async (number, page) => {
        // One who was shown goes, one who was not goes, and one comes.
        const shown = page.json.Resources[0]?.id;
        const rest = ids.filter((id) => !deleted.has(id) && id !== shown);
        for (const id of [shown, rest[rest.length >> 1]]) {
          if (number > 3 || !ids.includes(id)) continue;
          deleted.add(id);
          assert.equal((await tenant.scim("DELETE", `/Users/${id}`)).status, 204);
        }
        await tenant.scim("POST", "/Users", { schemas: [USER], userName: unique(number % 2 ? "u-" : "u0") });
      });
      const met = idsOf(pages);
      assert.equal(new Set(met).size, met.length, "someone was met twice");
      const throughout = ids.filter((id) => !deleted.has(id));
      assert.deepEqual(throughout.filter((id) => !met.includes(id)), [], "someone was passed over");
    });
  }

  test("by startIndex, in one isolate: who is deleted behind the walk moves nobody past it", async () => {
    const [tenant, ids] = await people(9);
    const met = [];
    for (let startIndex = 1; startIndex <= 9; startIndex += 3) {
      const page = await tenant.scim("GET", `/Users?startIndex=${startIndex}&count=3`);
      assert.equal(page.json.startIndex, startIndex);
      met.push(...page.json.Resources.map((one) => one.id));
      if (startIndex === 1) await tenant.scim("DELETE", `/Users/${ids[0]}`);
    }
    assert.deepEqual(met, ids);
  });

  test("by startIndex, another query's end is not taken for this one's", async () => {
    const [tenant, ids] = await people(6, (index) => ({ title: index < 3 ? "a" : "b" }));
    await tenant.scim("GET", `/Users?count=2&filter=${encodeURIComponent('title eq "b"')}`);
    await tenant.scim("GET", "/Users?count=2&sortBy=title&sortOrder=descending");
    const page = await tenant.scim("GET", "/Users?startIndex=3&count=2");
    assert.deepEqual(idsOf([page]), ids.slice(2, 4));
    assert.equal(page.json.totalResults, 6);
  });
});

describe("large walks", { skip: external ? "needs the database" : false }, () => {
  test("a seeded row looks like one that the Worker wrote", async () => {
    const tenant = await edge.createTenant("seeded");
    await seedUsers(tenant, 3);
    const seeded = (await tenant.scim("GET", "/Users?count=3")).json;
    assert.equal(seeded.totalResults, 3);
    const user = { ...seeded.Resources[1] };
    const { id, meta } = user;
    const rows = async (one) => [
      await edge.db.prepare("SELECT * FROM resources WHERE id = ?1").bind(one).first(),
      (await edge.db.prepare("SELECT i.* FROM attribute_index i JOIN resources r ON r.seq = i.resource WHERE r.id = ?1 ORDER BY path").bind(one).all()).results,
    ];
    const before = await rows(id);
    assert.equal((await tenant.scim("DELETE", `/Users/${id}`)).status, 204);
    delete user.id;
    delete user.meta;
    const made = await tenant.scim("POST", "/Users", user);
    assert.equal(made.status, 201, made.text);
    const after = await rows(made.json.id);
    const plain = ([row, index]) => JSON.parse(JSON.stringify([{ ...row, seq: 0, created: 0, modified: 0 }, index.map((one) => ({ ...one, resource: 0 }))]).replaceAll(row.id, "id"));
    assert.deepEqual(plain(before), plain(after));
    assert.equal(meta.version, 'W/"1"');
  });
});

describe("pages of large resources", () => {
  const text = "x".repeat(700_000);

  test("long documents end a page before its count, and the walk goes on", async () => {
    const [tenant, ids] = await people(14, () => ({ title: text }));
    for (const query of ["", "sortBy=userName&", "filter=title%20pr&"]) {
      const pages = await walk(tenant, `${query}count=1000`);
      assert.deepEqual(idsOf(pages).sort(), ids.toSorted(), query);
      assert.equal(pages.length, 2, query);
      for (const page of pages) {
        assert.ok(page.text.length < 9_000_000, `${page.text.length} bytes`);
        assert.equal(page.json.totalResults, 14);
        assert.ok(page.json.Resources.every((one) => one.title === text));
        assert.ok(page.cost.trips <= 2);
      }
    }
    const met = [];
    while (met.length < 14) {
      const page = await tenant.scim("GET", `/Users?count=1000&startIndex=${met.length + 1}`);
      assert.ok(page.json.itemsPerPage > 0);
      met.push(...page.json.Resources.map((one) => one.id));
    }
    assert.deepEqual(met, ids);
  });

  test("groups show all their members in a list", { skip: external ? "needs the database" : false }, async () => {
    const tenant = await edge.createTenant("crowd");
    await seedUsers(tenant, 900);
    const users = (await tenant.scim("GET", "/Users?count=1000&attributes=id")).json.Resources.map((one) => one.id);
    const sizes = [900, 0, 3, 400, 61, 60, 59, 900];
    for (const [index, size] of sizes.entries()) {
      const members = users.slice(0, size).map((value) => ({ value }));
      const made = await tenant.scim("POST", "/Groups", { schemas: [GROUP], displayName: `g${index}`, members });
      assert.equal(made.status, 201, made.text);
    }
    for (const count of [1000, 100, 2]) {
      const page = await tenant.scim("GET", `/Groups?count=${count}`);
      assert.equal(page.status, 200, page.text);
      const shown = page.json.Resources.map((one) => new Set((one.members ?? []).map((member) => member.value)).size);
      assert.deepEqual(shown, sizes.slice(0, count), `count=${count}`);
      assert.ok(page.cost.trips <= 4, `${page.cost.trips} trips`);
    }
  });
});
