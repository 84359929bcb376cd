// sim-app.mjs: the simulator's other half: a SmartApp installed page by page, moved by events and by the clock, with script and
// without; and the whole list of checks in one go.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { household, looksRight, server, sizes, visit } from './window.mjs';

const thing = (page, slug) => page.locator(`#thing-${slug}`);
const wire = async (page) => page.locator('.wire strong').allTextContents();

// The page, once something on it is so. Without script somebody has to look again.
async function until(page, selector, text) {
	for (const begun = Date.now(); Date.now() - begun < 30000;) {
		if (await page.locator(selector, { hasText: text }).count() > 0)
			return;
		await page.waitForTimeout(200);
		if (page.plain)
			await page.reload();
	}
	assert.fail(`${selector} never said ${text}`);
}

async function press(page, button, said) {
	await page.getByRole('button', { name: button, exact: true }).click();
	await page.locator('#last p', { hasText: said }).waitFor();
	assert.match(await page.textContent('#last'), /All as it should be/, button);
}

for (const javaScriptEnabled of [true, false]) {
	test(`${javaScriptEnabled ? 'with' : 'without'} script: installed page by page, on at motion, off by its timer, changed, uninstalled`, async () => {
		await visit({ viewport: sizes.desktop, javaScriptEnabled }, async (page, faults) => {
			page.plain = !javaScriptEnabled;
			await page.goto(`${server.url}/sim/app`);
			await press(page, 'Install, page by page', 'asked for a page');
			await page.getByRole('heading', { name: 'Lights and sensors' }).waitFor();
			// Nothing is chosen yet: the page is not left, and says why.
			await page.click('#go-next');
			await page.locator('#setting-sensors .fault').waitFor();
			assert.equal(await page.locator('#app a').count(), 0, 'no setting here leads away');
			assert.equal(await page.locator('#last p').count(), 0);
			assert.deepEqual(await page.locator('#setting-sensors .choice').allInnerTexts().then((l) => l.map((t) => t.split('\n')[0])), ['Porch motion', 'Hall motion']);
			await page.getByLabel('Porch motion').check();
			await page.locator('#setting-lights').getByLabel('Porch light').check();
			await page.locator('#setting-lights').getByLabel('Hall lamp').check();
			await page.click('#go-next');
			await page.getByRole('heading', { name: 'How long' }).waitFor();
			assert.equal(await page.inputValue('#s-minutes'), '5');
			await page.click('#go-back');
			await page.getByRole('heading', { name: 'Lights and sensors' }).waitFor();
			assert.ok(await page.locator('#setting-lights').getByLabel('Hall lamp').isChecked(), 'what was entered is there still');
			await page.locator('#setting-lights').getByLabel('Hall lamp').uncheck();
			await page.click('#go-next');
			await page.getByRole('heading', { name: 'How long' }).waitFor();
			await page.fill('#s-minutes', '2');
			await page.click('#go-done');
			await page.locator('#last p', { hasText: 'told its settings' }).waitFor();
			await until(page, '#subscriptions', 'Porch motion: motionSensor.motion');
			await thing(page, 'porch-motion').getByRole('button', { name: 'active', exact: true }).click();
			await until(page, '#thing-porch-light legend', 'switch: on');
			assert.equal(await thing(page, 'hall-lamp').locator('legend', { hasText: 'switch: off' }).count(), 1);
			await thing(page, 'porch-motion').getByRole('button', { name: 'inactive', exact: true }).click();
			await until(page, '#schedules', 'porch-off');
			await thing(page, 'back-door').getByRole('button', { name: 'open', exact: true }).click();
			await page.locator('#last p', { hasText: 'has not subscribed' }).waitFor();
			await press(page, 'An hour on', 'The clock was moved.');
			await until(page, '#thing-porch-light legend', 'switch: off');
			await until(page, '#schedules', 'None.');
			await press(page, 'Back to now', 'The clock was moved.');
			for (const kind of ['EVENT', 'createSchedule', 'executeCommands'])
				assert.ok((await wire(page)).includes(kind), kind);
			await press(page, 'Change settings', 'asked for a page');
			assert.ok(await page.locator('#setting-lights').getByLabel('Porch light').isChecked(), 'the settings of before');
			await press(page, 'Leave without saving', 'without saving');
			await press(page, 'Uninstall', 'Uninstalled.');
			await page.locator('#b-install').waitFor();
			assert.deepEqual(faults, []);
		});
	});

	test(`${javaScriptEnabled ? 'with' : 'without'} script: any event, what must be refused, and a message sent again`, async () => {
		await visit({ viewport: sizes.desktop, javaScriptEnabled }, async (page, faults) => {
			await page.goto(`${server.url}/sim/app`);
			await press(page, 'Install with what fits', 'told its settings');
			await press(page, 'Send what must be refused', 'must be refused was sent');
			await press(page, 'Confirm the registration', 'CONFIRMATION sent');
			await press(page, 'Come back from a sign-in that never was', 'both spellings');
			for (const type of await page.locator('#type option').allTextContents()) {
				await page.selectOption('#type', type);
				await page.click('#b-event');
				await page.locator('#last p', { hasText: 'the app was told' }).waitFor();
				assert.match(await page.textContent('#last'), /All as it should be/, type);
			}
			await page.goto(`${server.url}/sim/wire?kind=INSTALL`);
			await page.locator('.wire a').first().click();
			assert.match(await page.textContent('#headers'), /Authorization: Signature keyId="\/pl\/simulator\//);
			const shown = await page.locator('pre').nth(1).textContent();
			assert.match(shown, /"authToken": "\$APP_TOKEN"/);
			assert.match(shown, /"refreshToken": "\$APP_REFRESH_TOKEN"/);
			assert.match(await page.textContent('#curl'), /-H 'Digest: SHA256=/);
			await page.getByRole('button', { name: 'Send it again as it was' }).click();
			await page.getByText('↻').waitFor();
			assert.match(await page.locator('pre').nth(2).textContent(), /installData/);
			await page.fill('#body', '{"lifecycle":"INSTALL"}');
			await page.getByRole('button', { name: 'Send it with these changes' }).click();
			await page.waitForURL((url) => /\/\d+$/.test(url.pathname));
			await page.locator('pre', { hasText: 'BadRequestError' }).waitFor();
			assert.deepEqual(faults, []);
		});
	});
}

test('the whole list is green after one press, and the owner has what they had', async () => {
	const home = await household('checks');
	const devices = async () => JSON.parse(await server.gatehouse('device', 'list', '--user', home.user, '--json')).map((d) => d.id);
	const before = await devices();
	await home.in({ viewport: sizes.desktop }, async (page, faults) => {
		page.setDefaultTimeout(60000);
		await page.goto(`${server.url}/sim/checks`);
		await page.click('#b-run-all');
		await page.locator('#run-said:not(:empty)').waitFor();
		assert.equal(await page.textContent('#run-said'), 'The list was run.');
		await page.reload();
		assert.deepEqual(await page.locator('.checks li:not(.seen)').evaluateAll((list) => list.map((li) => li.id)), []);
		assert.equal(await page.locator('.checks li.seen').count(), 41);
		await looksRight(page, 'sim-checks-green');
		assert.deepEqual(faults.filter((f) => !/404|409/.test(f)), []);
	});
	assert.deepEqual(await devices(), before);
});

test('the list without a session says whose turn it is', async () => {
	await visit({}, async (page) => {
		await page.goto(`${server.url}/sim/checks`);
		await page.click('#b-run-all');
		await page.getByText('Sign in as the owner first').waitFor();
	});
});

for (const [size, viewport] of Object.entries(sizes)) {
	test(`${size}: the SmartApp's page, empty, open and installed, light and dark, in both languages`, async () => {
		for (const [locale, colorScheme] of [['en-GB', 'light'], ['ko-KR', 'dark']]) {
			await visit({ viewport, locale, colorScheme }, async (page, faults) => {
				const name = (part) => `sim-app-${part}-${locale.slice(0, 2)}-${size}`;
				await page.goto(`${server.url}/sim/app`);
				await looksRight(page, name('start'));
				await page.click('#b-begin');
				await page.locator('#go-next').click();
				await page.locator('#setting-sensors .fault').waitFor();
				await looksRight(page, name('page'));
				await page.click('#b-drop');
				await page.click('#b-install');
				await page.locator('#thing-porch-motion').waitFor();
				await looksRight(page, name('installed'));
				assert.deepEqual(faults, []);
			});
		}
	});
}
