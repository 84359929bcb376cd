// account.mjs: links, activity and the account itself.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { schema } from '../instance.mjs';
import { household, logIn, looksRight, server, sizes, visit } from './window.mjs';

test('links: the devices of a link can be changed and the link ended; activity tells of it', async () => {
	const home = await household('links'), token = await home.token();
	const ids = async () => {
		const { body } = await schema(server.url, token, 'discoveryRequest');
		return body.globalError?.errorEnum ?? body.devices.map((d) => d.externalDeviceId);
	};
	await home.in({ viewport: sizes.desktop }, async (page) => {
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
		// Ending it takes a second press, after a page that says what it means.
		const end = page.locator('button[name=action][value=unlink]');
		assert.ok(!await end.isVisible());
		await page.click('summary.danger');
		await page.getByText('will not see or move your devices any more').waitFor();
		await looksRight(page, 'link-end-desktop');
		await end.click();
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
		// away from the page of devices, which would notice the end of its session by itself and load again
		await other.goto(`${server.url}/activity`);
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
			await page.click('form:has(#sure) button');
			assert.ok(await page.isVisible('[role=alert]'));
			await page.fill('#sure', 'the second pass phrase');
			await page.click('form:has(#sure) button');
			await page.waitForURL(`${server.url}/`);
			await page.goto(`${server.url}/login`);
			await logIn(page, name, 'the second pass phrase');
			assert.ok(await page.isVisible('[role=alert]'));
		});
	});
});

// What the app on a phone shows (RFC 6238), some steps from now.
function code(secret, steps = 0) {
	const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2))), counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
	const mac = createHmac('sha1', key).update(counter).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

test('account: a second factor is set up on a phone, asked for on the desktop, and switched off by a recovery code', async () => {
	const name = 'owner with a phone', password = 'the only pass phrase';
	let secret, recovery;
	await visit({}, async (page) => {
		await page.goto(`${server.url}/register`);
		await page.fill('input[name=username]', name);
		await page.fill('input[name=password]', password);
		await page.click('form[action="/register"] button');
		await page.waitForSelector('.devices');
		await page.goto(`${server.url}/account`);
		await page.fill('#second-current', password);
		await page.click('form:has(#second-current) button');
		await page.waitForSelector('svg.qr');
		await looksRight(page, 'second-factor-phone');
		await page.setViewportSize(sizes.desktop);
		await looksRight(page, 'second-factor-desktop');
		await page.setViewportSize(sizes.phone);
		secret = (await page.textContent('code.key')).replace(/ /g, '');
		assert.match(await page.getAttribute('a[href^="otpauth:"]', 'href'), new RegExp(`secret=${secret}&`));
		await page.fill('#code', '000000');
		await page.click('button.primary');
		assert.ok(await page.isVisible('[role=alert]'));
		assert.equal((await page.textContent('code.key')).replace(/ /g, ''), secret);
		await page.fill('#code', code(secret));
		await page.click('button.primary');
		await page.waitForSelector('.codes');
		await looksRight(page, 'recovery-codes-phone');
		await page.setViewportSize(sizes.desktop);
		await looksRight(page, 'recovery-codes-desktop');
		recovery = await page.locator('.codes code').allTextContents();
		assert.equal(new Set(recovery).size, 10);
		await page.click('a.primary');
		await page.waitForURL(`${server.url}/account`);
		await looksRight(page, 'account-second-desktop');
		await page.setViewportSize(sizes.phone);
		await looksRight(page, 'account-second-phone');
	});
	await visit({ viewport: sizes.desktop }, async (page) => {
		await page.goto(`${server.url}/login`);
		await logIn(page, name, password);
		await page.waitForSelector('input[name=step]', { state: 'attached' });
		await looksRight(page, 'login-code-desktop');
		await page.setViewportSize(sizes.phone);
		await looksRight(page, 'login-code-phone');
		await page.goto(`${server.url}/account`);	// the password alone leads nowhere
		assert.equal(new URL(page.url()).pathname, '/login');
		await logIn(page, name, password);
		await page.fill('#code', '000000');
		await page.click('button.primary');
		assert.ok(await page.isVisible('[role=alert]'));
		await page.fill('#code', code(secret, 1));
		await page.click('button.primary');
		await page.waitForURL(`${server.url}/`);
		await page.goto(`${server.url}/account`);
		await page.fill('#second-current', password);
		await page.fill('#second-code', recovery[4].toLowerCase());
		await page.click('button[value=second-off]');
		await page.waitForSelector('[role=status]');
		assert.ok(await page.isVisible('button:has-text("Set up")'));
	});
});
