import assert from "node:assert/strict";
import { test } from "node:test";
import { Stop } from "./common.mjs";
import { chosen } from "./test.mjs";

test("names choose checks, in their own order, with the build when they need it", () => {
  const check = (names, expected) => assert.deepEqual(chosen(names).map(({ name }) => name), expected);
  check(["fmt"], ["fmt"]);
  check(["clippy"], ["clippy", "clippy-wasm"]);
  check(["unit", "fmt"], ["fmt", "unit"]);
  check(["worker"], ["build", "worker"]);
  assert.deepEqual(chosen([]).slice(0, 2), chosen(["fmt", "clippy"]).slice(0, 2));
  assert.throws(() => chosen(["nothing-like-it"]), Stop);
});
