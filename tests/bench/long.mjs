// long.mjs: a million requests of every kind to one instance: no process may grow by them.
//
//   node tests/bench/long.mjs      REQUESTS (1000000, shared out between the kinds)  CONNECTIONS (16)
import { requestsOf, startOurs, tellOthers } from './ours.mjs';
import { load, number, perform, privateKib, say } from './stage.mjs';

const GROWN = 1024;	// KiB that a process may have more at the end than it ever had in the first half: pages of the store's files come and go
const total = number('REQUESTS', 1000000), connections = number('CONNECTIONS', 16), STEPS = 10;
const kinds = { discovery: 'schema-webhook', refresh_states: 'schema-webhook', command: 'schema-webhook', refresh_token: 'token', rest: 'web-services' };

async function sizes(o) {
	const seen = {};
	for (const program of [...new Set(Object.values(kinds)), 'courier'])
		for (const pid of await o.processes(program))
			seen[`${program} ${pid}`] = await privateKib(pid);
	return seen;
}

await perform(async () => {
	const o = await startOurs({ homes: 4000 }), files = await requestsOf(o, 100);
	const early = {};	// the most of each process in the first half
	let sent = 0, errors = 0, last, next = 0;
	await tellOthers(o, 100);
	for (let step = 0; step < STEPS; step++) {
		for (const kind of Object.keys(kinds)) {
			const until = sent + total / STEPS / Object.keys(kinds).length;
			while (sent < until) {
				const more = kind === 'rest' ? ['repeat=20', `from=${next}`] : kind === 'refresh_token' ? ['chain=refresh_token'] : ['fresh=requestId'];
				const r = await load(o.port, files[kind], connections, 2, ...more);
				if (r.requests === 0)
					throw new Error(`${kind}: no answers`);
				next = kind === 'rest' ? r.next : next;
				sent += r.requests;
				errors += r.errors;
			}
		}
		last = await sizes(o);
		for (const [p, kib] of Object.entries(step < STEPS / 2 ? last : {}))
			early[p] = Math.max(early[p] ?? 0, kib);
		say(`${sent} requests, ${errors} errors; private KiB: ${Object.entries(last).map(([p, k]) => `${p} ${k}`).join(', ')}`);
	}
	const grown = Object.keys(last).filter((p) => !(p in early) || last[p] - early[p] > GROWN);
	console.log(`${sent} requests, ${errors} errors; ${grown.length === 0 ? 'no process has grown' : `grown or started anew: ${grown.join(', ')}`}`);
	return errors > 0 || grown.length > 0 ? 1 : 0;
});
