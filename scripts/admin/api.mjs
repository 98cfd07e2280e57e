// The admin API as the commands use it: where it is, who asks, and what a refusal says.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../common.mjs";
import { REFUSED, UNREACHABLE, Wrong } from "./wrong.mjs";

const HOW = "Say which: --url and --token, or the environment's SCIM_EDGE_URL and SCIM_EDGE_ADMIN_TOKEN, or `npm start` for a local server. `npm run admin` says more.";

/** Longest wait before a call is sent again, in milliseconds. */
const MAX_WAIT = 10_000;

/** The server's address and the admin token, or what Cloudflare Access knows a person by: from the options, the environment, or a running `npm start`. */
export function target(options, env = process.env, devFile = join(root, ".scim-edge", "dev.json")) {
  const dev = existsSync(devFile) ? JSON.parse(readFileSync(devFile, "utf8")) : {};
  const said = options.url ?? env.SCIM_EDGE_URL;
  const url = said ?? dev.admin_url;
  if (!url) throw new Wrong(UNREACHABLE, `No server is named. ${HOW}`);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Wrong(UNREACHABLE, `${url} is no address of a server: it begins with https://.`);
  // A local server's token is for that server alone.
  const local = said === undefined || sameOrigin(said, dev.admin_url) ? dev.admin_token : undefined;
  const token = options.token ?? env.SCIM_EDGE_ADMIN_TOKEN ?? local;
  const accessToken = options["access-token"] ?? env.SCIM_EDGE_ACCESS_TOKEN;
  if (!token && !accessToken) throw new Wrong(UNREACHABLE, `No admin token for ${url}. ${HOW}`);
  return { url: `${url.replace(/\/+$/, "").replace(/\/admin\/v1$/, "")}/admin/v1`, ...(token ? { token } : {}), ...(accessToken ? { accessToken } : {}) };
}

function sameOrigin(url, other) {
  return URL.canParse(url) && URL.canParse(other ?? "") && new URL(url).origin === new URL(other).origin;
}

export class Api {
  constructor({ url, token, accessToken }) {
    this.url = url;
    this.credentials = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(accessToken ? { "cf-access-token": accessToken } : {}) };
  }

  get = (path) => this.json("GET", path);
  post = (path, body) => this.json("POST", path, body);
  put = (path, body) => this.json("PUT", path, body);

  /** The answer's JSON, `undefined` where there is none. A 202 is gone on with until all of it is done. */
  async json(method, path, body) {
    for (;;) {
      const { status, headers, text } = await this.request(method, path, body === undefined ? undefined : JSON.stringify(body));
      if (status !== 202) return text ? JSON.parse(text) : undefined;
      await wait(headers);
    }
  }

  /** Every entry of a list, page by page; `name` is the list's in the answer. */
  async *pages(path, name, search = {}) {
    for (let after = search.after; ; ) {
      const query = new URLSearchParams({ limit: "1000", ...search, ...(after === undefined ? {} : { after }) });
      const page = await this.get(`${path}?${query}`);
      yield* page[name];
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  async all(path, name, search) {
    const all = [];
    for await (const one of this.pages(path, name, search)) all.push(one);
    return all;
  }

  /**
   * One exchange that went well. What the server says to send again is sent again, and so is what got
   * no answer, where `repeatable` says that twice is as good as once.
   */
  async request(method, path, body, { type = "application/json", repeatable = method !== "POST" } = {}) {
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === 6;
      let answer;
      try {
        answer = await this.exchange(method, path, body, type);
      } catch (error) {
        if (last || !repeatable || attempt > 3) throw new Wrong(UNREACHABLE, `${this.url} does not answer (${error.cause?.code ?? error.message}). ${HOW}`);
        await new Promise((done) => setTimeout(done, 300 * attempt));
        continue;
      }
      if (answer.status < 300) return answer;
      if (last || ![429, 503].includes(answer.status)) throw refusal(answer);
      await wait(answer.headers, attempt);
    }
  }

  async exchange(method, path, body, type) {
    const url = /^https?:/.test(path) ? path : this.url + path;
    const headers = { ...this.credentials, ...(method === "GET" || method === "DELETE" ? {} : { "content-type": type }) };
    const response = await fetch(url, { method, headers, body, redirect: "manual" });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

function wait(headers, attempt = 1) {
  const seconds = Number(headers.get("retry-after") ?? 1);
  return new Promise((done) => setTimeout(done, Math.min(MAX_WAIT, seconds * 1000 * attempt)));
}

function refusal({ status, text }) {
  if (status < 400) return new Wrong(UNREACHABLE, "The server sends elsewhere, as Cloudflare Access does with whoever is not logged in: say --access-token \"$(cloudflared access token --app=URL)\".");
  let detail = text.slice(0, 500);
  try {
    detail = JSON.parse(text).detail ?? detail;
  } catch {
    // What stands in front of the server may answer with anything.
  }
  if (status === 401) return new Wrong(UNREACHABLE, `The server does not take this admin token: ${detail}`);
  return new Wrong(REFUSED, detail || `The server answered ${status}.`);
}
