// devices.mjs: the pages of devices: every control, alive and without script; what one window does, another shows.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { schema } from '../instance.mjs';
import { household, looksRight, server, sizes, visit } from './window.mjs';

const profile = '0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e';

const card = (page, id) => page.locator(`[data-device="${id}"]`);
const control = (page, id, key) => card(page, id).locator(`[data-key="${key}"]`);

// What the store has; commands for one owner's devices.
function at({ user }) {
	const tool = (...args) => server.gatehouse(...args, '--user', user);
	const value = async (id, attribute) => {
		const shown = JSON.parse(await tool('--json', 'device', 'show', id));
		return shown.states.find((s) => `${s.component}/${s.capability}.${s.attribute}` === attribute)?.value;
	};
	return {
		tool, value,
		set: (id, ...texts) => tool('device', 'set', id, ...texts),
		add: (id, type, ...more) => tool('device', 'add', '--id', id, '--type', type, '--name', id, ...more),
		// Wait until the store has it; says what it has instead.
		async becomes(id, attribute, wanted) {
			let is;
			for (const begun = Date.now(); Date.now() - begun < 20000;) {
				is = await value(id, attribute);
				if (is === wanted)
					return;
				await new Promise((done) => setTimeout(done, 50));
			}
			assert.equal(is, wanted, `${id} ${attribute}`);
		},
	};
}

const isLook = (url) => /\/console\/devices\?since=/.test(url);

// What others do shows by itself, with the second look that begins afterwards at the latest. (Looks are a second apart, which has
// a test of its own: how long they take says how busy this machine is.)
async function showsSoon(page, change, seen) {
	let looks = 0;
	const count = (asked) => { looks += isLook(asked.url()); };
	await change();
	page.on('request', count);
	await seen();
	page.off('request', count);
	assert.ok(looks <= 2, `seen after ${looks} looks`);
}

// For tests that say first how their devices are; others have an owner of their own.
let shared;
const owner = async () => shared ??= await household('devices');

test('a one-time link signs in once; the home page shows the devices', async () => {
	const link = (await server.gatehouse('user', 'link', (await owner()).user)).match(/http\S+/)[0];
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
	const home = await household('devices'), { add, becomes } = at(home);
	await add('heating', profile, '--capability', 'thermostatMode', '--capability', 'thermostatHeatingSetpoint',
		'--capability', 'audioVolume', '--capability', 'outlet2/switch');
	await add('bell', 'c2c-button-2');
	await home.in({ viewport: sizes.desktop }, async (page, faults) => {
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
});

test('what one window does shows in the other, and so does what SmartThings does, with the next look', async () => {
	const home = await owner(), { add, set, tool } = at(home), token = await home.token();
	await set('hall-switch', 'st.switch.switch=off');
	await home.in({}, async (page) => {
		await home.in({ viewport: sizes.desktop }, async (other) => {
			await page.goto(`${server.url}/devices/hall-switch`);
			const here = control(other, 'hall-switch', 'main/switch.switch').getByRole('switch');
			const there = control(page, 'hall-switch', 'main/switch.switch').getByRole('switch');
			const shows = (light, is) => light.and(light.page().locator(`[aria-checked=${is}]`)).waitFor();
			await showsSoon(page, async () => {
				const done = other.waitForResponse((r) => r.url().endsWith('/hall-switch/command'));
				await here.click();
				await done;
			}, () => shows(there, true));
			await showsSoon(page, () => schema(server.url, token, 'commandRequest', { devices: [{ externalDeviceId: 'hall-switch',
				commands: [{ component: 'main', capability: 'st.switch', command: 'off', arguments: [] }] }] }), () => shows(there, false));
			await shows(here, false);
			// a device that comes or goes
			await showsSoon(other, () => add('guest', 'c2c-switch'), () => card(other, 'guest').waitFor());
			await showsSoon(other, () => tool('device', 'delete', 'guest'), () => card(other, 'guest').waitFor({ state: 'detached' }));
		});
	});
});

test('a page looks again within two seconds; one that nobody touches for half an hour stops, says so, and goes on', async () => {
	const home = await owner();
	await home.in({}, async (page) => {
		await page.clock.install();
		let looks = 0, answers = 0;
		page.on('request', (asked) => { looks += isLook(asked.url()); });
		page.on('response', (answer) => { answers += isLook(answer.url()); });
		// The time of the page's own clock until it looks; while the answer is under way that clock stands.
		const untilNext = async () => {
			let passed = 0;
			for (const before = looks; looks === before && passed < 5000; passed += 100)
				await page.clock.runFor(100);
			for (const begun = Date.now(); answers < looks && Date.now() - begun < 20000;)
				await new Promise((done) => setTimeout(done, 20));
			return passed;
		};
		await page.goto(`${server.url}/`);
		for (let i = 0; i < 3; i++)
			assert.ok(await untilNext() <= 2000);
		await page.clock.fastForward('31:00');
		await page.getByRole('alert').filter({ hasText: 'Paused' }).waitFor();
		const before = looks;
		await page.clock.runFor(5000);
		assert.equal(looks, before);
		await page.keyboard.press('Shift');
		await untilNext();
		await page.getByRole('alert').filter({ hasText: 'Paused' }).waitFor({ state: 'hidden' });
	});
});

test('news that was on its way when a control was pressed does not undo what it shows', async () => {
	const home = await owner(), { becomes, set } = at(home);
	await set('kitchen-dimmer', 'st.switch.switch=off', 'st.switchLevel.level=20');
	await home.in({ viewport: sizes.desktop }, async (page) => {
		const light = control(page, 'kitchen-dimmer', 'main/switch.switch').getByRole('switch');
		const lit = (is) => light.and(page.locator(`[aria-checked=${is}]`)).waitFor();
		await lit(false);
		// The first news, in which the light is off, is held back until it has been switched on.
		let release, held, first = true;
		const gate = new Promise((done) => { release = done; }), on_its_way = new Promise((done) => { held = done; });
		await page.route('**/console/devices?since=*', async (route) => {
			const response = await route.fetch();
			if (response.status() === 200 && first) {
				first = false;
				held();
				await gate;
			}
			await route.fulfill({ response });
		});
		await set('kitchen-dimmer', 'st.switchLevel.level=17');
		await on_its_way;
		await light.click();
		await becomes('kitchen-dimmer', 'main/switch.switch', 'on');
		await page.waitForFunction(() => !document.querySelector('[data-device="kitchen-dimmer"] [aria-busy]'));
		await page.evaluate(() => {
			window.flips = 0;
			new MutationObserver(() => {
				window.flips += document.querySelector('[data-device="kitchen-dimmer"] [role=switch]').ariaChecked !== 'true';
			}).observe(document.getElementById('list'), { subtree: true, childList: true, attributeFilter: ['aria-checked'] });
		});
		// The look after it has shown what it brought.
		release();
		await page.locator('[data-device="kitchen-dimmer"] [data-value$=".level"]', { hasText: '17 %' }).waitFor();
		assert.equal(await page.evaluate(() => window.flips), 0);
		await lit(true);
		await set('kitchen-dimmer', 'st.switch.switch=off');
		await lit(false);
	});
});

test('a refusal is told in words, and the control shows the truth again', async () => {
	const home = await household('devices'), { tool } = at(home);
	await tool('device', 'offline', 'hall-switch');
	await home.in({}, async (page) => {
		const light = control(page, 'hall-switch', 'main/switch.switch').getByRole('switch');
		await light.click();
		await page.getByRole('alert').filter({ hasText: 'offline' }).waitFor();
		assert.equal(await light.getAttribute('aria-checked'), 'false');
		await looksRight(page, 'devices-offline-phone');
		await page.click('.chips a >> nth=0');
		assert.equal(await page.locator('[data-device]').count(), 1);
		await tool('device', 'online', 'hall-switch');
		await page.getByText('No device is like that.').waitFor();
	});
	// no network: said, too
	await home.in({}, async (page) => {
		await page.context().setOffline(true);
		await control(page, 'hall-switch', 'main/switch.switch').getByRole('switch').click();
		await page.getByRole('alert').filter({ hasText: 'Not connected' }).waitFor();
		assert.equal(await control(page, 'hall-switch', 'main/switch.switch').getByRole('switch').getAttribute('aria-checked'), 'false');
		await page.context().setOffline(false);
	});
});

test('search shows results while one types', async () => {
	const home = await household('devices');
	await home.in({ viewport: sizes.desktop }, async (page) => {
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
		const kind = javaScriptEnabled ? 'live' : 'plain', home = await owner(), { value } = at(home);
		await home.in({ javaScriptEnabled }, async (page) => {
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
	const home = await owner(), { set, value } = at(home);
	await set('hall-switch', 'st.switch.switch=off');
	await home.in({ javaScriptEnabled: false, viewport: sizes.desktop }, async (page) => {
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
	const home = await owner(), { becomes } = at(home);
	await home.in({}, async (page) => {
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
	const home = await household('devices'), { becomes, tool } = at(home);
	const name = '"><script>document.title="broken"</script><img src=x onerror="document.title=\'broken\'">';
	await tool('device', 'add', '--id', 'evil', '--type', 'c2c-switch', '--name', name, '--room', '\u202egnp');
	await home.in({ viewport: sizes.desktop }, async (page) => {
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
});

test('dark and Korean, all of it', async () => {
	const home = await owner();
	await home.in({ locale: 'ko-KR', colorScheme: 'dark' }, async (page) => {
		await looksRight(page, 'devices-ko-dark');
		await page.goto(`${server.url}/devices/living-color-bulb`);
		await looksRight(page, 'device-ko-dark');
		await page.goto(`${server.url}/new-device`);
		await looksRight(page, 'new-ko-dark');
	});
});

test('whoever has no device is told what to do', async () => {
	const home = await household('devices'), { tool } = at(home);
	await home.in({}, async (page) => {
		for (const { id } of JSON.parse(await tool('--json', 'device', 'list')))
			await tool('device', 'delete', id);
		await page.getByText('No devices yet.').waitFor();
		await looksRight(page, 'devices-empty-phone');
	});
});
