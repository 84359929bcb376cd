// bench.mjs: this server, the floor and the peers side by side in one run; prints the table of ratios and writes it to docs/performance.md.
//
//   node tests/bench/bench.mjs [ROW...]     rows by their key, as in the table below; none means all
//
// Round by round every contender of every row in turn, the floor again before each row: a ratio is of two loads that follow one another, and the
// median of the rounds, so that a noisy minute hits both. Each load is warmed up first; a figure is the median of the rounds, with the lowest and the
// highest. An answer that is no success counts as an error, and there must be none. In the environment:
//   ROUNDS (5)  SECONDS (3)  WARM (0.5)  CONNECTIONS (16)  HOMES (2000)  SPREAD (16: households that a load goes to in turn)
//   CODE_RATE (16000, a quarter of it for oidc-provider), GLEWLWYD_RATE (250): codes made beforehand for a second of load
//   WORKERS (2: deploy.sh --workers, and of each floor)  WRITE (1: write docs/performance.md; else only print)  PARTS (rows,event,latency,connections,spread,memory,courier,engine,size,store)
import { startGlewlwyd, client as glewlwyd } from './peers/glewlwyd.mjs';
import { floorLike, requestsOf, schemaRequestsOf, startOurs, redirect, schemaBody, states, dim, tellOthers } from './ours.mjs';
import { at, cpu, load, median, npmPeers, number, perform, privateKib, run, say, startFront, startServer, top, wire, writeRequests } from './stage.mjs';
import { report } from './report.mjs';
import { measureEvents } from './smartapp.mjs';
import path from 'node:path';

const rounds = number('ROUNDS', 5), seconds = number('SECONDS', 3), warm = number('WARM', 0.5), connections = number('CONNECTIONS', 16);
const homes = number('HOMES', 2000), spread = number('SPREAD', 16), workers = number('WORKERS', 2);
const parts = (process.env.PARTS ?? 'rows,event,latency,connections,spread,memory,courier,engine,size,store').split(',');
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }, json = { 'Content-Type': 'application/json' };

// What is measured: our programs that do it, what a load needs besides, the goals: of the floor, of each peer; p99 at half load in ms.
const rows = {
	discovery: { title: 'Schema discovery, 8 devices', programs: ['schema-webhook'], floor: 0.8, peers: { 'st-schema': 3 }, p99: 5 },
	refresh_states: { title: 'Schema state refresh, 8 devices', programs: ['schema-webhook'], floor: 0.8, peers: { 'st-schema': 2.5 }, p99: 5 },
	command: { title: 'Schema command, durable, told to another link', programs: ['schema-webhook'], floor: 0.4, peers: { 'st-schema': 1.5 }, p99: 20, durable: true,
		options: ['fresh=requestId'] },	// one that comes twice is carried out once
	refresh_token: { title: 'refresh_token grant, rotation, ES256, durable', programs: ['token'], peers: { 'oidc-provider': 4, glewlwyd: 50 }, p99: 20, durable: true,
		options: ['chain=refresh_token'] },
	code: { title: 'authorization_code exchange, durable', programs: ['token'], peers: { 'oidc-provider': 4, glewlwyd: 50 }, moves: true, durable: true },
	rest: { title: 'Web Services GET of 10 devices', programs: ['web-services'], floor: 0.8, peers: {}, p99: 5, options: ['repeat=100'], moves: true },
	event: { title: 'signed SmartApp EVENT', peers: { '@smartthings/smartapp': 3.5 } },	// measured apart: every request is signed beforehand
};
const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'));
for (const word of asked)
	if (!(word in rows)) {
		console.error(`bench: no row is called ${word}; there are ${Object.keys(rows).join(', ')}`);
		process.exit(2);
	}
const wantsEvents = asked.length > 0 ? asked.includes('event') : parts.includes('event');
const chosen = (asked.length > 0 ? asked : Object.keys(rows)).filter((row) => row !== 'event');

// --- peers: { port, pids, file of requests by row, at what place of it to go on } ---

async function startSchema(npm) {
	const { port, pid } = await startServer('node', [path.join(top, 'tests/bench/peers/schema.mjs'), npm]);
	const front = await startFront('st-schema', { app: port }, 'location / { proxy_pass http://app; }');
	const one = async (type, more) => writeRequests(`st-schema.${type}`, Array.from({ length: 64 }, (_, i) =>
		wire('POST', '/schema', json, schemaBody(type, 'x'.repeat(520), more(i)))));
	return { name: 'st-schema', port: front.port, pid, files: { discovery: await one('discoveryRequest', () => ({})),
		refresh_states: await one('stateRefreshRequest', states), command: await one('commandRequest', dim) } };
}

const alternate = (lists) => lists[0].flatMap((_, i) => lists.map((l) => l[i]));

async function startOidc(npm, codes) {
	const two = [], basic = `Basic ${Buffer.from('bench:bench-secret').toString('base64')}`;
	for (let i = 0; i < 2; i++)
		two.push(await startServer('node', [path.join(top, 'tests/bench/peers/oidc.mjs'), npm]));
	// Each keeps its tokens to itself: the path says whose they are.
	const front = await startFront('oidc', { first: two[0].port, second: two[1].port },
		'location /0/ { proxy_pass http://first/; } location /1/ { proxy_pass http://second/; }');
	const made = await Promise.all(two.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}/prepare?refresh=128&codes=${codes >> 1}`)).json()));
	const token = (k, body) => wire('POST', `/${k}/token`, { ...form, Authorization: basic }, new URLSearchParams(body).toString());
	return { name: 'oidc-provider', port: front.port, pids: two.map((t) => t.pid), files: {
		refresh_token: await writeRequests('oidc.refresh', alternate(made.map((m, k) => m.refresh.map((t) => token(k, { grant_type: 'refresh_token', refresh_token: t }))))),
		code: await writeRequests('oidc.code', alternate(made.map((m, k) => m.codes.map((c) => token(k, { grant_type: 'authorization_code', code: c, redirect_uri: redirect }))))) } };
}

async function startDisk(codes) {
	const g = await startGlewlwyd(), basic = `Basic ${Buffer.from(`${glewlwyd.id}:${glewlwyd.secret}`).toString('base64')}`;
	const front = await startFront('glewlwyd.front', { app: g.port }, 'location / { proxy_pass http://app; }');
	const token = (body) => wire('POST', '/api/oidc/token', { ...form, Authorization: basic }, new URLSearchParams(body).toString());
	say(`glewlwyd makes ${codes} codes`);
	return { name: 'glewlwyd', port: front.port, pid: g.pid, files: {
		refresh_token: await writeRequests('glewlwyd.refresh', (await g.refresh(16)).map((t) => token({ grant_type: 'refresh_token', refresh_token: t }))),
		code: await writeRequests('glewlwyd.code', (await g.codes(codes)).map((c) => token({ grant_type: 'authorization_code', code: c, redirect_uri: redirect }))) } };
}

// --- rounds ---

const places = new Map();	// where in a file the next load begins, of loads that may use no request twice

async function one(who, row, files, time, ...more) {
	const { options = [], moves } = rows[row] ?? {}, mine = who === 'gatehouse' ? options : options.filter((o) => !o.startsWith('repeat')), file = files[row];
	const key = `${who} ${row}`, place = `${more[0]} ${row}`, from = moves ? [`from=${places.get(place) ?? 0}`] : [];
	const once = row === 'code' ? ['once'] : [];
	const result = await load(more[0], file, more[1], time, `warm=${Math.min(warm, time / 4)}`, ...mine, ...from, ...once, ...more.slice(2));
	places.set(place, result.next);
	if (result.requests === 0)
		throw new Error(`${key}: nothing to count; were there requests left? (CODE_RATE, GLEWLWYD_RATE: codes that are made for a second)`);
	return result;
}

async function measureRows(ours, files, peers) {
	const seen = {}, beside = {}, weights = {};
	const keep = (row, who, result) => ((seen[row] ??= {})[who] ??= []).push(result);
	const compare = (row, who, mine, other) => ((beside[row] ??= {})[who] ??= []).push(mine.rps / other.rps);
	const least = async (name) => {
		const result = await one(name, name, files, seconds, ours.port, connections);
		keep(name, name, result);
		return result;
	};
	// The floor with as many bytes both ways as the row has: what is carried costs the web server, whoever made it.
	const besideWeight = async (row, result, floor) => {
		const { file, asked } = await floorLike(`floor.${row}`, files[row], result.answered);
		const carried = await one('weight', 'weight', { weight: file }, seconds, ours.port, connections);
		weights[row] = { asked, answered: result.answered };
		keep(row, 'the floor with as many bytes', carried);
		compare(row, 'weight', result, carried);
		compare(row, 'carried', carried, floor);
	};
	for (let round = 0; round < rounds; round++) {
		say(`round ${round + 1} of ${rounds}`);
		for (const row of chosen) {
			const floor = rows[row].floor && await least('floor'), disk = rows[row].durable && await least('disk');
			const pids = await ours.processes(...rows[row].programs), before = await cpu(pids);
			const result = await one('gatehouse', row, files, seconds, ours.port, connections);
			result.us = 1000 * (await cpu(pids) - before) / (result.rps * (seconds + warm));
			keep(row, 'gatehouse', result);
			if (floor)
				compare(row, 'floor', result, floor);
			if (disk)
				compare(row, 'disk', result, disk);
			else if (floor)
				await besideWeight(row, result, floor);
			for (const name of Object.keys(rows[row].peers)) {
				const peer = peers[name];
				const other = await one(name, row, peer.files, seconds, peer.port, name === 'glewlwyd' ? Math.min(connections, 16) : connections);
				keep(row, name, other);
				compare(row, name, result, other);
			}
		}
	}
	return { seen, beside, weights };
}

const middle = (list) => ({ rps: median(list.map((r) => r.rps)), low: Math.min(...list.map((r) => r.rps)), high: Math.max(...list.map((r) => r.rps)),
	p50: median(list.map((r) => r.p50)), p99: median(list.map((r) => r.p99)), us: median(list.map((r) => r.us ?? 0)),
	errors: list.reduce((n, r) => n + r.errors, 0) });

// p99 of a second, of many seconds that take turns, at half of what was reached: beside the floor (of what is durable the one that waits for the
// disk) at the same rate and at half of its own, and beside a quarter. Where the machine itself is late, all are.
async function halfLoad(ours, files, result) {
	for (const row of chosen.filter((r) => rows[r].p99)) {
		const floor = rows[row].durable ? 'disk' : 'floor', half = result.rows[row].gatehouse.rps / 2, own = (result.rows[floor] ?? result.rows.floor)[floor].rps / 2;
		const loads = { half: ['gatehouse', row, half], quarter: ['gatehouse', row, half / 2], floor: [floor, floor, half], own: [floor, floor, own] }, seen = {};
		for (let round = 0; round < rounds * 3; round++)
			for (const [name, [who, what, rate]] of Object.entries(loads))
				(seen[name] ??= []).push(await one(who, what, files, 1, ours.port, connections, `rate=${Math.floor(rate)}`));
		const p99 = Object.fromEntries(Object.entries(seen).map(([name, list]) => [name, middle(list).p99]));
		result.latency[row] = { rate: half, goal: rows[row].p99, p99, best: Math.min(...seen.half.map((r) => r.p99)), errors: Object.values(seen).flat().reduce((n, r) => n + r.errors, 0) };
	}
}

async function otherConnections(ours, files, result) {
	for (const row of chosen.filter((r) => r !== 'code'))
		for (const n of [1, 64, 256])
			(result.connections[row] ??= {})[n] = await one('gatehouse', row, files, Math.min(seconds, 3), ours.port, n);
}

// The same load going to few households in turn and to many: what a process remembers of them has an end.
async function otherSpreads(ours, result) {
	for (const n of [1, 16, 100, 1000].filter((n) => n <= ours.homes)) {
		const files = await schemaRequestsOf(ours, n);
		for (const row of chosen.filter((r) => rows[r].programs[0] === 'schema-webhook'))
			(result.spreads[row] ??= {})[n] = await one('gatehouse', row, files, Math.min(seconds, 3), ours.port, connections);
	}
}

async function memory(ours) {
	const seen = {};
	for (const program of ['schema-webhook', 'token', 'web-services', 'console', 'authorize', 'health'])
		seen[program] = Math.max(...await Promise.all((await ours.processes(program)).map(privateKib)));
	return seen;
}

// A thousand linked homes in which nothing happens: how much of a core the courier uses.
async function quietCourier() {
	const o = await startOurs({ name: 'quiet', homes: 1000, workers });
	await tellOthers(o, 1000);
	await new Promise((done) => setTimeout(done, 5000));
	const pids = await o.processes('courier'), before = await cpu(pids), time = Math.max(10, seconds * 4);
	await new Promise((done) => setTimeout(done, time * 1000));
	return (await cpu(pids) - before) / (time * 10);
}

// The same work with the store on PostgreSQL.
async function otherEngine(result) {
	const o = await startOurs({ name: 'postgresql', homes: Math.min(homes, 500), workers, engine: 'postgresql' }), files = await requestsOf(o, spread);
	for (const row of chosen.filter((r) => r !== 'code'))
		result.engine[row] = await one('gatehouse', row, files, Math.min(seconds, 3), o.port, connections);
	await o.deploy('stop');
}

// The same work on a thousand and on a million records.
async function sizes(result) {
	const small = await startOurs({ name: 'thousand', homes: 12, apps: 80, workers });
	const large = await startOurs({ name: 'million', homes: number('LARGE', 37037), apps: 80, workers });
	const kinds = chosen.filter((r) => r !== 'code'), files = new Map();
	for (const o of [small, large])
		files.set(o, await requestsOf(o, small.homes));
	const seen = {};
	for (let round = 0; round < rounds; round++)
		for (const row of kinds)
			for (const o of [small, large])
				((seen[row] ??= {})[o.name] ??= []).push(await one('gatehouse', row, files.get(o), Math.min(seconds, 2), o.port, connections));
	for (const row of kinds)
		result.sizes[row] = { small: middle(seen[row].thousand), large: middle(seen[row].million) };
	result.records = { small: small.records, large: large.records };
}

async function main() {
	const result = { rows: {}, latency: {}, connections: {}, spreads: {}, engine: {}, sizes: {}, rounds, seconds, at: connections, spread, homes, workers };
	const codes = chosen.includes('code') ? Math.ceil((rounds * (seconds + warm) + 1) * number('CODE_RATE', 16000)) : 0;
	const wanted = new Set(chosen.flatMap((row) => Object.keys(rows[row].peers)));
	say(`an instance with ${homes} households`);
	const ours = await startOurs({ homes, codes, workers });
	const idle = await memory(ours), files = await requestsOf(ours, spread), npm = await npmPeers(), peers = {};
	if (wanted.has('st-schema'))
		peers['st-schema'] = await startSchema(npm);
	if (wanted.has('oidc-provider'))
		peers['oidc-provider'] = await startOidc(npm, codes >> 2);
	if (wanted.has('glewlwyd'))
		peers.glewlwyd = await startDisk(chosen.includes('code') ? Math.ceil((rounds * (seconds + warm) + 1) * number('GLEWLWYD_RATE', 250)) : 0);
	await tellOthers(ours, spread);
	const { seen, beside, weights } = await measureRows(ours, files, peers);
	result.weights = weights;
	result.beside = Object.fromEntries(Object.entries(beside).map(([row, of]) => [row, Object.fromEntries(Object.entries(of).map(([who, list]) => [who, median(list)]))]));
	for (const [row, of] of Object.entries(seen))
		result.rows[row] = Object.fromEntries(Object.entries(of).map(([who, list]) => [who, middle(list)]));
	if (wantsEvents) {
		say('signed events');
		result.rows.event = Object.fromEntries(Object.entries(await measureEvents(npm, { rounds, seconds, connections })).map(([who, list]) => [who, middle(list)]));
	}
	const more = [
		['latency', 'latency at half the load', () => halfLoad(ours, files, result)],
		['connections', 'other numbers of connections', () => otherConnections(ours, files, result)],
		['spread', 'other numbers of households', () => otherSpreads(ours, result)],
		['memory', 'memory', async () => { result.memory = { idle, after: await memory(ours) }; }],
		['courier', 'a courier with 1,000 quiet homes', async () => { result.courier = await quietCourier(); }],
		['engine', 'the same on PostgreSQL', () => otherEngine(result)],
		['size', 'the same on many records', () => sizes(result)],
	];
	for (const [, title, measure] of more.filter(([part]) => parts.includes(part))) {
		say(title);
		await measure();
	}
	if (parts.includes('store') && asked.length === 0) {
		say('the stores');
		result.store = await run(path.join(top, 'tests/bench/store.sh'), [], { env: { ...process.env, SIZES: process.env.SIZES ?? '10000', ROUNDS: Math.min(rounds, 3) } });
	}
	return report(result, rows, number('WRITE', 1) === 1 && asked.length === 0);
}

await perform(main);
