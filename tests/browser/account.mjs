// account.mjs: links, activity and the account itself.
import { test } from 'node:test';
import assert from 'node:assert/strict';
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
