// stage.mjs: what every bench needs: a folder, programs that are started and ended, packages for the peers, loads, figures of processes.
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const top = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../..');
export const kept = path.join(top, 'build/bench');	// what may be used again: peers, the programs of the bench
export const number = (name, usual) => Number(process.env[name] ?? usual);
export const say = (...words) => console.error('#', ...words);
export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const folder = await mkdtemp(path.join(process.env.TMPDIR ?? os.tmpdir(), 'gatehouse-bench-'));
export const at = (...names) => path.join(folder, ...names);

// Every program has a process group of its own: Ctrl-C reaches this process alone, which ends them in order.
const running = new Set();	// groups whose end somebody waits for
const PATIENCE = 10;	// seconds in which a program must have ended, once told
let ending;

function signal(to, name) {
	try {
		process.kill(to, name);
	} catch {
		// It has ended.
	}
}

// A program with its descendants: what it said on stdout, once it has ended well.
export async function run(command, args, options = {}) {
	return (await both(command, args, options)).stdout;
}

function both(command, args, options = {}) {
	if (ending && !options.atEnd)
		throw new Error('the bench is ending');
	return new Promise((done, fail) => {
		const child = execFile(command, args, { maxBuffer: 1 << 28, detached: true, ...options }, (error, stdout, stderr) => {
			running.delete(child.pid);
			if (error)
				fail(Object.assign(error, { stdout, stderr }));
			else
				done({ stdout, stderr });
		});
		running.add(child.pid);
	});
}

// --- programs ---

const endings = [];
export function atEnd(what) { endings.push(what); }

async function endAll() {
	for (const group of running)
		signal(-group, 'SIGTERM');
	for (const end = Date.now() + PATIENCE * 1000; running.size > 0 && Date.now() < end;)
		await new Promise((done) => setTimeout(done, 20));
	for (const what of endings.splice(0).reverse())
		await Promise.resolve().then(what).catch((e) => console.error(e));
	await rm(folder, { recursive: true, force: true });
}

// Ends all that was started, once, whoever asks: the end of the bench, a throw, a signal.
export function finish() {
	return ending ??= endAll();
}

for (const [name, code] of [['SIGTERM', 15], ['SIGINT', 2], ['SIGHUP', 1]])
	process.on(name, () => finish().then(() => process.exit(128 + code)));

// A bench, and its end; what it answers is the status.
export async function perform(main) {
	try {
		process.exitCode = await main();
	} catch (e) {
		if (ending)
			return;	// a signal: whatever was under way has failed
		console.error(e);
		process.exitCode = 1;
	}
	await finish();
}

function started(command, args, options) {
	if (ending)
		throw new Error('the bench is ending');
	const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
	let errors = '';
	child.stderr.on('data', (d) => { errors = (errors + d).slice(-2000); });
	child.gone = new Promise((done) => { child.once('exit', done); child.once('error', done); });
	child.said = () => errors;
	child.end = async () => {
		signal(child.pid, 'SIGTERM');	// who has workers tells them
		const late = setTimeout(() => signal(-child.pid, 'SIGKILL'), PATIENCE * 1000);
		await child.gone;
		clearTimeout(late);
	};
	atEnd(child.end);
	return child;
}

// Something that runs until the end.
export function start(command, args, options = {}) {
	return started(command, args, options);
}

// The same, once it has said "port N": its port.
export async function startServer(command, args, options = {}) {
	const child = started(command, args, options);
	const port = await Promise.race([new Promise((done) => child.stdout.once('data', (d) => done(Number(/\d+/.exec(d)[0])))),
		child.gone.then(() => { throw new Error(`${args[0]}: ${child.said()}`); })]);
	return { port, pid: child.pid };
}

export function freePort() {
	return new Promise((done) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => done(port));
		});
	});
}

export async function until(what, seconds = 20) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((done) => setTimeout(done, 50)))
		if (await what())
			return;
	throw new Error(`not within ${seconds} s: ${what}`);
}

export const answers = (url) => fetch(url).then((a) => a.status < 500, () => false);

// An nginx of the bench's own, with as many workers as that of an instance; routes: lines for its server.
export async function startFront(name, upstreams, routes) {
	const port = await freePort(), dirs = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
	await writeFile(at(`${name}.conf`), `worker_processes auto; daemon off; pid ${at(`${name}.pid`)}; error_log stderr error;
${process.getuid() === 0 ? 'user root;' : ''} events { worker_connections 4096; }
http { access_log off; ${dirs.map((d) => `${d}_temp_path ${at(`${name}.${d}`)};`).join(' ')}
${Object.entries(upstreams).map(([u, p]) => `upstream ${u} { server 127.0.0.1:${p}; keepalive 64; }`).join('\n')}
server { listen 127.0.0.1:${port} backlog=1024; proxy_http_version 1.1; proxy_set_header Connection ""; ${routes} } }`);
	const { pid } = start('nginx', ['-c', at(`${name}.conf`), '-e', 'stderr']);
	await until(() => answers(`http://127.0.0.1:${port}/`));
	return { port, pid };
}

// --- packages and programs of the bench, kept in build/bench ---

export async function npmPeers() {
	const from = path.join(top, 'tests/bench/peers'), to = path.join(kept, 'npm');
	await mkdir(to, { recursive: true });
	for (const f of ['package.json', 'package-lock.json'])
		await copyFile(path.join(from, f), path.join(to, f));
	if (!existsSync(path.join(to, 'node_modules/.package-lock.json'))) {
		say('installing the npm peers into build/bench');
		await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], { cwd: to });
	}
	return to;
}

export async function debianPeer(names, to) {
	const root = path.join(kept, to);
	if (existsSync(path.join(root, 'usr')))
		return root;
	say(`fetching ${names[0]} into build/bench`);
	await mkdir(root, { recursive: true });
	await run('apt-get', ['-qq', 'download', ...names], { cwd: root });
	for (const f of await readdir(root))
		if (f.endsWith('.deb')) {
			await run('dpkg', ['-x', path.join(root, f), root]);
			await rm(path.join(root, f));
		}
	return root;
}

export async function compiled(name, libs = []) {
	const to = path.join(kept, name);
	await mkdir(kept, { recursive: true });
	await run('gcc', ['-std=c11', '-O2', '-D_GNU_SOURCE', `-I${top}/cgi-bin`, `-I${top}`, '-o', `${to}.${process.pid}`, path.join(top, `tests/bench/${name}.c`), ...libs]);
	await run('mv', [`${to}.${process.pid}`, to]);
	return to;
}

// --- loads ---

let loader;
export async function load(port, file, connections, seconds, ...options) {
	loader ??= compiled('load');
	const { stdout, stderr } = await both(await loader, [String(port), file, String(connections), String(seconds), ...options]);
	if (stderr)
		say(`${path.basename(file)}: ${stderr.slice(0, 600)}`);
	return JSON.parse(stdout);
}

// Requests as they go over the wire, each with its length in front.
export function wire(method, target, headers, body = '') {
	const head = { Host: 'home.example.org', ...headers, ...body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) } };
	const text = `${method} ${target} HTTP/1.1\r\n${Object.entries(head).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`;
	return `${Buffer.byteLength(text)}\n${text}`;
}

export async function writeRequests(name, list) {
	await writeFile(at(name), list.join(''));
	return at(name);
}

// --- figures of processes ---

export async function children(pid) {
	const ids = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).trim().split(' ').filter(Boolean).map(Number);
	return [pid, ...(await Promise.all(ids.map(children))).flat()];
}

// Milliseconds of processor time that these processes have had.
export async function cpu(pids) {
	let ticks = 0;
	for (const pid of pids) {
		const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
		const [utime, stime] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13).map(Number);
		ticks += (utime || 0) + (stime || 0);
	}
	return ticks * 10;
}

// KiB that are a process' alone.
export async function privateKib(pid) {
	const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
	return [...text.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}
