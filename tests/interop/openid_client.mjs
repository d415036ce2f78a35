// npm openid-client against the authorization server of a demo: a public client with a DPoP key, which pushes its request and asks for
// an ID token; and a client that acts for itself. Takes the line that the demo prints with --print-json.
import * as client from 'openid-client';
import { Browser } from './browser.mjs';
import { must, mustThrow, under } from './checks.mjs';

const info = JSON.parse(process.argv[2]);
under('openid-client');
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
const discover = (id, authentication) => client.discovery(new URL(info.issuer), id, undefined, authentication, { execute });
const isError = (code) => (error) => error.error === code;

const config = await discover(info.clients.dpop.client_id, client.None());
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
const redirectUri = 'http://localhost:33419/callback';
const verifier = client.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
const request = {
  redirect_uri: redirectUri, scope: 'openid profile mcp:tools:call', resource: info.resource, state: expectedState, nonce: expectedNonce,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', max_age: '600',
};
const link = await client.buildAuthorizationUrlWithPAR(config, request, { DPoP });
must('pushes its request', link.searchParams.get('request_uri').startsWith('urn:ietf:params:oauth:request_uri:'), link.href);

const answer = await new Browser(info.user).open(link, redirectUri);
const checks = { pkceCodeVerifier: verifier, expectedState, expectedNonce, maxAge: 600, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(config, answer, checks, {}, { DPoP });
must('code for tokens, bound to its key', tokens.token_type === 'dpop', tokens);
must('ID token, signature and nonce included', tokens.claims().sub === 'usr_alice', tokens.claims());

const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } });
const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' });
const ask = async ({ access_token }) => {
  const url = new URL(info.resource);
  return (await client.fetchProtectedResource(config, access_token, url, 'POST', call, headers, { DPoP })).text();
};
let text = await ask(tokens);
must('the tool, with the token', text.includes('usr_alice by dpop'), text);
const next = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP });
text = await ask(next);
must('refreshed', next.refresh_token !== tokens.refresh_token && text.includes('usr_alice by dpop'), text);
await client.tokenRevocation(config, next.refresh_token);
await mustThrow('revoked', isError('invalid_grant'), () => client.refreshTokenGrant(config, next.refresh_token, {}, { DPoP }));

const { client_id: id, client_secret: secret } = info.clients.basic;
const machine = await discover(id, client.ClientSecretBasic(secret));
const own = await client.clientCredentialsGrant(machine, { scope: 'mcp:tools:read', resource: info.resource });
const told = await client.tokenIntrospection(machine, own.access_token);
must('client credentials', told.active && told.client_id === id && told.scope === 'mcp:tools:read' && !own.refresh_token, told);

const posted = { redirect_uri: info.redirect_uri, response_mode: 'form_post', scope: 'openid', nonce: expectedNonce, state: expectedState };
const challenge = { code_challenge: request.code_challenge, code_challenge_method: 'S256' };
const form = await new Browser(info.user).open(client.buildAuthorizationUrl(machine, { ...posted, ...challenge }), info.redirect_uri);
must('the answer comes as a form, if asked to', form instanceof Request, form);
const { pkceCodeVerifier } = checks;
const given = await client.authorizationCodeGrant(machine, form, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true });
must('its code for tokens', given.claims().sub === 'usr_alice' && given.token_type === 'bearer', given);

const impostor = await discover(id, client.ClientSecretBasic(`${secret}x`));
const isChallenged = (error) => error.status === 401 && error.cause[0].scheme === 'basic';
await mustThrow('not with another secret', isChallenged, () => client.clientCredentialsGrant(impostor));
