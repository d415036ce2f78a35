// Tokens and proofs made by npm `jose`, `dpop` and `oauth4webapi`. Writes npm-tokens.json and npm-proofs.json beside this
// folder, with the keys that made them. The clock stands still, so only keys and signatures differ from run to run.
const ISSUED = 1800000000;
Date.now = () => ISSUED * 1000;

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
const jose = await import('jose');
const dpop = await import('dpop');
const oauth = await import('oauth4webapi');

const versions = JSON.parse(readFileSync(new URL('package.json', import.meta.url))).dependencies;
const by = (name) => `npm ${name} ${versions[name]}`;
const RESOURCE = 'https://mcp.example.com/mcp';
const claims = {
  iss: 'https://auth.example.com', aud: RESOURCE, sub: 'usr_1', client_id: 'client-1', jti: 'token-1',
  iat: ISSUED, exp: ISSUED + 900, scope: 'mcp:tools:read mcp:tools:call',
};
const now = ISSUED + 10;

async function key(alg) {
  const options = { extractable: true, ...(alg === 'EdDSA' || alg === 'Ed25519' ? { crv: 'Ed25519' } : {}) };
  const pair = await jose.generateKeyPair(alg, options);
  const [jwk_public, jwk_private] = await Promise.all([jose.exportJWK(pair.publicKey), jose.exportJWK(pair.privateKey)]);
  return { ...pair, jwk_public, jwk_private };
}

// Tokens
const tokens = [];
const proofKey = await key('ES256');
const jkt = await jose.calculateJwkThumbprint(proofKey.jwk_public);
async function token(name, alg, expect, header = {}, body = {}, signingKey) {
  const made = signingKey ?? (await key(alg));
  const jwt = await new jose.SignJWT({ ...claims, ...body })
    .setProtectedHeader({ typ: 'at+jwt', alg, kid: 'k1', ...header })
    .sign(made.privateKey, header.crit ? { crit: Object.fromEntries(header.crit.map((c) => [c, true])) } : undefined);
  tokens.push({ name, made_by: by('jose'), algorithm: alg, jwk_public: made.jwk_public, jwk_private: made.jwk_private, token: jwt, now, expect });
  return jwt;
}
for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS256']) await token(alg, alg, 'ok');
await token('audience as a list', 'ES256', 'ok', {}, { aud: [RESOURCE] });
const bound = await token('bound to a DPoP key', 'ES256', 'ok', {}, { cnf: { jkt } });
await token('typ JWT', 'ES256', 'unexpected_typ', { typ: 'JWT' });
await token('another audience', 'ES256', 'invalid_audience', {}, { aud: 'https://other.example.com' });
await token('expired', 'ES256', 'expired', {}, { exp: ISSUED + 10 });
await token('crit', 'ES256', 'unsupported_critical_header', { crit: ['x'], x: 1 });
const rsa = await key('RS256');
const pem = await jose.exportSPKI(rsa.publicKey);
const confused = await new jose.SignJWT(claims).setProtectedHeader({ typ: 'at+jwt', alg: 'HS256', kid: 'k1' }).sign(new TextEncoder().encode(pem));
tokens.push({ name: 'HMAC with the public key', made_by: by('jose'), algorithm: 'HS256', jwk_public: rsa.jwk_public, jwk_private: rsa.jwk_private, token: confused, now, expect: 'unsupported_alg' });
const unsecured = new jose.UnsecuredJWT(claims).encode();
tokens.push({ name: 'unsecured', made_by: by('jose'), algorithm: 'none', jwk_public: rsa.jwk_public, jwk_private: null, token: unsecured, now, expect: 'unsupported_alg' });
const jwe = await new jose.EncryptJWT(claims).setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }).encrypt(await jose.importJWK(rsa.jwk_public, 'RSA-OAEP-256'));
tokens.push({ name: 'JWE', made_by: by('jose'), algorithm: 'RSA-OAEP-256', jwk_public: rsa.jwk_public, jwk_private: rsa.jwk_private, token: jwe, now, expect: 'encrypted' });

// Proofs
const proofs = [];
const sha = (text) => createHash('sha256').update(text).digest('base64url');
async function proof(made_by, alg, method, url, access_token, nonce, made) {
  const pair = made ?? (await key(alg));
  const jwt = made_by === 'dpop'
    ? await dpop.generateProof({ publicKey: pair.publicKey, privateKey: pair.privateKey }, url, method, nonce, access_token)
    : await viaRequest(pair, method, url, access_token);
  proofs.push({ name: `${made_by} ${alg} ${method}`, made_by: by(made_by), algorithm: alg, jwk_public: pair.jwk_public, jwk_private: pair.jwk_private, method, url, access_token, nonce: nonce ?? null, proof: jwt, ath: access_token ? sha(access_token) : null });
}
// oauth4webapi makes its proofs inside a request: look at the request.
async function viaRequest(pair, method, url, access_token) {
  const handle = oauth.DPoP({ client_id: 'client-1' }, { publicKey: pair.publicKey, privateKey: pair.privateKey });
  let seen;
  await oauth.protectedResourceRequest(access_token, method, new URL(url), new Headers(), null, {
    DPoP: handle,
    [oauth.customFetch]: async (_, init) => {
      seen = new Headers(init.headers).get('dpop');
      return new Response('{}', { status: 200 });
    },
  });
  return seen;
}
for (const alg of ['ES256', 'Ed25519', 'RS256', 'PS256']) {
  await proof('dpop', alg, 'GET', RESOURCE, 'some-access-token');
  await proof('oauth4webapi', alg, 'POST', RESOURCE, 'some-access-token');
}
await proof('dpop', 'ES256', 'POST', RESOURCE, bound, undefined, proofKey);
await proof('oauth4webapi', 'ES256', 'POST', RESOURCE, bound, undefined, proofKey);
await proof('dpop', 'ES256', 'POST', `${RESOURCE}?page=2#top`, 'some-access-token');
await proof('dpop', 'ES256', 'POST', 'https://auth.example.com/token', undefined, 'a-nonce');

const write = (name, value) => writeFileSync(new URL(`../${name}`, import.meta.url), JSON.stringify(value, null, 1) + '\n');
write('npm-tokens.json', tokens);
write('npm-proofs.json', proofs);
console.log(`${tokens.length} tokens, ${proofs.length} proofs`);
