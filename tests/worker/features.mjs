// What the Worker can do so far. A test or a recorded exchange that needs more is skipped until it is
// listed in `supported`; a name that is not in `known` is a mistake.

export const known = new Set(["users", "groups", "search"]);
export const supported = new Set(["users", "groups", "search"]);

/** A reason to skip, for node:test's `skip`, or false. */
export function missing(feature) {
  if (!known.has(feature)) throw new Error(`no feature is called ${feature}`);
  return supported.has(feature) ? false : `needs ${feature}`;
}
