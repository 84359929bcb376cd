// devices.mjs: the pages of devices.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { looksRight, server, sizes, visit } from './window.mjs';

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
