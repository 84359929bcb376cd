// openapi.mjs: a client that knows nothing but the OpenAPI description: every operation with likely and unlikely values, and
// addresses and methods that it does not have. Each answer is well-formed and one of those described. Part of run.mjs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { startInstance } from '../instance.mjs';

const CALLS = 960;
const PER_INSTALLATION = 240;	// below the rate limit
let server;
before(async () => { server = await startInstance(); });
after(() => server?.stop());

// Numbers that look like chance, the same in each run.
function chance(seed) {
	let state = seed;
	return (n) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor(state / 2 ** 32 * n);
	};
}

const TEXTS = ['', 'x', 'on', 'off', 'setLevel', 'switch', 'switch.switch', 'main', '..', '.', '%', '/', 'a/b', '한글', '\u0001', '"', "'",
	'<b>', '$params.id', '-1', '1e999', '9'.repeat(400), 'null', '{}', 'https://dash.example/x', 'http://127.0.0.1/', '\ud83d\ude00', ' '];
const VALUES = [null, true, 0, -1, 42, 1e308, 0.5, [], [1, 2], [null], {}, { a: [{}] }, ...TEXTS];
const BODIES = ['{', '[]', 'null', '{"a":1}x', '<a><b>c</b></a>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '\u0000', '[['.repeat(200), '""'];
const TYPES = ['application/json', 'application/xml', 'text/plain', 'application/json; charset=utf-8', 'x'];

// A call of an operation: what fills its parameters and body is mostly what it could be.
function fill(pick, path, operation, ids) {
	const likely = { command: ['on', 'off', 'refresh'], callbackUrl: ['https://dash.example/x'], attribute: ['switch', 'switch.switch'],
		attributeName: ['switch'], component: ['main'], id: ids, deviceId: ids };
	const value = (name, others) => {
		const from = likely[name] && pick(4) > 0 ? likely[name] : others;
		return from[pick(from.length)];
	};
	const query = new URLSearchParams();
	let to = path;
	for (const p of operation.parameters ?? [])
		if (p.in === 'path')
			to = to.replace(`{${p.name}}`, encodeURIComponent(value(p.name, TEXTS) || 'x'));
		else if (pick(2) === 0)
			query.append(p.name, value(p.name, TEXTS));
	const properties = Object.keys(operation.requestBody?.content['application/json']?.schema.properties ?? {});
	let body, type = 'application/json';
	if (properties.length > 0 && pick(5) > 0)
		body = JSON.stringify(Object.fromEntries(properties.filter((name) => pick(likely[name] ? 8 : 2) > 0)
			.map((name) => [name, value(name, VALUES)])));
	else if (pick(3) === 0) {
		body = BODIES[pick(BODIES.length)];
		type = TYPES[pick(TYPES.length)];
	}
	return { to: to + ([...query].length > 0 ? `?${query}` : ''), body, type };
}

function check(answer, text, said, what) {
	assert.ok(said.includes(String(answer.status)), `${what}: ${answer.status} is not among ${said}: ${text}`);
	for (const name of ['limit', 'current', 'ttl'])
		assert.match(answer.headers.get(`x-ratelimit-${name}`) ?? '', /^\d+$/, `${what}: ${name}`);
	assert.equal(answer.headers.get('cache-control'), 'no-store', what);
	if (answer.status === 204) {
		assert.equal(text, '', what);
		return;
	}
	assert.equal(answer.headers.get('content-type'), 'application/json;charset=utf-8', what);
	const value = JSON.parse(text);
	if (answer.status >= 400) {
		assert.deepEqual(Object.keys(value), ['error', 'type', 'message'], what);
		assert.ok(value.error === true && value.type !== '' && value.message !== '', what);
	}
}

test('each operation of the description answers as it says, whatever it is given', async () => {
	const described = JSON.parse(await server.gatehouse('app', 'openapi', 'devices'));
	const operations = Object.entries(described.paths).flatMap(([path, item]) =>
		Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));
	const pick = chance(7);
	const seen = new Set();
	let token, base, ids;
	for (let n = 0; n < CALLS; n++) {
		if (n % PER_INSTALLATION === 0) {
			token = JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER, '--client', 'devices')).access_token;
			const headers = { authorization: `Bearer ${token}` };
			[{ uri: base }] = await (await fetch(`${server.url}/api/smartapps/endpoints`, { headers })).json();
			ids = (await (await fetch(`${base}/devices`, { headers })).json()).devices.map((d) => d.id);
		}
		const { path, method, operation } = operations[n % operations.length];
		const { to, body, type } = fill(pick, path, operation, ids);
		const other = pick(20) === 0 ? { method: 'PATCH', said: ['404', '405'] } : pick(20) === 0 ? { more: '/x/y/z', said: ['404'] } : {};
		const answer = await fetch(`${base}${to.replace(/(\?|$)/, `${other.more ?? ''}$1`)}`, {
			method: other.method ?? method, body: method === 'GET' && !other.method ? undefined : body,
			headers: { authorization: `Bearer ${token}`, ...(body !== undefined ? { 'content-type': type } : {}) },
		});
		const said = other.said ?? Object.keys(operation.responses);
		check(answer, await answer.text(), said, `${other.method ?? method} ${to} ${body}`);
		seen.add(`${operation.operationId} ${answer.status >= 400}`);
	}
	// Each went well at least once, and badly at least once, where it can: so nothing was tried in vain.
	for (const { operation } of operations)
		assert.ok(seen.has(`${operation.operationId} false`) || /delete/.test(operation.operationId), operation.operationId);
	assert.ok(seen.size > operations.length + 3, [...seen].join(', '));
});
