// devices.mjs: the pages of devices: every control, alive and without script; what one window does, another shows.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { schema } from '../instance.mjs';
import { looksRight, server, signedIn, sizes, visit } from './window.mjs';

const profile = '0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e';

const card = (page, id) => page.locator(`[data-device="${id}"]`);
const control = (page, id, key) => card(page, id).locator(`[data-key="${key}"]`);

async function value(id, attribute) {
	const shown = JSON.parse(await server.gatehouse('--json', 'device', 'show', id, '--user', server.env.USER));
	return shown.states.find((s) => `${s.component}/${s.capability}.${s.attribute}` === attribute)?.value;
}

// Wait until the store has it; says what it has instead.
async function becomes(id, attribute, wanted) {
	let is;
	for (let i = 0; i < 40; i++) {
		is = await value(id, attribute);
		if (is === wanted)
			return;
		await new Promise((done) => setTimeout(done, 50));
	}
	assert.equal(is, wanted, `${id} ${attribute}`);
}

const set = (id, ...texts) => server.gatehouse('device', 'set', id, '--user', server.env.USER, ...texts);
const add = (id, type, ...more) => server.gatehouse('device', 'add', '--user', server.env.USER, '--id', id, '--type', type,
	'--name', id, ...more);

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

test('each kind of control does what it shows', async () => {
	await add('heating', profile, '--capability', 'thermostatMode', '--capability', 'thermostatHeatingSetpoint',
		'--capability', 'audioVolume', '--capability', 'outlet2/switch');
	await add('bell', 'c2c-button-2');
	await set('hall-switch', 'st.switch.switch=off');	// other files of tests have pressed it, too
	await signedIn({ viewport: sizes.desktop }, async (page, faults) => {
		const light = control(page, 'hall-switch', 'main/switch.switch').getByRole('switch');
		await light.click();
		assert.equal(await light.getAttribute('aria-checked'), 'true');
		await becomes('hall-switch', 'main/switch.switch', 'on');
		await light.press('Space');
		await becomes('hall-switch', 'main/switch.switch', 'off');

		await control(page, 'kitchen-dimmer', 'main/switchLevel.level').getByRole('slider').fill('73');
		await becomes('kitchen-dimmer', 'main/switchLevel.level', 73);
		await page.waitForFunction(() => document.querySelector('[data-device="kitchen-dimmer"] [data-value$=".level"]').textContent === '73 %');

		await control(page, 'front-door-lock', 'main/lock.lock').getByRole('button', { name: 'Unlock' }).click();
		await becomes('front-door-lock', 'main/lock.lock', 'unlocked');

		await control(page, 'living-shade', 'main/windowShade.windowShade').getByRole('button', { name: 'Open' }).click();
		await becomes('living-shade', 'main/windowShade.windowShade', 'open');

		const colour = control(page, 'living-color-bulb', 'main/colorControl.hue');
		await colour.getByRole('slider', { name: /^Hue/ }).fill('33');
		await becomes('living-color-bulb', 'main/colorControl.hue', 33);
		const box = await colour.locator('.wheel').boundingBox();
		await page.mouse.click(box.x + box.width * 0.95, box.y + box.height / 2);
		await becomes('living-color-bulb', 'main/colorControl.hue', 25);

		const mode = control(page, 'heating', 'main/thermostatMode.thermostatMode');
		await mode.getByRole('combobox').selectOption('heat');
		await mode.getByRole('button').click();
		await becomes('heating', 'main/thermostatMode.thermostatMode', 'heat');
		const setpoint = control(page, 'heating', 'main/thermostatHeatingSetpoint.heatingSetpoint');
		await setpoint.getByRole('spinbutton').fill('21.5');
		await setpoint.getByRole('button').click();
		await becomes('heating', 'main/thermostatHeatingSetpoint.heatingSetpoint', 21.5);
		await control(page, 'heating', 'outlet2/switch.switch').getByRole('switch').click();
		await becomes('heating', 'outlet2/switch.switch', 'on');
		await control(page, 'bedroom-fan', 'main/fanSpeed.fanSpeed').getByRole('slider').fill('2');
		await becomes('bedroom-fan', 'main/fanSpeed.fanSpeed', 2);

		const leak = control(page, 'laundry-leak', 'main/waterSensor.water');
		await leak.locator('summary').click();
		await leak.getByRole('combobox').selectOption('wet');
		await leak.getByRole('button').click();
		await becomes('laundry-leak', 'main/waterSensor.water', 'wet');
		// the list is read again: the alarm shows, and the field stays open
		await card(page, 'laundry-leak').locator('.badge.alarm').waitFor();
		assert.ok(await leak.getByRole('combobox').isVisible());
		assert.match(await page.textContent('.chips a'), /Needs attention 1/);

		await control(page, 'bell', 'main/button.button').getByRole('button', { name: 'Double' }).click();
		await becomes('bell', 'main/button.button', 'double');
		await looksRight(page, 'devices-desktop');
		await page.setViewportSize(sizes.phone);
		await looksRight(page, 'devices-phone');
		assert.deepEqual(faults, []);
	});
	await set('laundry-leak', 'waterSensor.water=dry');
});

test('what one window does shows in the other, and so does what SmartThings does, within two seconds', async () => {
	const { access_token: token } = JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER, '--client', server.env.CLIENT_ID));
	await signedIn({}, async (page) => {
		await signedIn({ viewport: sizes.desktop }, async (other) => {
			await page.goto(`${server.url}/devices/hall-switch`);
			const there = control(page, 'hall-switch', 'main/switch.switch').getByRole('switch');
			await control(other, 'hall-switch', 'main/switch.switch').getByRole('switch').click();
			await there.and(page.locator('[aria-checked=true]')).waitFor({ timeout: 2000 });
			await schema(server.url, token, 'commandRequest', { devices: [{ externalDeviceId: 'hall-switch',
				commands: [{ component: 'main', capability: 'st.switch', command: 'off', arguments: [] }] }] });
			await there.and(page.locator('[aria-checked=false]')).waitFor({ timeout: 2000 });
			await control(other, 'hall-switch', 'main/switch.switch').locator('[aria-checked=false]').waitFor({ timeout: 2000 });
			// a device that comes or goes
			await add('guest', 'c2c-switch');
			await card(other, 'guest').waitFor({ timeout: 2500 });
			await server.gatehouse('device', 'delete', 'guest', '--user', server.env.USER);
			await card(other, 'guest').waitFor({ state: 'detached', timeout: 2500 });
		});
	});
});

test('news that was on its way when a control was pressed does not undo what it shows', async () => {
	await signedIn({ viewport: sizes.desktop }, async (page) => {
		const light = control(page, 'hall-switch', 'main/switch.switch').getByRole('switch');
		assert.equal(await light.getAttribute('aria-checked'), 'false');
		await set('hall-switch', 'st.switch.switch=on');
		await set('hall-switch', 'st.switch.switch=off');
		let release, held;
		const gate = new Promise((done) => { release = done; }), on_its_way = new Promise((done) => { held = done; });
		await page.route('**/console/devices?since=*', async (route) => {
			const response = await route.fetch();
			if (response.status() === 200) {
				held();
				await gate;
			}
			await route.fulfill({ response });
		}, { times: 4 });
		await on_its_way;
		await light.click();
		await becomes('hall-switch', 'main/switch.switch', 'on');
		await page.waitForFunction(() => !document.querySelector('[data-device="hall-switch"] [aria-busy]'));
		await page.evaluate(() => {
			window.flips = 0;
			new MutationObserver(() => window.flips++).observe(document.getElementById('list'),
				{ subtree: true, childList: true, attributeFilter: ['aria-checked'] });
		});
		release();
		await new Promise((done) => setTimeout(done, 300));
		assert.equal(await page.evaluate(() => window.flips), 0);
		assert.equal(await light.getAttribute('aria-checked'), 'true');
		await set('hall-switch', 'st.switch.switch=off');
		await light.and(page.locator('[aria-checked=false]')).waitFor({ timeout: 2500 });
	});
});

test('a refusal is told in words, and the control shows the truth again', async () => {
	await server.gatehouse('device', 'offline', 'hall-switch', '--user', server.env.USER);
	await signedIn({}, async (page) => {
		const light = control(page, 'hall-switch', 'main/switch.switch').getByRole('switch');
		await light.click();
		await page.getByRole('alert').filter({ hasText: 'offline' }).waitFor();
		assert.equal(await light.getAttribute('aria-checked'), 'false');
		await looksRight(page, 'devices-offline-phone');
		await page.click('.chips a >> nth=0');
		assert.equal(await page.locator('[data-device]').count(), 1);
		await server.gatehouse('device', 'online', 'hall-switch', '--user', server.env.USER);
		await page.getByText('No device is like that.').waitFor({ timeout: 2500 });
	});
	// no network: said, too
	await signedIn({}, async (page) => {
		await page.context().setOffline(true);
		await control(page, 'hall-switch', 'main/switch.switch').getByRole('switch').click();
		await page.getByRole('alert').filter({ hasText: 'Not connected' }).waitFor();
		assert.equal(await control(page, 'hall-switch', 'main/switch.switch').getByRole('switch').getAttribute('aria-checked'), 'false');
		await page.context().setOffline(false);
	});
});

test('search shows results while one types', async () => {
	await signedIn({ viewport: sizes.desktop }, async (page) => {
		await page.getByRole('searchbox').pressSequentially('lamp', { delay: 20 });
		await page.waitForFunction(() => document.querySelectorAll('[data-device]').length === 2);
		assert.match(page.url(), /q=lamp/);
		await page.getByLabel('Room').selectOption('Bedroom');
		await page.waitForFunction(() => document.querySelectorAll('[data-device]').length === 1);
		await page.reload();
		assert.equal(await page.getByRole('searchbox').inputValue(), 'lamp');
		assert.equal(await page.locator('[data-device]').count(), 1);
	});
});

for (const javaScriptEnabled of [true, false])
	test(`add, look at, change and delete a device, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
		const kind = javaScriptEnabled ? 'live' : 'plain';
		await signedIn({ javaScriptEnabled }, async (page) => {
			await page.getByRole('link', { name: 'Add a device' }).click();
			await page.getByRole('searchbox').fill('siren');
			await page.keyboard.press('Enter');
			await page.getByRole('link', { name: 'Battery siren', exact: true }).waitFor();
			await looksRight(page, `new-${kind}-phone`);
			await page.getByRole('link', { name: 'Battery siren', exact: true }).click();
			await page.getByLabel('Name', { exact: true }).fill('Cellar siren');
			await page.getByLabel('Room').fill('Cellar');
			await looksRight(page, `new-siren-${kind}-phone`);
			await page.getByRole('button', { name: 'Add a device' }).click();
			await page.waitForURL(/\/devices\/cellar-siren/);
			await control(page, 'cellar-siren', 'main/alarm.alarm').getByRole('button', { name: 'Strobe', exact: true }).click();
			await card(page, 'cellar-siren').locator('.badge.alarm').waitFor();
			assert.equal(await value('cellar-siren', 'main/alarm.alarm'), 'strobe');
			await page.reload();
			assert.ok(await page.getByRole('img', { name: /^Alarm/ }).isVisible());
			await page.locator('.part summary').first().click();
			await looksRight(page, `device-${kind}-phone`);
			await page.setViewportSize(sizes.desktop);
			await looksRight(page, `device-${kind}-desktop`);
			const volume = page.locator('form').filter({ has: page.locator('input[name=attribute][value="main/battery.battery"]') }).last();
			await page.locator('.part summary').filter({ hasText: 'Battery' }).click();
			await volume.getByRole('spinbutton').fill('9');
			await volume.getByRole('button').click();
			await card(page, 'cellar-siren').locator('.badge.battery').waitFor();
			await page.getByLabel('Name', { exact: true }).fill('Siren <b>"2"');
			await page.getByRole('button', { name: 'Save' }).click();
			assert.equal(await page.textContent('h1'), 'Siren <b>"2"');
			await page.getByRole('button', { name: 'Take offline' }).click();
			await card(page, 'cellar-siren').locator('.badge.offline').waitFor();
			await page.getByRole('link', { name: 'Delete the device' }).click();
			await looksRight(page, `delete-${kind}-desktop`);
			await page.getByRole('button', { name: 'Delete the device' }).click();
			await page.getByRole('status').waitFor();
			assert.equal(await card(page, 'cellar-siren').count(), 0);
		});
	});

test('without script every control is a form', async () => {
	await signedIn({ javaScriptEnabled: false, viewport: sizes.desktop }, async (page) => {
		await looksRight(page, 'devices-plain-desktop');
		await page.setViewportSize(sizes.phone);
		await looksRight(page, 'devices-plain-phone');
		await control(page, 'hall-switch', 'main/switch.switch').getByRole('switch').click();
		await page.getByRole('status').waitFor();
		assert.equal(await value('hall-switch', 'main/switch.switch'), 'on');
		const level = control(page, 'kitchen-dimmer', 'main/switchLevel.level');
		await level.getByRole('slider').fill('11');
		await level.getByRole('button').click();
		assert.equal(await value('kitchen-dimmer', 'main/switchLevel.level'), 11);
		assert.match(page.url(), /\/devices\?page=1&done=command/);
	});
});

test('a profile of the owner\'s own is added by its capabilities', async () => {
	await signedIn({}, async (page) => {
		await page.goto(`${server.url}/new-device?type=profile`);
		await looksRight(page, 'new-profile-phone');
		await page.getByLabel('Name', { exact: true }).fill('Box');
		await page.getByLabel("Profile's UUID").fill(profile);
		await page.locator('input[value=doorControl]').check();
		await page.locator('input[value=tone]').check();
		await page.getByLabel('Other components').fill('outlet2: switch');
		await page.getByRole('button', { name: 'Add a device' }).click();
		await page.waitForURL(/\/devices\/box/);
		await control(page, 'box', 'main/doorControl.door').getByRole('button', { name: 'Open' }).click();
		await becomes('box', 'main/doorControl.door', 'open');
		await page.getByRole('button', { name: 'Beep' }).first().click();
		await control(page, 'box', 'outlet2/switch.switch').getByRole('switch').click();
		await becomes('box', 'outlet2/switch.switch', 'on');
		await looksRight(page, 'device-profile-phone');
	});
});

test('names that would be more than names do no harm on a live page', async () => {
	const name = '"><script>document.title="broken"</script><img src=x onerror="document.title=\'broken\'">';
	await server.gatehouse('device', 'add', '--user', server.env.USER, '--id', 'evil', '--type', 'c2c-switch', '--name', name, '--room', '\u202egnp');
	await signedIn({ viewport: sizes.desktop }, async (page) => {
		assert.equal(await card(page, 'evil').locator('h3').textContent(), name);
		await control(page, 'evil', 'main/switch.switch').getByRole('switch').click();
		await becomes('evil', 'main/switch.switch', 'on');
		await page.getByRole('searchbox').fill(name.slice(0, 30));
		await page.waitForFunction(() => document.querySelectorAll('[data-device]').length === 1);
		await page.goto(`${server.url}/devices/evil`);
		assert.equal(await page.textContent('h1'), name);
		assert.doesNotMatch(await page.title(), /broken/);
		assert.equal(await page.locator('main img').count(), 0);
		await looksRight(page, 'device-evil-desktop');
	});
	await server.gatehouse('device', 'delete', 'evil', '--user', server.env.USER);
});

test('dark and Korean, all of it', async () => {
	await signedIn({ locale: 'ko-KR', colorScheme: 'dark' }, async (page) => {
		await looksRight(page, 'devices-ko-dark');
		await page.goto(`${server.url}/devices/living-color-bulb`);
		await looksRight(page, 'device-ko-dark');
		await page.goto(`${server.url}/new-device`);
		await looksRight(page, 'new-ko-dark');
	});
});

test('whoever has no device is told what to do', async () => {
	const name = `empty ${Date.now()}`;
	await visit({}, async (page) => {
		await page.goto(`${server.url}/register`);
		await page.fill('input[name=username]', name);
		await page.fill('input[name=password]', 'a long enough pass phrase');
		await page.click('form[action="/register"] button');
		await page.waitForSelector('.devices');
		for (const { id } of JSON.parse(await server.gatehouse('--json', 'device', 'list', '--user', name)))
			await server.gatehouse('device', 'delete', id, '--user', name);
		await page.getByText('No devices yet.').waitFor({ timeout: 2500 });
		await looksRight(page, 'devices-empty-phone');
	});
});
