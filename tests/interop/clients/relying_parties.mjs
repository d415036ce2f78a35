// Relying parties from npm against attesto's provider, each as its own documentation has it used. `relying_parties.mjs NAME INFO` runs one
// and fails where it does.
import { createHash, randomBytes } from 'node:crypto';

const [name, info] = [process.argv[2], JSON.parse(process.argv[3])];
const { issuer, secret } = info;
const CALLBACK = 'https://rp.example/callback';
const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
const need = (right, what) => { if (!right) throw new Error(typeof what === 'string' ? what : JSON.stringify(what)); };

/** What a browser does: the user's session is there already, so that all that is left are redirects. */
async function browse(link, until) {
  for (let hop = 0; hop < 10; hop++) {
    const answer = await fetch(link, { redirect: 'manual', headers: { accept: 'text/html' } });
    need([302, 303].includes(answer.status), `the provider answers ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    link = new URL(answer.headers.get('location'), link);
    if (!link.href.startsWith(until)) continue;
    need(!link.searchParams.has('error'), `the provider refuses: ${link.searchParams.get('error')} ${link.searchParams.get('error_description')}`);
    return link;
  }
  throw new Error('no end of redirects');
}

function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** A browser at an application that thinks it is at https://rp.example, and listens here. */
class Visitor {
  cookies = new Map();

  constructor(origin) { this.origin = origin; }

  async request(path, init = {}) {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ');
    const headers = { ...init.headers, cookie, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'rp.example', host: 'rp.example' };
    const answer = await fetch(`${this.origin}${path}`, { redirect: 'manual', ...init, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [, key, value] = line.match(/^([^=;]+)=([^;]*)/);
      this.cookies.set(key, value);
    }
    return answer;
  }

  /** Follows the application's redirect to the provider, and brings the answer back. */
  async finish(answer) {
    const link = answer.headers.get('location');
    need(link?.startsWith(issuer), `the application answers ${answer.status} ${link}: ${(await answer.clone().text()).slice(0, 300)}`);
    const back = await browse(link, 'https://rp.example');
    return this.request(back.pathname + back.search);
  }
}

const listen = async (app) => {
  const server = await new Promise((ready) => { const own = app.listen(0, '127.0.0.1', () => ready(own)); });
  return { server, visitor: new Visitor(`http://127.0.0.1:${server.address().port}`) };
};

const relyingParties = {
  async 'simple-oauth2'() {
    const { AuthorizationCode } = (await import('simple-oauth2')).default;
    const { origin, pathname } = new URL(metadata.token_endpoint);
    const client = new AuthorizationCode({
      client: { id: name, secret },
      auth: { tokenHost: origin, tokenPath: pathname, authorizePath: new URL(metadata.authorization_endpoint).pathname, revokePath: new URL(metadata.revocation_endpoint).pathname },
    });
    const { verifier, challenge } = pkce();
    const link = client.authorizeURL({ redirect_uri: CALLBACK, scope: 'openid email', state: 's', code_challenge: challenge, code_challenge_method: 'S256' });
    const code = (await browse(link, CALLBACK)).searchParams.get('code');
    let token = await client.getToken({ code, redirect_uri: CALLBACK, code_verifier: verifier });
    token = await token.refresh();
    // It wants JSON in the answer, of which RFC 7009 §2.2 says that clients ignore it, and throws after it was done.
    const empty = (error) => need(error.message === 'The content-type is not JSON compatible', error.message);
    await token.revoke('refresh_token').then(() => need(false, 'this has changed'), empty);
    let alive = true;
    try { await token.refresh(); } catch { alive = false; }
    need(!alive, 'the refresh token lives on');
  },

  async arctic() {
    const { OAuth2Client, CodeChallengeMethod, generateCodeVerifier } = await import('arctic');
    const client = new OAuth2Client(name, secret, CALLBACK);
    const verifier = generateCodeVerifier();
    const link = client.createAuthorizationURLWithPKCE(metadata.authorization_endpoint, 's', CodeChallengeMethod.S256, verifier, ['openid']);
    const code = (await browse(link, CALLBACK)).searchParams.get('code');
    const tokens = await client.validateAuthorizationCode(metadata.token_endpoint, code, verifier);
    const next = await client.refreshAccessToken(metadata.token_endpoint, tokens.refreshToken(), []);
    await client.revokeToken(metadata.revocation_endpoint, next.refreshToken());
  },

  async '@badgateway/oauth2-client'() {
    const { OAuth2Client, generateCodeVerifier } = await import('@badgateway/oauth2-client');
    const client = new OAuth2Client({ server: issuer, clientId: name, clientSecret: secret, discoveryEndpoint: '/.well-known/oauth-authorization-server' });
    const codeVerifier = await generateCodeVerifier();
    const link = await client.authorizationCode.getAuthorizeUri({ redirectUri: CALLBACK, state: 's', codeVerifier, scope: ['read'] });
    const answer = await browse(link, CALLBACK);
    let token = await client.authorizationCode.getTokenFromCodeRedirect(answer.href, { redirectUri: CALLBACK, state: 's', codeVerifier });
    token = await client.refreshToken(token);
    need((await client.introspect(token)).active, 'inactive');
    await client.revoke(token);
  },

  async 'openid-client'() {
    const client = await import('openid-client');
    const config = await client.discovery(new URL(issuer), name, secret, undefined, { execute: [client.allowInsecureRequests] });
    const verifier = client.randomPKCECodeVerifier();
    const link = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK, scope: 'openid email', code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    });
    const tokens = await client.authorizationCodeGrant(config, await browse(link, CALLBACK), { pkceCodeVerifier: verifier, idTokenExpected: true });
    need((await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).email === 'alice@example.com', 'no userinfo');
    await client.refreshTokenGrant(config, tokens.refresh_token);
  },

  async 'next-auth'() {
    process.env.NEXTAUTH_URL = 'https://rp.example';
    process.env.NEXTAUTH_SECRET = 'x'.repeat(32);
    const NextAuth = (await import('next-auth')).default.default ?? (await import('next-auth')).default;
    const express = (await import('express')).default;
    const options = {
      providers: [{
        id: 'attesto', name: 'attesto', type: 'oauth', wellKnown: `${issuer}/.well-known/openid-configuration`, clientId: name, clientSecret: secret,
        idToken: true, checks: ['pkce', 'state'], authorization: { params: { scope: 'openid profile email' } },
        profile: (profile) => ({ id: profile.sub, name: profile.name, email: profile.email }),
      }],
    };
    const app = express();
    app.use(express.json(), express.urlencoded({ extended: true }));
    app.use('/api/auth', (request, response) => {
      const query = { ...Object.fromEntries(new URL(request.originalUrl, 'http://x').searchParams), nextauth: request.path.split('/').filter(Boolean) };
      Object.defineProperty(request, 'query', { value: query });
      request.cookies = Object.fromEntries((request.headers.cookie ?? '').split('; ').filter(Boolean).map((pair) => pair.split(/=(.*)/s).slice(0, 2).map(decodeURIComponent)));
      return NextAuth(request, response, options);
    });
    const { server, visitor } = await listen(app);
    const { csrfToken } = await (await visitor.request('/api/auth/csrf')).json();
    const body = new URLSearchParams({ csrfToken, callbackUrl: 'https://rp.example/', json: 'true' });
    const begun = await visitor.request('/api/auth/signin/attesto', { method: 'POST', body });
    const { url } = await begun.json();
    const back = await browse(url, 'https://rp.example');
    await visitor.request(back.pathname + back.search);
    const session = await (await visitor.request('/api/auth/session')).json();
    server.close();
    need(session.user?.email === 'alice@example.com', session);
  },

  async '@auth/core'() {
    const { Auth } = await import('@auth/core');
    const config = {
      secret: 'x'.repeat(32), trustHost: true, basePath: '/auth',
      providers: [{ id: 'attesto', name: 'attesto', type: 'oidc', issuer, clientId: name, clientSecret: secret, authorization: { params: { scope: 'openid profile email' } } }],
      logger: { error(error) { config.last = error; } },
    };
    const cookies = new Map();
    const visit = async (path, init = {}) => {
      const headers = { ...init.headers, cookie: [...cookies].map((pair) => pair.join('=')).join('; ') };
      const answer = await Auth(new Request(`https://rp.example${path}`, { ...init, headers }), config);
      answer.headers.getSetCookie().forEach((line) => { const [, key, value] = line.match(/^([^=;]+)=([^;]*)/); cookies.set(key, value); });
      return answer;
    };
    const { csrfToken } = await (await visit('/auth/csrf')).json();
    const body = new URLSearchParams({ csrfToken, callbackUrl: 'https://rp.example/' });
    const begun = await visit('/auth/signin/attesto', { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    const link = begun.headers.get('location');
    need(link?.startsWith(issuer), `${link} ${config.last?.message} ${config.last?.cause?.err?.message}`);
    const back = await browse(link, 'https://rp.example');
    await visit(back.pathname + back.search);
    const session = await (await visit('/auth/session')).json();
    need(session?.user?.email === 'alice@example.com', `${JSON.stringify(session)} ${config.last?.message} ${config.last?.cause?.err?.message}`);
  },

  async 'passport-openidconnect'() {
    const express = (await import('express')).default;
    const session = (await import('express-session')).default;
    const passport = (await import('passport')).default;
    const Strategy = (await import('passport-openidconnect')).default;
    passport.use(new Strategy({
      issuer, authorizationURL: metadata.authorization_endpoint, tokenURL: metadata.token_endpoint, userInfoURL: metadata.userinfo_endpoint,
      clientID: name, clientSecret: secret, callbackURL: CALLBACK, scope: ['profile', 'email'],
    }, (_issuer, profile, done) => done(null, profile)));
    passport.serializeUser((user, done) => done(null, user));
    const app = express();
    app.use(session({ secret: 'x', resave: false, saveUninitialized: true }));
    app.get('/login', passport.authenticate('openidconnect'));
    app.get('/callback', passport.authenticate('openidconnect', { failureMessage: true }), (request, response) => { response.json(request.user); });
    app.use((error, request, response, next) => { response.status(500).json({ failed: error.message }); void next; });
    const { server, visitor } = await listen(app);
    const answer = await visitor.finish(await visitor.request('/login'));
    const user = JSON.parse(await answer.text());
    server.close();
    need(user.id === 'usr_alice', user);
  },

  async grant() {
    const express = (await import('express')).default;
    const session = (await import('express-session')).default;
    const grant = (await import('grant')).default.express();
    const app = express();
    app.use(session({ secret: 'x', resave: false, saveUninitialized: true }));
    app.use(grant({
      defaults: { origin: 'https://rp.example', transport: 'session', state: true, nonce: true },
      attesto: {
        authorize_url: metadata.authorization_endpoint, access_url: metadata.token_endpoint, oauth: 2, key: name, secret, scope: ['openid', 'email'],
        scope_delimiter: ' ', pkce: true, callback: '/done', response: ['tokens', 'jwt'],
      },
    }));
    app.get('/done', (request, response) => { response.json(request.session.grant.response); });
    const { server, visitor } = await listen(app);
    await visitor.finish(await visitor.request('/connect/attesto'));
    const done = await (await visitor.request('/done')).json();
    server.close();
    need(done.jwt?.id_token?.payload?.sub === 'usr_alice', done);
  },

  async '@hapi/bell'() {
    const Hapi = (await import('@hapi/hapi')).default;
    const Bell = (await import('@hapi/bell')).default;
    const server = Hapi.server({ port: 0, host: '127.0.0.1' });
    await server.register(Bell);
    const provider = {
      name: 'attesto', protocol: 'oauth2', useParamsAuth: false, auth: metadata.authorization_endpoint, token: metadata.token_endpoint, pkce: 'S256',
      scope: ['openid', 'email'], async profile(credentials, params, get) { credentials.profile = await get(metadata.userinfo_endpoint); },
    };
    server.auth.strategy('attesto', 'bell', { provider, password: 'x'.repeat(40), clientId: name, clientSecret: secret, isSecure: true, location: 'https://rp.example' });
    server.route({
      method: ['GET', 'POST'], path: '/callback', options: { auth: { strategy: 'attesto', mode: 'try' } },
      handler: (request) => ({ authenticated: request.auth.isAuthenticated, error: request.auth.error?.message, profile: request.auth.credentials?.profile }),
    });
    await server.start();
    const visitor = new Visitor(`http://127.0.0.1:${server.info.port}`);
    const answer = await visitor.finish(await visitor.request('/callback'));
    const told = await answer.json();
    await server.stop();
    need(told.authenticated && told.profile.email === 'alice@example.com', told);
  },

  async 'better-auth'() {
    const { betterAuth } = await import('better-auth');
    const { memoryAdapter } = await import('better-auth/adapters/memory');
    const { genericOAuth } = await import('better-auth/plugins');
    const auth = betterAuth({
      baseURL: 'https://rp.example', secret: 'x'.repeat(32), database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
      plugins: [genericOAuth({ config: [{ providerId: 'attesto', clientId: name, clientSecret: secret, discoveryUrl: `${issuer}/.well-known/openid-configuration`, scopes: ['openid', 'email', 'profile'], pkce: true }] })],
    });
    const cookies = new Map();
    const visit = async (path, init = {}) => {
      const headers = { ...init.headers, origin: 'https://rp.example', cookie: [...cookies].map((pair) => pair.join('=')).join('; ') };
      const answer = await auth.handler(new Request(`https://rp.example${path}`, { ...init, headers }));
      answer.headers.getSetCookie().forEach((line) => { const [, key, value] = line.match(/^([^=;]+)=([^;]*)/); cookies.set(key, value); });
      return answer;
    };
    const begun = await visit('/api/auth/sign-in/social', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ provider: 'attesto', callbackURL: '/' }) });
    need(begun.status === 200, `${begun.status} ${await begun.clone().text()}`);
    const { url } = await begun.json();
    const back = await browse(url, 'https://rp.example');
    const done = await visit(back.pathname + back.search);
    const session = await (await visit('/api/auth/get-session')).json();
    need(session?.user?.email === 'alice@example.com', `${done.headers.get('location')} ${JSON.stringify(session)}`);
  },
};

await relyingParties[name]();
process.exit(0);
