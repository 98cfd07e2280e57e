// A typed client for scim-edge: admin.d.ts and directory.d.ts are generated from the OpenAPI documents in
// docs/, and openapi-fetch (6 KB) turns them into calls. docs/client.md shows how a product uses it.

import createClient from "openapi-fetch";

import type { components as AdminComponents, paths as AdminPaths } from "./admin";
import type { components as DirectoryComponents, paths as DirectoryPaths } from "./directory";

export type Admin = AdminComponents["schemas"];
export type Directory = DirectoryComponents["schemas"];

export interface Server {
  /** Where the Worker runs, as `https://scim.example.com`. */
  url: string;
  /** The admin API: ADMIN_TOKEN or a credential. The directory: a token with the scope `directory:read`. */
  token: string;
  /** How requests are sent, where it is not over the network: a service binding. */
  fetch?: (request: Request) => Promise<Response>;
}

/** `/admin/v1`: tenants, credentials, schemas, mapping rules, events. */
export function adminClient(server: Server) {
  return createClient<AdminPaths>({ ...options(server), baseUrl: new URL("/admin/v1", server.url).href });
}

/** `/directory/v1/{tenant}`: one tenant's users, groups and departments. */
export function directoryClient({ tenant, ...server }: Server & { tenant: string }) {
  return createClient<DirectoryPaths>({ ...options(server), baseUrl: new URL(`/directory/v1/${tenant}`, server.url).href });
}

/** What a call answers; whatever else comes is thrown as a `Refusal`. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Refusal(response.status, error);
  return data as T;
}

/** An answer that is an error; the message is its problem details' `detail` (RFC 9457), which says what to change. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    problem: unknown,
  ) {
    const { detail } = (problem ?? {}) as { detail?: string };
    super(`${status}: ${detail ?? "the answer has no problem details"}`);
    this.name = "Refusal";
  }
}

function options({ token, fetch }: Server) {
  return { headers: { authorization: `Bearer ${token}` }, fetch };
}
