// vendor.mjs: a vendor's cloud: OAuth, and devices by REST. Writes "port N" to stdout; GET /log tells what it was asked, POST
// /control changes what it does (an object, laid over the one below).
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const control = {
	devices: [
		{ id: 'a1', label: 'Porch', kind: 'bulb', connected: true, power: 'on', brightness: 0.4, place: 'Outside' },
		{ id: 'b 2/ü', label: 'Desk', kind: 'bulb', connected: true, power: 'off', brightness: 1 },
		{ id: 'c3', label: 'Gate', kind: 'door', connected: true, open: false },
		{ id: 'd4', label: 'Oven', kind: 'oven', connected: true },
	],
	life: 3600,		// seconds of an access token
	auth: 'post',		// how a client must prove itself
	rotate: true,		// a refresh brings a new refresh token
	long: 0,		// characters of an access token at least
	token: null,		// {status, body, type?} in place of the token endpoint's answer; {hang: true}
	api: null,		// the same for what is below /v1
	slow: 0,		// ms that the token endpoint takes
	expire: 0,		// as many calls are told that their token is over
	expired: { status: 401, body: '{"error":"expired"}' },
	page: 0,		// devices on a page; 0 = all
	next: null,		// the address of the next page, in place of ours
	deny: null,		// /authorize sends this error back
	open: false,		// any JWT is an access token: another server gives them
	hold: null,		// {what, skip, done}: one such request, after so many, is never answered; done: what it asks for happens
	forgive: false,		// a refresh token may be used again
	subscribe: null,	// {status, body} in place of the answer to a subscription
};
let number = 0;
const subscriptions = new Set();
const log = [], codes = new Map(), refreshes = new Map(), accesses = new Set();

const fresh = (kind) => `${kind}-${++number}-${'xY9-_.~'.repeat(Math.ceil(control.long / 7))}`;

function give(extra) {
	const access = fresh('access');
	accesses.add(access);
	return JSON.stringify({ access_token: access, token_type: 'bearer', expires_in: control.life, ...extra });
}

function proven(request, form) {
	const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
	switch (control.auth) {
	case 'basic': return basic === 'gate%3Ahouse:s%2Bcret%20%2F' || basic === 'gate%3Ahouse:s%2Bcret+%2F';
	case 'none': return form.get('client_id') === 'gate:house' && !form.has('client_secret');
	default: return form.get('client_id') === 'gate:house' && form.get('client_secret') === 's+cret /';
	}
}

function token(request, form, answer) {
	if (!proven(request, form))
		return answer(401, '{"error":"invalid_client"}');
	if (form.get('grant_type') === 'authorization_code') {
		const code = codes.get(form.get('code'));
		codes.delete(form.get('code'));
		const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
		if (!code || code.redirect !== form.get('redirect_uri') || (code.challenge && code.challenge !== challenge))
			return answer(400, '{"error":"invalid_grant"}');
		const refresh = fresh('refresh');
		refreshes.set(refresh, true);
		return answer(200, give({ refresh_token: refresh }));
	}
	const old = form.get('refresh_token') ?? form.get('code');
	if (form.get('grant_type') !== 'refresh_token' || !refreshes.has(old))
		return answer(400, '{"error":"invalid_grant"}');
	if (!control.rotate)
		return answer(200, give({}));
	const next = fresh('refresh');
	if (!control.forgive)
		refreshes.delete(old);
	refreshes.set(next, true);
	return answer(200, give({ refresh_token: next }));
}

function list(url) {
	const at = Number(url.searchParams.get('at') ?? 0), size = control.page || control.devices.length;
	const devices = control.devices.slice(at, at + size), more = at + size < control.devices.length;
	return JSON.stringify({ devices, next: more ? control.next ?? `/v1/devices?at=${at + size}` : null });
}

function api(request, url, body, answer) {
	const bearer = (request.headers.authorization ?? '').replace(/^Bearer /, '');
	if (control.open && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(bearer))
		accesses.add(bearer);
	if (control.expire > 0) {
		control.expire--;
		accesses.delete(bearer);
	}
	if (!accesses.has(bearer))
		return answer(control.expired.status, control.expired.body);
	if (control.api)
		return answer(control.api.status, control.api.body, control.api.type);
	if (url.pathname === '/v1/me')
		return answer(200, '{"home":{"id":"h-1"}}');
	if (url.pathname === '/v1/devices')
		return answer(200, list(url));
	if (url.pathname === '/v1/hooks' && control.subscribe)
		return answer(control.subscribe.status, control.subscribe.body);
	if (url.pathname === '/v1/hooks') {
		subscriptions.add(`s/${++number}`);
		return answer(201, JSON.stringify({ hook: { id: `s/${number}`, secret: `hook-secret-${number}` } }));
	}
	if (url.pathname.startsWith('/v1/hooks/'))
		return answer(subscriptions.delete(decodeURIComponent(url.pathname.slice(10))) ? 204 : 404, '');
	const [, id] = /^\/v1\/devices\/([^/]+)\/state$/.exec(url.pathname) ?? [];
	const device = control.devices.find((d) => d.id === decodeURIComponent(id ?? ''));
	if (!device)
		return answer(404, '{"error":"no such device"}');
	Object.assign(device, JSON.parse(body));
	return answer(200, JSON.stringify({ device }));
}

const server = createServer((request, response) => {
	const url = new URL(request.url, 'http://v');
	let body = '';
	request.on('data', (part) => { body += part; }).on('end', () => {
		let held = false;
		const answer = (status, text, type = 'application/json') => held || response.writeHead(status, { 'content-type': type }).end(text);
		if (url.pathname === '/log')
			return answer(200, JSON.stringify(log));
		if (url.pathname === '/control') {
			Object.assign(control, JSON.parse(body));
			log.length = 0;
			return answer(200, JSON.stringify({ refreshes: [...refreshes.keys()], accesses: [...accesses], subscriptions: [...subscriptions] }));
		}
		const form = new URLSearchParams(body || url.search);
		log.push({ method: request.method, path: url.pathname, query: url.search, body, headers: request.headers,
			what: url.pathname === '/token' ? form.get('grant_type') : url.pathname.replace(/^\/v1/, '') });
		if (control.hold?.what === log.at(-1).what && control.hold.skip-- === 0) {
			if (!control.hold.done)
				return undefined;
			held = true;
		}
		if (url.pathname === '/authorize') {
			const back = new URL(url.searchParams.get('redirect_uri')), code = fresh('code');
			codes.set(code, { redirect: url.searchParams.get('redirect_uri'), challenge: url.searchParams.get('code_challenge') });
			back.searchParams.set(control.deny ? 'error' : 'code', control.deny ?? code);
			back.searchParams.set('state', url.searchParams.get('state') ?? '');
			return response.writeHead(302, { location: back.href }).end();
		}
		const instead = url.pathname === '/token' ? control.token : url.pathname.startsWith('/v1/') ? control.api : null;
		if (instead?.hang)
			return undefined;
		if (url.pathname === '/token')
			return setTimeout(() => control.token ? answer(control.token.status, control.token.body, control.token.type) :
				token(request, form, answer), control.slow);
		if (url.pathname === '/revoke') {
			refreshes.delete(form.get('token'));
			return answer(200, '{}');
		}
		return api(request, url, body, answer);
	});
}).listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
