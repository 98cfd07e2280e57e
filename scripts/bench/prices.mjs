// Cloudflare's list prices of the Workers Paid plan, in US dollars, and where they stand.

export const READ_ON = "November 2026";
export const SOURCES = [
  "developers.cloudflare.com/workers/platform/pricing",
  "developers.cloudflare.com/d1/platform/pricing",
  "developers.cloudflare.com/durable-objects/platform/pricing",
];

const MILLION = 1e6;

/** What a month includes before anything is charged, and what one more costs. */
export const prices = {
  requests: { included: 10 * MILLION, each: 0.3 / MILLION },
  cpuMillis: { included: 30 * MILLION, each: 0.02 / MILLION },
  rowsRead: { included: 25_000 * MILLION, each: 0.001 / MILLION },
  rowsWritten: { included: 50 * MILLION, each: 1 / MILLION },
  objectRequests: { included: 1 * MILLION, each: 0.15 / MILLION },
  /** An object of 128 MB: each second that it is awake is an eighth of a gigabyte-second. */
  objectGigabyteSeconds: { included: 400_000, each: 12.5 / MILLION },
};

/** The plan itself, a month. */
export const PLAN = 5;

/** Dollars for an amount of each, as if nothing were included. */
export function listPrice(used) {
  return Object.entries(used).reduce((sum, [what, amount]) => sum + amount * prices[what].each, 0);
}

/** Dollars a month above the plan, with what it includes. */
export function monthly(used) {
  return Object.entries(used).reduce((sum, [what, amount]) => sum + Math.max(0, amount - prices[what].included) * prices[what].each, 0);
}
