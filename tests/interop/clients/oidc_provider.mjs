// npm oidc-provider as an issuer of opaque tokens: what a resource server that asks its introspection makes of them. The argument is the
// built example `check_token` of attesto-reqwest. The user is logged in and has consented, so that what is left of a flow is redirects.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Provider } from 'oidc-provider';

const [RESOURCE, CALLBACK, SECRET] = ['http://127.0.0.1:9/documents', 'https://rp.example/callback', 'interop-secret'];
// It speaks of every default that is left, for people who set it up to serve.
console.info = () => {};
console.warn = () => {};
let handler;
const server = createServer((request, response) => handler(request, response));
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const resource = { scope: 'documents.read', audience: RESOURCE, accessTokenFormat: 'opaque', accessTokenTTL: 300 };
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'web', client_secret: SECRET, redirect_uris: [CALLBACK], response_types: ['code'], grant_types: ['authorization_code', 'client_credentials'],
  }],
  cookies: { keys: [randomBytes(16).toString('hex')] },
  features: {
    devInteractions: { enabled: false }, clientCredentials: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true },
    resourceIndicators: { enabled: true, getResourceServerInfo: () => resource, defaultResource: () => undefined, useGrantedResource: () => true },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid');
    grant.addResourceScope(RESOURCE, 'documents.read');
    await grant.save();
    return grant;
  },
});
const answer = provider.callback();
handler = (request, response) => (request.url.startsWith('/login/') ? provider.interactionFinished(request, response, { login: { accountId: 'alice' } }) : answer(request, response));

const post = (path, members) => fetch(issuer + path, {
  method: 'POST', body: new URLSearchParams(members), headers: { authorization: `Basic ${Buffer.from(`web:${SECRET}`).toString('base64')}` },
});
async function token(members) {
  const told = await (await post('/token', members)).json();
  if (!told.access_token) throw new Error(JSON.stringify(told));
  return told.access_token;
}

async function users() {
  const verifier = randomBytes(32).toString('base64url');
  const asked = new URLSearchParams({
    client_id: 'web', response_type: 'code', redirect_uri: CALLBACK, scope: 'openid documents.read', resource: RESOURCE,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  });
  const cookies = new Map();
  let at = `${issuer}/auth?${asked}`;
  while (!at.startsWith(CALLBACK)) {
    const reply = await fetch(at, { redirect: 'manual', headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } });
    for (const line of reply.headers.getSetCookie()) { const [, name, value] = line.match(/^([^=]+)=([^;]*)/); cookies.set(name, value); }
    if (!reply.headers.has('location')) throw new Error(await reply.text());
    at = new URL(reply.headers.get('location'), at).href;
  }
  return token({ grant_type: 'authorization_code', code: new URL(at).searchParams.get('code'), redirect_uri: CALLBACK, code_verifier: verifier, resource: RESOURCE });
}

async function check(options, tokens) {
  const env = { ...process.env, INTROSPECTION_CLIENT_ID: 'web', INTROSPECTION_CLIENT_SECRET: SECRET };
  const checker = spawn(process.argv[2], ['--insecure-loopback', '--introspect', `${issuer}/token/introspection`, ...options, issuer, RESOURCE], { env });
  checker.stdin.end(tokens.map((each) => `${each}\n`).join(''));
  return (await text(checker.stdout)).trim().split('\n');
}

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const junk = `${encoded({ alg: 'none' })}.${encoded({ iss: issuer, sub: 'alice', aud: RESOURCE })}.`;
const client = { grant_type: 'client_credentials' };
const [user, machine, unbound, revoked] = [
  await users(), await token({ ...client, resource: RESOURCE, scope: 'documents.read' }), await token(client), await users(),
];
await post('/token/revocation', { token: revoked });
const junkStatus = (await post('/token/introspection', { token: junk })).status;

const GRANTED = 'granted alice by bearer scopes documents.read';
const REFUSED = 'refused 401 foreign_token_invalid';
const cases = [
  ["the user's token", [], user, GRANTED],
  ['what looks like a JWT', [], junk, REFUSED],
  ['junk', [], 'junk', REFUSED],
  ['a revoked token', [], revoked, REFUSED],
  ["a client's token", [], machine, `${REFUSED} no_subject`],
  ["the user's token again", [], user, GRANTED],
  ["a client's token, where clients may be subjects", ['--subject-may-be-client'], machine, 'granted web by bearer scopes documents.read'],
  ["the user's token, where clients may be subjects", ['--subject-may-be-client'], user, GRANTED],
  ["a client's token for no resource, where clients may be subjects", ['--subject-may-be-client'], unbound, `${REFUSED} no_audience`],
];
let failed = junkStatus !== 400;
console.log(failed ? 'FAIL' : 'ok  ', `the issuer answers ${junkStatus} to what looks like a JWT`);
for (const options of [[], ['--subject-may-be-client']]) {
  const mine = cases.filter((each) => each[1].join() === options.join());
  const said = await check(options, mine.map((each) => each[2]));
  mine.forEach(([name, , , expected], index) => {
    // `refused STATUS CODE: text: INNER: text`, of which the two codes are compared.
    const [outer, , inner] = (said[index] ?? '').split(': ');
    const right = said[index] === expected || [outer, inner].filter(Boolean).join(' ') === expected;
    failed ||= !right;
    console.log(right ? 'ok  ' : 'FAIL', `${name}: ${said[index]}`);
  });
}
process.exit(failed ? 1 : 0);
