// Drives the demo with clients that nobody here wrote: npm oauth4webapi and the MCP TypeScript SDK. Takes the line that the demo
// prints with --print-json. One line a step; non-zero when a step fails.
import * as oauth from 'oauth4webapi';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as auth from '@modelcontextprotocol/sdk/client/auth.js';
const info = JSON.parse(process.argv[2]);
const insecure = { [oauth.allowInsecureRequests]: true };
const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } });
const headers = () => new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' });
const must = (what, ok, got) => { console.log(ok ? 'ok  ' : 'FAIL', what, ok ? '' : got); if (!ok) process.exitCode = 1; };

let r = await fetch(info.url, { method: 'POST', body: '{}' });
must('401 without credentials', r.status === 401, r.status);
const params = (auth.extractWWWAuthenticateParams ?? ((x) => ({ resourceMetadataUrl: auth.extractResourceMetadataUrl(x) })))(r);
must('MCP SDK finds the metadata pointer in the challenge', !!params.resourceMetadataUrl, r.headers.get('www-authenticate'));
const doc = await auth.discoverOAuthProtectedResourceMetadata(info.url, { resourceMetadataUrl: params.resourceMetadataUrl });
must('MCP SDK reads the document', doc.resource === info.url, JSON.stringify(doc));

const key = await crypto.subtle.importKey('jwk', info.dpop.private_jwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
const { d, ...pub } = info.dpop.private_jwk;
const publicKey = await crypto.subtle.importKey('jwk', pub, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
const DPoP = oauth.DPoP({ client_id: 'demo-client' }, { privateKey: key, publicKey });
r = await oauth.protectedResourceRequest(info.dpop.token, 'POST', new URL(info.url), headers(), call, { DPoP, ...insecure });
let text = await r.text();
must('oauth4webapi: DPoP call', r.status === 200 && text.includes('usr_alice by dpop'), text);
const strict = () => oauth.protectedResourceRequest(info.strict.token, 'POST', new URL(info.strict.url), headers(), call, { DPoP, ...insecure });
try { r = await strict(); must('oauth4webapi: nonce wanted first', false, r.status); }
catch (e) { must('oauth4webapi: nonce wanted first', oauth.isDPoPNonceError(e), e); r = await strict(); }
text = await r.text();
must('oauth4webapi: retry with the nonce', r.status === 200 && text.includes('usr_alice by dpop'), text);

const client = new Client({ name: 'c', version: '1' });
const transport = new StreamableHTTPClientTransport(new URL(info.url), { requestInit: { headers: { authorization: `Bearer ${info.bearer}` } } });
await client.connect(transport);
const tools = await client.listTools();
must('MCP SDK lists tools', tools.tools.some((t) => t.name === 'whoami'), JSON.stringify(tools));
const result = await client.callTool({ name: 'whoami', arguments: {} });
must('MCP SDK calls the tool', result.content[0].text === 'usr_alice by bearer', JSON.stringify(result));
await client.close();
