// Client assertions made by npm `oauth4webapi`, as whole token requests. Writes attesto-core/tests/assertions/npm.json with the keys
// that made them. The clock stands still, so only keys, identifiers and signatures differ from run to run.
const NOW = 1800000000;
Date.now = () => NOW * 1000;

import { readFileSync, writeFileSync } from 'node:fs';
const oauth = await import('oauth4webapi');

const version = JSON.parse(readFileSync(new URL('package.json', import.meta.url))).dependencies.oauth4webapi;
const as = { issuer: 'https://auth.example.com', token_endpoint: 'https://auth.example.com/oauth/token' };
const client = { client_id: 'job' };
const algorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  Ed25519: { name: 'Ed25519' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
};

const requests = [];
for (const [alg, parameters] of Object.entries(algorithms)) {
  const pair = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const key = Object.fromEntries(['kty', 'crv', 'x', 'y', 'n', 'e'].filter((name) => jwk[name]).map((name) => [name, jwk[name]]));
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  await oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'k1' })(as, client, body, new Headers());
  requests.push({ name: alg, made_by: `npm oauth4webapi ${version}`, jwks: { keys: [{ ...key, kid: 'k1' }] }, body: `${body}`, now: NOW });
}
const out = new URL('../../../attesto-core/tests/assertions/npm.json', import.meta.url);
writeFileSync(out, `${JSON.stringify(requests, null, 1)}\n`);
