// docs/openapi.json against the running Worker: every address of the document is there and has exactly
// its methods. That the Worker has no others is src/admin/endpoints.rs's own test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { start } from "./harness.mjs";

const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
const METHODS = ["get", "put", "post", "delete", "patch"];

let edge;
before(async () => (edge = await start()));
after(() => edge.stop());

const described = (item) => METHODS.filter((method) => method in item).map((method) => method.toUpperCase());
const address = (path) => path.replaceAll(/\{\w+\}/g, "x");

for (const [path, item] of Object.entries(document.paths)) {
  test(`${path} has the methods that the document says`, async () => {
    const options = await edge.admin("OPTIONS", address(path));
    assert.equal(options.status, 204, options.text);
    const methods = described(item);
    const implied = methods.includes("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"];
    assert.deepEqual(options.headers.get("allow").split(", ").sort(), [...methods, ...implied].sort());
    for (const method of ["GET", "PUT", "POST", "DELETE", "PATCH"].filter((one) => !methods.includes(one))) {
      const answer = await edge.admin(method, address(path));
      assert.equal(answer.status, 405, `${method} ${path}: ${answer.text}`);
    }
  });
}

test("every reference inside the document leads somewhere", () => {
  const lost = [];
  const walk = (value) => {
    if (value === null || typeof value !== "object") return;
    if (typeof value.$ref === "string") {
      const target = value.$ref.slice(2).split("/").reduce((place, key) => place?.[key], document);
      if (target === undefined) lost.push(value.$ref);
    }
    Object.values(value).forEach(walk);
  };
  walk(document);
  assert.deepEqual(lost, []);
});

test("an address that the document does not have is not there", async () => {
  for (const path of ["/", "/openapi", "/tenants/x/nothing", "/tenants/x/tokens/y/z"]) {
    assert.equal((await edge.admin("OPTIONS", path)).status, 404, path);
  }
});
