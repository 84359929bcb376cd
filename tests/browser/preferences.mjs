// preferences.mjs: the pages of an app of third parties: devices first, other questions after, and the same again at Links.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { household, looksRight, server, sizes } from './window.mjs';

const BACK = 'http://localhost:4567/oauth/callback';	// of conf/apps/devices.json; nobody need listen there
const ask = () => `${server.url}/oauth/authorize?` + new URLSearchParams({
	client_id: 'devices', redirect_uri: BACK, response_type: 'code', scope: 'app', state: 'a b&c',
});

for (const [size, viewport] of Object.entries(sizes)) {
	test(`${size}: an app's pages: nothing is ticked at first, answers are kept on the way back, Allow gives a code`, async () => {
		const home = await household('apps');
		await home.in({ viewport }, async (page) => {
			await page.goto(ask());
			const boxes = page.locator('input[name=input-devices]');
			assert.ok(await boxes.count() >= 11);
			assert.equal(await page.locator('input[name=input-devices]:checked').count(), 0);
			await looksRight(page, `preferences-${size}`);
			await page.click('button[value=next]');
			assert.match(await page.textContent('[role=alert]'), /^Please select at least one device to authorize$/);
			await looksRight(page, `preferences-none-${size}`);
			const chosen = await boxes.nth(1).getAttribute('value');
			await boxes.nth(1).check();
			await page.click('button[value=next]');
			await page.fill('input[name=input-nickname]', '<b>Kim\'s & "wall"</b>');
			await looksRight(page, `preferences-more-${size}`);
			await page.click('button[value=back]');
			assert.ok(await boxes.nth(1).isChecked());
			await page.click('button[value=next]');
			await page.fill('input[name=input-nickname]', '<b>Kim\'s & "wall"</b>');
			const [there] = await Promise.all([page.waitForRequest((r) => r.url().startsWith(BACK)), page.click('button[value=allow]')]);
			const url = new URL(there.url());
			assert.equal(url.searchParams.get('state'), 'a b&c');
			assert.ok(url.searchParams.get('code'));
			assert.ok(chosen);
		});
	});
}
