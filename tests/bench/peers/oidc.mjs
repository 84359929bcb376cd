// oidc.mjs: npm oidc-provider, ES256 access tokens, refresh tokens that rotate, everything in memory: one process. Prints "port N".
//
// POST /prepare?refresh=N&codes=N makes what a load begins with and answers it as JSON.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.argv[2]}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const redirect = 'https://c2c-us.smartthings.com/oauth/callback', resource = 'urn:gatehouse:devices';

// What the package itself comes with for memory forgets all but the newest thousand.
const kept = new Map(), ofGrant = new Map();
class Memory {
	constructor(kind) { this.kind = kind; }
	async upsert(id, payload) {
		kept.set(`${this.kind}:${id}`, payload);
		if (payload.grantId)
			(ofGrant.get(payload.grantId) ?? ofGrant.set(payload.grantId, new Set()).get(payload.grantId)).add(`${this.kind}:${id}`);
	}
	async find(id) { return kept.get(`${this.kind}:${id}`); }
	async findByUid() {}
	async findByUserCode() {}
	async consume(id) { kept.get(`${this.kind}:${id}`).consumed = Math.floor(Date.now() / 1000); }
	async destroy(id) { kept.delete(`${this.kind}:${id}`); }
	async revokeByGrantId(grant) {
		for (const key of ofGrant.get(grant) ?? [])
			kept.delete(key);
	}
}

const provider = new Provider('http://127.0.0.1', {
	jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'one' }] },
	clients: [{ client_id: 'bench', client_secret: 'bench-secret', redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'],
		token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'ES256' }],
	adapter: Memory,
	cookies: { keys: ['bench'] },
	scopes: ['offline_access', 'devices:read', 'devices:control'],
	rotateRefreshToken: true,
	ttl: { AuthorizationCode: 86400, Grant: 86400 },	// they are made beforehand
	issueRefreshToken: () => true,
	pkce: { required: () => false },
	findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
	features: { devInteractions: { enabled: false }, resourceIndicators: { enabled: true, defaultResource: () => resource, useGrantedResource: () => true,
		getResourceServerInfo: () => ({ scope: 'devices:read devices:control', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 86400, jwt: { sign: { alg: 'ES256' } } }) } },
});

async function make(kind, i) {
	const scope = 'devices:read devices:control', accountId = `user-${i}`, grant = new provider.Grant({ accountId, clientId: 'bench' });
	grant.addResourceScope(resource, scope);
	grant.addOIDCScope('offline_access');
	const client = await provider.Client.find('bench');
	const token = new provider[kind]({ accountId, client, grantId: await grant.save(), scope: `offline_access ${scope}`, resource, gty: 'authorization_code',
		redirectUri: redirect, authTime: Math.floor(Date.now() / 1000), claims: {}, sessionUid: 'x', expiresWithSession: false });
	return token.save();
}

async function prepare(query) {
	const all = async (kind, n) => Promise.all(Array.from({ length: n }, (_, i) => make(kind, i)));
	return { refresh: await all('RefreshToken', Number(query.get('refresh') ?? 0)), codes: await all('AuthorizationCode', Number(query.get('codes') ?? 0)) };
}

const app = provider.callback();
const server = createServer(async (req, res) => {
	if (!req.url.startsWith('/prepare'))
		return app(req, res);
	res.setHeader('content-type', 'application/json');
	res.end(JSON.stringify(await prepare(new URL(req.url, 'http://x').searchParams)));
}).listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
server.keepAliveTimeout = 75000;	// nginx keeps connections for 60 s: node's 5 would end one under a request
