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
  assert.deepEqual(chosen([]), chosen([""]));
  assert.throws(() => chosen(["nothing-like-it"]), Stop);
});
