// The MCP TypeScript SDK's client, with its own OAuth, against a demo's MCP endpoint: refused, it finds the authorization server, has
// the user log in and consent, and calls the tool; later it refreshes. Takes the line that the demo prints with --print-json.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Browser } from './browser.mjs';
import { must, mustThrow, under } from './checks.mjs';

const info = JSON.parse(process.argv[2]);
under('MCP SDK');

/** A registered public client that keeps what the SDK gives it, in memory. */
class Provider {
  redirectUrl = 'http://127.0.0.1:33418/callback';
  clientMetadata = { client_name: 'interop', redirect_uris: [this.redirectUrl], token_endpoint_auth_method: 'none' };
  links = [];
  states = [];
  clientInformation() { return { client_id: info.clients.public.client_id, issuer: info.issuer }; }
  state() { this.states.push(crypto.randomUUID()); return this.states.at(-1); }
  tokens() { return this.kept; }
  saveTokens(tokens) { this.kept = tokens; }
  redirectToAuthorization(link) { this.links.push(link); }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  codeVerifier() { return this.verifier; }
}

const provider = new Provider();
const transport = () => new StreamableHTTPClientTransport(new URL(info.resource), { authProvider: provider });
const client = () => new Client({ name: 'interop', version: '1' });

const first = transport();
await mustThrow('without a token it is sent to log in', (error) => error instanceof UnauthorizedError, () => client().connect(first));
const [link] = provider.links;
const asked = Object.fromEntries(link.searchParams);
must('for this resource, with PKCE', asked.resource === info.resource && asked.code_challenge_method === 'S256', link.href);
must('at the issuer that the metadata name', link.origin === info.issuer, link.href);

const answer = (await new Browser(info.user).open(link, provider.redirectUrl)).searchParams;
must('the answer is to this request, of this issuer', answer.get('state') === provider.states[0] && answer.get('iss') === info.issuer, answer);
await first.finishAuth(answer.get('code'));
must('code for tokens', provider.kept.token_type.toLowerCase() === 'bearer', provider.kept);

const whoami = async (connected) => (await connected.callTool({ name: 'whoami', arguments: {} })).content[0].text;
const connected = client();
await connected.connect(transport());
let text = await whoami(connected);
must('calls the tool', text === 'usr_alice by bearer', text);

// Refused with the token it has, as with one that has expired, the SDK refreshes by itself.
const { access_token: old, refresh_token: used } = provider.kept;
await fetch(`${info.issuer}/oauth/revoke`, {
  method: 'POST', body: new URLSearchParams({ client_id: info.clients.public.client_id, token: old }),
});
text = await whoami(connected);
must('refreshes when the token is good no longer, and calls again', text === 'usr_alice by bearer', text);
const { access_token, refresh_token } = provider.kept;
must('with new tokens, and without the user', access_token !== old && refresh_token !== used && provider.links.length === 1, provider);
await connected.close();
