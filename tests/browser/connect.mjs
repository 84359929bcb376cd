// connect.mjs: the pages of linked clouds, as a browser shows them: the whole way to another household and back.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { household, looksRight, server, sizes } from './window.mjs';

for (const [size, viewport] of Object.entries(sizes))
	for (const javaScriptEnabled of [true, false])
		test(`${size}, script ${javaScriptEnabled ? 'on' : 'off'}: a cloud is linked, devices are chosen, the link ends`, async () =>
			(await household('connect')).in({ viewport, javaScriptEnabled }, async (page, faults) => {
				const look = (name) => javaScriptEnabled ? looksRight(page, `${name}-${size}`) : Promise.resolve();
				await page.click('a[href="/connect"]');
				await look('connect');
				await page.click('a[href="/connect/gatehouse"]');
				await look('connect-vendor');
				await page.click('main form button');
				await page.locator('input[value="kitchen-dimmer"]').check();
				await page.click('button[value="allow"]');
				await page.waitForURL(/\/oauth\/callback/);
				assert.match(await page.textContent('h1'), /connected/);
				await look('connect-done');
				await page.click('main a.button');
				await look('connect-devices');
				await page.locator('input[value="kitchen-dimmer"]').check();
				await page.click('main form button');
				await page.waitForURL(/\/devices$/);
				assert.equal(await page.locator('[data-device="gatehouse.kitchen-dimmer"]').count(), 1);
				await page.goto(`${server.url}/connect`);
				await page.locator('main h2 a').first().click();
				await look('connect-link');
				await page.click('summary.danger');
				await look('connect-end');
				await page.click('form[action$="/uninstall"] button');
				await page.waitForURL(/\/connect$/);
				assert.equal(await page.locator('main section').count(), 0);
				assert.deepEqual(faults, []);
			}));
