// window.mjs: what every browser test has: a demo instance, a browser, windows of it, and owners of its own, so that no test
// depends on what another one did. With PICTURES=1 every page that is looked at is also kept in build/screenshots.
import { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { startInstance, top } from '../instance.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = process.env.PICTURES ? path.join(top, 'build/screenshots') : null;
const PATIENCE = 30000;	// ms for whatever a page shows in the end: machines that run tests are busy
export const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const plain = new WeakSet();	// windows without script
export let server;
let browser;

before(async () => {
	if (pictures)
		await mkdir(pictures, { recursive: true });
	server = await startInstance();
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((f) => existsSync(f)),
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
});
after(async () => {
	await browser?.close();
	await server?.stop();
});

// A window of its own, without other windows' cookies; closed when fn ends.
export async function visit(options, fn) {
	const context = await browser.newContext({ viewport: sizes.phone, locale: 'en-GB', ...options });
	const faults = [];
	// Whoever waits for what never comes fails alone.
	const limit = setTimeout(() => context.close(), 4 * PATIENCE);
	try {
		context.setDefaultTimeout(PATIENCE);
		if (options.javaScriptEnabled === false)
			plain.add(context);
		const page = await context.newPage();
		page.on('console', (m) => m.type() === 'error' && faults.push(m.text()));
		await fn(page, faults);
	} finally {
		clearTimeout(limit);
		await context.close();
	}
}

export const request = (state) => `${server.url}/authorize?` + new URLSearchParams({
	client_id: server.env.CLIENT_ID, redirect_uri: server.env.REDIRECT_URI, response_type: 'code', state,
});

export async function logIn(page, username = server.env.USER, password = server.env.PASSWORD) {
	await page.fill('input[name=username]', username);
	await page.fill('input[name=password]', password);
	await page.click('form[action="/login"] button');
}

// Sign in by a one-time link. Passwords from one address are counted, and slowed down from the twentieth.
export async function enter(page, user) {
	await page.goto((await server.gatehouse('user', 'link', user)).match(/http\S+/)[0]);
	await page.click('form[action="/login"] button');
	await page.waitForSelector('.devices');
}

// Owners of a test's own, with the starter devices: { user, in(options, fn): a window where they are signed in }.
let households = 0;
export async function household(what = 'owner') {
	const user = `${what} ${++households}`;
	await server.gatehouse('user', 'add', user, '--starter-devices');
	let session;
	return {
		user,
		in: (options, fn) => visit({ storageState: session, ...options }, async (page, faults) => {
			if (session)
				await page.goto(`${server.url}/`);
			else {
				await enter(page, user);
				session = await page.context().storageState();
			}
			await fn(page, faults);
		}),
		token: async () => JSON.parse(await server.gatehouse('token', 'issue', '--user', user, '--client', server.env.CLIENT_ID)).access_token,
	};
}

// The same page without its scripts, where a tool's may run: for a window that runs none.
async function double(page) {
	const context = await browser.newContext({ viewport: page.viewportSize(), storageState: await page.context().storageState() });
	await context.route('**/*.js', (route) => route.abort());
	const same = await context.newPage();
	await same.goto(page.url());
	return same;
}

// No accessibility fault that axe knows, nothing wider than the window.
export async function looksRight(page, name) {
	if (pictures)
		await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
	const seen = plain.has(page.context()) ? await double(page) : page;
	assert.ok(await seen.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
	// Page scripts are forbidden by the page's own policy; the tool's go in beside it.
	const cdp = await seen.context().newCDPSession(seen);
	await cdp.send('Page.setBypassCSP', { enabled: true });
	await cdp.send('Runtime.evaluate', { expression: axe });
	const { result } = await cdp.send('Runtime.evaluate', {
		expression: 'axe.run({ resultTypes: ["violations"] }).then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes[0].html)))',
		awaitPromise: true,
	});
	assert.deepEqual(JSON.parse(result.value), [], name);
	if (seen !== page)
		await seen.context().close();
}
