// run.mjs: races and accidents through nginx, with four workers a program: what must happen once happens once, nothing that was
// answered is lost, and no secret of the whole run stands in a log or in the store.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { Owner, schema, startInstance } from '../instance.mjs';

let server;
const secrets = new Set();	// all that was used

before(async () => {
	server = await startInstance('--workers', '4');
	secrets.add(server.env.PASSWORD).add(server.env.CLIENT_SECRET);
});
after(() => server?.stop());

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function post(where, fields, { open = false, ...init } = {}) {
	const secret = { authorization: `Basic ${btoa(`${server.env.CLIENT_ID}:${server.env.CLIENT_SECRET}`)}` };
	const answer = await fetch(`${server.url}${where}`, {
		method: 'POST', body: new URLSearchParams(fields), headers: open ? {} : secret, ...init,
	});
	const body = await answer.json();
	for (const name of ['access_token', 'refresh_token', 'device_code', 'user_code'])
		if (body[name] !== undefined)
			secrets.add(body[name]);
	return { status: answer.status, body };
}

const token = (fields, init) => post('/token', fields, init);
const refresh = (refresh_token, init) => token({ grant_type: 'refresh_token', refresh_token }, init);

async function code(owner = new Owner()) {
	const request = new URL('/authorize', server.url);
	for (const [name, value] of Object.entries({ client_id: server.env.CLIENT_ID, response_type: 'code', state: 'st',
		redirect_uri: server.env.REDIRECT_URI }))
		request.searchParams.set(name, value);
	const back = await owner.authorize(request, { username: server.env.USER, password: server.env.PASSWORD });
	secrets.add(back.searchParams.get('code'));
	return { grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri: server.env.REDIRECT_URI };
}

const issued = async () => JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER,
	'--client', server.env.CLIENT_ID));

const count = (answers, status) => answers.filter((a) => a.status === status).length;

for (const n of [8, 64])
	test(`C30 H04 one code, ${n} at once: one answer, and no failure of ours`, async () => {
		const fields = await code();
		const answers = await Promise.all(Array.from({ length: n }, () => token(fields)));
		assert.equal(count(answers, 200), 1);
		assert.equal(count(answers, 400), n - 1);
		assert.ok(answers.every((a) => a.status === 200 || a.body.error === 'invalid_grant'));
		// A code that came twice has ended what it gave.
		const { body } = answers.find((a) => a.status === 200);
		assert.equal((await refresh(body.refresh_token)).body.error, 'invalid_grant');
		assert.ok((await schema(server.url, body.access_token, 'discoveryRequest')).body.globalError);
	});

for (const n of [8, 64])
	test(`C37 H04 one refresh token, ${n} at once: one successor, which works`, async () => {
		const { refresh_token } = await issued();
		const answers = await Promise.all(Array.from({ length: n }, () => refresh(refresh_token)));
		assert.ok(answers.every((a) => a.status === 200), JSON.stringify(answers.find((a) => a.status !== 200)));
		const successors = new Set(answers.map((a) => a.body.refresh_token));
		assert.equal(successors.size, 1);
		assert.ok(!successors.has(refresh_token));
		assert.equal((await refresh([...successors][0])).status, 200);
	});

test('B18 one consent page, 16 answers at once: one code', async () => {
	const owner = new Owner();
	const codes = await owner.race(new URL(`/authorize?client_id=${server.env.CLIENT_ID}&response_type=code&redirect_uri=${
		encodeURIComponent(server.env.REDIRECT_URI)}`, server.url),
	{ username: server.env.USER, password: server.env.PASSWORD, times: 16 });
	assert.equal(codes.filter((c) => c.status === 303).length, 1);
	assert.equal(codes.filter((c) => c.status === 400).length, 15);
});

async function workers() {
	const pid = (await readFile(path.join(server.root, 'pid/token.pid'), 'utf8')).trim();
	return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
}

test('C52 workers are killed at any moment: whoever tries again with the last token known goes on', async () => {
	// On a machine that has much else to do, as long as it takes for all to have happened.
	const began = Date.now();
	let kills = 0, lost = 0, done = 0;
	const enough = () => kills >= 20 && lost >= 3 && done >= 20;
	const going = () => Date.now() - began < (enough() ? 8000 : 60000);
	const killer = (async () => {
		while (going()) {
			const pids = await workers();
			const pid = pids[Math.floor(Math.random() * pids.length)];
			if (pid !== undefined) {
				try {
					process.kill(pid, 'SIGKILL');
					kills++;
				} catch { /* it went by itself */ }
			}
			await pause(20 + Math.random() * 60);
		}
	})();
	const family = async () => {
		let { refresh_token: last } = await issued();
		while (going()) {
			let answer;
			try {
				answer = await refresh(last);
			} catch {
				answer = { status: 0 };
			}
			if (answer.status === 200) {
				last = answer.body.refresh_token;
				done++;
			} else {
				assert.notEqual(answer.status, 400, JSON.stringify(answer.body));
				lost++;
				await pause(30);
			}
		}
		for (let tries = 0; ; tries++) {
			const answer = await refresh(last).catch(() => ({ status: 0 }));
			if (answer.status === 200)
				break;
			assert.ok(answer.status !== 400 && tries < 50, `the family is dead: ${answer.status}`);
			await pause(100);
		}
	};
	await Promise.all([killer, family(), family(), family(), family()]);
	assert.ok(enough(), `${kills} kills, ${lost} answers lost, ${done} refreshes`);
});

test('C52 an answer that never arrived is given again', async () => {
	const { refresh_token } = await issued();
	const impatient = AbortSignal.timeout(1);
	await refresh(refresh_token, { signal: impatient }).catch(() => {});
	const first = await refresh(refresh_token);
	const again = await refresh(refresh_token);
	assert.equal(first.status, 200);
	assert.equal(again.body.refresh_token, first.body.refresh_token);
});

test('C53 bodies that do not come hold nobody up', async () => {
	const { connect } = await import('node:net');
	const { hostname, port } = new URL(server.url);
	const slow = Array.from({ length: 50 }, () => {
		const socket = connect(Number(port), hostname);
		socket.on('error', () => {});
		socket.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ngrant');
		return socket;
	});
	await pause(200);
	const started = Date.now();
	const { refresh_token } = await issued();
	assert.equal((await refresh(refresh_token)).status, 200);
	assert.ok(Date.now() - started < 8000);
	slow.forEach((s) => s.destroy());
});

test('E F the other addresses, so that what they use is looked for below', async () => {
	await server.gatehouse('client', 'add', 'tv', '--public', '--grant', 'device_code,refresh_token');
	const tv = { open: true };
	const begun = await post('/device_authorization', { client_id: 'tv' }, tv);
	assert.equal(begun.status, 200);
	const poll = { client_id: 'tv', grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: begun.body.device_code };
	assert.equal((await token(poll, tv)).body.error, 'authorization_pending');
	const { access_token, refresh_token } = await issued();
	assert.equal((await post('/introspect', { token: access_token })).body.active, true);
	assert.deepEqual((await post('/revoke', { token: refresh_token })).body, {});
	assert.deepEqual((await post('/introspect', { token: access_token })).body, { active: false });
	secrets.add('mistyped-horse-1');
	await assert.rejects(new Owner().authorize(new URL(`/authorize?client_id=${server.env.CLIENT_ID}&response_type=code&client_secret=${
		server.env.CLIENT_SECRET}&redirect_uri=${encodeURIComponent(server.env.REDIRECT_URI)}`, server.url),
	{ username: server.env.USER, password: 'mistyped-horse-1' }));
	const link = (await server.gatehouse('user', 'link', server.env.USER)).trim();
	secrets.add(new URL(link).searchParams.get('link'));
	await fetch(link);
	await fetch(`${server.url}/token?code=${[...secrets][5]}&client_secret=${server.env.CLIENT_SECRET}`, { method: 'POST' });
	await fetch(`${server.url}/sim/callback?code=${[...secrets][5]}&state=x`);
});

// A file without the zeros at its end: segments of the store's journal are as large as they may become.
async function contents(file) {
	const bytes = await readFile(file), zeros = Buffer.alloc(65536);
	let end = bytes.length;
	while (end >= zeros.length && bytes.subarray(end - zeros.length, end).equals(zeros))
		end -= zeros.length;
	return bytes.subarray(0, end);
}

// Files below a folder that hold one of these texts.
async function holding(folder, texts) {
	const found = [];
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile())
			continue;
		const file = path.join(entry.parentPath ?? entry.path, entry.name);
		const bytes = await contents(file);
		for (const text of texts)
			if (bytes.includes(text))
				found.push(`${file}: ${text.slice(0, 6)}...`);
	}
	return found;
}

test('H01 no code, token, password, secret or cookie of all this stands in a log or in the store', async () => {
	for (const name of Owner.secrets)
		secrets.add(name);
	assert.ok(secrets.size > 100);
	assert.ok([...secrets].every((s) => s.length >= 8));
	assert.deepEqual(await holding(path.join(server.root, 'log'), secrets), []);
	const records = path.join(server.root, process.env.GATEHOUSE_ENGINE ?? 'store');	// postgresql: its own server's files
	assert.deepEqual(await holding(records, secrets), []);
	// The search finds what is there.
	assert.ok((await holding(path.join(server.root, 'log'), ['/token'])).length > 0);
	assert.ok((await holding(records, ['grant/'])).length > 0);
});

// Command lines and environments of the instance's processes: they work in its folder.
async function processes() {
	const texts = [];
	for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
		const where = await readlink(`/proc/${pid}/cwd`).catch(() => '');
		if (where === server.root)
			for (const file of ['cmdline', 'environ'])
				texts.push(`${pid} ${file}: ${await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')}`);
	}
	return texts;
}

test('H01 nor in the figures, in what ps shows, or in the web server\'s configuration; a private key in no log', async () => {
	const seen = await processes();
	assert.ok(seen.length > 20 && seen.some((text) => text.includes('courier')));
	seen.push(`figures: ${await server.gatehouse('metrics', 'show')}`);
	for (const name of ['nginx.conf', 'gatehouse.json', 'deploy.env'])
		seen.push(`${name}: ${await readFile(path.join(server.root, name), 'latin1')}`);
	for (const text of seen)
		for (const secret of secrets)
			assert.ok(!text.includes(secret), `${text.slice(0, 40)} has ${secret.slice(0, 6)}...`);
	assert.deepEqual(await holding(path.join(server.root, 'log'), ['PRIVATE KEY', 'BEGIN CERT', '$argon2id$', '__Host-']), []);
});

test('H02 keys, store, config and sockets are the owner\'s alone', async () => {
	const mode = async (name) => ((await stat(path.join(server.root, name))).mode & 0o777).toString(8);
	for (const name of await readdir(path.join(server.root, 'secret')))
		assert.equal(await mode(`secret/${name}`), '600', name);
	for (const name of await readdir(path.join(server.root, 'store')))
		assert.match(await mode(`store/${name}`), name === 'live' ? /^700$/ : /^6[04]0$/, name);	// a link to shared memory
	for (const name of await readdir(path.join(server.root, 'sock')))
		assert.match(await mode(`sock/${name}`), /0$/, name);
	assert.equal(await mode('demo.env'), '600');
});

test('H03 idle connections cost nobody an answer', async () => {
	const { connect } = await import('node:net');
	const { hostname, port } = new URL(server.url);
	const idle = Array.from({ length: 300 }, () => connect(Number(port), hostname).on('error', () => {}));
	await pause(200);
	const { refresh_token } = await issued();
	assert.equal((await refresh(refresh_token)).status, 200);
	idle.forEach((s) => s.destroy());
});

