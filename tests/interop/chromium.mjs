// Drives a demo's authorization server in Chromium, as a user would: login, consent, and a client whose callback leads on to another
// origin, which is where a `form-action` would stop the browser. Takes the line that the demo prints with --print-json. One line a
// step; non-zero when a step fails. Talks to the browser over a pipe (Chrome DevTools Protocol), without any package.
import { createServer } from 'node:http';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const info = JSON.parse(process.argv[2]);
const must = (what, ok, got) => { console.log(ok ? 'ok  ' : 'FAIL', what, ok ? '' : got); if (!ok) process.exitCode = 1; };
const listen = (handler) => new Promise((resolve) => {
  const server = createServer(handler).listen(0, '127.0.0.1', () => resolve(server));
});

class Chromium {
  #answers = new Map();
  #next = 0;

  static async start() {
    const own = new Chromium();
    own.profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe', `--user-data-dir=${own.profile}`];
    own.process = spawn(process.env.CHROMIUM ?? 'chromium', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    let rest = '';
    own.process.stdio[4].on('data', (chunk) => {
      const messages = (rest + chunk).split('\0');
      rest = messages.pop();
      for (const message of messages.map((text) => JSON.parse(text))) own.#answers.get(message.id)?.(message);
    });
    return own;
  }

  send(method, params = {}, sessionId) {
    const id = ++this.#next;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method}: no answer`)), 30_000);
      this.#answers.set(id, (message) => {
        clearTimeout(late);
        if (message.error) reject(new Error(`${method}: ${message.error.message}`)); else resolve(message.result);
      });
    });
  }

  // A page of a new profile: no cookies.
  async page() {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const evaluate = async (expression) => {
      const { result } = await this.send('Runtime.evaluate', { expression, returnByValue: true }, sessionId).catch(() => ({ result: {} }));
      return result.value;
    };
    const until = async (expression) => {
      for (let tries = 0; tries < 100; tries++) {
        if (await evaluate(expression)) return true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return false;
    };
    return { open: (url) => this.send('Page.navigate', { url }, sessionId), evaluate, until };
  }

  async stop() {
    const gone = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.kill();
    await gone;
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const landed = [];
const landing = await listen((request, response) => {
  if (request.url.startsWith('/landed')) landed.push(request.url);
  response.end('<!doctype html><title>landed</title>');
});
const called = [];
const callback = await listen(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const answer = request.method === 'POST' ? new URLSearchParams(body) : new URL(request.url, 'http://callback').searchParams;
  if (!request.url.startsWith('/callback')) return response.writeHead(404).end();
  called.push({ method: request.method, origin: request.headers.origin, code: answer.get('code'), state: answer.get('state') });
  response.writeHead(303, { location: `http://localhost:${landing.address().port}/landed/${called.length}` }).end();
});

const server = new URL(info.issuer).origin;
const redirectUri = `http://127.0.0.1:${callback.address().port}/callback`;
const verifier = randomBytes(32).toString('base64url');
const request = (mode) => `${server}/oauth/authorize?${new URLSearchParams({
  response_type: 'code', client_id: info.clients.public.client_id, redirect_uri: redirectUri, state: mode, response_mode: mode,
  scope: 'mcp:tools:read', code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
})}`;

const chromium = await Chromium.start();
try {
  for (const mode of ['query', 'form_post']) {
    const page = await chromium.page();
    await page.open(request(mode));
    must(`${mode}: the login page is shown`, await page.until('!!document.querySelector("input[name=password]")'), await page.evaluate('document.title'));
    const typed = JSON.stringify({ username: info.user.name, password: info.user.password });
    await page.evaluate(`for (const [name, value] of Object.entries(${typed})) document.querySelector(\`input[name=\${name}]\`).value = value;
      document.querySelector('form button').click();`);
    must(`${mode}: the consent page is shown`, await page.until('!!document.querySelector("button[name=decision]")'), await page.evaluate('document.body.innerText'));
    await page.evaluate('document.querySelector("button[name=decision][value=approve]").click()');
    const done = await page.until('document.title === "landed"');
    const call = called.at(-1);
    must(`${mode}: the callback has the code`, call?.state === mode && call.code?.length === 43, JSON.stringify(called));
    must(`${mode}: where the callback leads on to is reached`, done && landed.length === called.length, `${await page.evaluate('location.href')} ${JSON.stringify(landed)}`);
    const expected = mode === 'query' ? ['GET', undefined] : ['POST', server];
    must(`${mode}: the callback sees whose answer it is`, call?.method === expected[0] && call.origin === expected[1], JSON.stringify(call));
  }
} finally {
  await chromium.stop();
  landing.close();
  callback.close();
}
