// Whether a tenant's tables contradict one another.

import { tenantPath } from "./tenants.mjs";
import { REFUSED } from "./wrong.mjs";

export const consistency = {
  consistency: {
    args: ["SLUG"],
    says: "looks for contradictions in a tenant's tables, reading all of them; exit code 1 where there are some",
    run: ({ api, args: [slug] }) => api.get(`${tenantPath(slug)}/consistency`),
    show: ({ findings }) => (findings.length === 0 ? "Nothing contradicts." : findings.join("\n")),
    code: ({ consistent }) => (consistent ? 0 : REFUSED),
  },
};
