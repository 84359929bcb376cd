// The HTTP Observatory's own scanner and grades, on a live instance behind TLS: what a browser is told on the first page, on the
// page of a login, on a page of the web server's own. At least 130 points each; the scale ends at 145, of which 5 are for a place on
// the browsers' preload list and 5 for scripts with integrity attributes, which ours have no need of.
//
// usage: node run.mjs   (make observatory installs what it needs). It makes an authority of its own, and a TLS server that stands for the one
// of a domain: it ends TLS, sends http on to https, and says Strict-Transport-Security where the program did not, as conf/nginx/site.conf.in does.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';

// A node trusts another authority only if it is told so when it starts.
if (!process.env.OBSERVATORY_FOLDER) {
	const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-observatory-'));
	const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
	try {
		openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem',
			'-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=critical,CA:TRUE');
		const { status } = spawnSync(process.execPath, [...process.execArgv, process.argv[1]], { stdio: 'inherit',
			env: { ...process.env, OBSERVATORY_FOLDER: folder, NODE_EXTRA_CA_CERTS: path.join(folder, 'cert.pem') } });
		process.exitCode = status ?? 1;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
} else {
	await scans();
}

async function scans() {
	const { startInstance } = await import('../instance.mjs');
	// The browsers' preload list, which the package would fetch: nothing here is on it.
	const list = path.join(path.dirname(process.argv[1]), 'node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json');
	mkdirSync(path.dirname(list), { recursive: true });
	writeFileSync(list, '{}');
	const { retrieve } = await import('@mdn/mdn-http-observatory/src/retriever/retriever.js');
	const { ALL_TESTS } = await import('@mdn/mdn-http-observatory/src/constants.js');
	const { getGradeForScore, getScoreModifier } = await import('@mdn/mdn-http-observatory/src/grader/grader.js');
	const folder = process.env.OBSERVATORY_FOLDER;
	let behind, front, plain, instance;

	const listen = (server) => new Promise((done) => server.listen(0, 'localhost', () => done(server.address().port)));

	before(async () => {
		front = https.createServer({ key: readFileSync(path.join(folder, 'key.pem')), cert: readFileSync(path.join(folder, 'cert.pem')) }, (rq, rs) => {
			const onward = http.request(behind + rq.url, { method: rq.method, headers: rq.headers }, (answer) => {
				const more = 'strict-transport-security' in answer.headers ? [] : ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'];
				rs.writeHead(answer.statusCode, [...answer.rawHeaders, ...more]);
				answer.pipe(rs);
			});
			rq.pipe(onward.on('error', () => rs.destroy()));
		});
		front.https = await listen(front);
		plain = http.createServer((rq, rs) => rs.writeHead(301, { location: `https://localhost:${front.https}${rq.url}` }).end());
		plain.http = await listen(plain);
		instance = await startInstance('--public-url', `https://localhost:${front.https}`);
		behind = /listen (127\.0\.0\.1:[0-9]+)/.exec(readFileSync(path.join(instance.root, 'nginx.conf'), 'latin1'))[1];
		behind = `http://${behind}`;
	});
	after(async () => {
		front?.closeAllConnections?.();
		front?.close();
		plain?.closeAllConnections?.();
		plain?.close();
		await instance?.stop();
	});

	for (const where of ['/', '/login', '/sim', '/authorize?client_id=nobody', '/nowhere'])
		test(`${where}: 130 points at least`, async (t) => {
			const found = await retrieve('localhost', { httpPort: plain.http, httpsPort: front.https, path: where });
			const results = ALL_TESTS.map((f) => f(found));
			let score = 100;
			for (const r of results) {
				const points = r.result ? getScoreModifier(r.result) : 0;
				score += points;
				t.diagnostic(`${r.constructor.name}: ${r.result} ${points}`);
				assert.notEqual(r.pass, false, `${r.constructor.name}: ${r.result}`);
			}
			t.diagnostic(`score ${score}, grade ${getGradeForScore(score).grade}`);
			assert.ok(score >= 130, `score ${score}`);
		});
}
