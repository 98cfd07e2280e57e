// Refusals. Under a SCIM base every answer, on every path, is SCIM JSON that a person can act on; under
// the admin API it is a problem document (RFC 9457).

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";

import { SCIM_JSON, start, unique } from "./harness.mjs";
import { difference } from "./matching.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const UNKNOWN = "00000000-0000-7000-8000-000000000000";

let edge;
let acme;
before(async () => {
  edge = await start();
  acme = await edge.createTenant("acme");
});
after(() => edge.stop());

function check(answer, status, scimType) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/scim\+json/);
  const found = difference(answer.json, {
    schemas: { $equals: ["urn:ietf:params:scim:api:messages:2.0:Error"] },
    status: String(status),
    detail: { $matches: "\\w+ \\w+" },
    ...(scimType ? { scimType } : {}),
  });
  assert.equal(found, null, `${found}\n${answer.text}`);
  return answer;
}

describe("401", () => {
  const cases = {
    "no token": () => null,
    "an empty header": () => "",
    "a made-up token": () => "Bearer not-a-token",
    "a token without a scheme": () => acme.token,
    "another scheme": () => `Basic ${Buffer.from(`x:${acme.token}`).toString("base64")}`,
    "one character more": () => `Bearer ${acme.token}x`,
    "one character less": () => `Bearer ${acme.token.slice(0, -1)}`,
    "the admin token": () => `Bearer ${edge.adminToken}`,
    "a very long token": () => `Bearer ${"a".repeat(5000)}`,
  };
  for (const [what, authorization] of Object.entries(cases)) {
    for (const [method, path, body] of [
      ["GET", "/Users"],
      ["GET", `/Users/${UNKNOWN}`],
      ["POST", "/Users", { schemas: [USER], userName: "x" }],
    ]) {
      test(`${what}: ${method} ${path}`, async () => {
        const answer = check(await acme.scim(method, path, body, { authorization: authorization() }), 401);
        assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer\b/);
      });
    }
  }

  test("the scheme is matched in any case", async () => {
    const answer = await acme.scim("GET", "/Users", undefined, { authorization: `bearer ${acme.token}` });
    assert.equal(answer.status, 200, answer.text);
  });

  test("a revoked token", async () => {
    const token = await edge.createToken(acme.slug);
    const other = acme.with({ token });
    assert.equal((await other.scim("GET", "/Users")).status, 200);
    assert.equal((await edge.admin("DELETE", `/tenants/${acme.slug}/tokens/${token.id}`)).status, 204);
    check(await other.scim("GET", "/Users"), 401);
    check(await other.scim("POST", "/Users", { schemas: [USER], userName: unique() }), 401);
    assert.equal((await acme.scim("GET", "/Users")).status, 200);
  });
});

describe("404", () => {
  for (const [method, body] of [["GET"], ["PUT", { schemas: [USER], userName: "x" }], ["PATCH", patch()], ["DELETE"]]) {
    for (const id of [UNKNOWN, "no-such-id", "%00", "..%2F..%2Fetc", encodeURIComponent("'; DROP TABLE resources; --"), "\u00E5\u00E4\u00F6", "x".repeat(2000)]) {
      test(`${method} of the unknown id ${id.slice(0, 20)}`, async () => {
        check(await acme.scim(method, `/Users/${id}`, body), 404);
      });
    }
  }
  for (const path of ["/Nothing", "/users", "/Users/a/b", "/Schemas/urn:nothing", "/ResourceTypes/Nothing", "/.well-known/x", "/Users/%E0%A4%A"]) {
    test(`the path ${path}`, async () => {
      check(await acme.scim("GET", path), 404);
    });
  }
  test("outside of every base", async () => {
    for (const path of ["/", "/favicon.ico", "/t/", `/t/${acme.slug}`, `/t/${acme.slug}/scim/v3/Users`]) {
      const answer = await edge.request("GET", path);
      assert.equal(answer.status, 404, `${path}: ${answer.text}`);
    }
  });
});

describe("405", () => {
  for (const [path, refused, allowed] of [
    ["/Users", ["PUT", "PATCH", "DELETE"], ["GET", "POST"]],
    [`/Users/${UNKNOWN}`, ["POST"], ["GET", "PUT", "PATCH", "DELETE"]],
    ["/ServiceProviderConfig", ["POST", "PUT", "PATCH", "DELETE"], ["GET"]],
    ["/ResourceTypes", ["POST", "PUT", "PATCH", "DELETE"], ["GET"]],
    ["/Schemas", ["POST", "PUT", "PATCH", "DELETE"], ["GET"]],
    [`/Schemas/${USER}`, ["POST", "DELETE"], ["GET"]],
    ["/ResourceTypes/User", ["POST", "DELETE"], ["GET"]],
  ]) {
    for (const method of refused) {
      test(`${method} ${path}`, async () => {
        const answer = check(await acme.scim(method, path, method === "DELETE" ? undefined : {}), 405);
        const allow = (answer.headers.get("allow") ?? "").split(/\s*,\s*/);
        for (const one of allowed) assert.ok(allow.includes(one), `Allow: ${allow} lacks ${one}`);
        assert.ok(!allow.includes(method));
      });
    }
  }
});

describe("400: parameters", () => {
  for (const query of ["count=1&count=1", "filter=title%20pr&filter=active%20pr", "attributes=title&attributes=name"]) {
    for (const path of ["/Users", "/", `/Users/${UNKNOWN}`]) {
      test(`${path}?${query}`, async () => {
        const answer = check(await acme.scim("GET", `${path}?${query}`), 400, "invalidValue");
        assert.match(answer.json.detail, /more than once/);
      });
    }
  }

  test("those that are not SCIM's may repeat, and empty ones are none", async () => {
    for (const query of ["x=1&x=2", "count=&startIndex=&sortBy=&sortOrder=", "cursor="]) {
      const answer = await acme.scim("GET", `/Users?${query}`);
      assert.equal(answer.status, 200, `${query}: ${answer.text}`);
      assert.ok("totalResults" in answer.json);
    }
    check(await acme.scim("GET", "/Users?filter="), 400, "invalidFilter");
  });
});

describe("400: what is no JSON", () => {
  for (const [what, body] of Object.entries({
    "nothing at all": "",
    "half an object": '{"schemas":',
    "text after the object": '{"schemas":[]} x',
    "single quotes": "{'schemas':[]}",
    "bytes that are no UTF-8": Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    "half a surrogate pair": '{"schemas":["' + USER + '"],"userName":"\\ud800"}',
    "65 levels": deep(65),
    "a hundred thousand levels": deep(100_000),
  })) {
    for (const [method, path] of [["POST", "/Users"], ["PUT", `/Users/${UNKNOWN}`], ["PATCH", `/Users/${UNKNOWN}`]]) {
      test(`${what}: ${method}`, async () => {
        // Whether an unknown id or a bad body is said first is the server's choice.
        const answer = await acme.scim(method, path, body);
        if (method === "POST" || answer.status !== 404) check(answer, 400);
      });
    }
  }

  test("64 levels are taken", async () => {
    // An attribute that nobody knows: what is asked here is only that depth is not what is refused.
    const answer = await acme.scim("POST", "/Users", `{"schemas":["${USER}"],"userName":"${unique()}","x":${deep(63)}}`);
    assert.ok(answer.status === 201 || !/deep|level|nest/i.test(answer.text), answer.text);
  });

  test("a byte order mark before the JSON is harmless", async () => {
    const answer = await acme.scim("POST", "/Users", `\uFEFF{"schemas":["${USER}"],"userName":"${unique()}"}`);
    assert.ok([201, 400].includes(answer.status), answer.text);
    assert.match(answer.headers.get("content-type"), /^application\/scim\+json/);
  });
});

describe("413", () => {
  const large = () => JSON.stringify({ schemas: [USER], userName: unique(), displayName: "x".repeat(1024 * 1024) });
  for (const [method, path] of [["POST", "/Users"], ["PUT", `/Users/${UNKNOWN}`], ["PATCH", `/Users/${UNKNOWN}`]]) {
    test(`${method} of more than 1 MB`, async () => {
      const answer = await acme.scim(method, path, large());
      if (method === "POST" || answer.status !== 404) check(answer, 413);
    });
  }
  test("a body without a declared length counts as well", async () => {
    const body = large();
    const answer = await raw("POST", "/Users", { "content-type": SCIM_JSON, "transfer-encoding": "chunked" }, [
      body.slice(0, 600_000),
      body.slice(600_000),
    ]);
    check(answer, 413);
  });
  test("900 KB are taken", async () => {
    const answer = await acme.scim("POST", "/Users", { schemas: [USER], userName: unique(), displayName: "x".repeat(900_000) });
    assert.ok(answer.status === 201 || answer.status === 400, answer.text.slice(0, 300));
    assert.notEqual(answer.status, 413);
  });
});

describe("415", () => {
  const user = () => JSON.stringify({ schemas: [USER], userName: unique() });
  for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json-patch+json", "nonsense"]) {
    test(type, async () => {
      check(await acme.scim("POST", "/Users", user(), { "content-type": type }), 415);
    });
  }
  for (const type of ["application/json", "application/scim+json; charset=utf-8", "Application/JSON;charset=UTF-8"]) {
    test(`${type} is taken`, async () => {
      assert.equal((await acme.scim("POST", "/Users", user(), { "content-type": type })).status, 201);
    });
  }
});

describe("400: filters", () => {
  const filters = {
    "nothing": "",
    "half an expression": "userName eq",
    "an operator nobody knows": 'userName is "x"',
    "an attribute nobody knows": 'shoeSize eq "x"',
    "a bracket too few": '(userName eq "x"',
    "a bracket too many": 'userName eq "x")',
    "an open string": 'userName eq "x',
    "two expressions": 'userName eq "x" userName eq "y"',
    "more than 8 KB": `userName eq "${"x".repeat(8200)}"`,
    "more than 100 terms": Array(101).fill('title eq "x"').join(" or "),
    "more than 50 levels": `${"(".repeat(51)}title eq "x"${")".repeat(51)}`,
  };
  for (const [what, filter] of Object.entries(filters)) {
    test(what, async () => {
      check(await acme.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`), 400, "invalidFilter");
    });
  }
  test("100 terms and 50 levels are taken", async () => {
    for (const filter of [Array(100).fill('title eq "x"').join(" or "), `${"(".repeat(50)}title eq "x"${")".repeat(50)}`]) {
      const answer = await acme.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`);
      assert.equal(answer.status, 200, answer.text);
    }
  });
  test("a zero byte in a value", async () => {
    check(await acme.scim("GET", `/Users?filter=${encodeURIComponent('userName eq "x\\u0000y"')}`), 400, "invalidFilter");
  });
  test("a value cannot leave its quotes", async () => {
    for (const value of [`x\\" or userName pr or userName eq \\"`, "x' OR '1'='1", "%", "_", "\\\\"]) {
      const answer = await acme.scim("GET", `/Users?filter=${encodeURIComponent(`userName eq "${value}"`)}`);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.totalResults, 0, value);
    }
  });
});

describe("a refused request and the connection", () => {
  // A Worker that answers without reading the body makes the runtime drop the connection.
  const bodies = {
    "401": [{ authorization: "Bearer wrong" }, "/Users"],
    "404": [{}, "/Nothing"],
    "405": [{}, "/Schemas"],
    "415": [{ "content-type": "text/plain" }, "/Users"],
    "413": [{}, "/Users"],
  };
  for (const [status, [headers, path]] of Object.entries(bodies)) {
    test(`after a ${status} the same connection serves the next request`, async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const size = status === "413" ? 1_200_000 : 200_000;
      const body = JSON.stringify({ schemas: [USER], userName: unique(), displayName: "x".repeat(size) });
      try {
        for (let round = 0; round < 3; round += 1) {
          const refused = await raw("POST", path, { "content-type": SCIM_JSON, ...headers }, [body], agent);
          assert.equal(refused.status, Number(status), refused.text);
          const next = await raw("GET", "/Users?count=1", {}, [], agent);
          assert.equal(next.status, 200, next.text);
        }
      } finally {
        agent.destroy();
      }
    });
  }
});

describe("the admin API", () => {
  const cases = [
    ["no token", "POST", "/tenants", { slug: "x-y", name: "X" }, { authorization: null }, 401],
    ["a tenant's token", "POST", "/tenants", { slug: "x-y", name: "X" }, { authorization: () => `Bearer ${acme.token}` }, 401],
    ["no JSON", "POST", "/tenants", "{", {}, 400],
    ["no slug", "POST", "/tenants", { name: "X" }, {}, 400],
    ["an unknown path", "GET", "/nothing", undefined, {}, 404],
    ["an unknown tenant", "POST", "/tenants/no-such-tenant/tokens", { label: "x" }, {}, 404],
  ];
  for (const [what, method, path, body, headers, status] of cases) {
    test(`${what}: ${status}, as a problem document`, async () => {
      const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === "function" ? value() : value]));
      const answer = await edge.admin(method, path, body, sent);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
      assert.ok(answer.json.title, answer.text);
    });
  }
});

function patch() {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "add", path: "title", value: "T" }],
  };
}

/** JSON of so many levels. */
function deep(levels) {
  return "[".repeat(levels) + "]".repeat(levels);
}

/** A request through node:http, where connections and chunks can be chosen. */
function raw(method, path, headers, chunks, agent) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      acme.base + path,
      { method, agent, headers: { authorization: `Bearer ${acme.token}`, ...lengths(headers, chunks), ...headers } },
      async (response) => {
        let text = "";
        for await (const chunk of response) text += chunk;
        resolve({
          status: response.statusCode,
          headers: new Headers(response.headers),
          text,
          json: text ? JSON.parse(text) : undefined,
        });
      },
    );
    request.on("error", reject);
    for (const chunk of chunks) request.write(chunk);
    request.end();
  });
}

function lengths(headers, chunks) {
  if (headers["transfer-encoding"] || chunks.length === 0) return {};
  return { "content-length": chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0) };
}
