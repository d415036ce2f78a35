// MCP clients from npm and PyPI through the whole flow against a demo, with its registered public client: mcp-remote, the MCP Inspector's
// CLI and fastmcp, each as its users start it. The browser that they want to open is this file again, as a program: `mcp.mjs visit LINK`.
// Takes the line that the demo prints with --print-json, and the Python with fastmcp.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Browser } from './browser.mjs';

const here = fileURLToPath(import.meta.url);
const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/** Logs in, consents, and brings the answer to where the client listens, which may not be so yet. */
async function visit(info, link) {
  const answer = await new Browser(info.user).open(link, new URL(link).searchParams.get('redirect_uri'));
  for (let attempt = 0; ; attempt++) {
    try { return await (await fetch(answer)).text(); } catch (error) {
      if (attempt === 50) throw error;
      await wait(100);
    }
  }
}

if (process.argv[2] === 'visit') {
  await visit(JSON.parse(process.env.ATTESTO_DEMO), process.argv[3]);
  process.exit(0);
}

const [info, python] = [JSON.parse(process.argv[2]), process.argv[3]];
const home = mkdtempSync(join(tmpdir(), 'attesto-mcp-'));
const browser = join(home, 'xdg-open');
writeFileSync(browser, `#!/bin/sh\n"${process.execPath}" "${here}" visit "$1" >/dev/null 2>&1 &\n`, { mode: 0o700 });
const env = {
  ...process.env, PATH: `${home}:${process.env.PATH}`, HOME: home, BROWSER: browser, ATTESTO_DEMO: process.argv[2], NO_COLOR: '1',
  MCP_REMOTE_CONFIG_DIR: home, MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'memory',
};
const installed = (name) => {
  for (let at = dirname(here); at !== dirname(at); at = dirname(at)) {
    try { return JSON.parse(readFileSync(join(at, 'node_modules', name, 'package.json'))).version; } catch { /* further up */ }
  }
  return '?';
};
const bin = (name, path) => {
  for (const at of createRequire(here).resolve.paths(name)) {
    try { readFileSync(join(at, name, path)); return join(at, name, path); } catch { /* the next */ }
  }
  throw new Error(`${name} is not installed`);
};

/** Runs a client, until it ends or `done` has seen enough. */
function run(command, args, { input = '', done = () => false } = {}) {
  return new Promise((finished, failed) => {
    const child = spawn(command, args, { env });
    const late = setTimeout(() => { child.kill('SIGKILL'); failed(new Error(`no end: ${out.slice(-800)} ${err.slice(-800)}`)); }, 45_000);
    let [out, err] = ['', ''];
    const look = () => {
      if (done(out)) { clearTimeout(late); child.kill(); finished(out); }
    };
    child.stdout.on('data', (chunk) => { out += chunk; look(); });
    child.stderr.on('data', (chunk) => { err += chunk; look(); });
    child.on('error', failed);
    child.on('close', (code) => { clearTimeout(late); if (code) failed(new Error(`exit ${code}: ${err.slice(-1500)}`)); else finished(out); });
    child.stdin.write(input);
    if (!input) child.stdin.end();
  });
}

const freePort = () => new Promise((free) => {
  const server = createServer().listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => free(port)); });
});

const { client_id } = info.clients.public;
const calls = [
  { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'interop', version: '1' } } },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'whoami', arguments: {} } },
];
const clients = {
  'mcp-remote': async () => run(process.execPath, [
    // By default it derives a port from the URL, which something else may have.
    bin('mcp-remote', 'dist/proxy.js'), info.resource, String(await freePort()), '--allow-http', '--transport', 'http-only', '--static-oauth-client-info', JSON.stringify({ client_id }),
  ], { input: calls.map((call) => `${JSON.stringify(call)}\n`).join(''), done: (out) => out.includes('"id":2') }),
  '@modelcontextprotocol/inspector': async () => run(process.execPath, [
    bin('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js'), '--cli', info.resource, '--transport', 'http', '--client-id', client_id,
    '--method', 'tools/call', '--tool-name', 'whoami',
  ]),
  fastmcp: async () => run(python, ['-W', 'ignore', '-c', `
import asyncio
from fastmcp import Client
from fastmcp.client.auth import OAuth

async def main():
    async with Client(${JSON.stringify(info.resource)}, auth=OAuth(client_id=${JSON.stringify(client_id)})) as client:
        print((await client.call_tool("whoami")).content[0].text)

asyncio.run(main())`]),
};

let failed = false;
for (const [name, drive] of Object.entries(clients)) {
  let problem;
  try {
    const out = await drive();
    if (!out.includes('usr_alice by bearer')) problem = `the tool was not called: ${out.slice(-600)}`;
  } catch (error) { problem = error.message; }
  failed ||= Boolean(problem);
  console.log(problem ? 'FAIL' : 'ok  ', `${name} ${name === 'fastmcp' ? '' : installed(name)}: finds the server, logs in, consents, calls the tool`, problem ?? '');
}
rmSync(home, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
