// run.mjs: unmodified OAuth clients and an independent JWT verifier walk the whole road against a live instance.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { Owner, schema, startInstance } from '../instance.mjs';
import './libraries.mjs';
import './smartapp.mjs';
import './st-schema.mjs';
import './passport-smartthings.mjs';
import './openapi.mjs';

globalThis.crypto ??= webcrypto;
const oauth = await import('oauth4webapi');
const openid = await import('openid-client');
const jose = await import('jose');

let server;
before(async () => { server = await startInstance(); });
after(() => server?.stop());

const account = () => ({ username: server.env.USER, password: server.env.PASSWORD });
const insecure = { [oauth.allowInsecureRequests]: true };

test('oauth4webapi: discovery, code with PKCE, refresh, and the token opens the Schema endpoint', async () => {
	const issuer = new URL(server.url);
	const as = await oauth.processDiscoveryResponse(issuer,
		await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }));
	const client = { client_id: server.env.CLIENT_ID };
	const auth = oauth.ClientSecretBasic(server.env.CLIENT_SECRET);
	const verifier = oauth.generateRandomCodeVerifier();
	const state = oauth.generateRandomState();
	const request = new URL(as.authorization_endpoint);
	for (const [name, value] of Object.entries({
		client_id: client.client_id, redirect_uri: server.env.REDIRECT_URI, response_type: 'code', state,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
	}))
		request.searchParams.set(name, value);

	const back = await new Owner().authorize(request, account());
	const params = oauth.validateAuthResponse(as, client, back, state);
	const tokens = await oauth.processAuthorizationCodeResponse(as, client, await oauth.authorizationCodeGrantRequest(
		as, client, auth, params, server.env.REDIRECT_URI, verifier, insecure));
	assert.equal(tokens.token_type, 'bearer');
	assert.ok(tokens.expires_in > 0);

	const again = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(
		as, client, auth, tokens.refresh_token, insecure));
	assert.notEqual(again.refresh_token, tokens.refresh_token);
	const found = await schema(server.url, again.access_token, 'discoveryRequest');
	assert.equal(found.status, 200);
	assert.ok(found.body.devices.length >= 11);
});

test('openid-client: the code is bound to its verifier', async () => {
	const config = await openid.discovery(new URL(server.url), server.env.CLIENT_ID, server.env.CLIENT_SECRET,
		openid.ClientSecretPost(server.env.CLIENT_SECRET), { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] });
	const verifier = openid.randomPKCECodeVerifier();
	const state = openid.randomState();
	const request = openid.buildAuthorizationUrl(config, {
		redirect_uri: server.env.REDIRECT_URI, scope: 'devices:read', state,
		code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
	});
	const owner = new Owner();
	const stolen = await owner.authorize(request, account());
	await assert.rejects(openid.authorizationCodeGrant(config, stolen,
		{ pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: state }), { error: 'invalid_grant' });
	const back = await owner.authorize(request, account());
	const tokens = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state });
	assert.equal(tokens.scope, 'devices:read');
	const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token);
	assert.equal(refreshed.scope, 'devices:read');
});

test('openid-client: Deny comes back as access_denied', async () => {
	const config = await openid.discovery(new URL(server.url), server.env.CLIENT_ID, server.env.CLIENT_SECRET,
		undefined, { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] });
	const state = openid.randomState();
	const request = openid.buildAuthorizationUrl(config, { redirect_uri: server.env.REDIRECT_URI, state });
	const back = await new Owner().authorize(request, { ...account(), decision: 'deny' });
	await assert.rejects(openid.authorizationCodeGrant(config, back, { expectedState: state }), { error: 'access_denied' });
});

test('jose: access tokens are RFC 9068 JWTs that the published keys prove', async () => {
	const issued = JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER,
		'--client', server.env.CLIENT_ID));
	const keys = jose.createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url));
	const { payload, protectedHeader } = await jose.jwtVerify(issued.access_token, keys, {
		issuer: server.url, audience: 'urn:gatehouse:devices', typ: 'at+jwt', algorithms: ['ES256'],
		requiredClaims: ['sub', 'client_id', 'scope', 'sid', 'iat', 'exp', 'jti'],
	});
	assert.equal(payload.client_id, server.env.CLIENT_ID);
	assert.ok(protectedHeader.kid);
	const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
	for (const key of jwks.keys)
		assert.equal(key.d, undefined);
});

test('a token that was revoked, or chosen for fewer devices, shows at once', async () => {
	const issue = async (...more) => JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER,
		'--client', server.env.CLIENT_ID, ...more)).access_token;
	const all = await schema(server.url, await issue(), 'discoveryRequest');
	const id = all.body.devices[0].externalDeviceId;
	const token = await issue('--device', id);
	const one = await schema(server.url, token, 'discoveryRequest');
	assert.deepEqual(one.body.devices.map((d) => d.externalDeviceId), [id]);
	const { sid } = jose.decodeJwt(token);
	await server.gatehouse('grant', 'revoke', sid);
	const revoked = await schema(server.url, token, 'discoveryRequest');
	assert.equal(revoked.body.globalError.errorEnum, 'INTEGRATION-DELETED');
});
