// Clients whose scripts run in a browser, in Chromium. `scripts_in_browsers.mjs NAME INFO`: `oidc-client-ts` and `oidc-client` go through
// login, refresh and revocation at attesto's provider; `preflight` reads a demo's public documents as browsers' MCP clients do, with a
// field that has Chromium ask first.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import puppeteer from 'puppeteer-core';

const [name, info] = [process.argv[2], JSON.parse(process.argv[3])];
const PORT = { 'oidc-client-ts': 14280, 'oidc-client': 14281 }[name] ?? 0;
const files = { 'oidc-client-ts': 'node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', 'oidc-client': 'node_modules/oidc-client/dist/oidc-client.min.js' };

// Runs in the page.
async function logIn(issuer, id) {
  const { UserManager, WebStorageStateStore } = window.oidc ?? window.Oidc;
  const manager = new UserManager({
    authority: issuer, client_id: id, redirect_uri: `${location.origin}/`, response_type: 'code', scope: 'openid email', loadUserInfo: false,
    userStore: new WebStorageStateStore({ store: sessionStorage }), automaticSilentRenew: false,
  });
  if (!new URLSearchParams(location.search).has('code')) {
    await manager.signinRedirect();
    return undefined;
  }
  const user = await (manager.signinCallback ?? manager.signinRedirectCallback).call(manager);
  const renewed = await manager.signinSilent();
  if (manager.revokeTokens) await manager.revokeTokens();
  return { sub: user.profile.sub, renewed: renewed.access_token !== user.access_token };
}

async function preflight(urls) {
  const told = {};
  for (const url of urls) {
    try {
      const answer = await fetch(url, { headers: { 'MCP-Protocol-Version': '2025-11-25' } });
      told[url] = `${answer.status} ${typeof await answer.json()}`;
    } catch (error) { told[url] = error.message; }
  }
  return told;
}

const server = createServer((request, response) => {
  if (request.url === '/library.js' && files[name]) response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(files[name]));
  else response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>an application</title><script src="/library.js"></script>');
});
await new Promise((ready) => { server.listen(PORT, '127.0.0.1', ready); });
const origin = `http://127.0.0.1:${server.address().port}`;
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
let problem;
try {
  const page = await browser.newPage();
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`${origin}/`);
  if (name === 'preflight') {
    const at = new URL(info.resource);
    const documents = [`${info.issuer}/.well-known/oauth-authorization-server`, `${info.issuer}/.well-known/openid-configuration`,
      `${info.issuer}/.well-known/jwks.json`, `${at.origin}/.well-known/oauth-protected-resource${at.pathname}`];
    const told = await page.evaluate(preflight, documents);
    if (Object.values(told).some((answer) => answer !== '200 object')) problem = JSON.stringify(told);
  } else {
    await Promise.all([page.waitForNavigation({ timeout: 20_000 }), page.evaluate(logIn, info.issuer, name).catch(() => {})]);
    await page.waitForFunction((at) => location.href.startsWith(`${at}/?`), { timeout: 20_000 }, origin);
    const told = await page.evaluate(logIn, info.issuer, name);
    if (told?.sub !== 'usr_alice' || !told.renewed) problem = `${JSON.stringify(told)} ${said.join('\n')}`;
  }
} catch (error) { problem = error.message; }
await browser.close();
server.close();
if (problem) { console.error(problem); process.exit(1); }
process.exit(0);
