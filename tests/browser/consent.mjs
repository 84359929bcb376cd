// consent.mjs: the road from the client to Allow or Deny and back.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { schema } from '../instance.mjs';
import { logIn, looksRight, request, server, sizes, visit } from './window.mjs';

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
