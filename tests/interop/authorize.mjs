// Drives the authorization server of a demo with npm oauth4webapi: discovery, pushed request, login and consent, code, refresh,
// introspection and revocation, DPoP-bound throughout; once as a client with a key and once as one with a secret. What the library
// validates is left to it. Then what must not work. Takes the line that the demo prints with --print-json.
import * as oauth from 'oauth4webapi';
import { Browser } from './browser.mjs';
import { must, mustThrow, under } from './checks.mjs';

const info = JSON.parse(process.argv[2]);
const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(info.issuer);
const resource = new URL(info.resource);
const scope = 'openid profile offline_access mcp:tools:read mcp:tools:call';
const browser = new Browser(info.user);

const asked = (algorithm) => oauth.discoveryRequest(issuer, { algorithm, ...insecure });
const [plain, as] = await Promise.all(
  ['oauth2', 'oidc'].map(async (algorithm) => oauth.processDiscoveryResponse(issuer, await asked(algorithm))),
);
const differing = Object.keys(plain).filter((member) => JSON.stringify(plain[member]) !== JSON.stringify(as[member]));
must('both discovery documents, and they agree', differing.length === 0, differing);
must('answers say who gave them (RFC 9207)', as.authorization_response_iss_parameter_supported === true, as);

/** Sends a request, again if a nonce is wanted first. `wants` is told. */
async function dance(send, wants = () => {}) {
  try { return await send(); } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    wants();
    return send();
  }
}
const isError = (code, status = 400) => (error) => error.error === code && error.status === status;
const isRefused = (error) => error instanceof oauth.WWWAuthenticateChallengeError && error.status === 401;

/** One client, with a DPoP key, and what it can do. */
class Party {
  constructor(client, authentication, keys) {
    Object.assign(this, { client, authentication, keys });
    this.DPoP = oauth.DPoP(client, keys);
  }

  #options(more) { return { DPoP: this.DPoP, ...insecure, ...more }; }

  async push(parameters) {
    const send = () => oauth.pushedAuthorizationRequest(as, this.client, this.authentication, parameters, this.#options());
    return dance(async () => oauth.processPushedAuthorizationResponse(as, this.client, await send()));
  }

  /** From the pushed request to the answer at the redirect URI. */
  async authorize(decision = 'approve') {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const pushed = await this.push({
      response_type: 'code', redirect_uri: info.redirect_uri, scope, prompt: 'consent', // which OpenID Connect wants for offline_access
      resource: info.resource, state, nonce, max_age: '600', code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const link = new URL(as.authorization_endpoint);
    link.search = new URLSearchParams({ client_id: this.client.client_id, request_uri: pushed.request_uri });
    const answer = await browser.open(link, info.redirect_uri, decision);
    // Checks `iss`, because the metadata promise it, and `state`.
    return { parameters: () => oauth.validateAuthResponse(as, this.client, answer, state), verifier, nonce };
  }

  async exchange({ parameters, verifier, nonce }, wants) {
    // A handle that knows no nonce yet.
    this.DPoP = oauth.DPoP(this.client, this.keys);
    return dance(async () => {
      const response = await oauth.authorizationCodeGrantRequest(
        as, this.client, this.authentication, parameters(), info.redirect_uri, verifier, this.#options(),
      );
      const tokens = await oauth.processAuthorizationCodeResponse(as, this.client, response, {
        expectedNonce: nonce, maxAge: 600, requireIdToken: true,
      });
      await oauth.validateApplicationLevelSignature(as, response, insecure);
      return tokens;
    }, wants);
  }

  async refresh({ refresh_token }) {
    const send = () => oauth.refreshTokenGrantRequest(as, this.client, this.authentication, refresh_token, this.#options());
    return dance(async () => oauth.processRefreshTokenResponse(as, this.client, await send()));
  }

  async introspect(token) {
    const response = await oauth.introspectionRequest(as, this.client, this.authentication, token, insecure);
    return oauth.processIntrospectionResponse(as, this.client, response);
  }

  async isActive(token) { return (await this.introspect(token)).active; }

  async revoke(token) {
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, this.client, this.authentication, token, insecure));
  }

  /** Calls a tool. `seen` gets the request as it was sent. */
  async call({ access_token }, seen = () => {}) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } });
    const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' });
    const observed = (url, init) => { seen(new Request(url, init)); return fetch(url, init); };
    const options = this.#options({ [oauth.customFetch]: observed });
    const response = await dance(() => oauth.protectedResourceRequest(access_token, 'POST', resource, headers, body, options));
    return response.text();
  }
}

async function happy(party, thumbprint) {
  let nonces = 0;
  const grant = await party.authorize();
  const tokens = await party.exchange(grant, () => { nonces++; });
  must('code and verifier for tokens, after use_dpop_nonce', nonces === 1 && tokens.token_type === 'dpop', [nonces, tokens]);
  must('with the scope that was asked for', tokens.scope.split(' ').sort().join() === scope.split(' ').sort().join(), tokens.scope);
  const { sub, preferred_username: name } = oauth.getValidatedIdTokenClaims(tokens);
  must('ID token with nonce and signature', sub === 'usr_alice' && name === info.user.name, [sub, name]);

  let request;
  const text = await party.call(tokens, (sent) => { request = sent; });
  must('the tool, with the token', text.includes('usr_alice by dpop'), text);
  const claims = await oauth.validateJwtAccessToken(as, request, info.resource, { requireDPoP: true, ...insecure });
  must('the library takes the access token for one of RFC 9068', claims.client_id === party.client.client_id, claims);

  const told = await party.introspect(tokens.access_token);
  const same = ['iss', 'sub', 'client_id', 'jti', 'exp', 'scope'].filter((member) => told[member] !== claims[member]);
  must('introspection: active, bound, and as the token says', told.active && told.cnf?.jkt === thumbprint && !same.length, told);

  const second = await party.refresh(tokens);
  must('refreshed', second.refresh_token !== tokens.refresh_token && (await party.call(second)).includes('usr_alice by dpop'), second);
  const repeated = await party.refresh(tokens);
  must('refreshed again, as after a lost response: same successor', repeated.refresh_token === second.refresh_token, repeated);
  const third = await party.refresh(second);
  await mustThrow('the old refresh token, after its successor was used', isError('invalid_grant'), () => party.refresh(tokens));
  await mustThrow('and so the successors are dead', isError('invalid_grant'), () => party.refresh(third));
  must('and so the last access token is', !(await party.isActive(third.access_token)), 'active');
}

async function spentCode(party) {
  const grant = await party.authorize();
  const tokens = await party.exchange(grant);
  must('a second round is active', await party.isActive(tokens.access_token) && await party.isActive(tokens.refresh_token), tokens);
  await mustThrow('its code again', isError('invalid_grant'), () => party.exchange(grant));
  const dead = !(await party.isActive(tokens.access_token)) && !(await party.isActive(tokens.refresh_token));
  must('and its tokens are dead', dead, 'active');
  await mustThrow('at the resource, too', isRefused, () => party.call(tokens));
}

async function revoked(party) {
  const tokens = await party.exchange(await party.authorize());
  const response = await fetch(resource, { method: 'POST', headers: { authorization: `Bearer ${tokens.access_token}` } });
  const challenge = response.headers.get('www-authenticate');
  must('a bound token as Bearer is refused', response.status === 401 && challenge.includes('error="invalid_token"'), challenge);
  await party.revoke(tokens.access_token);
  must('a revoked access token is inactive', !(await party.isActive(tokens.access_token)), 'active');
  await mustThrow('and refused', isRefused, () => party.call(tokens));
  const next = await party.refresh(tokens);
  await party.revoke(next.refresh_token);
  must('a revoked refresh token is inactive', !(await party.isActive(next.refresh_token)), 'active');
  must('and so is the access token beside it', !(await party.isActive(next.access_token)), 'active');
  await mustThrow('and it gives nothing', isError('invalid_grant'), () => party.refresh(next));
  const thief = new Party(party.client, party.authentication, await oauth.generateKeyPair('ES256'));
  const last = await party.exchange(await party.authorize());
  await mustThrow('a bound token with another key', isRefused, () => thief.call(last));
}

async function refused(party) {
  const { parameters } = await party.authorize('deny');
  const isDenied = async () => parameters();
  await mustThrow('no at the consent page', (error) => error.error === 'access_denied', isDenied);
  const grant = await party.authorize();
  const wrong = { ...grant, verifier: oauth.generateRandomCodeVerifier() };
  await mustThrow('a code with another verifier', isError('invalid_grant'), () => party.exchange(wrong));
}

const { basic, jwt } = info.clients;
const jwtKey = await crypto.subtle.importKey('jwk', jwt.private_jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
const clients = {
  'private_key_jwt': [jwt, oauth.PrivateKeyJwt(jwtKey)],
  'client_secret_basic': [basic, oauth.ClientSecretBasic(basic.client_secret)],
};
for (const [method, [{ client_id }, authentication]] of Object.entries(clients)) {
  under(`oauth4webapi, ${method}`);
  const keys = await oauth.generateKeyPair('ES256', { extractable: true });
  const party = new Party({ client_id }, authentication, keys);
  await happy(party, await party.DPoP.calculateThumbprint());
  await spentCode(party);
  await revoked(party);
  await refused(party);
}
must('the user logged in once', browser.pages.filter((page) => page === 'login').length === 1, browser.pages);
