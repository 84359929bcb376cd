// nodeservers.mjs: the owner's node servers, as a browser shows them.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { household, looksRight, sizes } from './window.mjs';

// What the program says, with the token that its page showed.
const say = (start, message) => fetch(start.apiUrl, { method: 'POST', body: JSON.stringify(message),
	headers: { Authorization: `Bearer ${start.token}`, 'Content-Type': 'application/json' } });

const nodes = [
	{ connected: true },
	{ addnode: { address: 'controller', name: 'Cellar', nodedefid: 'controller', primary: 'controller', drivers: [{ driver: 'ST', value: 1, uom: 2 }] } },
	{ addnode: { address: 'lamp', name: 'Cellar <b>lamp</b>', nodedefid: 'LAMP', primary: 'controller', drivers: [{ driver: 'ST', value: 40, uom: 51 }] } },
	{ notices: { login: 'Sign in: <a href="https://vendor.example/authorize?state=x" onclick="window.bad = 1">here</a><script>window.bad = 1</script>' } },
];

for (const [size, viewport] of Object.entries(sizes))
	for (const javaScriptEnabled of [true, false])
		test(`${size}, script ${javaScriptEnabled ? 'on' : 'off'}: a node server from its first day to its last`, async () => {
			const name = `Cellar, ${size}, ${javaScriptEnabled}`;
			const look = (page, picture) => javaScriptEnabled ? looksRight(page, `${picture}-${size}`) : Promise.resolve();
			await (await household('nodes')).in({ viewport, javaScriptEnabled }, async (page) => {
				await page.click('nav a[href="/nodeservers"]');
				await look(page, 'nodeservers-none');
				await page.fill('input[name=name]', name);
				await page.click('form[action="/nodeservers"] button');
				assert.equal(await page.textContent('h1'), name);
				await look(page, 'nodeserver-new');
				const start = await (await fetch(await page.inputValue('#pgurl'))).json();
				assert.equal(start.token, await page.inputValue('#token'));
				const said = await (await say(start, nodes)).json();
				assert.ok(said.results.every((r) => Object.values(r)[0].success), JSON.stringify(said));
				await page.click('main p a[href="/nodeservers"]');
				assert.match(await page.textContent('main'), /Connected/);
				await look(page, 'nodeservers');
				await page.click(`main a:has-text("${name}")`);
				assert.ok(!(await page.content()).includes(start.token));
				assert.match(await page.textContent('.rows'), /Cellar <b>lamp<\/b> lamp/);
				assert.equal(await page.getAttribute('.advice a', 'href'), 'https://vendor.example/authorize?state=x');
				if (javaScriptEnabled)
					assert.equal(await page.evaluate(() => window.bad), undefined);
				await page.fill('#params', 'host = 10.0.0.7\nname=Cellar');
				await page.click('form:has(#params) button');
				assert.equal(await page.inputValue('#params'), 'host = 10.0.0.7\nname = Cellar\n');
				await page.fill('#short', '90');
				await page.fill('#long', '80');
				await page.click('form:has(#short) button');
				assert.match(await page.textContent('[role=alert]'), /shortPoll/);
				await look(page, 'nodeserver');
				await page.click('button[value=stop]');
				assert.match(await page.textContent('[role=status]'), /told to stop/);
				assert.match(await page.textContent('.health'), /Stopped/);
				await page.click('.rows a');
				assert.match(await page.textContent('h1'), /Cellar <b>lamp<\/b>/);
				await page.goBack();
				await page.click('summary:has-text("new token")');
				await page.click('button[value=rotate]');
				assert.notEqual(await page.inputValue('#token'), start.token);
				assert.equal((await say(start, { config: {} })).status, 401);
				await page.click('summary.danger');
				await look(page, 'nodeserver-delete');
				await page.click('form:has(input[value=delete]) button');
				assert.match(await page.textContent('[role=status]'), /deleted/);
				assert.ok(!(await page.textContent('main')).includes(name));
			});
		});
