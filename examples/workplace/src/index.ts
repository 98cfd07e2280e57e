// The workplace app's own copy of who works here, kept up to date by scim-edge.

import { Webhook } from "standardwebhooks";
import { catchUp } from "./catch-up";

export interface Env {
  DB: D1Database;
  /** The customer's slug at scim-edge. */
  TENANT: string;
  SCIM_URL: string;
  /** scim-edge as a service binding, where it runs in the same account. */
  SCIM?: Fetcher;
  /** The tenant's token with the scope `directory:read`. */
  DIRECTORY_TOKEN: string;
  /** What webhooks are signed with: `whsec_…`. */
  WEBHOOK_SECRET: string;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname !== "/webhooks/scim-edge") return new Response("There is nothing here.\n", { status: 404 });
    if (request.method !== "POST") return new Response("Webhooks are POSTed.\n", { status: 405, headers: { allow: "POST" } });
    const body = await request.text();
    let event;
    try {
      event = new Webhook(env.WEBHOOK_SECRET).verify(body, Object.fromEntries(request.headers)) as { position: number };
    } catch {
      return new Response("This is not signed as scim-edge signs.\n", { status: 401 });
    }
    // Where this fails, the answer is 500, and scim-edge sends the event again.
    await catchUp(env, event.position);
    return new Response(null, { status: 204 });
  },

  /** Every minute, because a webhook can be late. */
  async scheduled(_: ScheduledController, env: Env): Promise<void> {
    await catchUp(env);
  },
};
