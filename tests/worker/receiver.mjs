// A product's end of webhooks: an HTTP server on this machine that answers as it is told, and keeps what
// it was sent.
//
//     const receiver = await receive();
//     receiver.answer = (event, headers) => ({ status: 503, headers: { "retry-after": "2" } });
//     receiver.got                 // [{ event, headers, body, at, answer }], in the order of their arrival
//     await receiver.until(() => receiver.got.length === 2);
//     await receiver.close();

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

/** What a SET says, with its id where an event has it. */
function claims(token) {
  const said = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8"));
  return { id: said.jti, ...said };
}

/** Longer than anything here takes, so that a test that fails says so itself. */
const PATIENCE_MS = 30_000;

export async function receive() {
  const receiver = new Receiver();
  await receiver.open();
  return receiver;
}

class Receiver {
  constructor() {
    this.got = [];
    this.answer = () => ({ status: 204 });
    this.waiting = new Set();
    this.server = createServer((request, response) => this.#take(request, response));
  }

  async open(port = 0) {
    this.server.listen(port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/hook`;
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const { headers, method, url } = request;
    const event = body.startsWith("{") ? JSON.parse(body) : claims(body);
    const { status, headers: sent = {}, delay = 0, text = "" } = this.answer(event, headers);
    this.got.push({ event, headers, method, url, body, at: Date.now(), status });
    for (const look of this.waiting) look();
    if (delay) await new Promise((done) => setTimeout(done, delay).unref());
    response.writeHead(status, sent).end(text);
  }

  /** The events that were taken, each once, in the order of their arrival. */
  get taken() {
    const seen = new Set();
    return this.got
      .filter(({ event, status }) => status < 300 && !seen.has(event.id) && seen.add(event.id))
      .map(({ event }) => event);
  }

  until(condition, what = String(condition)) {
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        failed(new Error(`waited in vain for ${what}; got ${JSON.stringify(this.got.map(({ event, status }) => [event.id, event.type, status]))}`));
      }, PATIENCE_MS);
      const look = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        done();
      };
      this.waiting.add(look);
      look();
    });
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

/** Nothing was sent before the event before it, of its resource, had been taken. */
export function assertOrdered(got, events) {
  const [before, last, taken] = [new Map(), new Map(), new Set()];
  for (const { id, data } of events) {
    before.set(id, last.get(data.resource.id));
    last.set(data.resource.id, id);
  }
  for (const { event, status } of got) {
    const previous = before.get(event.id);
    assert.ok(previous === undefined || taken.has(previous), `${event.id} was sent before ${previous} was taken`);
    if (status < 300) taken.add(event.id);
  }
}
