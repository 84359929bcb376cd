// instance.mjs: a demo instance of its own for a test file: started by deploy.sh on a free port, gone afterwards.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { webcrypto } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

// Debian's Node has these here only.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const run = promisify(execFile);
export const top = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');

function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer().once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

// What demo.env holds.
async function demoEnv(root) {
	const env = {};
	for (const line of (await readFile(path.join(root, 'demo.env'), 'utf8')).split('\n')) {
		const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
		if (name)
			env[name] = value.replace(/^'(.*)'$/, '$1').replace(/^"(.*)"$/, '$1');
	}
	return env;
}

async function describe(root, stop) {
	const env = await demoEnv(root);
	const gatehouse = async (...args) => (await run(path.join(top, 'build/gatehouse'), ['--root', root, ...args])).stdout;
	return { url: env.URL, root, env, gatehouse, stop };
}

// { url, root, env: what demo.env holds, gatehouse(...args): the tool's output, stop() }
// GATEHOUSE_INSTANCE names one that runs already, and is left alone.
export async function startInstance(...options) {
	if (process.env.GATEHOUSE_INSTANCE)
		return describe(process.env.GATEHOUSE_INSTANCE, async () => {});
	const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-test-'));
	const root = path.join(folder, 'run');
	if (process.env.GATEHOUSE_ENGINE) {	// its server's user must be able to get there
		await chmod(folder, 0o711);
		options.push('--engine', process.env.GATEHOUSE_ENGINE);
	}
	const port = await freePort();
	const deploy = path.join(top, 'deploy.sh');
	const stop = async () => {
		await run(deploy, ['stop', '--root', root]).catch(() => {});
		await rm(folder, { recursive: true, force: true });
	};
	try {
		await run(deploy, ['--root', root, '--port', String(port), ...options], { timeout: 240000 });
	} catch (e) {
		await stop();
		throw new Error(`deploy.sh failed:\n${e.stdout}\n${e.stderr}`);
	}
	return describe(root, stop);
}

// A POST to the Schema endpoint as SmartThings makes it; the parsed answer.
export async function schema(url, token, interactionType, more = {}) {
	const answer = await fetch(`${url}/schema`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			headers: { schema: 'st-schema', version: '1.0', interactionType, requestId: crypto.randomUUID() },
			authentication: { tokenType: 'Bearer', token },
			...more,
		}),
	});
	return { status: answer.status, body: await answer.json() };
}

// A cookie jar and a form filler: what a browser does between authorization request and code, without one.
export class Owner {
	#jar = new Map();
	static secrets = new Set();	// of every owner: cookies and sealed fields, for those who look where they must not be

	async #go(url, init = {}) {
		const cookie = [...this.#jar].map(([k, v]) => `${k}=${v}`).join('; ');
		const answer = await fetch(url, { redirect: 'manual', ...init, headers: { ...init.headers, cookie } });
		// Debian's Node gives them as one text; none of our cookies has a comma in it.
		const sets = answer.headers.getSetCookie?.() ?? (answer.headers.get('set-cookie') ?? '').split(/, */).filter(Boolean);
		for (const set of sets) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
			value === '' ? this.#jar.delete(name) : this.#jar.set(name, value);
			if (value !== '')
				Owner.secrets.add(value);
		}
		return answer;
	}

	#form(html) {
		const fields = new URLSearchParams();
		for (const [, name, value] of html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g))
			fields.append(name, value);
		for (const name of ['csrf', 'request'])
			if (fields.has(name))
				Owner.secrets.add(fields.get(name));
		return fields;
	}

	#post(url, fields) {
		return this.#go(url, { method: 'POST', body: fields });
	}

	// The consent page's form, filled in; logs in before where that is asked for.
	async #consent(request, { username, password, devices, decision = 'allow' }) {
		let answer = await this.#go(request);
		let html = await answer.text();
		if (html.includes('name="password"')) {
			const fields = this.#form(html);
			fields.set('username', username);
			fields.set('password', password);
			answer = await this.#post(new URL('/login', request), fields);
			answer = await this.#go(new URL(answer.headers.get('location'), request));
			html = await answer.text();
		}
		const fields = this.#form(html);
		// The inputs of an app's pages are called input-NAME.
		for (const [, name, id] of html.matchAll(/name="(device|input-[^"]+)" value="([^"]+)"/g))
			if (devices === undefined || devices.includes(id))
				fields.append(name, id);
		fields.set('decision', decision);
		return fields;
	}

	// Log in, tick devices (all when none are named), allow or deny; the URL that the client is sent to.
	async authorize(request, choice) {
		const answer = await this.#post(new URL('/authorize', request), await this.#consent(request, choice));
		return new URL(answer.headers.get('location'));
	}

	// Sign in, type the code of a device, allow it all devices (or deny it); the last page.
	async typeCode(page, code, { username, password, decision = 'allow' }) {
		const fields = this.#form(await (await this.#go(page)).text());
		fields.set('username', username);
		fields.set('password', password);
		await this.#post(new URL('/login', page), fields);
		const typed = this.#form(await (await this.#go(page)).text());
		typed.set('user_code', code);
		const html = await (await this.#post(page, typed)).text();
		const choice = this.#form(html);
		for (const [, id] of html.matchAll(/name="device" value="([^"]+)"/g))
			choice.append('device', id);
		choice.set('decision', decision);
		return (await this.#post(page, choice)).text();
	}

	// Allow several times at once; all answers.
	async race(request, { times, ...choice }) {
		const fields = await this.#consent(request, choice);
		return Promise.all(Array.from({ length: times }, () => this.#post(new URL('/authorize', request), fields)));
	}
}
