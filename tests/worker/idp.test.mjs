// What identity providers send, as recorded below tests/idp/, and what they must be answered.

import { after, before, describe, test } from "node:test";

import { dialogs, providers, replay } from "./dialogs.mjs";
import { missing } from "./features.mjs";
import { start } from "./harness.mjs";

let edge;
before(async () => {
  edge = await start();
});
after(() => edge.stop());

for (const provider of providers) {
  describe(provider, () => {
    for (const dialog of dialogs(provider)) {
      test(`${dialog.name}: ${dialog.behaviour}`, { skip: missing(dialog.requires ?? "users") }, async () =>
        replay(dialog, await edge.createTenant(provider)),
      );
    }
  });
}
