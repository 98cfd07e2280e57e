// Fills a database for the tests of cost and speed.

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

/** Rows that one statement writes: it has to end within D1's time limit. */
const CHUNK = 20_000;

/**
 * Creates users 0 to `count` - 1 in a tenant, a millisecond apart and the last of them just now. The Worker
 * makes the first one; every other row is that one's with another number, written past the Worker, so that
 * the rows look as the Worker writes them whatever that is.
 */
export async function seedUsers(tenant, count) {
  const { db } = tenant.edge;
  const made = await tenant.scim("POST", "/Users", seededUser(0));
  if (made.status !== 201) throw new Error(`seeding stopped at its first user: ${made.status} ${made.text}`);
  const { id } = made.json;
  const row = await db.prepare("SELECT * FROM resources WHERE type = 'User' AND id = ?1").bind(id).first();
  const index = (await db.prepare("SELECT * FROM attribute_index WHERE resource = ?1").bind(row.seq).all()).results;
  await db.batch([
    db.prepare("DELETE FROM attribute_index WHERE resource = ?1").bind(row.seq),
    db.prepare("DELETE FROM resources WHERE seq = ?1").bind(row.seq),
  ]);
  const template = (text) => text?.replaceAll(id, "@id@").replaceAll(seededUser(0).externalId.slice(4), "@number@") ?? null;
  const { last } = await db.prepare("SELECT max(seq) AS last FROM resources").first();
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(from + CHUNK, count);
    // ?1 first number, ?2 the one behind the last, ?3 the time of number 0, ?4 seq of number 0, ?5 what the rows are made from.
    const rows =
      "WITH RECURSIVE u (n) AS (SELECT CAST(?1 AS INTEGER) UNION ALL SELECT n + 1 FROM u WHERE n + 1 < ?2), " +
      "user (n, at, id, seq, number) AS (SELECT n, CAST(?3 AS INTEGER) + n, " +
      "printf('%08x-%04x-7%03x-8000-%012x', (CAST(?3 AS INTEGER) + n) >> 16, (CAST(?3 AS INTEGER) + n) & 65535, n % 4096, n), " +
      "CAST(?4 AS INTEGER) + n, printf('%07d', n) FROM u) ";
    const fill = (sql) => `replace(replace(${sql}, '@id@', user.id), '@number@', user.number)`;
    const bound = [from, to, Date.now() - count, (last ?? 0) + 1];
    await db.batch([
      db
        .prepare(
          "INSERT INTO resources (seq, tenant, type, id, version, created, modified, display, document, folded) " +
            `${rows} SELECT user.seq, ?6, 'User', user.id, 1, user.at, user.at, ${fill("?5 ->> 0")}, ${fill("?5 ->> 1")}, ` +
            `${fill("?5 ->> 2")} FROM user`,
        )
        .bind(...bound, JSON.stringify([row.display, row.document, row.folded].map(template)), row.tenant),
      db
        .prepare(
          "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) " +
            `${rows} SELECT ?6, 'User', e.value ->> 0, ${fill("e.value ->> 1")}, ${fill("e.value ->> 2")}, user.seq ` +
            "FROM user CROSS JOIN json_each(?5) e",
        )
        .bind(...bound, JSON.stringify(index.map((one) => [one.path, template(one.value), template(one.slot)])), row.tenant),
    ]);
  }
}
