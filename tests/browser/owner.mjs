// owner.mjs: the pages about links, activity, the account and the whole instance, as a browser shows them.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { schema } from '../instance.mjs';
import { enter, household, looksRight, server, sizes, visit } from './window.mjs';

// A link that has been used, and disliked once by SmartThings.
async function usedLink(home) {
	const token = await home.token(), send = (type, more) => schema(server.url, token, type, more);
	const { body } = await send('discoveryRequest');
	const id = body.devices.find((d) => d.deviceHandlerType.includes('switch')).externalDeviceId;
	await send('commandRequest', { devices: [{ externalDeviceId: id, commands: [{ component: 'main', capability: 'st.switch', command: 'on',
		arguments: [] }] }] });
	await send('interactionResult', { originatingInteractionType: 'discoveryRequest', deviceState: [{ externalDeviceId: id,
		deviceError: [{ errorEnum: 'BAD-RESPONSE', detail: '<script>window.bad = 1</script> modelName' }] }] });
	return { token, device: id };
}

// An operator with a used link.
let shared;
async function operator() {
	if (!shared) {
		const home = await household('operator');
		await server.gatehouse('user', 'operator', home.user, 'on');
		shared = { home, link: await usedLink(home) };
	}
	return shared;
}

for (const [size, viewport] of Object.entries(sizes))
	for (const javaScriptEnabled of [true, false])
		test(`${size}, script ${javaScriptEnabled ? 'on' : 'off'}: links, a link's handshake, activity, account, operator`, async () => {
			const { home, link } = await operator();
			const look = (page, name) => javaScriptEnabled ? looksRight(page, `${name}-${size}`) : Promise.resolve();
			await home.in({ viewport, javaScriptEnabled }, async (page, faults) => {
				await page.click('nav a[href="/links"]');
				await look(page, 'links');
				await page.locator('.devices a').last().click();
				assert.match(await page.textContent('.steps'), /SmartThings asks for the devices/);
				await page.locator('summary').first().click();
				const shown = await page.textContent('.steps');
				assert.match(shown, /friendlyName/);
				assert.match(shown, /•••/);
				assert.ok(!(await page.content()).includes(link.token));
				await look(page, 'handshake');
				await page.click('nav a[href="/activity"]');
				assert.equal(await page.locator('nav [aria-current=page]').textContent(), 'Activity');
				await page.selectOption('#device', link.device);
				await page.selectOption('#kind', 'trouble');
				await page.click('form.filter button');
				assert.match(await page.textContent('.events'), /disliked an answer/);
				assert.match(await page.textContent('.events .advice'), /mend that device/);
				assert.equal(await page.locator('main script').count(), 0);
				await look(page, 'trouble');
				await page.click('nav a[href="/operator"]');
				assert.match(await page.textContent('main'), /Signing keys/);
				await look(page, 'operator');
				assert.deepEqual(faults, []);
			});
		});

test('sessions: one browser signs another one out; the language of one is the language of all', async () => {
	const { user } = await household('sessions');
	await visit({}, async (other) => {
		await enter(other, user);
		// away from the page of devices, which would notice the end of its session by itself and load again
		await other.goto(`${server.url}/activity`);
		await visit({ viewport: sizes.desktop }, async (page) => {
			await enter(page, user);
			await page.click('nav a[href="/account"]');
			await page.selectOption('#language', 'ko');
			await page.click('form:has(#language) button');
			assert.equal(await page.getAttribute('html', 'lang'), 'ko');
			await looksRight(page, 'account-ko-desktop');
			await other.goto(`${server.url}/account`);
			assert.equal(await other.getAttribute('html', 'lang'), 'ko');
			await page.selectOption('#language', '');
			await page.click('form:has(#language) button');
			assert.equal(await page.getAttribute('html', 'lang'), 'en');
			await page.click('form:has(input[name=action][value=sessions]) button');
			await page.waitForSelector('[role=status]');
			await other.goto(`${server.url}/links`);
			assert.equal(new URL(other.url()).pathname, '/login');
			await page.goto(`${server.url}/links`);
			assert.equal(new URL(page.url()).pathname, '/links');
		});
	});
});

test('dark and Korean: a link, activity, operator', async () => {
	const { home } = await operator();
	await home.in({ locale: 'ko-KR', colorScheme: 'dark' }, async (page) => {
		await page.goto(`${server.url}/links`);
		await page.locator('.devices a').last().click();
		await looksRight(page, 'handshake-ko-dark');
		for (const name of ['activity', 'operator', 'account']) {
			await page.goto(`${server.url}/${name}`);
			await looksRight(page, `${name}-ko-dark`);
		}
	});
});
