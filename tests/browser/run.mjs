// run.mjs: the road in a real browser, at phone and desktop width; pictures go to build/screenshots.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { schema, startInstance, top } from '../instance.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = path.join(top, 'build/screenshots');
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
let server, browser;

before(async () => {
	await mkdir(pictures, { recursive: true });
	server = await startInstance();
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
});
after(async () => {
	await browser?.close();
	await server?.stop();
});

// A window of its own, without other windows' cookies; closed when fn ends.
async function visit(options, fn) {
	const context = await browser.newContext({ viewport: sizes.phone, locale: 'en-GB', ...options });
	const faults = [];
	try {
		const page = await context.newPage();
		page.on('console', (m) => m.type() === 'error' && faults.push(m.text()));
		await fn(page, faults);
	} finally {
		await context.close();
	}
}

const request = (state) => `${server.url}/authorize?` + new URLSearchParams({
	client_id: server.env.CLIENT_ID, redirect_uri: server.env.REDIRECT_URI, response_type: 'code', state,
});

async function logIn(page, username = server.env.USER, password = server.env.PASSWORD) {
	await page.fill('input[name=username]', username);
	await page.fill('input[name=password]', password);
	await page.click('form[action="/login"] button');
}

// No accessibility fault that axe knows, nothing wider than the window.
async function looksRight(page, name) {
	await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
	// Page scripts are forbidden by the page's own policy; the tool's go in beside it.
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('Page.setBypassCSP', { enabled: true });
	await cdp.send('Runtime.evaluate', { expression: axe });
	const { result } = await cdp.send('Runtime.evaluate', {
		expression: 'axe.run().then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes[0].html)))',
		awaitPromise: true,
	});
	assert.deepEqual(JSON.parse(result.value), [], name);
}

for (const [size, viewport] of Object.entries(sizes)) {
	test(`${size}: log in, choose devices, Allow: a code, the untouched state, and only the chosen devices`, async () => {
		await visit({ viewport }, async (page, faults) => {
			const state = 'eyJ-_.~ /?&=+"<>';
			await page.goto(request(state));
			await looksRight(page, `login-${size}`);
			await logIn(page);
			await page.waitForSelector('input[name=device]');
			assert.match(await page.textContent('h1'), /SmartThings/);
			const boxes = await page.locator('input[name=device]').all();
			assert.ok(boxes.length >= 11);
			for (const box of boxes)
				assert.ok(await box.isChecked(), 'devices are ticked at first');
			await looksRight(page, `consent-${size}`);
			const kept = await boxes[0].getAttribute('value');
			for (const box of boxes.slice(1))
				await box.uncheck();
			await page.click('button[name=decision][value=allow]');
			await page.waitForURL(/\/sim\/callback/);
			await looksRight(page, `callback-${size}`);
			const back = new URL(page.url());
			assert.equal(back.searchParams.get('state'), state);
			assert.equal(back.searchParams.get('iss'), server.url);
			const answer = await fetch(`${server.url}/token`, {
				method: 'POST',
				body: new URLSearchParams({
					grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri: server.env.REDIRECT_URI,
					client_id: server.env.CLIENT_ID, client_secret: server.env.CLIENT_SECRET,
				}),
			});
			const { access_token: token } = await answer.json();
			const { body } = await schema(server.url, token, 'discoveryRequest');
			assert.deepEqual(body.devices.map((d) => d.externalDeviceId), [kept]);
			assert.deepEqual(faults, []);
		});
	});
}

test('register on the way: a new account has starter devices and goes on to the consent page', async () => {
	await visit({}, async (page) => {
		await page.goto(request('r'));
		await page.click('a[href^="/register"]');
		await looksRight(page, 'register-phone');
		await page.fill('input[name=username]', 'new owner');
		await page.fill('input[name=password]', 'a long enough pass phrase');
		await page.click('form[action="/register"] button');
		await page.waitForSelector('button[name=decision]');
		assert.ok(await page.locator('input[name=device]').count() >= 11);
		await page.click('button[name=decision][value=allow]');
		await page.waitForURL(/code=/);
	});
});

test('a wrong password is said, and the right one goes on', async () => {
	await visit({}, async (page) => {
		await page.goto(request('w'));
		await logIn(page, server.env.USER, 'not the password');
		assert.ok(await page.isVisible('[role=alert]'));
		await looksRight(page, 'login-wrong-phone');
		await logIn(page);
		await page.waitForSelector('button[name=decision]');
	});
});

test('Deny goes back with access_denied and no code', async () => {
	await visit({}, async (page) => {
		await page.goto(request('d'));
		await logIn(page);
		await page.click('button[name=decision][value=deny]');
		await page.waitForURL(/error=access_denied/);
		const back = new URL(page.url());
		assert.equal(back.searchParams.get('state'), 'd');
		assert.equal(back.searchParams.get('code'), null);
		await looksRight(page, 'denied-phone');
	});
});

test('nothing ticked: the page says so and stays', async () => {
	await visit({}, async (page) => {
		await page.goto(request('n'));
		await logIn(page);
		for (const box of await page.locator('input[name=device]').all())
			await box.uncheck();
		await page.click('button[name=decision][value=allow]');
		assert.ok(await page.isVisible('[role=alert]'));
		assert.ok(new URL(page.url()).pathname === '/authorize');
	});
});

test('a one-time link signs in once; the home page shows the devices', async () => {
	const link = (await server.gatehouse('user', 'link', server.env.USER)).match(/http\S+/)[0];
	await visit({ viewport: sizes.desktop }, async (page) => {
		await page.goto(link);
		await looksRight(page, 'link-desktop');
		await page.click('form[action="/login"] button');
		await page.waitForSelector('.devices');
		assert.ok(await page.locator('.devices li').count() >= 11);
		await looksRight(page, 'home-desktop');
	});
	await visit({}, async (page) => {
		const answer = await page.goto(link);
		assert.equal(answer.status(), 403);
		await looksRight(page, 'link-used-phone');
	});
});

test('dark and Korean', async () => {
	await visit({ locale: 'ko-KR', colorScheme: 'dark' }, async (page) => {
		await page.goto(request('k'));
		assert.equal(await page.getAttribute('html', 'lang'), 'ko');
		await looksRight(page, 'login-ko-dark');
		await logIn(page);
		await page.waitForSelector('button[name=decision]');
		await looksRight(page, 'consent-ko-dark');
	});
});

test('links: the devices of a link can be changed and the link ended; activity tells of it', async () => {
	const issued = JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER, '--client', server.env.CLIENT_ID));
	const ids = async () => {
		const { body } = await schema(server.url, issued.access_token, 'discoveryRequest');
		return body.globalError?.errorEnum ?? body.devices.map((d) => d.externalDeviceId);
	};
	await visit({ viewport: sizes.desktop }, async (page) => {
		await page.goto(`${server.url}/login`);
		await logIn(page);
		await page.click('nav a[href="/links"]');
		await looksRight(page, 'links-desktop');
		await page.locator('.devices a').last().click();
		await looksRight(page, 'link-desktop');
		const boxes = await page.locator('input[name=device]').all();
		const kept = await boxes[0].getAttribute('value');
		for (const box of boxes.slice(1))
			await box.uncheck();
		await page.click('button[name=action][value=save]');
		await page.waitForURL(/\/links$/);
		assert.deepEqual(await ids(), [kept]);
		await page.locator('.devices a').last().click();
		await page.click('button[name=action][value=unlink]');
		await page.waitForURL(/\/links$/);
		assert.equal(await ids(), 'INTEGRATION-DELETED');
		await page.setViewportSize(sizes.phone);
		await page.click('nav a[href="/activity"]');
		assert.match(await page.textContent('.events'), /Link ended/);
		await looksRight(page, 'activity-phone');
	});
});

test('account: a new password ends other sessions; the account can be deleted', async () => {
	const name = 'leaving owner';
	await visit({}, async (other) => {
		await other.goto(`${server.url}/register`);
		await other.fill('input[name=username]', name);
		await other.fill('input[name=password]', 'the first pass phrase');
		await other.click('form[action="/register"] button');
		await other.waitForSelector('.devices');
		await visit({}, async (page) => {
			await page.goto(`${server.url}/login`);
			await logIn(page, name, 'the first pass phrase');
			await page.click('nav a[href="/account"]');
			await looksRight(page, 'account-phone');
			// Sessions are told apart by the second in which they began.
			await page.waitForTimeout(1100);
			await page.fill('#current', 'the first pass phrase');
			await page.fill('#new', 'the second pass phrase');
			await page.click('button.primary');
			await page.waitForSelector('[role=status]');
			await other.goto(`${server.url}/links`);
			assert.equal(new URL(other.url()).pathname, '/login');
			await page.fill('#sure', 'not the password');
			await page.click('button:not(.primary)');
			assert.ok(await page.isVisible('[role=alert]'));
			await page.fill('#sure', 'the second pass phrase');
			await page.click('button:not(.primary)');
			await page.waitForURL(`${server.url}/`);
			await page.goto(`${server.url}/login`);
			await logIn(page, name, 'the second pass phrase');
			assert.ok(await page.isVisible('[role=alert]'));
		});
	});
});

test('without script everything still works', async () => {
	await visit({ javaScriptEnabled: false }, async (page) => {
		await page.goto(request('s'));
		await logIn(page);
		await page.click('button[name=decision][value=allow]');
		await page.waitForURL(/code=/);
	});
});

test('a wrong redirect URI is shown, escaped, and nobody is sent there', async () => {
	await visit({}, async (page) => {
		const answer = await page.goto(`${server.url}/authorize?client_id=${server.env.CLIENT_ID}&response_type=code` +
			`&redirect_uri=${encodeURIComponent('https://evil.test/"><script>alert(1)</script>')}`);
		assert.equal(answer.status(), 400);
		assert.equal(await page.locator('main script').count(), 0);
		await looksRight(page, 'error-phone');
	});
});
