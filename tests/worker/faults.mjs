// An entry module that stands in front of the built Worker and hands it a D1 binding that can be slow,
// can fail, and counts. Used only by tests.
//
// `GET /__faults` shows the state; `POST /__faults` changes what is named in the body and leaves the rest:
//
//     { "delay": 20 }                      wait before every D1 call
//     { "delay": 300, "delayNext": 1 }     ... only before the next call that is affected
//     { "hopDelay": 20 }                   wait before every call to the Durable Object
//     { "failBefore": 2 }                  the next calls fail and nothing has happened
//     { "failAfter": 1 }                   the next call happens, and its answer is lost
//     { "message": "D1_ERROR: ..." }       what the failing calls say
//     { "only": "write" }                  delays and failures apply to calls that write ("read", "any", "log", "telling")
//     { "reset": true }                    first, back to no faults and nothing counted
//
// The state also says where the last Durable Object was to be made, `locationHint`, and how often objects of
// webhooks were called: `woken`.
// What the request log writes behind the answers is counted apart, as `log`, and only `only: "log"` befalls it.
//
// The Durable Object of this script lives in the same isolate, so one state serves both. A second isolate
// has a state of its own.
//
// The Rust binding recognises a database by its constructor's name: hence the names of these classes.

import { WorkerEntrypoint } from "cloudflare:workers";
import Built, * as built from "./build/index.js";

const LOST = "D1_ERROR: Network connection lost.";
const state = fresh();

function fresh() {
  return {
    delay: 0,
    delayNext: null,
    hopDelay: 0,
    failBefore: 0,
    failAfter: 0,
    message: LOST,
    only: "any",
    trips: 0,
    statements: 0,
    rowsRead: 0,
    rowsWritten: 0,
    failed: 0,
    inFlight: 0,
    maxInFlight: 0,
    locationHint: null,
    woken: 0,
    log: { trips: 0, rowsWritten: 0 },
  };
}

class D1PreparedStatement {
  constructor(real, sql) {
    this.real = real;
    this.sql = sql;
  }
  bind(...values) {
    return new D1PreparedStatement(this.real.bind(...values), this.sql);
  }
  first(...column) {
    return call([this.sql], () => this.real.first(...column));
  }
  run() {
    return call([this.sql], () => this.real.run());
  }
  all() {
    return call([this.sql], () => this.real.all());
  }
  raw(...options) {
    return call([this.sql], () => this.real.raw(...options));
  }
}

class D1DatabaseSession {
  constructor(real) {
    this.real = real;
  }
  prepare(sql) {
    return new D1PreparedStatement(this.real.prepare(sql), sql);
  }
  batch(statements) {
    return call(
      statements.map((statement) => statement.sql),
      () => this.real.batch(statements.map((statement) => statement.real)),
    );
  }
  getBookmark() {
    return this.real.getBookmark();
  }
}

class D1Database extends D1DatabaseSession {
  exec(sql) {
    return call([sql], () => this.real.exec(sql));
  }
  withSession(...constraint) {
    return new D1DatabaseSession(this.real.withSession(...constraint));
  }
}

/** One round trip to D1, with whatever is to befall it. */
async function call(statements, go) {
  const isLog = statements.some((sql) => /\bINTO requests\b|\bSET last_used\b/.test(sql));
  const counted = isLog ? state.log : state;
  counted.trips += 1;
  if (!isLog) state.statements += statements.length;
  const writes = statements.some((sql) => /\b(insert|update|delete|replace)\b/i.test(sql));
  const isTelling = statements.some((sql) => /\bbelongings\b|\bSET told\b|^SELECT told\b/.test(sql));
  const affected = isTelling && state.only === "telling" ? true : isLog ? state.only === "log" : state.only === "any" || state.only === (writes ? "write" : "read");
  state.inFlight += isLog ? 0 : 1;
  state.maxInFlight = Math.max(state.maxInFlight, state.inFlight);
  try {
    if (affected && state.delay > 0 && take("delayNext", true)) {
      await new Promise((done) => setTimeout(done, state.delay));
    }
    if (affected && take("failBefore")) throw lost();
    const result = await go();
    for (const { meta } of [result].flat()) {
      if (!isLog) state.rowsRead += meta?.rows_read ?? 0;
      counted.rowsWritten += meta?.rows_written ?? 0;
    }
    if (affected && take("failAfter")) throw lost();
    return result;
  } finally {
    state.inFlight -= isLog ? 0 : 1;
  }
}

/**
 * The object's namespace, as far away as `hopDelay` says; remembers where the last object was to be made.
 * Known by its name to the Rust binding as well.
 */
class DurableObjectNamespace {
  constructor(real, counted = null) {
    this.real = real;
    this.counted = counted;
  }
  idFromName(name) {
    return this.real.idFromName(name);
  }
  get(id) {
    return distant(this.real.get(id));
  }
  getByName(name, options) {
    state.locationHint = options?.locationHint ?? null;
    if (this.counted) state[this.counted] += 1;
    return distant(this.real.getByName(name, options));
  }
}

function distant(stub) {
  return {
    async fetch(...request) {
      if (state.hopDelay > 0) await new Promise((done) => setTimeout(done, state.hopDelay));
      return stub.fetch(...request);
    },
  };
}

/** Uses one of a countdown up; `null` stands for without end where that is allowed. */
function take(name, endless = false) {
  if (endless && state[name] === null) return true;
  if (state[name] <= 0) return false;
  state[name] -= 1;
  return true;
}

function lost() {
  state.failed += 1;
  return new Error(state.message);
}

function wrap(env) {
  return { ...env, DB: new D1Database(env.DB), MEMBERSHIP: new DurableObjectNamespace(env.MEMBERSHIP), DELIVERY: new DurableObjectNamespace(env.DELIVERY, "woken") };
}

/** The build exports an entrypoint class; a plain handler object serves as well. */
function respond(request, env, ctx) {
  return typeof Built === "function"
    ? new Built(ctx, wrap(env)).fetch(request)
    : Built.fetch(request, wrap(env), ctx);
}

export default class extends WorkerEntrypoint {
  async fetch(request) {
    if (new URL(request.url).pathname !== "/__faults") return respond(request, this.env, this.ctx);
    if (request.method === "POST") {
      const { reset, ...change } = await request.json();
      const unknown = Object.keys(change).filter((name) => !(name in state));
      if (unknown.length) return Response.json({ unknown }, { status: 400 });
      Object.assign(state, reset ? fresh() : {}, change);
    }
    return Response.json(state);
  }

  scheduled(controller) {
    return typeof Built === "function"
      ? new Built(this.ctx, wrap(this.env)).scheduled(controller)
      : Built.scheduled(controller, wrap(this.env), this.ctx);
  }
}

export class Delivery extends built.Delivery {
  constructor(ctx, env) {
    super(ctx, wrap(env));
  }
}

export class Membership extends built.Membership {
  constructor(ctx, env) {
    super(ctx, wrap(env));
  }
}
