// sim.mjs: the simulator: every control with script and without, two windows, hostile names, both sizes and languages.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { enter, household, looksRight, server, sizes, visit } from './window.mjs';

let shared;
const owner = async () => (shared ??= await household('simulated')).user;

// From a fresh window to a linked home; on the phone's page.
async function link(page, user) {
	await enter(page, user ?? await owner());
	await page.goto(`${server.url}/sim`);
	await page.click('form[action="/sim/link"] button');
	await page.check('input[name=include_new]');
	await page.click('button[name=decision][value=allow]');
	await page.waitForURL(/\/sim$/);
}

const card = (page, name) => page.locator('.sim-devices > li', { has: page.getByRole('heading', { name, exact: true }) });
const value = (page, name, attribute) => card(page, name).locator('dl div', { has: page.getByText(attribute, { exact: true }) }).locator('dd');
const wire = async (page) => page.locator('.wire strong').allTextContents();

async function shows(page, name, attribute, text) {
	await page.waitForFunction(([n, a, t]) => [...document.querySelectorAll('.sim-devices > li')]
		.some((li) => li.querySelector('h3').textContent === n && [...li.querySelectorAll('dl div')]
			.some((d) => d.querySelector('dt').textContent === a && d.querySelector('dd').textContent.trim() === t)), [name, attribute, text]);
}

for (const javaScriptEnabled of [true, false]) {
	test(`${javaScriptEnabled ? 'with' : 'without'} script: link, press, slide, choose, type; each is one command`, async () => {
		await visit({ viewport: sizes.desktop, javaScriptEnabled }, async (page, faults) => {
			await link(page);
			assert.ok(await page.locator('.sim-devices > li').count() >= 11);
			for (const kind of ['authorization_code', 'discoveryRequest', 'stateRefreshRequest', 'grantCallbackAccess'])
				assert.ok((await wire(page)).includes(kind), kind);
			const press = async (name, word, attribute, now) => {
				await card(page, name).getByRole('button', { name: word, exact: true }).first().click();
				await page.waitForLoadState();
				await shows(page, name, attribute, now);
			};
			const slide = async (name, label, to, attribute, now) => {
				const form = card(page, name).locator('form', { has: page.getByRole('slider', { name: label }) });
				await form.getByRole('slider', { name: label }).fill(String(to));
				await form.getByRole('button').click();
				await page.waitForLoadState();
				await shows(page, name, attribute, now);
			};
			await press('Hall light', 'on', 'switch', 'on');
			await press('Hall light', 'off', 'switch', 'off');
			await slide('Kitchen light', 'level', 63, 'level', '63 %');
			await slide('Colour lamp', 'Hue', 40, 'hue', '40');
			await slide('Bedside lamp', 'colorTemperature', 2700, 'colorTemperature', '2700 K');
			await press('Front door lock', 'unlock', 'lock', 'unlocked');
			await press('Front door lock', 'lock', 'lock', 'locked');
			await press('Window shade', 'open', 'windowShade', 'open');
			await press('Window shade', 'close', 'windowShade', 'closed');
			await slide('Ceiling fan', 'fanSpeed', 2, 'fanSpeed', '2');
			const hall = card(page, 'Hall light');
			await hall.locator('summary').click();
			await hall.locator('input[name=capability]').last().fill('st.switch');
			await hall.locator('input[name=command]').fill('on');
			await hall.getByRole('button', { name: 'Send' }).click();
			await page.waitForLoadState();
			await shows(page, 'Hall light', 'switch', 'on');
			assert.deepEqual(faults, []);
		});
	});

	test(`${javaScriptEnabled ? 'with' : 'without'} script: all that goes wrong in life, the clock, and the end`, async () => {
		await visit({ viewport: sizes.desktop, javaScriptEnabled }, async (page, faults) => {
			await link(page);
			const press = async (name, said) => {
				await page.getByRole('button', { name, exact: true }).click();
				await page.locator('#last p', { hasText: said }).waitFor();
				assert.match(await page.textContent('#last'), /All as it should be/, name);
			};
			await press('Refresh', 'Refreshed.');
			await press('Look for devices', 'Devices looked for.');
			await press('Let my token expire', 'The token expired');
			await press('Refresh my token', 'Token refreshed.');
			await press('Replay a refresh', 'sent once more');
			for (const name of ['Unknown command', 'Level 101', 'Unknown device', 'Wrong token'])
				await press(name, 'A mistake made on purpose.');
			await press('Send interactionResult', 'interactionResult sent');
			await press('Grant callbacks anew', 'granted anew');
			await page.selectOption('#way', '500');
			await page.selectOption('#times', '3');
			await page.click('#b-callbacks');
			await page.locator('#last p', { hasText: 'as you wish' }).waitFor();
			assert.equal(await page.inputValue('#way'), '500');
			for (const [button, ahead] of [['An hour on', '0 d 1 h'], ['A day on', '1 d 1 h'], ['A month on', '31 d 1 h']]) {
				await press(button, 'The clock was moved.');
				await page.locator('#clock', { hasText: ahead }).waitFor();
			}
			await press('Back to now', 'The clock was moved.');
			await page.getByRole('button', { name: 'Remove the service' }).click();
			await page.locator('form[action="/sim/link"]').waitFor();
			assert.match(await page.textContent('#phone'), /The link has ended/);
			await page.getByRole('button', { name: 'Forget this home' }).click();
			await page.getByText('Nothing yet. The first message').waitFor();
			assert.deepEqual(faults, []);
		});
	});

	test(`${javaScriptEnabled ? 'with' : 'without'} script: the wire is filtered, a message opened, sent again and changed`, async () => {
		await visit({ javaScriptEnabled }, async (page, faults) => {
			await link(page);
			await page.getByRole('link', { name: 'All of it, with filters' }).click();
			await page.selectOption('#kind', 'discoveryRequest');
			await page.getByRole('button', { name: 'Filter' }).click();
			await page.waitForURL(/kind=discoveryRequest/);
			assert.deepEqual([...new Set(await wire(page))], ['discoveryRequest']);
			await page.selectOption('#status', 'refused');
			await page.getByRole('button', { name: 'Filter' }).click();
			await page.getByText('No message passes this filter.').waitFor();
			await page.goto(`${server.url}/sim/wire?kind=discoveryRequest`);
			await page.locator('.wire a').last().click();
			const shown = await page.textContent('pre');
			assert.match(shown, /"token": "\$ACCESS_TOKEN"/);
			assert.doesNotMatch(await page.content(), /eyJ[\w-]+\.eyJ/);
			assert.equal(await page.locator('[data-copy]').isVisible(), javaScriptEnabled);
			await page.getByRole('button', { name: 'Send it again as it was' }).click();
			await page.waitForURL(/\/sim\/wire\/\d+$/);
			await page.getByText('↻').waitFor();
			assert.match(await page.locator('pre').nth(1).textContent(), /discoveryResponse/);
			await page.fill('#body', shown.replace('$ACCESS_TOKEN', 'something else'));
			await page.getByRole('button', { name: 'Send it with these changes' }).click();
			await page.waitForFunction(() => /INVALID-TOKEN/.test(document.querySelectorAll('pre')[1]?.textContent));
			assert.deepEqual(faults, []);
		});
	});
}

test('copied: what the button copies is what is shown', async () => {
	await visit({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
		await link(page);
		await page.locator('.wire a', { hasText: 'stateRefreshRequest' }).first().click();
		await page.click('[data-copy]');
		await page.getByText('Copied').waitFor();
		assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.textContent('#curl'));
	});
});

test('what the owner does shows by itself, focus and open parts stay; a stranger sees nothing of it', async () => {
	await visit({ viewport: sizes.desktop }, async (page) => {
		await link(page);
		await page.locator('#link', { hasText: 'not fetched yet' }).waitFor({ state: 'detached' });
		await card(page, 'Garden motion').locator('summary').click();
		await card(page, 'Hall light').getByRole('button', { name: 'off' }).focus();
		const motion = async (is) => server.gatehouse('device', 'set', 'garden-motion', '--user', await owner(), `st.motionSensor.motion=${is}`);
		await motion('active');
		await shows(page, 'Garden motion', 'motion', 'active');
		assert.ok(await card(page, 'Garden motion').locator('details').evaluate((d) => d.open));
		assert.match(await page.evaluate(() => document.activeElement.id), /off$/);
		// Whoever types is left in peace: the wire shows that the news is there, the phone not yet.
		const field = card(page, 'Garden motion').locator('input[name=command]');
		await field.fill('half a comm');
		const heard = (await wire(page)).filter((kind) => kind === 'stateCallback').length;
		await motion('inactive');
		await page.waitForFunction((n) => [...document.querySelectorAll('.wire strong')].filter((e) => e.textContent === 'stateCallback').length > n, heard);
		assert.equal(await field.inputValue(), 'half a comm');
		assert.equal(await value(page, 'Garden motion', 'motion').textContent(), 'active');
		await field.evaluate((e) => e.blur());
		await shows(page, 'Garden motion', 'motion', 'inactive');
		await visit({}, async (other) => {
			await other.goto(`${server.url}/sim`);
			assert.equal(await other.locator('.sim-devices').count(), 0);
			assert.equal(await other.locator('.wire li').count(), 0);
		});
		// A second window of the same browser is the same home.
		const second = await page.context().newPage();
		await second.goto(`${server.url}/sim`);
		await card(second, 'Hall light').getByRole('button', { name: 'on', exact: true }).click();
		await shows(page, 'Hall light', 'switch', 'on');
	});
});

test('names that are markup are names', async () => {
	const names = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '\u202Eevil\u202C', "' onmouseover='alert(1)", '{{csrf}}'];
	const user = 'sim hostile';
	await server.gatehouse('user', 'add', user);
	for (const [i, name] of names.entries())
		await server.gatehouse('device', 'add', '--user', user, '--type', 'c2c-dimmer', '--id', `x${i}`, '--name', name, '--room', name);
	await visit({ viewport: sizes.desktop }, async (page, faults) => {
		await link(page, user);
		assert.deepEqual(await page.locator('.sim-devices h3').allTextContents(), names);
		assert.equal(await page.locator('main script:not([src])').count(), 0);
		assert.equal(await page.locator('main img').count(), 0);
		await card(page, names[0]).getByRole('button', { name: 'on', exact: true }).click();
		await shows(page, names[0], 'switch', 'on');
		await page.locator('.wire a', { hasText: 'discoveryRequest' }).first().click();
		assert.ok((await page.locator('pre').nth(1).textContent()).includes('<script>alert(1)</script>'));
		await looksRight(page, 'sim-hostile-desktop');
		assert.deepEqual(faults, []);
	});
});

test('the list: all that SmartThings can do alone is green after one press', async () => {
	await visit({ viewport: sizes.desktop }, async (page, faults) => {
		await page.goto(`${server.url}/sim/checks`);
		await link(page);
		await page.getByRole('link', { name: 'Checks' }).click();
		await page.click('#b-checks');
		await page.locator('#last p', { hasText: 'The list was run.' }).waitFor();
		await page.locator('#check-callback_token.seen').waitFor();
		const lists = page.locator('.checks');
		assert.equal(await lists.first().locator('li').count(), await lists.first().locator('li.seen').count());
		assert.deepEqual(faults, []);
	});
});

for (const [size, viewport] of Object.entries(sizes)) {
	test(`${size}: every page of the simulator, light and dark, in both languages`, async () => {
		for (const [locale, colorScheme] of [['en-GB', 'light'], ['ko-KR', 'dark']]) {
			await visit({ viewport, locale, colorScheme }, async (page, faults) => {
				const name = (part) => `sim-${part}-${locale.slice(0, 2)}-${size}`;
				await page.goto(`${server.url}/sim`);
				await looksRight(page, name('start'));
				await link(page);
				await page.locator('#link div:last-child dd', { hasText: 'UTC' }).waitFor();
				await looksRight(page, name('phone'));
				await page.goto(`${server.url}/sim/wire`);
				await looksRight(page, name('wire'));
				await page.locator('.wire a', { hasText: 'stateRefreshRequest' }).last().click();
				await looksRight(page, name('exchange'));
				await page.goto(`${server.url}/sim/checks`);
				await looksRight(page, name('checks'));
				assert.equal(await page.getAttribute('html', 'lang'), locale.slice(0, 2));
				assert.deepEqual(faults, []);
			});
		}
	});
}
