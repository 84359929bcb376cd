// report.mjs: a bench's figures as tables: on stdout, and in docs/performance.md between its two marks.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { kept, run, top } from './stage.mjs';

const PAGE = path.join(top, 'docs/performance.md'), BEGIN = '<!-- measured -->', END = '<!-- /measured -->';

const whole = (n) => Math.round(n).toLocaleString('en');
const two = (n) => n.toFixed(n >= 10 ? 1 : 2);
const verdict = (good) => good ? 'yes' : '**no**';

function table(head, lines) {
	return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...lines.map((l) => `| ${l.join(' | ')} |`)].join('\n');
}

async function versions() {
	const names = ['nginx', 'libfcgi0ldbl', 'libssl3', 'libgdbm6', 'liblmdb0', 'libsqlite3-0', 'redis-server'];
	const debian = await run('dpkg-query', ['-W', '-f', '${Package} ${Version}\n', ...names]).catch((e) => e.stdout);
	const npm = JSON.parse(await readFile(path.join(top, 'tests/bench/peers/package.json'), 'utf8')).dependencies;
	const commit = (await run('git', ['-C', top, 'rev-parse', '--short', 'HEAD']).catch(() => 'unknown')).trim();
	return { commit, list: [...debian.trim().split('\n'), ...Object.entries(npm).map((e) => e.join(' ')), `node ${process.version}`, 'glewlwyd 2.7.5 (Debian)'] };
}

// Each goal of the design with what was measured: [text, goal, figure, reached].
function goals(r, rows) {
	const lines = [];
	for (const [row, { title, floor, peers }] of Object.entries(rows)) {
		const seen = r.rows[row];
		if (!seen)
			continue;
		const goal = (name, least, ratio) => lines.push([title, `${two(least)} x ${name}`, two(ratio), ratio >= least]);
		if (floor)
			goal('the floor', floor, r.beside[row].floor);
		for (const [name, least] of Object.entries(peers))
			goal(name, least, r.beside?.[row]?.[name] ?? seen.gatehouse.rps / seen[name].rps);
	}
	for (const [, what, ratio, who] of (r.store ?? '').matchAll(/^# (\d.*?) +([\d.]+) {2}\((\w+)\)$/gm))
		lines.push([`store: ${what}`, `ahead of all (${who})`, ratio, Number(ratio) >= 1]);
	for (const [row, seen] of Object.entries(r.latency))
		lines.push([`${rows[row].title}: p99 at half load`, `under ${seen.goal} ms`, `${two(seen.p99.half)} ms`, seen.p99.half < seen.goal]);
	if (r.memory)
		lines.push(['private memory of an idle process, the largest', 'under 4 MiB', `${two(Math.max(...Object.values(r.memory.idle)) / 1024)} MiB`,
			Math.max(...Object.values(r.memory.idle)) < 4096]);
	if (r.courier !== undefined)
		lines.push(['courier with 1,000 quiet linked homes', 'under 1 % of a core', `${two(r.courier)} %`, r.courier < 1]);
	for (const [row, { small, large }] of Object.entries(r.sizes))
		lines.push([`${rows[row].title}: on ${whole(r.records.large)} records against ${whole(r.records.small)}`, '0.80 at least', two(large.rps / small.rps), large.rps >= 0.8 * small.rps]);
	return lines;
}

const floors = { floor: 'the floor', disk: 'the floor that waits for the disk' };

// What must be on disk before it is answered, beside the least that one can do who waits for it.
function onDisk(r, rows) {
	const durable = Object.entries(rows).filter(([row, { durable }]) => durable && r.rows[row]);
	return durable.length === 0 ? [] : ['### What the disk leaves', 'Beside a program that reads the body, writes 1 KiB, waits for the disk and answers:',
		table(['work', 'of the floor that waits for the disk'], durable.map(([row, { title }]) => [title, two(r.beside[row].disk)]))];
}

// What only answers, beside a floor that takes and gives as many bytes.
function byWeight(r, rows) {
	const lines = Object.entries(r.weights).map(([row, { asked, answered }]) => [rows[row].title, whole(asked), whole(answered), two(r.beside[row].carried), two(r.beside[row].weight)]);
	return lines.length === 0 ? [] : ['### What the bytes leave', 'Beside a floor that takes and gives as many bytes, and hangs up as our programs do:',
		table(['work', 'bytes asked', 'bytes answered', 'that floor, of the floor', 'ours, of that floor'], lines)];
}

// How late the machine itself is.
function late(r, rows) {
	return table(['work', 'a second at half load', 'p99 ms', 'of the best second', 'at a quarter', 'the floor at the same rate', 'the floor at half of its own load'],
		Object.entries(r.latency).map(([row, { rate, p99, best }]) => [rows[row].title, whole(rate), ...[p99.half, best, p99.quarter, p99.floor, p99.own].map(two)]));
}

function figures(r, rows) {
	const lines = [];
	for (const [row, seen] of Object.entries(r.rows))
		for (const [who, m] of Object.entries(seen))
			lines.push([rows[row]?.title ?? floors[row], who, whole(m.rps), `${whole(m.low)} to ${whole(m.high)}`, two(m.p50), two(m.p99), m.us > 0 ? whole(m.us) : '', m.errors]);
	return table(['work', 'who', 'requests/s', 'lowest to highest', 'p50 ms', 'p99 ms', 'CPU us a request', 'errors'], lines);
}

function byConnections(r, rows) {
	return table(['work', '1', '16', '64', '256'], Object.entries(r.connections).map(([row, by]) => [rows[row].title,
		...[1, 16, 64, 256].map((n) => n === r.at ? `${whole(r.rows[row].gatehouse.rps)} (${two(r.rows[row].gatehouse.p99)})` : by[n] ? `${whole(by[n].rps)} (${two(by[n].p99)})` : '')]));
}

function bySpread(r, rows) {
	const counts = [...new Set(Object.values(r.spreads).flatMap(Object.keys))];
	return table(['work', ...counts], Object.entries(r.spreads).map(([row, by]) => [rows[row].title, ...counts.map((n) => `${whole(by[n].rps)} (${two(by[n].p99)})`)]));
}

// Prints all; 1 if there were errors, which make every figure worthless, else 0.
export async function report(r, rows, write) {
	const { commit, list } = await versions(), reached = goals(r, rows);
	const text = [
		`${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${cpus().length} cores (${cpus()[0].model.trim()}), kernel ${release()}. ${r.rounds} rounds of ${r.seconds} s, ` +
			`${r.at} connections, ${whole(r.homes)} households, of which ${r.spread} are asked in turn; ${r.workers} processes of each program and of each floor.`,
		`${list.join(', ')}.`,
		'### Goals', table(['work', 'goal', 'measured', 'reached'], reached.map(([a, b, c, d]) => [a, b, c, verdict(d)])),
		'### Figures', figures(r, rows),
		...byWeight(r, rows),
		...onDisk(r, rows),
		...Object.keys(r.latency).length > 0 ? ['### Late at half load', 'p99 in ms of the median second; of what is durable the floor is the one that waits for the disk:', late(r, rows)] : [],
		...Object.keys(r.connections).length > 0 ? ['### By connections', 'Requests a second, and p99 in ms:', byConnections(r, rows)] : [],
		...Object.keys(r.spreads).length > 0 ? ['### By households asked in turn', 'Requests a second, and p99 in ms:', bySpread(r, rows)] : [],
		...Object.keys(r.engine).length > 0 ? ['### On PostgreSQL', 'Its server on the same machine, on a socket, synchronous commits:', table(['work', 'requests/s', 'of the engine gdbm', 'p50 ms', 'p99 ms', 'errors'],
			Object.entries(r.engine).map(([row, m]) => [rows[row].title, whole(m.rps), two(m.rps / r.rows[row].gatehouse.rps), two(m.p50), two(m.p99), m.errors]))] : [],
		...r.memory ? ['### Memory', 'Private KiB of one process, the largest of each program:', table(['program', 'idle', 'after all loads'],
			Object.entries(r.memory.idle).map(([p, k]) => [p, whole(k), whole(r.memory.after[p])]))] : [],
		...r.store ? ['### Store', `\`\`\`\n${r.store.trim()}\n\`\`\``] : [],
	].join('\n\n');
	console.log(text);
	await writeFile(path.join(kept, 'result.json'), JSON.stringify(r, null, '\t'));
	const all = [...Object.values(r.rows), ...Object.values(r.sizes)].flatMap((s) => Object.values(s)).concat(Object.values(r.latency), Object.values(r.engine), [...Object.values(r.connections), ...Object.values(r.spreads)].flatMap(Object.values));
	const errors = all.reduce((n, m) => n + m.errors, 0);
	if (write && errors === 0) {
		const page = await readFile(PAGE, 'utf8');
		await writeFile(PAGE, `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n\n${text}\n\n${page.slice(page.indexOf(END))}`);
		console.log('\nwritten to docs/performance.md');
	}
	if (errors > 0)
		console.log(`\n${errors} answers were no success: no figure counts`);
	return errors > 0 ? 1 : 0;
}
