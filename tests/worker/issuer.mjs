// Issuers of signed tokens on this machine, for the tests: discovery documents and keys over HTTP, keys
// that rotate, and every way in which a server of such can misbehave.
//
//     const host = await issuerHost();
//     const issuer = host.issuer();                 // its own address, so that no test meets another's keys
//     issuer.rotate("ES256");                       // a new key, published at once; the old ones stay
//     const token = issuer.sign({ aud: "us" });     // iss, sub, iat and exp have good values
//     issuer.behave = { status: 500 };              // see `answer`
//     issuer.asked                                  // paths that were asked for
//     await host.stop();

import { createPublicKey, generateKeyPair, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";
import { promisify } from "node:util";

const DISCOVERY = "/.well-known/openid-configuration";

// RSA keys take long to make, and would block the issuers' server meanwhile: two, made beforehand, take
// turns.
const rsa = await Promise.all([1, 2].map(() => promisify(generateKeyPair)("rsa", { modulusLength: 2048 })));
const nextRsa = () => {
  rsa.push(rsa.shift());
  return rsa[0];
};

const ALGORITHMS = {
  RS: nextRsa,
  PS: nextRsa,
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ES384: () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
  ES512: () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};

export async function issuerHost() {
  const issuers = new Map();
  const server = createServer((request, response) => {
    const [, name, ...rest] = request.url.split("/");
    const issuer = issuers.get(name);
    if (!issuer) return response.writeHead(404).end();
    issuer.answer(`/${rest.join("/")}`, response);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    issuer(alg = "ES256") {
      const name = randomUUID().slice(0, 8);
      const issuer = new Issuer(`${origin}/${name}`);
      issuer.rotate(alg);
      issuers.set(name, issuer);
      return issuer;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

/** A key pair for an algorithm, and its public part as a JWK. */
export function newKey(alg, kid = randomUUID().slice(0, 8)) {
  const { privateKey } = (ALGORITHMS[alg] ?? ALGORITHMS[alg.slice(0, 2)])();
  const jwk = { ...createPublicKey(privateKey).export({ format: "jwk" }), kid, alg, use: "sig" };
  return { alg, kid, privateKey, jwk };
}

/** A token of these claims, as they are. */
export function signed(key, claims, header = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: key.alg, kid: key.kid, typ: "JWT", ...header })}.${part(claims)}`;
  const hash = key.alg === "EdDSA" ? null : `sha${key.alg.slice(2)}`;
  const options = { key: key.privateKey, dsaEncoding: "ieee-p1363" };
  if (key.alg.startsWith("PS")) Object.assign(options, { padding: 6, saltLength: Number(key.alg.slice(2)) / 8 });
  return `${input}.${sign(hash, Buffer.from(input), options).toString("base64url")}`;
}

export const now = () => Math.floor(Date.now() / 1000);

class Issuer {
  constructor(url) {
    this.url = url;
    this.keys = [];
    this.asked = [];
    this.behave = {};
  }

  get jwksUri() {
    return `${this.url}/keys`;
  }

  rotate(alg, { keepOld = true } = {}) {
    const key = newKey(alg);
    this.keys = keepOld ? [...this.keys, key] : [key];
    return key;
  }

  sign(claims = {}, { key = this.keys.at(-1), header } = {}) {
    const good = { iss: this.url, sub: "provisioner", aud: "scim", iat: now(), exp: now() + 300, jti: randomUUID() };
    return signed(key, { ...good, ...claims }, header);
  }

  /** `behave`: `status`, `location`, `hang`, `body`, `cacheControl`, `discovery` over the discovery document. */
  answer(path, response) {
    this.asked.push(path);
    const { status = 200, location, hang, body, cacheControl, discovery } = this.behave;
    if (hang) return;
    const documents = {
      [DISCOVERY]: { issuer: this.url, jwks_uri: this.jwksUri, ...discovery },
      "/keys": { keys: this.keys.map(({ jwk }) => jwk) },
    };
    // Where Cloudflare Access has them.
    documents["/cdn-cgi/access/certs"] = documents["/keys"];
    if (!documents[path]) return response.writeHead(404).end();
    const headers = { "content-type": "application/json" };
    if (location) headers.location = location;
    if (cacheControl) headers["cache-control"] = cacheControl;
    response.writeHead(status, headers).end(body ?? JSON.stringify(documents[path]));
  }
}
