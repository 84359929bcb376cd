// fair.mjs: what one client does to the others: their p99 may at most double, behind nginx and behind lighttpd.
//
//   node tests/bench/fair.mjs      RATE (150 a second, of the others)  SECONDS (5)  IDLE (10000 connections)  SERVERS ("nginx lighttpd")
//                                  LIMIT (200: what nginx lets one address ask for in a second, as where it is installed)
//
// The others ask for state refreshes at a fixed rate, and sign in to nothing. Meanwhile, from another address, one after the other: clients that read ten
// bytes a second, connections that say nothing, a flood on another endpoint, an outbox full of calls to a host that is not there, and commands for a node
// server that does not answer.
// lighttpd cannot let idle connections go (docs/deploy.md): it is measured with as many as leave it a fifth of its places.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { requestsOf, schemaBody, startOurs } from './ours.mjs';
import { compiled, freePort, load, median, number, perform, say, start, wire, writeRequests } from './stage.mjs';

const rate = number('RATE', 150), seconds = number('SECONDS', 5), idle = number('IDLE', 10000), rounds = number('ROUNDS', 3);
const servers = (process.env.SERVERS ?? 'nginx lighttpd').split(' ');
const FLOOR_MS = 5;	// what counts as nothing: under it, twice as much is no harm

// A load of its own kind, until it is told to stop.
async function trouble(o, file, connections, ...options) {
	const child = start(await compiled('load'), [String(o.port), file, String(connections), '3600', 'source=127.0.0.2', ...options]);
	await new Promise((done) => setTimeout(done, 1500));
	return async () => {
		await child.end();
		if (child.exitCode)
			throw new Error(`load: ${child.said()}`);
	};
}

// Commands of a household whose other link cannot be told of them: what the courier has to send stays.
async function fillOutbox(o, files) {
	const nobody = `http://127.0.0.1:${await freePort()}/`;
	for (let i = 0; i < Math.min(200, o.homes); i++)
		await fetch(`${o.url}/schema`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: schemaBody('grantCallbackAccess', o.token(1, i), {
			callbackAuthentication: { grantType: 'authorization_code', scope: 'callback-access', code: randomUUID(), clientId: 'simulated-smartthings' },
			callbackUrls: { oauthToken: nobody, stateCallback: nobody } }) });
	await load(o.port, files.command, 8, 4, 'fresh=requestId', `rate=${rate}`);
	return async () => {};
}

// A node server that says it is there, and no more; commands for its lamp, so many at a time.
async function askSilent(o, connections) {
	const { worker, token } = JSON.parse(await o.tool('nodeserver', 'add', 'Silent', '--user', 'bench-0', '--json'));
	const node = (address, nodedefid, uom) => ({ addnode: { address, name: address, nodedefid, primary: 'controller', drivers: [{ driver: 'ST', value: '0', uom }] } });
	const said = await fetch(`${o.url}/polyglot/ns/${worker}/messages`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
		body: JSON.stringify([{ connected: true }, node('controller', 'controller', 2), node('lamp', 'VNODE_DIMMER', 51)]) });
	if (said.status !== 200)
		throw new Error(`node server: ${said.status} ${await said.text()}`);
	const { access_token } = JSON.parse(await o.tool('token', 'issue', '--user', 'bench-0', '--client', 'smartthings'));
	const commands = await writeRequests(`${o.name}.silent`, [wire('POST', '/schema', { 'Content-Type': 'application/json' }, schemaBody('commandRequest', access_token,
		{ devices: [{ externalDeviceId: 'n001_lamp', commands: [{ component: 'main', capability: 'st.switch', command: 'on', arguments: [] }] }] }))]);
	return trouble(o, commands, connections, 'fresh=requestId');
}

async function oneServer(web) {
	const o = await startOurs({ name: web, web, homes: 500, limit: number('LIMIT', 200) }), files = await requestsOf(o, 200), nothing = await writeRequests(`${web}.nothing`, []);
	const slow = await writeRequests(`${web}.slow`, [wire('GET', '/login', {})]);
	const flood = await writeRequests(`${web}.flood`, [wire('POST', '/token', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'grant_type=refresh_token&refresh_token=x')]);
	const p99 = async () => {
		const list = [];
		for (let i = 0; i < rounds; i++) {
			const r = await load(o.port, files.refresh_states, 32, seconds, `rate=${rate}`, 'warm=0.5');
			if (r.errors > 0 || r.rps < 0.9 * rate)
				throw new Error(`${web}: ${r.errors} errors, ${r.rps} requests a second of ${rate}`);
			list.push(r.p99);
		}
		return median(list);
	};
	const places = Number(/max-connections = (\d+)/.exec(await readFile(path.join(o.root, `${web}.conf`), 'utf8'))?.[1] ?? Infinity);
	const held = Math.floor(Math.min(idle, places * 0.8)), troubles = {
		'200 clients that read ten bytes a second': () => trouble(o, slow, 200, 'slow'),
		[`${held} connections that say nothing`]: () => trouble(o, nothing, held),
		'a flood on /token, 64 connections': () => trouble(o, flood, 64, 'expect=401'),
		'an outbox that cannot be emptied': () => fillOutbox(o, files),
		'commands for a node server that does not answer, 4 connections': () => askSilent(o, 4),
	};
	let bad = 0;
	await p99();	// what a process learns once is no trouble's work
	for (const [name, begin] of Object.entries(troubles)) {
		say(`${web}: ${name}`);
		const alone = await p99(), end = await begin(), now = await p99(), good = now <= 2 * Math.max(alone, FLOOR_MS);
		await end();
		bad += !good;
		console.log(`${web}: ${name}: p99 ${now.toFixed(2)} ms, alone ${alone.toFixed(2)}, ${(now / alone).toFixed(2)} times${good ? '' : ': TOO MUCH'}`);
	}
	return bad;
}

await perform(async () => {
	let bad = 0;
	for (const web of servers)
		bad += await oneServer(web);
	return bad > 0 ? 1 : 0;
});
