// Clients: they keep their connections, send one request after the other, and check every status.

import { Agent, request } from "node:http";
import { readFileSync, readdirSync } from "node:fs";

// The runtime closes what was idle for five seconds: such a connection is not used again.
const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 4000 });

/** One exchange: `{ status, text }`. */
export function exchange({ method = "GET", url, body, headers = {} }) {
  return new Promise((resolve, reject) => {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const sent = request(url, { method, agent, headers: { ...headers, ...(text === undefined ? {} : { "content-length": Buffer.byteLength(text) }) } });
    sent.on("error", reject).on("response", (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
      answer.on("error", reject);
    });
    sent.end(text);
  });
}

/**
 * So many clients for so many milliseconds. `make` gives the next request, with the `status` it has to
 * have. Answers with each request's milliseconds, the rate and the runtime's CPU milliseconds a request.
 */
export async function load(make, { clients, millis, pid }) {
  const latencies = [];
  const cpu = cpuMillis(pid);
  const began = performance.now();
  const lane = async () => {
    while (performance.now() - began < millis) {
      const wanted = make();
      const sent = performance.now();
      const answer = await exchange(wanted);
      if (answer.status !== wanted.status) throw new Error(`${wanted.method ?? "GET"} ${wanted.url}: ${answer.status} ${answer.text.slice(0, 300)}`);
      wanted.check?.(answer);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, lane));
  const seconds = (performance.now() - began) / 1000;
  return { latencies, rate: latencies.length / seconds, cpu: (cpuMillis(pid) - cpu) / latencies.length };
}

/** Several loads in short turns, so that whatever else the machine does meets them all alike. */
export async function inTurns(makes, { rounds, ...how }) {
  const runs = Object.fromEntries(Object.keys(makes).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(makes)) runs[name].push(await load(makes[name], how));
  }
  return Object.fromEntries(Object.entries(runs).map(([name, list]) => [name, summary(list)]));
}

function summary(runs) {
  const latencies = runs.flatMap((run) => run.latencies).sort((a, b) => a - b);
  const weight = (run) => run.latencies.length / latencies.length;
  return {
    requests: latencies.length,
    rate: median(runs.map((run) => run.rate)),
    rates: runs.map((run) => run.rate),
    cpu: runs.reduce((sum, run) => sum + run.cpu * weight(run), 0),
    p50: quantile(latencies, 0.5),
    p90: quantile(latencies, 0.9),
    p99: quantile(latencies, 0.99),
    distribution: Array.from({ length: 101 }, (_, percent) => quantile(latencies, percent / 100)),
  };
}

/** Our time over the floor's: the median over the turns that stood side by side. */
export function ratio(ours, floor) {
  return median(ours.rates.map((rate, turn) => floor.rates[turn] / rate));
}

export function median(numbers) {
  return quantile([...numbers].sort((a, b) => a - b), 0.5);
}

export function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** CPU time of all of a process's threads so far; NaN where /proc is not there to say. */
export function cpuMillis(pid) {
  try {
    const spent = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + spent(thread), 0) / 1e6;
  } catch {
    return NaN;
  }
}

/** Resident memory of a process, in MB. */
export function memory(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  } catch {
    return NaN;
  }
}
