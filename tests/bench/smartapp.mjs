// smartapp.mjs: signed EVENT requests, RSA-2048 and digest checked: this server beside SmartThings' own SDK, both behind nginx, in one run.
//
//   node tests/bench/smartapp.mjs [--json]
//
// Every request is a new one (its own executionId, signed beforehand), so that none is answered from memory. The event comes to
// nothing: what is kept of it here, for all processes, is that it came, so that it cannot be used again; no disk is waited for. The
// SDK keeps nothing, checks no digest, and runs on bare node:http as fast as this machine's cores let two processes of it. Round by round, both in turn; a figure is the median of the rounds. In the environment:
//   ROUNDS (3)  SECONDS (2)  REQUESTS (32000: signed for each round)  CONNECTIONS (16)
import { execFile, spawn } from 'node:child_process';
import { createHash, createSign, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startInstance, top } from '../instance.mjs';

const run = promisify(execFile);
const number = (name, usual) => Number(process.env[name] ?? usual);
const rounds = number('ROUNDS', 3), seconds = number('SECONDS', 2), requests = number('REQUESTS', 32000), connections = number('CONNECTIONS', 16);
const GOAL = 3;
const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-bench-'));
const children = [];
const at = (name) => path.join(folder, name);

// A child that prints "port N" once it listens; N.
async function start(command, args, env = {}) {
	const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
	children.push(child);
	return new Promise((done, fail) => {
		child.once('exit', (code) => fail(new Error(`${args[0]} ended with ${code}`)));
		child.stdout.once('data', (d) => done(Number(/\d+/.exec(d)[0])));
	});
}

async function makeKeys() {
	await mkdir(at('key'));
	for (const [name, pem, ...more] of [['server', 'server.crt', '-addext', 'subjectAltName=IP:127.0.0.1'], ['good', 'key/good.pem']])
		await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=key', '-keyout', at(`${name}.key`), '-out', at(pem), ...more]);
}

// An instance whose SmartApp has a rule that looks at the event and does not apply.
async function startOurs(keyserver) {
	const server = await startInstance('--web', 'nginx');
	const file = path.join(server.root, 'gatehouse.json'), config = JSON.parse(await readFile(file, 'utf8'));
	await writeFile(path.join(server.root, 'app.json'), JSON.stringify({ id: 'app', name: 'App', description: '', permissions: [],
		targetUrl: 'https://home.example.org/smartapp', rules: [{ when: { event: 'DEVICE_EVENT', value: 'closed' },
			then: [{ command: { device: 'lamp', capability: 'switch', command: 'off' } }] }] }));
	await writeFile(file, JSON.stringify({ ...config, ca_file: at('server.crt'), smartapp: { definition: 'app.json', keyserver_url: keyserver } }));
	await run(path.join(top, 'deploy.sh'), ['restart', '--root', server.root]);
	return server;
}

async function startTheirs(keyserver) {
	const port = await start('node', [path.join(top, 'tests/bench/smartapp-peer.mjs'), keyserver], { NODE_EXTRA_CA_CERTS: at('server.crt') });
	const front = await freePort();
	await writeFile(at('nginx.conf'), `worker_processes 2; daemon off; pid ${at('nginx.pid')}; error_log stderr error;
events { worker_connections 512; }
http { access_log off; client_body_temp_path ${at('body')}; proxy_temp_path ${at('proxy')}; fastcgi_temp_path ${at('fastcgi')};
	uwsgi_temp_path ${at('uwsgi')}; scgi_temp_path ${at('scgi')};
	upstream app { server 127.0.0.1:${port}; keepalive 32; }
	server { listen 127.0.0.1:${front}; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`);
	children.push(spawn('nginx', ['-c', at('nginx.conf'), '-e', 'stderr'], { stdio: ['ignore', 'inherit', 'inherit'] }));
	return `http://127.0.0.1:${front}`;
}

async function freePort() {
	const { createServer } = await import('node:net');
	return new Promise((done) => {
		const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)); });
	});
}

// Whole requests as they go over the wire, each with its length in front.
async function signRequests(name) {
	const key = await readFile(at('good.key')), parts = [];
	const installedApp = { installedAppId: randomUUID(), locationId: randomUUID(), permissions: ['r:devices:*'],
		config: { doors: [{ valueType: 'DEVICE', deviceConfig: { deviceId: randomUUID(), componentId: 'main' } }] } };
	for (let i = 0; i < requests; i++) {
		const body = JSON.stringify({ lifecycle: 'EVENT', executionId: randomUUID(), locale: 'en', version: '0.1.0', settings: {}, eventData: {
			authToken: randomUUID(), installedApp, events: [{ eventTime: new Date().toISOString(), eventType: 'DEVICE_EVENT', deviceEvent: {
				eventId: randomUUID(), locationId: installedApp.locationId, deviceId: installedApp.config.doors[0].deviceConfig.deviceId,
				componentId: 'main', capability: 'contactSensor', attribute: 'contact', value: 'open', stateChange: true, subscriptionName: 'contacts' } }] } });
		const date = new Date().toUTCString(), digest = `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
		const signature = createSign('sha256').update(`(request-target): post /smartapp\ndigest: ${digest}\ndate: ${date}`).sign(key, 'base64');
		const text = `POST /smartapp HTTP/1.1\r\nHost: home.example.org\r\nContent-Type: application/json\r\nDate: ${date}\r\nDigest: ${digest}\r\n` +
			`Authorization: Signature keyId="/pl/useast1/good",signature="${signature}",headers="(request-target) digest date",algorithm="rsa-sha256"\r\n` +
			`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
		parts.push(`${Buffer.byteLength(text)}\n${text}`);
	}
	await writeFile(at(name), parts.join(''));
}

async function load(url, file, time) {
	const { stdout } = await run('wrk', ['-t2', `-c${connections}`, `-d${time}s`, '-s', path.join(top, 'tests/bench/smartapp.lua'), url, '--', at(file)]);
	return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1));
}

const median = (list, by) => list.toSorted?.((a, b) => a[by] - b[by])[list.length >> 1] ?? [...list].sort((a, b) => a[by] - b[by])[list.length >> 1];

async function main() {
	await makeKeys();
	const keyserver = `https://127.0.0.1:${await start('node', [path.join(top, 'tests/fake/keyserver.mjs'), folder])}`;
	ours = await startOurs(keyserver);
	const peers = { gatehouse: ours.url, '@smartthings/smartapp': await startTheirs(keyserver) };
	const seen = Object.fromEntries(Object.keys(peers).map((name) => [name, []]));
	for (let round = 0; round < rounds; round++) {
		await signRequests('requests');
		for (const [name, url] of Object.entries(peers)) {
			const result = await load(url, 'requests', seconds);
			if (result.bad || result.repeated)
				throw new Error(`${name}: ${result.bad} refused, ${result.repeated} sent twice (set REQUESTS higher)`);
			seen[name].push(result);
		}
	}
	const rows = Object.entries(seen).map(([name, list]) => ({ name, ...median(list, 'rps') }));
	const row = { row: 'signed SmartApp EVENT', cores: cpus().length, connections, rows, ratio: rows[0].rps / rows[1].rps, goal: GOAL };
	if (process.argv.includes('--json'))
		console.log(JSON.stringify(row));
	else {
		console.log(`# ${row.row}: ${new Date().toISOString().slice(0, 10)}, ${row.cores} cores, ${connections} connections, ${rounds} rounds of ${seconds} s`);
		for (const r of rows)
			console.log(`${r.name.padEnd(24)} ${r.rps.toFixed(0).padStart(7)} requests/s   p50 ${r.p50.toFixed(1)} ms   p99 ${r.p99.toFixed(1)} ms`);
		console.log(`# ours over theirs: ${row.ratio.toFixed(2)} (goal ${GOAL})`);
	}
}

let ours;

async function finish() {
	await ours?.stop();
	for (const child of children) {
		child.removeAllListeners('exit');
		child.kill();
	}
	await rm(folder, { recursive: true, force: true });
}
for (const signal of ['SIGTERM', 'SIGINT'])
	process.once(signal, () => finish().then(() => process.exit(1)));

try {
	await main();
} finally {
	await finish();
}
