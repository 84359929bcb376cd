// libraries.mjs: more unmodified OAuth clients, and the rest of what they can do: revocation, introspection, the device flow,
// clients that sign. Part of run.mjs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Owner, schema, startInstance } from '../instance.mjs';

globalThis.crypto ??= webcrypto;
const oauth = await import('oauth4webapi');
const openid = await import('openid-client');
const jose = await import('jose');
const { AuthorizationCode, ClientCredentials } = await import('simple-oauth2');
const { default: OAuth2Strategy } = await import('passport-oauth2');

const KEY_GRANTS = 'authorization_code,refresh_token,client_credentials';
let server, folder, keys;

before(async () => {
	server = await startInstance();
	folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-clients-'));
	keys = await jose.generateKeyPair('ES256', { extractable: true });
	await writeFile(path.join(folder, 'jwk'), JSON.stringify(await jose.exportJWK(keys.publicKey)));
	await server.gatehouse('client', 'add', 'signer', '--jwk', path.join(folder, 'jwk'), '--grant', KEY_GRANTS,
		'--redirect-uri', server.env.REDIRECT_URI);
	await server.gatehouse('client', 'add', 'tv', '--public', '--name', 'Television', '--grant', 'device_code,refresh_token');
});
after(async () => {
	await server?.stop();
	if (folder)
		await rm(folder, { recursive: true });
});

const account = () => ({ username: server.env.USER, password: server.env.PASSWORD });
const insecure = { [oauth.allowInsecureRequests]: true };

async function metadata() {
	const issuer = new URL(server.url);
	return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }));
}

const discover = (id, secret, auth) => openid.discovery(new URL(server.url), id, secret, auth,
	{ algorithm: 'oauth2', execute: [openid.allowInsecureRequests] });

async function alive(token) {
	const { body } = await schema(server.url, token, 'discoveryRequest');
	return body.devices?.length > 0;
}

for (const authorizationMethod of ['header', 'body'])
	test(`simple-oauth2: the road, refresh and revocation, credentials in the ${authorizationMethod}`, async () => {
		const client = new AuthorizationCode({
			client: { id: server.env.CLIENT_ID, secret: server.env.CLIENT_SECRET },
			auth: { tokenHost: server.url, tokenPath: '/token', authorizePath: '/authorize', revokePath: '/revoke' },
			options: { authorizationMethod },
		});
		const redirect_uri = server.env.REDIRECT_URI;
		const back = await new Owner().authorize(client.authorizeURL({ redirect_uri, scope: 'devices:read', state: 'a b+c' }), account());
		assert.equal(back.searchParams.get('state'), 'a b+c');
		const token = await client.getToken({ code: back.searchParams.get('code'), redirect_uri });
		assert.equal(token.token.scope, 'devices:read');
		assert.equal(token.expired(), false);
		const again = await token.refresh();
		assert.ok(await alive(again.token.access_token));
		await again.revokeAll();
		assert.ok(!await alive(again.token.access_token));
		await assert.rejects(again.refresh(), (e) => e.data.payload.error === 'invalid_grant');
	});

test('simple-oauth2: client_credentials', async () => {
	const { secret } = JSON.parse(await server.gatehouse('client', 'add', 'service', '--grant', 'client_credentials', '--json'));
	const client = new ClientCredentials({ client: { id: 'service', secret }, auth: { tokenHost: server.url, tokenPath: '/token' } });
	const { token } = await client.getToken({ scope: 'devices:read' });
	assert.equal(jose.decodeJwt(token.access_token).sub, 'client:service');
	assert.equal(token.refresh_token, undefined);
});

// A site that signs its visitors in with Gatehouse: passport's strategy, as a plain HTTP server runs it.
async function site(strategy) {
	const sessions = {};
	const http = createServer((request, response) => {
		const url = new URL(request.url, 'http://localhost');
		const run = Object.create(strategy);
		run.redirect = (to) => response.writeHead(302, { location: to }).end();
		run.success = (user) => response.end(JSON.stringify(user));
		run.fail = (why) => response.writeHead(401).end(JSON.stringify(why ?? {}));
		run.error = (e) => response.writeHead(500).end(JSON.stringify({ error: e.oauthError?.data ?? e.message, code: e.code }));
		run.authenticate({ query: Object.fromEntries(url.searchParams), session: sessions, headers: request.headers, url: request.url,
			connection: request.socket }, {});
	}).listen(0, '127.0.0.1');
	await once(http, 'listening');
	return { url: `http://127.0.0.1:${http.address().port}`, stop: () => http.close() };
}

test('passport-oauth2: a site with state and PKCE', async () => {
	await server.gatehouse('client', 'add', 'site', '--public', '--name', 'A site', '--redirect-uri', 'http://127.0.0.1/callback',
		'--grant', 'authorization_code');
	let callbackURL;
	const strategy = new OAuth2Strategy({
		authorizationURL: `${server.url}/authorize`, tokenURL: `${server.url}/token`, clientID: 'site', clientSecret: '',
		callbackURL: 'http://127.0.0.1/callback', state: true, pkce: 'S256', scope: 'devices:read',
	}, (access, refresh, params, profile, done) => done(null, { access, params }));
	const here = await site(strategy);
	try {
		callbackURL = `${here.url}/callback`;
		strategy._callbackURL = callbackURL;	// its port is known only now; 127.0.0.1 may have any (RFC 8252 7.3)
		const begun = await fetch(here.url, { redirect: 'manual' });
		const request = new URL(begun.headers.get('location'));
		assert.equal(request.searchParams.get('code_challenge_method'), 'S256');
		const back = await new Owner().authorize(request, account());
		assert.ok(back.href.startsWith(`${callbackURL}?code=`));
		const user = await (await fetch(back)).json();
		assert.ok(await alive(user.access), JSON.stringify(user));
		assert.equal(user.params.token_type, 'Bearer');
		const denied = await new Owner().authorize(new URL((await fetch(here.url, { redirect: 'manual' })).headers.get('location')),
			{ ...account(), decision: 'deny' });
		assert.equal((await fetch(denied)).status, 401);
	} finally {
		here.stop();
	}
});

test('oauth4webapi: introspection and revocation', async () => {
	const as = await metadata();
	const client = { client_id: server.env.CLIENT_ID };
	const auth = oauth.ClientSecretBasic(server.env.CLIENT_SECRET);
	const { access_token, refresh_token } = JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER,
		'--client', client.client_id));
	const ask = async (token) => oauth.processIntrospectionResponse(as, client,
		await oauth.introspectionRequest(as, client, auth, token, insecure));
	const alive = await ask(access_token);
	assert.equal(alive.active, true);
	assert.equal(alive.client_id, client.client_id);
	assert.equal((await ask('garbage')).active, false);
	await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, refresh_token, insecure));
	assert.deepEqual(await ask(access_token), { active: false });
	await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, 'garbage', insecure));
});

test('oauth4webapi: private_key_jwt, for the client itself and for an owner', async () => {
	const as = await metadata();
	assert.ok(as.token_endpoint_auth_methods_supported.includes('private_key_jwt'));
	const client = { client_id: 'signer' };
	const own = await oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(as, client,
		oauth.PrivateKeyJwt(keys.privateKey), { scope: 'devices:read' }, insecure));
	assert.equal(own.scope, 'devices:read');
	const stranger = await jose.generateKeyPair('ES256');
	await assert.rejects(oauth.clientCredentialsGrantRequest(as, client, oauth.PrivateKeyJwt(stranger.privateKey), {}, insecure)
		.then((answer) => oauth.processClientCredentialsResponse(as, client, answer)));
	const verifier = oauth.generateRandomCodeVerifier();
	const request = new URL(as.authorization_endpoint);
	request.search = new URLSearchParams({ client_id: 'signer', response_type: 'code', redirect_uri: server.env.REDIRECT_URI,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
	const params = oauth.validateAuthResponse(as, client, await new Owner().authorize(request, account()), oauth.expectNoState);
	const tokens = await oauth.processAuthorizationCodeResponse(as, client, await oauth.authorizationCodeGrantRequest(as, client,
		oauth.PrivateKeyJwt(keys.privateKey), params, server.env.REDIRECT_URI, verifier, insecure));
	assert.ok(await alive(tokens.access_token));
});

test('openid-client: introspection, revocation, private_key_jwt', async () => {
	const config = await discover('signer', undefined, openid.PrivateKeyJwt(keys.privateKey));
	const own = await openid.clientCredentialsGrant(config, { scope: 'devices:read' });
	assert.equal((await openid.tokenIntrospection(config, own.access_token)).active, true);
	await openid.tokenRevocation(config, own.access_token);
	assert.equal((await openid.tokenIntrospection(config, own.access_token)).active, false);
});

test('openid-client: the device flow, decided by the owner while it polls', async () => {
	const config = await discover('tv', undefined, openid.None());
	const begun = await openid.initiateDeviceAuthorization(config, { scope: 'devices:read' });
	assert.equal(begun.verification_uri, `${server.url}/device`);
	const polling = openid.pollDeviceAuthorizationGrant(config, begun);
	const page = await new Owner().typeCode(begun.verification_uri, begun.user_code, account());
	assert.match(page, /role|<h1>/);
	const tokens = await polling;
	assert.ok(await alive(tokens.access_token));
	assert.equal(tokens.scope, 'devices:read');
	assert.ok((await openid.refreshTokenGrant(config, tokens.refresh_token)).access_token);
});

test('oauth4webapi: the device flow, denied', async () => {
	const as = await metadata();
	const client = { client_id: 'tv' };
	const begun = await oauth.processDeviceAuthorizationResponse(as, client,
		await oauth.deviceAuthorizationRequest(as, client, oauth.None(), {}, insecure));
	await new Owner().typeCode(begun.verification_uri, begun.user_code, { ...account(), decision: 'deny' });
	await assert.rejects(oauth.deviceCodeGrantRequest(as, client, oauth.None(), begun.device_code, insecure)
		.then((answer) => oauth.processDeviceCodeResponse(as, client, answer)), { error: 'access_denied' });
});
