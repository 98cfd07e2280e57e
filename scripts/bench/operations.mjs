// The operations that are measured: the Worker's request, and the floor's for the same rows.

import { seededUser } from "../../tests/worker/seed.mjs";

const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
let fresh = 2_000_000;

/** Each: a name, and per ground two makers of requests. Users are taken in turn, with a stride. */
export const operations = [
  { name: "GET user", key: "get", make: (at) => ({ ours: () => scim(at, "GET", `/Users/${at.next().id}`), floor: () => floor(at, "get", { type: "User", id: at.next().id }) }) },
  found("userName eq", "userName", (user) => user.userName),
  found("externalId eq", "externalId", (user) => user.externalId),
  found("emails.value eq", "emails.value", (user) => user.emails[0].value),
  {
    name: "page of 100",
    key: "page",
    async make(at) {
      const { cursor } = await deep(at);
      const after = at.users[0].id;
      return {
        ours: () => scim(at, "GET", `/Users?count=100&cursor=${encodeURIComponent(cursor)}`),
        floor: () => floor(at, "page", { after }),
      };
    },
  },
  { name: "POST user", key: "post", make: (at) => ({ ours: () => scim(at, "POST", "/Users", newUser(), 201), floor: () => floor(at, "create", {}, newUser(), 201) }) },
  {
    name: "PATCH user",
    key: "patch",
    make: (at) => ({
      ours: () => scim(at, "PATCH", `/Users/${at.next().id}`, title()),
      floor: () => floor(at, "change", { id: at.next().id }, title()),
    }),
  },
  {
    name: "PUT user",
    key: "put",
    make: (at) => ({
      ours: () => {
        const { id, ...user } = at.next();
        return scim(at, "PUT", `/Users/${id}`, { ...user, title: word() });
      },
      floor: () => {
        const { id, ...user } = at.next();
        return floor(at, "change", { id }, { ...user, title: word() });
      },
    }),
  },
  {
    name: "PATCH group ±1",
    key: "member",
    make: (at) => ({
      ours: inAndOut(at, (member, op) => scim(at, "PATCH", `/Groups/${at.group}`, membership(op, member), 204)),
      floor: inAndOut(at, (member, op) => floor(at, "member", { group: at.group, member }, membership(op, member), 204)),
    }),
  },
  {
    name: "GET group, no members",
    key: "group",
    make: (at) => ({
      ours: () => scim(at, "GET", `/Groups/${at.group}?excludedAttributes=members`),
      floor: () => floor(at, "get", { type: "Group", id: at.group }),
    }),
  },
];

function found(name, path, value) {
  const folded = (user) => (path === "externalId" ? value(user) : value(user).toLowerCase());
  return {
    name,
    key: path,
    make: (at) => ({
      ours: () => ({ ...scim(at, "GET", `/Users?filter=${encodeURIComponent(`${path} eq "${value(at.next())}"`)}`), check: one }),
      floor: () => ({ ...floor(at, "find", { path, value: folded(at.next()) }), check: one }),
    }),
  };
}

function one({ text }) {
  if (!/"totalResults":\s*1\b/.test(text)) throw new Error(`found not one: ${text.slice(0, 300)}`);
}

/** Some pages into the list. */
async function deep(at) {
  let cursor = "";
  for (let page = 0; page < Math.min(5, at.count / 200); page += 1) {
    const answer = await at.tenant.scim("GET", `/Users?count=100&cursor=${encodeURIComponent(cursor)}`);
    cursor = answer.json.nextCursor;
  }
  return { cursor };
}

function inAndOut(at, request) {
  let calls = 0;
  return () => {
    const member = at.users[200 + ((calls >> 1) % (at.users.length - 200))].id;
    return request(member, calls++ % 2 === 0 ? "add" : "remove");
  };
}

function scim({ tenant }, method, path, body, status = 200) {
  const headers = { accept: "application/scim+json", authorization: `Bearer ${tenant.token}` };
  if (body !== undefined) headers["content-type"] = "application/scim+json";
  return { method, url: tenant.base + path, body, headers, status };
}

function floor({ edge, key }, name, parameters, body, status = 200) {
  const query = new URLSearchParams({ tenant: key, ...parameters });
  const headers = body === undefined ? {} : { "content-type": "application/scim+json" };
  return { method: body === undefined ? "GET" : "POST", url: `${edge.url}/__floor/${name}?${query}`, body, headers, status };
}

export function newUser() {
  fresh += 1;
  return seededUser(fresh);
}

const word = () => `Title ${Math.random().toString(36).slice(2)}`;
const title = () => ({ schemas: [PATCH], Operations: [{ op: "replace", path: "title", value: word() }] });
const membership = (op, member) => ({
  schemas: [PATCH],
  Operations: [op === "add" ? { op, path: "members", value: [{ value: member }] } : { op, path: `members[value eq "${member}"]` }],
});

/** The requests of an operation on one ground. */
export async function requests(operation, ground) {
  let turn = 0;
  const next = () => ground.users[(turn += 7) % ground.users.length];
  return operation.make({ ...ground, next });
}
