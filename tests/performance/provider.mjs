// npm oidc-provider with its own memory adapter: `node provider.mjs CLIENT_ID CLIENT_SECRET RESOURCE`. It issues ES256 access tokens for
// the resource to one client, by client_credentials. The first line says where; it serves until it is killed.

import { createServer } from 'node:http'
import { once } from 'node:events'
import Provider from 'oidc-provider'

const [client_id, client_secret, resource] = process.argv.slice(2)

const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const { key_ops, ext, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey)
const key = { ...jwk, kid: 'k1', use: 'sig', alg: 'ES256' }
const { d, ...publicKey } = key

const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  cookies: { keys: ['not used here'] },
  clients: [{
    client_id,
    client_secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'mcp:tools:call',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 900,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})
server.on('request', provider.callback())
console.log(JSON.stringify({ issuer, token_endpoint: `${issuer}/token`, jwks: { keys: [publicKey] } }))
