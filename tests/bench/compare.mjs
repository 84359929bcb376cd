// compare.mjs: this tree beside another commit of it: the same loads in turn, and what the change did.
//
//   node tests/bench/compare.mjs COMMIT     ROUNDS (5)  SECONDS (2)  CONNECTIONS (16)  HOMES (2000)  SPREAD (16)
//	ROWS (all: discovery,refresh_states,command,refresh_token,rest)
import path from 'node:path';
import { requestsOf, startOurs } from './ours.mjs';
import { at, atEnd, cpu, load, median, number, perform, run, say, top } from './stage.mjs';

const rounds = number('ROUNDS', 5), seconds = number('SECONDS', 2), connections = number('CONNECTIONS', 16);
const kinds = { discovery: 'schema-webhook', refresh_states: 'schema-webhook', command: 'schema-webhook', refresh_token: 'token', rest: 'web-services' };
const rows = Object.entries(kinds).filter(([kind]) => (process.env.ROWS ?? Object.keys(kinds).join()).split(',').includes(kind));

async function checkOut(commit) {
	const tree = at('tree');
	await run('git', ['-C', top, 'worktree', 'add', '-q', '--detach', tree, commit]);
	atEnd(() => run('git', ['-C', top, 'worktree', 'remove', '--force', tree], { atEnd: true }));
	say(`building ${commit}`);
	await run('make', ['-s', '-C', tree, '-j2', 'all']);
	return tree;
}

async function main(commit) {
	const trees = { before: await checkOut(commit), now: top }, seen = {}, sides = {}, next = {};
	await run('make', ['-s', '-C', top, '-j2', 'all']);
	for (const [side, tree] of Object.entries(trees)) {
		const o = await startOurs({ name: side, tree, homes: number('HOMES', 2000) });
		sides[side] = { o, files: await requestsOf(o, number('SPREAD', 16)) };
	}
	for (let round = 0; round < rounds; round++)
		for (const [kind, program] of rows)
			for (const [side, { o, files }] of Object.entries(sides)) {
				const more = kind === 'rest' ? ['repeat=20', `from=${next[side] ?? 0}`] : kind === 'refresh_token' ? ['chain=refresh_token'] : ['fresh=requestId'];
				const pids = await o.processes(program), had = await cpu(pids), r = await load(o.port, files[kind], connections, seconds, ...more);
				if (kind === 'rest')
					next[side] = r.next;
				if (r.errors > 0)
					throw new Error(`${kind}, ${side}: ${r.errors} errors`);
				((seen[kind] ??= {})[side] ??= []).push({ ...r, us: 1000 * (await cpu(pids) - had) / r.requests });
			}
	console.log(`# ${path.basename(commit)} and this tree, requests/s and CPU us a request; ${rounds} rounds of ${seconds} s, ${connections} connections`);
	for (const [kind, { before, now }] of Object.entries(seen)) {
		const [b, n] = [before, now].map((l) => ({ rps: median(l.map((r) => r.rps)), us: median(l.map((r) => r.us)) }));
		console.log(`${kind.padEnd(16)} ${b.rps.toFixed(0).padStart(7)} ${b.us.toFixed(0).padStart(5)} us   ${n.rps.toFixed(0).padStart(7)} ${n.us.toFixed(0).padStart(5)} us   ${(n.rps / b.rps).toFixed(2)}`);
	}
}

if (!process.argv[2]) {
	console.error('usage: compare.mjs COMMIT');
	process.exitCode = 2;
} else
	await perform(() => main(process.argv[2]));
