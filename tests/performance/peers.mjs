// npm jose and oauth4webapi on the same tokens and proofs as attesto, beside the bare WebCrypto verification of the same signature,
// all in one run and in turns. `node peers.mjs PROGRAM` prints Markdown; PROGRAM is attesto-performance, which makes the tokens.

import { execFileSync } from 'node:child_process'
import * as jose from 'jose'
import * as oauth from 'oauth4webapi'

const program = process.argv[2]
const rounds = 15
const checks = 100

const ours = (part, keys) => JSON.parse(execFileSync(program, [part], { input: JSON.stringify(keys), encoding: 'utf8' }))
const median = (values) => {
  const sorted = values.toSorted((one, other) => one - other)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}
const must = (condition, what) => {
  if (!condition) throw new Error(what)
}

const algorithms = {
  ES256: { generate: { name: 'ECDSA', namedCurve: 'P-256' }, verify: { name: 'ECDSA', hash: 'SHA-256' } },
  EdDSA: { generate: { name: 'Ed25519' }, verify: { name: 'Ed25519' } },
  RS256: {
    generate: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    verify: { name: 'RSASSA-PKCS1-v1_5' },
  },
}

const privateJwk = async (generate) => {
  const { privateKey } = await crypto.subtle.generateKey(generate, true, ['sign', 'verify'])
  const { key_ops, ext, alg, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey)
  return jwk
}

// The signature alone, with the key imported once.
const raw = async (algorithm, { jwks, bearer }) => {
  const { key_ops, use, ...jwk } = jwks.keys[0]
  const { generate, verify } = algorithms[algorithm]
  const key = await crypto.subtle.importKey('jwk', jwk, generate, true, ['verify'])
  const [header, payload, signature] = bearer.split('.')
  const [signed, bytes] = [Buffer.from(`${header}.${payload}`), Buffer.from(signature, 'base64url')]
  return async () => must(await crypto.subtle.verify(verify, key, bytes, signed), 'the signature is right')
}

// What RFC 9068 asks for, and the one scope.
const withJose = (algorithm, made, token) => {
  const keys = jose.createLocalJWKSet(made.jwks)
  const options = {
    algorithms: [algorithm],
    audience: made.resource,
    issuer: made.issuer,
    requiredClaims: ['client_id', 'exp', 'iat', 'jti', 'sub'],
    typ: 'at+jwt',
  }
  return async () => {
    const { payload } = await jose.jwtVerify(token, keys, options)
    must(payload.scope.split(' ').includes('mcp:tools:call'), 'the scope is there')
    return payload
  }
}

// jose has the pieces of a DPoP check; this puts them together as RFC 9449 §4.3 lists them.
const proofWithJose = (algorithm, made) => {
  const check = withJose(algorithm, made, made.bound)
  const options = { algorithms: [algorithm], maxTokenAge: 60, requiredClaims: ['jti'], typ: 'dpop+jwt' }
  return async () => {
    const claims = await check()
    const { payload, protectedHeader } = await jose.jwtVerify(made.proof, jose.EmbeddedJWK, options)
    must(payload.htm === 'POST' && new URL(payload.htu).href === new URL(made.resource).href, 'the proof is for this request')
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(made.bound))
    must(payload.ath === jose.base64url.encode(new Uint8Array(digest)), 'the proof is for this token')
    must((await jose.calculateJwkThumbprint(protectedHeader.jwk)) === claims.cnf.jkt, 'the token is for this key')
  }
}

const withOauth4webapi = (made, headers) => {
  const server = { issuer: made.issuer, jwks_uri: `${made.issuer}/jwks` }
  const options = { [oauth.jwksCache]: { jwks: made.jwks, uat: Math.floor(Date.now() / 1000) } }
  return async () => {
    const request = new Request(made.resource, { method: 'POST', headers })
    const { scope } = await oauth.validateJwtAccessToken(server, request, made.resource, options)
    must(scope.split(' ').includes('mcp:tools:call'), 'the scope is there')
  }
}

// A check that always passes would be fast: each must refuse a token whose signature is another's.
const refuses = async (check) => {
  const passed = await check().then(
    () => true,
    () => false,
  )
  must(!passed, 'a forged token must be refused')
}

const forged = (made) => {
  const swap = (token) => {
    const [header, payload, signature] = token.split('.')
    return `${header}.${payload}.${signature.slice(0, 9)}${signature[9] === 'A' ? 'B' : 'A'}${signature.slice(10)}`
  }
  return { ...made, bearer: swap(made.bearer), bound: swap(made.bound), proof: swap(made.proof) }
}

const contenders = async (algorithm, made) => ({
  raw: await raw(algorithm, made),
  'jose token': withJose(algorithm, made, made.bearer),
  'oauth4webapi token': withOauth4webapi(made, { authorization: `Bearer ${made.bearer}` }),
  'jose proof': proofWithJose(algorithm, made),
  'oauth4webapi proof': withOauth4webapi(made, { authorization: `DPoP ${made.bound}`, dpop: made.proof }),
})

const measure = async (algorithm) => {
  const { generate } = algorithms[algorithm]
  const keys = { algorithm, issuer: await privateJwk(generate), client: await privateJwk(generate) }
  const made = ours('mint', keys)
  for (const check of Object.values(await contenders(algorithm, forged(made)))) await refuses(check)
  const checksOf = await contenders(algorithm, made)
  const names = [...Object.keys(checksOf), 'attesto token', 'attesto proof']
  const found = Object.fromEntries(names.map((name) => [name, { elapsed: [], processor: [] }]))
  for (let round = -2; round < rounds; round++) {
    for (const [name, check] of Object.entries(checksOf)) {
      const [began, spent] = [process.hrtime.bigint(), process.cpuUsage()]
      for (let number = 0; number < checks; number++) await check()
      const elapsed = Number(process.hrtime.bigint() - began) / 1000 / checks
      const { user, system } = process.cpuUsage(spent)
      if (round < 0) continue // to warm up
      found[name].elapsed.push(elapsed)
      found[name].processor.push((user + system) / checks)
    }
    if (round < 0 || round % 5 !== 0) continue // rounds of its own within each of its turns
    const { bearer, dpop } = ours('check', keys)
    for (const [name, [elapsed, processor]] of [['attesto token', bearer], ['attesto proof', dpop]]) {
      found[name].elapsed.push(elapsed)
      found[name].processor.push(processor)
    }
  }
  const columns = ['raw', 'jose token', 'oauth4webapi token', 'attesto token', 'jose proof', 'oauth4webapi proof', 'attesto proof']
  const cell = ({ elapsed, processor }) => `${median(elapsed).toFixed(1)} (${median(processor).toFixed(1)})`
  return [algorithm, ...columns.map((name) => cell(found[name]))]
}

const head = ['', 'WebCrypto verify', 'jose: token', 'oauth4webapi: token', 'attesto: token',
  'jose: token + proof', 'oauth4webapi: token + proof', 'attesto: token + proof']
console.log(`| ${head.join(' | ')} |\n|---|${'---:|'.repeat(head.length - 1)}`)
for (const algorithm of Object.keys(algorithms)) {
  console.error(`peers: ${algorithm}`)
  console.log(`| ${(await measure(algorithm)).join(' | ')} |`)
}
