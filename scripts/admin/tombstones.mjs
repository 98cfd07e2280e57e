// What was deleted and can come back.

import { list, table } from "./table.mjs";
import { tenantPath } from "./tenants.mjs";

const path = (slug) => `${tenantPath(slug)}/tombstones`;

export const tombstones = {
  "tombstones list": {
    args: ["SLUG"],
    says: "what was deleted and can come back, where delete_policy is tombstone",
    run: ({ api, args: [slug] }) => api.all(path(slug), "tombstones"),
    show: (tombstones) => table(tombstones, { ID: (one) => one.id, TYPE: (one) => one.resource_type, DISPLAY: (one) => one.display, DELETED: (one) => one.deleted, "RESTORABLE UNTIL": (one) => one.restorable_until }),
  },
  "tombstones restore": {
    args: ["SLUG", "ID"],
    says: "brings a deleted resource back, with its id and its memberships",
    run: ({ api, args: [slug, id] }) => api.post(`${path(slug)}/${encodeURIComponent(id)}/restore`),
    show: list,
  },
};
