// Drives Chromium through login and consent of a demo's authorization server to a client whose callback leads on to another origin, as
// callbacks do; once with response_mode=query, once with form_post. Takes the line that the demo prints with --print-json.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import puppeteer from 'puppeteer-core';

const info = JSON.parse(process.argv[2]);
const listen = async (answer) => {
  const server = createServer(answer);
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
};

const application = await listen((request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>the application</title>');
});
let answered;
const client = await listen(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { pathname, search } = new URL(request.url, client.origin);
  if (pathname !== '/callback') { response.writeHead(404).end(); return; }
  answered = { method: request.method, parameters: new URLSearchParams(request.method === 'POST' ? Buffer.concat(chunks).toString() : search) };
  response.writeHead(303, { location: `${application.origin}/welcome` }).end();
});

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
let failed = false;
try {
  for (const mode of ['query', 'form_post']) {
    answered = undefined;
    // Of its own, so that each mode goes through the login form.
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const blocked = [];
    page.on('console', (message) => blocked.push(message.text()));
    const verifier = randomBytes(32).toString('base64url');
    const link = new URL(`${info.issuer}/oauth/authorize`);
    link.search = new URLSearchParams({
      response_type: 'code', client_id: info.clients.public.client_id, redirect_uri: `${client.origin}/callback`, response_mode: mode,
      scope: 'openid', state: mode, code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
    });
    let problem;
    try {
      await page.goto(link.href);
      await page.type('input[name=username]', info.user.name);
      await page.type('input[name=password]', info.user.password);
      await Promise.all([page.waitForNavigation({ timeout: 10_000 }), page.keyboard.press('Enter')]);
      await page.click('button[name=decision][value=approve]');
      await page.waitForFunction((origin) => location.origin === origin, { timeout: 10_000 }, application.origin);
      if (await page.title() !== 'the application') problem = `it ended at ${page.url()}`;
      if (answered?.parameters.get('state') !== mode || !answered.parameters.get('code')) problem = 'the client got no code';
      if (answered?.method !== (mode === 'form_post' ? 'POST' : 'GET')) problem = `the client got a ${answered?.method}`;
    } catch (error) {
      problem = `${error.message}; at ${page.url()}; ${blocked.join(' ')}`;
    }
    failed ||= Boolean(problem);
    console.log(problem ? 'FAIL' : 'ok  ', `Chromium, ${mode}: login, consent, callback, and on to another origin`, problem ?? '');
    await context.close();
  }
} finally {
  await browser.close();
  client.server.close();
  application.server.close();
}
process.exit(failed ? 1 : 0);
