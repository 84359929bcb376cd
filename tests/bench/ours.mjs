// ours.mjs: an instance to measure, with as many households as asked for, and the requests of each kind of work as files for load.c.
//
// One household is made by the tool: ten devices, a link of SmartThings with eight of them, a second one that is told what changes, and an
// app with all ten. The others are copies of its records under other ids, so that this file knows no record but the code's.
import { createHash, createPrivateKey, randomBytes, randomUUID, sign } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { at, atEnd, children, compiled, freePort, run, start, until, wire, writeRequests, answers, top } from './stage.mjs';

const b64 = (bytes) => Buffer.from(bytes).toString('base64url');
const eight = Array.from({ length: 8 }, (_, i) => `dimmer-${i + 1}`);
export const redirect = 'https://c2c-us.smartthings.com/oauth/callback';

// 16 bytes that are a household's, or a grant's, own.
const idOf = (what, i) => b64(createHash('sha256').update(`${what} ${i}`).digest().subarray(0, 16));

async function template(tool) {
	await tool('user', 'add', 'bench', '--password-stdin', { input: b64(randomBytes(18)) });
	for (let i = 1; i <= 10; i++)
		await tool('device', 'add', '--user', 'bench', '--type', 'c2c-dimmer', '--id', `dimmer-${i}`, '--name', `Dimmer ${i}`, '--room', 'Hall');
	const issue = async (client, ...more) => JSON.parse(await tool('token', 'issue', '--user', 'bench', '--client', client, ...more)).access_token;
	const some = eight.flatMap((id) => ['--device', id]);
	return [await issue('smartthings', ...some), await issue('smartthings', ...some), await issue('devices')];
}

// So many households have several links of their app, where more calls are made than one link may make in a minute.
const RICH = 12;

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

// The id of a household's link: of which of the three kinds, and the how manyth of that kind.
const grantOf = (kind, i, nth = 0) => idOf(nth === 0 ? `grant ${kind}` : `grant ${kind} ${nth}`, i);

// The records of that household again for each of n, in the first of them with so many links of the app, and codes that can be redeemed: a dump to be loaded.
async function multiply(from, to, user, grants, n, apps, codes) {
	const lines = [], out = createWriteStream(to);
	let records = 0;
	for await (const line of createInterface(createReadStream(from)))
		if (/^\{"key":"(username\/bench|(user|devices|device|state|changes|grant|grants)\/)/.test(line) && (line.includes(user) || line.includes('username/bench')))
			lines.push(line);
	const put = async (line) => {
		records++;
		if (!out.write(`${line}\n`))
			await new Promise((done) => out.once('drain', done));
	};
	out.write(`{"dump":"gatehouse store","v":1,"made":${Math.floor(Date.now() / 1000)}}\n`);
	const app = grants.at(-1);
	for (let i = 0; i < n; i++)
		for (const line of lines) {
			const more = Array.from({ length: i < RICH ? apps - 1 : 0 }, (_, k) => k + 1);
			const text = grants.slice(0, -1).reduce((t, grant, k) => t.replaceAll(grant, grantOf(k, i)), line.replaceAll(user, idOf('user', i)))
				.replace('"username/bench"', `"username/bench-${i}"`).replace('"name":"bench"', `"name":"bench-${i}"`);
			if (line.startsWith('{"key":"grants/'))
				await put(text.replace(`"${app}"`, [0, ...more].map((a) => `"${grantOf(2, i, a)}"`).join(',')));
			else if (line.includes(app))
				for (const a of [0, ...more])
					await put(text.replaceAll(app, grantOf(2, i, a)));
			else
				await put(text);
		}
	const expires = Math.floor(Date.now() / 1000) + 86400;
	for (const [i, text] of codes.entries())
		await put(JSON.stringify({ key: `code/${idOf('user', i % n)}/${createHash('sha256').update(text).digest('base64url')}`, expires, value: { v: 1,
			client: 'smartthings', redirect_uri: redirect, scope: 'devices:read devices:control', devices: eight, expires } }));
	out.end(`{"end":${records}}\n`);
	await new Promise((done) => out.once('close', done));
	return records;
}

// Access tokens as the instance signs them.
async function signer(root, like) {
	const name = (await readdir(path.join(root, 'secret'))).find((f) => f.startsWith('jwt-'));
	const key = createPrivateKey(await readFile(path.join(root, 'secret', name))), head = like.split('.')[0], claims = claimsOf(like);
	return (sub, sid) => {
		const text = `${head}.${b64(JSON.stringify({ ...claims, sub, sid, jti: b64(randomBytes(12)) }))}`;
		return `${text}.${b64(sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }))}`;
	};
}

// The floors stand behind the instance's own web server, as more locations: the one that waits for the disk with the store's own disk.
async function addFloors(root, workers, port) {
	const conf = path.join(root, 'nginx.conf'), text = await readFile(conf, 'utf8'), floor = await compiled('floor', ['-lfcgi']);
	const disk = path.join(root, 'floor');
	await mkdir(disk);
	const add = (name, ...args) => {
		start('spawn-fcgi', ['-n', '-s', at(`${name}.${port}`), '--', '/usr/bin/multiwatch', '-f', String(workers), '--', floor, ...args]);
		return `location = /${name} { fastcgi_pass unix:${at(`${name}.${port}`)}; }\n`;
	};
	const locations = add('floor') + add('disk', disk);
	await writeFile(conf, text.replace(/^ *location /m, `${locations}$&`));
	process.kill(Number(await readFile(path.join(root, 'pid/web.pid'), 'utf8')), 'SIGHUP');
	for (const name of ['floor', 'disk'])
		await until(() => fetch(`http://127.0.0.1:${port}/${name}`).then((a) => a.status === 200, () => false));	// a reload ends connections
}

// A demo instance without the web server's limits for one address, which asks for all here, or with so many requests a second.
export async function startInstance({ name, tree = top, web = 'nginx', workers = 2, engine = 'gdbm', limit = 100000 }) {
	const root = at(name), port = await freePort(), script = path.join(tree, 'deploy.sh');
	const deploy = (...args) => run(script, [...args, '--root', root]);
	if (engine !== 'gdbm')	// its server's user must be able to get there
		await chmod(at(), 0o711);
	await mkdir(root, { mode: engine === 'gdbm' ? 0o700 : 0o711 });
	await writeFile(path.join(root, 'deploy.env'), `LOGIN_RATE=${limit}\nAPI_RATE=${limit}\n`);
	atEnd(() => run(script, ['stop', '--root', root], { atEnd: true }));
	await deploy('--port', String(port), '--web', web, '--workers', String(workers), '--engine', engine);
	return { root, port, deploy };
}

// options: name, homes, apps (links of the app in each of the first RICH), codes (how many), tree (whose deploy.sh), web, workers, engine, limit.
export async function startOurs({ name = 'ours', homes = 2000, apps = 1, codes = 0, tree = top, web = 'nginx', workers = 2, engine = 'gdbm', limit } = {}) {
	const { root, port, deploy } = await startInstance({ name, tree, web, workers, engine, limit });
	const tool = async (...args) => {
		const input = typeof args.at(-1) === 'object' ? args.pop().input : undefined;
		if (input === undefined)
			return run(path.join(root, 'gatehouse'), args);
		await writeFile(at('input'), input, { mode: 0o600 });
		return run('sh', ['-c', 'exec "$@" <"$0"', at('input'), path.join(root, 'gatehouse'), ...args]);
	};
	const tokens = await template(tool), user = claimsOf(tokens[0]).sub, grants = tokens.map((t) => claimsOf(t).sid);
	const texts = Array.from({ length: codes }, (_, i) => b64(Buffer.concat([Buffer.from(idOf('user', i % homes), 'base64url'), randomBytes(16)])));
	await tool('store', 'dump', at('dump'));
	const records = await multiply(at('dump'), at('load'), user, grants, homes, apps, texts);
	await tool('store', 'load', at('load'), '--merge');
	if (web === 'nginx')
		await addFloors(root, workers, port);
	const env = Object.fromEntries((await readFile(path.join(root, 'demo.env'), 'utf8')).split('\n').map((l) => l.split('=')));
	const makers = await Promise.all(tokens.map((t) => signer(root, t)));
	const token = (kind, i, nth) => makers[kind](idOf('user', i), grantOf(kind, i, nth));
	const processes = async (...programs) => (await Promise.all(programs.map(async (p) => {
		const pid = Number(await readFile(path.join(root, 'pid', `${p}.pid`), 'utf8'));
		return (await children(pid)).filter((id) => p === 'web' || id !== pid);
	}))).flat();
	return { name, root, port, deploy, url: `http://127.0.0.1:${port}`, homes, apps, records, codes: texts, tool, token, grant: grantOf, processes,
		basic: `Basic ${Buffer.from(`smartthings:${env.CLIENT_SECRET}`).toString('base64')}` };
}

// --- requests ---

const json = { 'Content-Type': 'application/json' }, form = { 'Content-Type': 'application/x-www-form-urlencoded' };

export function schemaBody(interactionType, token, more = {}) {
	return JSON.stringify({ headers: { schema: 'st-schema', version: '1.0', interactionType, requestId: randomUUID() },
		authentication: { tokenType: 'Bearer', token }, ...more });
}

export const schemaRequests = (tokens, type, more = () => ({})) =>
	tokens.map((token, i) => wire('POST', '/schema', json, schemaBody(type, token, more(i))));
export const states = () => ({ devices: eight.map((externalDeviceId) => ({ externalDeviceId })) });
export const dim = (i) => ({ devices: [{ externalDeviceId: eight[i % 8],
	commands: [{ component: 'main', capability: 'st.switchLevel', command: 'setLevel', arguments: [1 + i * 7 % 100] }] }] });

// The floor asked with as many bytes as the first of a file's requests has in its body, to answer so many: { file, asked }.
export async function floorLike(name, like, answered) {
	const [, head] = /^\d+\n(.*?)\r\n\r\n/s.exec(await readFile(like, 'utf8')), asked = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
	return { asked, file: await writeRequests(name, [wire('POST', `/floor?${answered}`, json, 'x'.repeat(asked))]) };
}

// Files of requests to the Schema webhook, by the kind of work. spread: how many households they go to, one after the other.
export async function schemaRequestsOf(o, spread) {
	const n = Math.min(spread, o.homes), tokens = Array.from({ length: n }, (_, i) => o.token(0, i)), file = (kind) => `${o.name}.${kind}.${spread}`;
	return {
		floor: await writeRequests(file('floor'), [wire('POST', '/floor', json, schemaBody('discoveryRequest', tokens[0]))]),
		disk: await writeRequests(file('disk'), [wire('POST', '/disk', json, schemaBody('discoveryRequest', tokens[0]))]),
		discovery: await writeRequests(file('discovery'), schemaRequests(tokens, 'discoveryRequest')),
		refresh_states: await writeRequests(file('states'), schemaRequests(tokens, 'stateRefreshRequest', states)),
		// Each household's commands change something every time.
		command: await writeRequests(file('command'), Array.from({ length: Math.max(Math.ceil(1009 / n), 16) }, (_, k) =>
			schemaRequests(tokens, 'commandRequest', (i) => dim(i + k))).flat()),
	};
}

// The same, and those of the other programs.
export async function requestsOf(o, spread) {
	const token = (body) => wire('POST', '/token', { ...form, Authorization: o.basic }, new URLSearchParams(body).toString()), chains = [], callers = o.apps > 1 ? Math.min(RICH, o.homes) : o.homes;
	for (let i = 0; i < 256; i++)	// one for each connection that there may be
		chains.push(JSON.parse(await o.tool('token', 'issue', '--user', `bench-${i % o.homes}`, '--client', 'smartthings')).refresh_token);
	return {
		...await schemaRequestsOf(o, spread),
		refresh_token: await writeRequests(`${o.name}.refresh`, chains.map((t) => token({ grant_type: 'refresh_token', refresh_token: t }))),
		code: o.codes.length > 0 && await writeRequests(`${o.name}.code`, o.codes.map((c) => token({ grant_type: 'authorization_code', code: c, redirect_uri: redirect }))),
		// As each link of an app may make 250 calls a minute: all households, or those that have many links.
		rest: await writeRequests(`${o.name}.rest`, Array.from({ length: o.apps * callers }, (_, k) => [k % callers, Math.floor(k / callers)]).map(([i, nth]) =>
			wire('GET', `/api/smartapps/installations/${o.grant(2, i, nth)}/devices`, { Authorization: `Bearer ${o.token(2, i, nth)}` }))),
	};
}

// The second link of so many households is told from now on what changes; the floor answers what SmartThings would.
export async function tellOthers(o, n) {
	const at = `${o.url}/floor`;
	for (let i = 0; i < n; i++) {
		const answer = await fetch(`${o.url}/schema`, { method: 'POST', headers: json, body: schemaBody('grantCallbackAccess', o.token(1, i), {
			callbackAuthentication: { grantType: 'authorization_code', scope: 'callback-access', code: randomUUID(), clientId: 'simulated-smartthings' },
			callbackUrls: { oauthToken: at, stateCallback: at } }) });
		const text = await answer.text();
		if (answer.status !== 200 || text.includes('globalError'))
			throw new Error(`grantCallbackAccess: ${answer.status} ${text}`);
	}
}
