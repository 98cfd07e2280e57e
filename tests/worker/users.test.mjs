// Users over HTTP: creation, reading, replacement, modification, deletion, and the rules that the schemas
// of RFC 7643 put on each attribute.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { SCIM_JSON, start, unique } from "./harness.mjs";
import { difference } from "./matching.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const gone = { $absent: true };
const goneOrEmpty = { $anyOf: [gone, []] };

let edge;
let acme;
before(async () => {
  edge = await start();
  acme = await edge.createTenant("acme");
});
after(() => edge.stop());

/** Sends, and compares status and body. */
async function check([method, path, body, headers], status, expected) {
  const answer = await acme.scim(method, path, body, headers);
  assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
  if (expected !== undefined) {
    const found = difference(answer.json, expected);
    assert.equal(found, null, `${method} ${path}: ${found}\n${answer.text}`);
  }
  return answer;
}

function user(more = {}) {
  return { schemas: [USER], userName: `${unique("u")}@example.com`, ...more };
}

async function create(more) {
  return (await check(["POST", "/Users", user(more)], 201)).json;
}

function patch(...Operations) {
  return { schemas: [PATCH_OP], Operations };
}

const refused = (status, scimType) => ({
  schemas: [ERROR],
  status: String(status),
  detail: { $matches: "." },
  ...(scimType ? { scimType } : {}),
});

/** Every writable attribute of the core user and of the enterprise extension. */
function whole() {
  return {
    schemas: [USER, ENTERPRISE],
    externalId: unique("ext"),
    userName: `${unique("whole")}@example.com`,
    name: {
      formatted: "Ms. Barbara J Jensen, III",
      familyName: "Jensen",
      givenName: "Barbara",
      middleName: "Jane",
      honorificPrefix: "Ms.",
      honorificSuffix: "III",
    },
    displayName: "Babs Jensen",
    nickName: "Babs",
    profileUrl: "https://login.example.com/bjensen",
    title: "Tour Guide",
    userType: "Employee",
    preferredLanguage: "en-US",
    locale: "en-US",
    timezone: "America/Los_Angeles",
    active: true,
    emails: [
      { value: "bjensen@example.com", type: "work", primary: true },
      { value: "babs@jensen.example", type: "home", display: "at home" },
    ],
    phoneNumbers: [{ value: "tel:555-555-5555", type: "work" }],
    ims: [{ value: "someaimhandle", type: "aim" }],
    photos: [{ value: "https://photos.example.com/profilephoto/72930000000Ccne/F", type: "photo" }],
    addresses: [
      {
        type: "work",
        streetAddress: "100 Universal City Plaza",
        locality: "Hollywood",
        region: "CA",
        postalCode: "91608",
        country: "US",
        formatted: "100 Universal City Plaza\nHollywood, CA 91608 US",
        primary: true,
      },
    ],
    entitlements: [{ value: "print", type: "device" }],
    roles: [{ value: "guide", display: "Guide", primary: true }],
    x509Certificates: [{ value: "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVM=" }],
    [ENTERPRISE]: {
      employeeNumber: "701984",
      costCenter: "4130",
      organization: "Universal Studios",
      division: "Theme Park",
      department: "Tour Operations",
    },
  };
}

describe("create (RFC 7644 section 3.3)", () => {
  test("answers 201 with the resource, its location and its version", async () => {
    const made = await check(["POST", "/Users", user({ displayName: "Babs" })], 201, {
      schemas: [USER],
      id: { $matches: "^[0-9a-f-]{36}$" },
      displayName: "Babs",
      meta: {
        resourceType: "User",
        created: { $matches: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$" },
        lastModified: { $exists: true },
        version: { $matches: '^W/".+"$' },
      },
    });
    assert.match(made.headers.get("content-type"), /^application\/scim\+json/);
    assert.equal(made.json.meta.location, `${acme.base}/Users/${made.json.id}`);
    assert.equal(made.headers.get("location"), made.json.meta.location);
    assert.equal(made.headers.get("etag"), made.json.meta.version);
    assert.equal(made.json.meta.created, made.json.meta.lastModified);
  });

  test("keeps every attribute of the core schema and the enterprise extension as it was sent", async () => {
    const sent = whole();
    const made = await check(["POST", "/Users", sent], 201, sent);
    await check(["GET", `/Users/${made.json.id}`], 200, sent);
  });

  test("a manager by id is kept, its displayName is the server's", async () => {
    const boss = await create({ displayName: "The Boss" });
    const made = await create({
      schemas: [USER, ENTERPRISE],
      [ENTERPRISE]: { manager: { value: boss.id, displayName: "somebody else" } },
    });
    const read = (await check(["GET", `/Users/${made.id}`], 200)).json[ENTERPRISE].manager;
    assert.equal(read.value, boss.id);
    assert.notEqual(read.displayName, "somebody else");
  });

  test("attribute names are matched in any case and come back in the schema's", async () => {
    const name = `${unique("case")}@example.com`;
    await check(["POST", "/Users", { SCHEMAS: [USER], USERNAME: name, displayname: "Case" }], 201, {
      userName: name,
      displayName: "Case",
      USERNAME: gone,
      displayname: gone,
    });
  });

  test("null and empty arrays mean unassigned", async () => {
    await check(["POST", "/Users", user({ nickName: null, emails: [], name: null })], 201, {
      nickName: gone,
      emails: goneOrEmpty,
      name: gone,
    });
  });

  test("what only the server may set is ignored: id, meta, groups", async () => {
    const made = await check(
      ["POST", "/Users", user({ id: "mine", meta: { version: "mine", created: "1999-01-01T00:00:00Z" }, groups: [{ value: "x" }] })],
      201,
      { groups: goneOrEmpty },
    );
    assert.notEqual(made.json.id, "mine");
    assert.doesNotMatch(made.json.meta.created, /^1999/);
  });

  test("extension attributes without the extension in schemas: schemas is completed", async () => {
    await check(["POST", "/Users", user({ [ENTERPRISE]: { department: "D" } })], 201, {
      schemas: { $contains: [USER, ENTERPRISE] },
      [ENTERPRISE]: { department: "D" },
    });
  });

  for (const [what, body] of Object.entries({
    "no userName": { schemas: [USER] },
    "an empty userName": { schemas: [USER], userName: "" },
    "a userName of blanks": { schemas: [USER], userName: "  " },
    "a userName that is null": { schemas: [USER], userName: null },
    "a userName that is an object": { schemas: [USER], userName: { first: "x" } },
    "a userName that is two": { schemas: [USER], userName: ["a", "b"] },
    "a displayName that is an object": user({ displayName: { a: 1 } }),
    "an active that says maybe": user({ active: "maybe" }),
    "an active that is 2": user({ active: 2 }),
    "a name that is a string": user({ name: "Babs" }),
    "a userName that is a number": { schemas: [USER], userName: 7 },
    "a title that is a number": user({ title: 7 }),
    "a title that is a list of one": user({ title: ["T"] }),
    "a title that is an object": user({ title: { value: "T" } }),
    "two primary e-mails": user({ emails: [{ value: "a@b.c", primary: true }, { value: "d@e.f", primary: true }] }),
  })) {
    test(`${what} is refused`, () => check(["POST", "/Users", body], 400, refused(400, "invalidValue")));
  }

  // The default mode is lenient: what can only mean one thing is read as that.
  for (const [what, sent, expected] of [
    ["a single value for an array", { emails: { value: "a@b.c" } }, { emails: [{ value: "a@b.c" }] }],
    ["bare values for an array of complex ones", { emails: ["a@b.c"] }, { emails: [{ value: "a@b.c" }] }],
    ["a string for a boolean", { active: "FALSE" }, { active: false }],
    ["schemas as a string", { schemas: USER }, { schemas: [USER] }],
    ["no schemas", { schemas: undefined }, { schemas: [USER] }],
  ]) {
    test(`${what} is read for what it means`, () => check(["POST", "/Users", user(sent)], 201, expected));
  }

  for (const [what, body] of Object.entries({
    "an array": [],
    "a string": '"user"',
  })) {
    test(`a body that is no user, ${what}, is refused`, () => check(["POST", "/Users", body], 400, refused(400)));
  }

  test("a taken userName is a conflict, in any case and beyond ASCII", async () => {
    const name = unique("\u00E5sa.\u00D8");
    await check(["POST", "/Users", user({ userName: name })], 201);
    for (const taken of [name, name.toUpperCase(), name.toLowerCase()]) {
      await check(["POST", "/Users", user({ userName: taken })], 409, refused(409, "uniqueness"));
    }
  });

  test("of many that create one name at once, one succeeds", async () => {
    const body = user();
    const answers = await Promise.all(Array.from({ length: 12 }, () => acme.scim("POST", "/Users", body)));
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [201, ...Array(11).fill(409)]);
  });

  test("two users may share an externalId and an e-mail", async () => {
    const shared = { externalId: unique("shared"), emails: [{ value: "shared@example.com" }] };
    await create(shared);
    await create(shared);
  });
});

describe("read (RFC 7644 section 3.4.1)", () => {
  test("answers the version, and 304 to a client that has it", async () => {
    const made = await create();
    const read = await check(["GET", `/Users/${made.id}`], 200, { id: made.id });
    assert.equal(read.headers.get("etag"), made.meta.version);
    const again = await acme.scim("GET", `/Users/${made.id}`, undefined, { "if-none-match": made.meta.version });
    assert.equal(again.status, 304);
    assert.equal(again.text, "");
    await check(["GET", `/Users/${made.id}`, undefined, { "if-none-match": 'W/"another"' }], 200);
  });

  test("a password is never answered and cannot be asked for", async () => {
    const made = await create({ password: "correct horse battery staple" });
    assert.equal(made.password, undefined);
    for (const query of ["", "?attributes=password", "?attributes=userName,password", "?excludedAttributes=name"]) {
      const read = await check(["GET", `/Users/${made.id}${query}`], 200, { password: gone });
      assert.doesNotMatch(read.text, /battery/);
    }
    const list = await check(["GET", `/Users?filter=userName eq "${made.userName}"`], 200);
    assert.doesNotMatch(list.text, /battery/);
  });

  test("attributes and excludedAttributes project; id always stays", async () => {
    const made = (await check(["POST", "/Users", whole()], 201)).json;
    const path = `/Users/${made.id}`;
    await check(["GET", `${path}?attributes=userName`], 200, { $equals: { schemas: made.schemas, id: made.id, userName: made.userName } });
    await check(["GET", `${path}?attributes=name.givenName,emails.value`], 200, {
      id: made.id,
      name: { $equals: { givenName: "Barbara" } },
      emails: { $equals: [{ value: "bjensen@example.com" }, { value: "babs@jensen.example" }] },
      userName: gone,
    });
    await check(["GET", `${path}?attributes=${ENTERPRISE}:department`], 200, { [ENTERPRISE]: { $equals: { department: "Tour Operations" } }, userName: gone });
    await check(["GET", `${path}?attributes=DISPLAYNAME`], 200, { displayName: "Babs Jensen" });
    await check(["GET", `${path}?excludedAttributes=emails,name.givenName,id,userName`], 200, {
      id: made.id,
      emails: gone,
      name: { familyName: "Jensen", givenName: gone },
      displayName: "Babs Jensen",
    });
  });
});

describe("replace (RFC 7644 section 3.5.1)", () => {
  test("what is not sent is gone, what only the server sets stays", async () => {
    const made = (await check(["POST", "/Users", whole()], 201)).json;
    const path = `/Users/${made.id}`;
    const read = await check(["PUT", path, { schemas: [USER], id: made.id, userName: made.userName, title: "Chief" }], 200, {
      id: made.id,
      title: "Chief",
      name: gone,
      emails: goneOrEmpty,
      [ENTERPRISE]: gone,
      meta: { created: made.meta.created, location: made.meta.location },
    });
    assert.notEqual(read.json.meta.version, made.meta.version);
    assert.equal(read.headers.get("etag"), read.json.meta.version);
    await check(["GET", path], 200, { title: "Chief", name: gone, externalId: gone });
  });

  test("the same again changes nothing, the version included", async () => {
    const body = user({ title: "Same" });
    const made = (await check(["POST", "/Users", body], 201)).json;
    await check(["PUT", `/Users/${made.id}`, body], 200, { meta: { version: made.meta.version } });
  });

  test("the indexes follow: the old values find nothing, the new ones do", async () => {
    const made = await create({ externalId: unique("old"), emails: [{ value: `${unique("old")}@example.com`, type: "work" }] });
    const next = user({ externalId: unique("new"), emails: [{ value: `${unique("new")}@example.com`, type: "work" }] });
    await check(["PUT", `/Users/${made.id}`, next], 200);
    for (const [filter, total] of [
      [`userName eq "${made.userName}"`, 0],
      [`externalId eq "${made.externalId}"`, 0],
      [`emails.value eq "${made.emails[0].value}"`, 0],
      [`userName eq "${next.userName}"`, 1],
      [`externalId eq "${next.externalId}"`, 1],
      [`emails.value eq "${next.emails[0].value}"`, 1],
    ]) {
      await check(["GET", `/Users?filter=${filter}`], 200, { totalResults: total });
    }
    await create({ userName: made.userName });
  });

  test("refuses a name that somebody else has, and keeps what was there", async () => {
    const other = await create();
    const made = await create({ title: "Before" });
    await check(["PUT", `/Users/${made.id}`, user({ userName: other.userName.toUpperCase(), title: "After" })], 409, refused(409, "uniqueness"));
    await check(["GET", `/Users/${made.id}`], 200, { title: "Before", userName: made.userName });
  });

  test("may change the case of one's own name", async () => {
    const made = await create();
    await check(["PUT", `/Users/${made.id}`, user({ userName: made.userName.toUpperCase() })], 200, { userName: made.userName.toUpperCase() });
  });

  test("needs the required attribute, and a user who is there", async () => {
    const made = await create();
    await check(["PUT", `/Users/${made.id}`, { schemas: [USER], title: "x" }], 400, refused(400, "invalidValue"));
    await check(["PUT", "/Users/00000000-0000-7000-8000-000000000000", user()], 404, refused(404));
  });
});

describe("modify (RFC 7644 section 3.5.2)", () => {
  const cases = [
    ["add to a single value", {}, [{ op: "add", path: "title", value: "T" }], { title: "T" }],
    ["add without a path", {}, [{ op: "add", value: { title: "T", nickName: "N" } }], { title: "T", nickName: "N" }],
    ["add to an array appends", { emails: [{ value: "a@b.c" }] }, [{ op: "add", path: "emails", value: [{ value: "d@e.f" }] }], { emails: [{ value: "a@b.c" }, { value: "d@e.f" }] }],
    ["add one value that is no array", {}, [{ op: "add", path: "emails", value: { value: "d@e.f", type: "work" } }], { emails: [{ value: "d@e.f", type: "work" }] }],
    ["a new primary takes the flag from the old", { emails: [{ value: "a@b.c", primary: true }] }, [{ op: "add", path: "emails", value: [{ value: "d@e.f", primary: true }] }], { emails: [{ value: "a@b.c", primary: { $anyOf: [gone, false] } }, { value: "d@e.f", primary: true }] }],
    ["add to a complex value merges", { name: { givenName: "G" } }, [{ op: "add", path: "name", value: { familyName: "F" } }], { name: { givenName: "G", familyName: "F" } }],
    ["replace a sub-attribute", { name: { givenName: "G", familyName: "F" } }, [{ op: "replace", path: "name.familyName", value: "H" }], { name: { givenName: "G", familyName: "H" } }],
    ["replace an array replaces it whole", { emails: [{ value: "a@b.c" }, { value: "d@e.f" }] }, [{ op: "replace", path: "emails", value: [{ value: "x@y.z" }] }], { emails: [{ value: "x@y.z" }] }],
    ["replace the elements that match", { emails: [{ value: "a@b.c", type: "work" }, { value: "d@e.f", type: "home" }] }, [{ op: "replace", path: 'emails[type eq "home"].value', value: "x@y.z" }], { emails: [{ value: "a@b.c", type: "work" }, { value: "x@y.z", type: "home" }] }],
    ["remove a single value", { title: "T" }, [{ op: "remove", path: "title" }], { title: gone }],
    ["remove the elements that match", { emails: [{ value: "a@b.c", type: "work" }, { value: "d@e.f", type: "home" }] }, [{ op: "remove", path: 'emails[type eq "work"]' }], { emails: [{ value: "d@e.f", type: "home" }] }],
    ["remove the last element", { emails: [{ value: "a@b.c", type: "work" }] }, [{ op: "remove", path: 'emails[type eq "work"]' }], { emails: goneOrEmpty }],
    ["remove a sub-attribute", { name: { givenName: "G", familyName: "F" } }, [{ op: "remove", path: "name.givenName" }], { name: { givenName: gone, familyName: "F" } }],
    ["remove what is not there", {}, [{ op: "remove", path: "title" }], { title: gone }],
    ["the extension under its URN", {}, [{ op: "add", path: `${ENTERPRISE}:department`, value: "D" }], { schemas: { $contains: [ENTERPRISE] }, [ENTERPRISE]: { department: "D" } }],
    ["the extension as a whole", {}, [{ op: "add", path: ENTERPRISE, value: { department: "D", division: "V" } }], { [ENTERPRISE]: { department: "D", division: "V" } }],
    ["the extension's last attribute", { [ENTERPRISE]: { department: "D" } }, [{ op: "remove", path: `${ENTERPRISE}:department` }], { [ENTERPRISE]: { $anyOf: [gone, { $equals: {} }] } }],
    ["the core schema's URN before a path", {}, [{ op: "add", path: `${USER}:title`, value: "T" }], { title: "T" }],
    ["paths in any case", {}, [{ op: "REPLACE", path: "DisplayNAME", value: "D" }], { displayName: "D" }],
    ["operations in their order", {}, [{ op: "add", path: "title", value: "1" }, { op: "replace", path: "title", value: "2" }], { title: "2" }],
    ["active as a string", { active: true }, [{ op: "replace", path: "active", value: "false" }], { active: false }],
  ];
  for (const [what, before, operations, expected] of cases) {
    test(what, async () => {
      const made = await create(before);
      const changed = await check(["PATCH", `/Users/${made.id}`, patch(...operations)], 200, { id: made.id, ...expected });
      assert.equal(changed.headers.get("etag"), changed.json.meta.version);
      await check(["GET", `/Users/${made.id}`], 200, expected);
    });
  }

  const wrong = [
    ["no operations", { schemas: [PATCH_OP] }, "invalidSyntax"],
    ["operations that are no array", { schemas: [PATCH_OP], Operations: {} }, "invalidSyntax"],
    ["an op nobody knows", patch({ op: "move", path: "title", value: "T" }), "invalidSyntax"],
    ["no op", patch({ path: "title", value: "T" }), "invalidSyntax"],
    ["a path that does not parse", patch({ op: "add", path: "name..givenName", value: "T" }), "invalidPath"],
    ["a filter in a path that does not parse", patch({ op: "add", path: "emails[type eq].value", value: "T" }), "invalidFilter"],
    ["a path to nothing in the schema", patch({ op: "add", path: "shoeSize", value: 43 }), "invalidPath"],
    ["remove without a path", patch({ op: "remove" }), "noTarget"],
    ["add without a value", patch({ op: "add", path: "title" }), undefined],
    ["a value of the wrong type", patch({ op: "replace", path: "title", value: { a: 1 } }), "invalidValue"],
    ["removing what is required", patch({ op: "remove", path: "userName" }), undefined],
    ["the id", patch({ op: "replace", path: "id", value: "mine" }), "mutability"],
    ["meta", patch({ op: "replace", path: "meta.created", value: "1999-01-01T00:00:00Z" }), "mutability"],
    ["groups", patch({ op: "add", path: "groups", value: [{ value: "x" }] }), "mutability"],
  ];
  for (const [what, body, scimType] of wrong) {
    test(`${what}: refused, and nothing changed`, async () => {
      const made = await create({ title: "Before" });
      await check(["PATCH", `/Users/${made.id}`, body], 400, refused(400, scimType));
      await check(["GET", `/Users/${made.id}`], 200, { title: "Before", meta: { version: made.meta.version } });
    });
  }

  test("one bad operation undoes the good ones before it", async () => {
    const made = await create();
    await check(["PATCH", `/Users/${made.id}`, patch({ op: "add", path: "title", value: "T" }, { op: "add", path: "shoeSize", value: 43 })], 400);
    await check(["GET", `/Users/${made.id}`], 200, { title: gone, meta: { version: made.meta.version } });
  });

  test("a change that changes nothing keeps the version", async () => {
    const made = await create({ title: "T" });
    await check(["PATCH", `/Users/${made.id}`, patch({ op: "replace", path: "title", value: "T" })], 200, { meta: { version: made.meta.version, lastModified: made.meta.lastModified } });
  });

  test("a taken name is a conflict", async () => {
    const other = await create();
    const made = await create();
    await check(["PATCH", `/Users/${made.id}`, patch({ op: "replace", path: "userName", value: other.userName })], 409, refused(409, "uniqueness"));
  });

  test("of changes made at once to different attributes none is lost", async () => {
    const made = await create();
    const names = ["title", "nickName", "displayName", "userType", "locale", "timezone", "preferredLanguage", "externalId"];
    const answers = await Promise.all(
      names.map((name) => acme.scim("PATCH", `/Users/${made.id}`, patch({ op: "replace", path: name, value: `${name}!` }))),
    );
    const kept = (await check(["GET", `/Users/${made.id}`], 200)).json;
    for (const [index, answer] of answers.entries()) {
      // A server under contention may say so, but what it acknowledged is there.
      assert.ok([200, 412, 409, 503].includes(answer.status), answer.text);
      if (answer.status === 200) assert.equal(kept[names[index]], `${names[index]}!`);
    }
    assert.ok(answers.some((answer) => answer.status === 200));
  });
});

describe("versions (RFC 7644 section 3.14)", () => {
  for (const [method, body] of [
    ["PUT", () => user()],
    ["PATCH", () => patch({ op: "add", path: "title", value: "T" })],
    ["DELETE", () => undefined],
  ]) {
    test(`${method} with an old version is 412, with the present one or * it goes through`, async () => {
      const made = await create();
      const path = `/Users/${made.id}`;
      const now = (await check(["PATCH", path, patch({ op: "add", path: "nickName", value: "N" })], 200)).json;
      await check([method, path, body(), { "if-match": made.meta.version }], 412, refused(412));
      await check(["GET", path], 200, { meta: { version: now.meta.version } });
      const answer = await acme.scim(method, path, body(), { "if-match": now.meta.version });
      assert.ok(answer.status < 300, answer.text);
      const another = await create();
      const any = await acme.scim(method, `/Users/${another.id}`, body(), { "if-match": "*" });
      assert.ok(any.status < 300, any.text);
    });
  }

  for (const [what, path, make] of [
    ["a user", "/Users", () => user()],
    ["a group", "/Groups", () => ({ schemas: [GROUP], displayName: unique() })],
  ]) {
    test(`a change of ${what} with If-None-Match is 412 at that version, and * at any`, async () => {
      const made = (await check(["POST", path, make(), { "if-none-match": "*" }], 201)).json;
      const one = `${path}/${made.id}`;
      const rename = patch({ op: "replace", path: "displayName", value: unique() });
      for (const [method, body] of [["PUT", make()], ["PATCH", rename], ["DELETE", undefined]]) {
        for (const excluded of ["*", made.meta.version, `W/"7", ${made.meta.version}`]) {
          await check([method, one, body, { "if-none-match": excluded }], 412, refused(412));
        }
        await check([method, one, body, { "if-none-match": 'W/"' }], 400, refused(400, "invalidSyntax"));
        await check([method, `${path}/none`, body, { "if-none-match": "*" }], 404, refused(404));
      }
      await check(["GET", one], 200, { meta: { version: made.meta.version } });
      const changed = await acme.scim("PATCH", one, rename, { "if-none-match": 'W/"7"', "if-match": made.meta.version });
      assert.ok(changed.status < 300, changed.text);
      const gone = await acme.scim("DELETE", one, undefined, { "if-none-match": made.meta.version });
      assert.equal(gone.status, 204, gone.text);
    });

    test(`a new one, ${what}, has no version for If-Match to name`, async () => {
      for (const version of ["*", 'W/"1"']) {
        await check(["POST", path, make(), { "if-match": version }], 412, refused(412));
      }
    });
  }

  test("of two that change the same version, one succeeds", async () => {
    const made = await create();
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((value) =>
        acme.scim("PATCH", `/Users/${made.id}`, patch({ op: "replace", path: "title", value }), { "if-match": made.meta.version }),
      ),
    );
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 412, 412, 412]);
  });
});

describe("delete (RFC 7644 section 3.6)", () => {
  test("answers 204 without a body; then the user is nowhere and its name is free", async () => {
    const made = await create({ externalId: unique("gone") });
    const answer = await check(["DELETE", `/Users/${made.id}`], 204);
    assert.equal(answer.text, "");
    for (const [method, body] of [["GET"], ["DELETE"], ["PUT", user()], ["PATCH", patch({ op: "add", path: "title", value: "T" })]]) {
      await check([method, `/Users/${made.id}`, body], 404, refused(404));
    }
    await check(["GET", `/Users?filter=externalId eq "${made.externalId}"`], 200, { totalResults: 0 });
    const again = await create({ userName: made.userName });
    assert.notEqual(again.id, made.id);
  });

  test("needs no content type", () =>
    create().then((made) => check(["DELETE", `/Users/${made.id}`, undefined, { "content-type": null, accept: null }], 204)));
});

test("what a client accepts decides the content type", async () => {
  for (const [accept, expected] of [
    [SCIM_JSON, /^application\/scim\+json/],
    ["*/*", /^application\/scim\+json/],
    [null, /^application\/scim\+json/],
    ["application/json", /^application\/json/],
    ["application/scim+json, application/json", /^application\/scim\+json/],
  ]) {
    const answer = await acme.scim("GET", "/Users?count=1", undefined, { accept });
    assert.match(answer.headers.get("content-type"), expected, `Accept: ${accept}`);
  }
});

test("the base without a tenant in it takes the tenant from the token", async () => {
  const made = await create();
  const answer = await edge.request("GET", `/scim/v2/Users/${made.id}`, undefined, { authorization: `Bearer ${acme.token}` });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.id, made.id);
});
