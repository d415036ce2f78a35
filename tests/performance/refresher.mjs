// npm oidc-provider over PostgreSQL: `node refresher.mjs CLIENT_ID CLIENT_SECRET RESOURCE FAMILIES`. Its adapter is written as its
// documentation shows, with a JSON column, over a pool of `pg`; the server is named by PGHOST and so on. It rotates refresh tokens, and issues
// ES256 access tokens for the resource. The first line says where, with one refresh token for each family; it serves until it is killed.

import { createServer } from 'node:http'
import { once } from 'node:events'
import Provider from 'oidc-provider'
import pg from 'pg'

const [client_id, client_secret, resource, families] = process.argv.slice(2)

// As many connections as attesto has.
const pool = new pg.Pool({ max: 16 })
await pool.query('DROP TABLE IF EXISTS oidc_payloads')
await pool.query(`CREATE TABLE oidc_payloads (
  id text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  grant_id text,
  user_code text,
  uid text,
  expires_at timestamptz,
  consumed_at timestamptz,
  PRIMARY KEY (id, type)
)`)
await pool.query('CREATE INDEX oidc_payloads_grant ON oidc_payloads (grant_id)')
await pool.query('CREATE INDEX oidc_payloads_uid ON oidc_payloads (uid)')

// Prepared once for each connection, as attesto's are.
const ask = (name, text, values) => pool.query({ name, text, values })
const found = ({ rows: [row] }) => row && { ...row.payload, ...(row.consumed_at ? { consumed: true } : undefined) }

class PostgresAdapter {
  constructor(type) {
    this.type = type
  }

  async upsert(id, payload, expiresIn) {
    const expires = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null
    await ask(
      'upsert',
      `INSERT INTO oidc_payloads (id, type, payload, grant_id, user_code, uid, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id, type) DO UPDATE SET payload = $3, grant_id = $4, user_code = $5, uid = $6, expires_at = $7`,
      [id, this.type, payload, payload.grantId, payload.userCode, payload.uid, expires],
    )
  }

  async find(id) {
    return found(await ask('find', 'SELECT payload, consumed_at FROM oidc_payloads WHERE id = $1 AND type = $2', [id, this.type]))
  }

  async findByUid(uid) {
    return found(await ask('uid', 'SELECT payload, consumed_at FROM oidc_payloads WHERE uid = $1 AND type = $2', [uid, this.type]))
  }

  async findByUserCode(code) {
    return found(await ask('code', 'SELECT payload, consumed_at FROM oidc_payloads WHERE user_code = $1 AND type = $2', [code, this.type]))
  }

  async destroy(id) {
    await ask('destroy', 'DELETE FROM oidc_payloads WHERE id = $1 AND type = $2', [id, this.type])
  }

  async consume(id) {
    await ask('consume', 'UPDATE oidc_payloads SET consumed_at = now() WHERE id = $1 AND type = $2', [id, this.type])
  }

  async revokeByGrantId(grantId) {
    await ask('revoke', 'DELETE FROM oidc_payloads WHERE grant_id = $1 AND type = $2', [grantId, this.type])
  }
}

const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const { key_ops, ext, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey)
const key = { ...jwk, kid: 'k1', use: 'sig', alg: 'ES256' }
const { d, ...publicKey } = key

const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  adapter: PostgresAdapter,
  jwks: { keys: [key] },
  cookies: { keys: ['not used here'] },
  clients: [{
    client_id,
    client_secret,
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://client.example/callback'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }],
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  ttl: { Grant: 1_209_600, RefreshToken: 1_209_600 },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
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

const client = await provider.Client.find(client_id)
const now = Math.floor(Date.now() / 1000)
const refresh_tokens = []
for (let family = 0; family < Number(families); family += 1) {
  const accountId = `user ${family}`
  const grant = new provider.Grant({ accountId, clientId: client_id })
  grant.addResourceScope(resource, 'mcp:tools:call')
  const grantId = await grant.save()
  const token = new provider.RefreshToken({
    accountId, client, grantId, gty: 'authorization_code', authTime: now, iiat: now, rotations: 0, scope: 'mcp:tools:call', resource,
    expiresWithSession: false,
  })
  refresh_tokens.push(await token.save())
}
server.on('request', provider.callback())
console.log(JSON.stringify({ issuer, token_endpoint: `${issuer}/token`, jwks: { keys: [publicKey] }, refresh_tokens }))
