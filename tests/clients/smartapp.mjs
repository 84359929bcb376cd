// smartapp.mjs: the SmartApp webhook behind nginx and lighttpd: requests signed by Joyent's http-signature, and SmartThings' own
// SDK beside us: the same good requests get the same answers.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startInstance, top } from '../instance.mjs';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const signature = require('http-signature');
const { SmartApp } = require('@smartthings/smartapp');

const app = '5a5a5a5a-0001-4002-8003-000000000001', location = '10c00000-0001-4002-8003-000000000001';
const definition = {
	id: 'porch', name: 'Porch', description: 'A porch', targetUrl: 'https://home.example.org/smartapp', permissions: ['r:locations:*'],
	configPages: [
		{ pageName: 'First', pageId: 'first', sections: [{ name: 'What', settings: [
			{ type: 'DEVICE', id: 'doors', name: 'Doors', description: 'Which', required: true, multiple: true,
				capabilities: ['contactSensor'], permissions: ['r'] },
			{ type: 'NUMBER', id: 'minutes', name: 'Minutes', description: 'How long', required: false, min: 1, max: 9 },
			{ type: 'BOOLEAN', id: 'on', name: 'On', description: 'Is it', required: true, defaultValue: 'true' },
			{ type: 'ENUM', id: 'when', name: 'When', description: 'Pick', required: false, multiple: false,
				options: [{ id: 'noon', name: 'Noon' }] },
		] }] },
		{ pageName: 'Second', pageId: 'second', nextPageId: null, sections: [{ name: 'More', settings: [
			{ type: 'TEXT', id: 'note', name: 'Note', description: 'Any', required: false },
		] }] },
		{ pageName: 'All', pageId: 'all', previousPageId: null, sections: [{ name: 'All', hideable: true, hidden: true, settings: Object.entries({
			DEVICE: { multiple: true, capabilities: ['switch'], permissions: ['r', 'x'] }, TEXT: { defaultValue: '<b>' }, BOOLEAN: { defaultValue: 'false' },
			ENUM: { multiple: true, options: [{ id: 'a', name: 'A' }], groupedOptions: [{ name: 'G', options: [{ id: 'b', name: 'B' }] }] },
			LINK: { url: 'https://x.example/', image: 'https://x.example/i.png' }, PAGE: { page: 'second', image: 'https://x.example/i.png' },
			IMAGE: { image: 'https://x.example/i.png' }, ICON: { image: 'data:image/png;base64,AA==' }, TIME: {}, PARAGRAPH: { defaultValue: 'Two\nlines' },
			EMAIL: {}, DECIMAL: { min: 0, max: 0.5 }, NUMBER: { min: 0, max: 0 }, PHONE: {},
			OAUTH: { browser: true, urlTemplate: 'https://x.example/?r=__SmartThingsOAuthCallback__' }, PASSWORD: { maxLength: 9 }, MODE: {}, SCENE: {},
			SOUND: {}, MESSAGE_GROUP: {}, SECURITY: {}, IMAGES: { images: ['https://x.example/'] }, VIDEO: { video: 'https://x.example/v' },
		}).map(([type, more]) => ({ type, id: `all-${type}`, name: type, description: 'ä', required: false, ...more })) }] },
	],
};

let folder, double, keyserver, key;
const servers = {};

before(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-smartapp-'));
	await mkdir(path.join(folder, 'key'));
	const make = (name, pem, ...more) => run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=key',
		'-keyout', path.join(folder, `${name}.key`), '-out', path.join(folder, pem), ...more]);
	await make('server', 'server.crt', '-addext', 'subjectAltName=IP:127.0.0.1');
	await make('good', 'key/good.pem');
	key = await readFile(path.join(folder, 'good.key'), 'utf8');
	double = spawn('node', [path.join(top, 'tests/fake/keyserver.mjs'), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
	keyserver = await new Promise((done) => double.stdout.once('data', (d) => done(`https://127.0.0.1:${/\d+/.exec(d)[0]}`)));
	for (const web of ['nginx', 'lighttpd']) {
		const server = servers[web] = await startInstance('--web', web);
		const file = path.join(server.root, 'gatehouse.json');
		const config = JSON.parse(await readFile(file, 'utf8'));
		await writeFile(path.join(server.root, 'app.json'), JSON.stringify(definition));
		await writeFile(file, JSON.stringify({ ...config, ca_file: path.join(folder, 'server.crt'),
			smartapp: { definition: 'app.json', keyserver_url: keyserver } }));
		await run(path.join(top, 'deploy.sh'), ['restart', '--root', server.root]);
	}
});

after(async () => {
	double?.kill();
	for (const server of Object.values(servers)) await server.stop();
	await rm(folder, { recursive: true, force: true });
});

const message = (lifecycle, data) => ({ lifecycle, executionId: randomUUID(), locale: 'en', version: '0.1.0', settings: {}, ...data });
const installedApp = { installedAppId: app, locationId: location, permissions: [],
	config: { note: [{ valueType: 'STRING', stringConfig: { value: 'x' } }] } };
const good = {
	initialize: () => message('CONFIGURATION', { configurationData: { installedAppId: app, phase: 'INITIALIZE', pageId: '', previousPageId: '', config: {} } }),
	first: () => message('CONFIGURATION', { configurationData: { installedAppId: app, phase: 'PAGE', pageId: 'first', previousPageId: '', config: {} } }),
	second: () => message('CONFIGURATION', { configurationData: { installedAppId: app, phase: 'PAGE', pageId: 'second', previousPageId: 'first', config: {} } }),
	install: () => message('INSTALL', { installData: { authToken: 'at', refreshToken: 'rt', installedApp } }),
	update: () => message('UPDATE', { updateData: { authToken: 'at', refreshToken: 'rt', installedApp, previousConfig: {}, previousPermissions: [] } }),
	event: () => message('EVENT', { eventData: { authToken: 'et', installedApp, events: [{ eventTime: '2026-01-02T03:04:05Z', eventType: 'DEVICE_EVENT',
		deviceEvent: { eventId: 'e', locationId: location, deviceId: 'd', componentId: 'main', capability: 'contactSensor', attribute: 'contact',
			value: 'open', stateChange: true, subscriptionName: 'contacts' } }] } }),
	uninstall: () => message('UNINSTALL', { uninstallData: { installedApp } }),
};

// POST a body, signed by http-signature; bend(request) may spoil it before it leaves.
function post(url, body, { target = '/smartapp', headers = ['(request-target)', 'digest', 'date'], bend } = {}) {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	return new Promise((done, fail) => {
		const req = request(`${url}${target}`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text),
			date: new Date().toUTCString(), digest: `SHA-256=${createHash('sha256').update(text).digest('base64')}` } }, (res) => {
			let answer = '';
			res.on('data', (d) => { answer += d; });
			res.on('end', () => done({ status: res.statusCode, body: answer === '' ? null : JSON.parse(answer) }));
		}).on('error', fail);
		signature.signRequest(req, { key, keyId: '/pl/useast1/good', headers, algorithm: 'rsa-sha256', authorizationHeaderName: 'authorization' });
		bend?.(req);
		req.end(text);
	});
}

for (const web of ['nginx', 'lighttpd'])
	test(`${web}: requests signed by http-signature are believed, spoilt ones are not`, async () => {
		const { url } = servers[web];
		for (const make of Object.values(good))
			assert.equal((await post(url, make())).status, 200);
		assert.deepEqual((await post(url, good.install(), { headers: ['date', 'digest', '(request-target)', 'content-type', 'content-length'] })).body, { installData: {} });
		const again = good.event();
		assert.deepEqual(await post(url, again), await post(url, again));
		for (const options of [
			{ headers: ['(request-target)', 'date'] }, { headers: ['date'] }, { headers: ['(request-target)', 'digest'] },
			{ target: '/smartapp?x=1' },
			{ bend: (req) => req.setHeader('digest', `SHA-256=${createHash('sha256').update('x').digest('base64')}`) },
			{ bend: (req) => req.setHeader('date', new Date(Date.now() - 86400000).toUTCString()) },
			{ bend: (req) => req.setHeader('date', [new Date().toUTCString(), new Date().toUTCString()]) },
			{ bend: (req) => req.setHeader('authorization', req.getHeader('authorization').replace('useast1', 'useast1/..')) },
			{ bend: (req) => req.setHeader('authorization', `${req.getHeader('authorization')},algorithm="rsa-sha256"`) },
			{ bend: (req) => req.removeHeader('authorization') },
		]) {
			const refused = await post(url, good.install(), options);
			assert.equal(refused.status, 401, JSON.stringify(options));
			assert.deepEqual(refused.body, { error: 'SignatureError' });
		}
		const log = await (await fetch(`${url}/smartapp`)).json();
		assert.equal(log.error, 'NotFoundError');
	});

const installing = (config) => message('INSTALL', { installData: { authToken: 'at', refreshToken: 'rt', installedApp: { ...installedApp, config } } });
const events = (...list) => message('EVENT', { eventData: { authToken: 'et', installedApp, events: list } });
const members = ['deviceCommands', 'device', 'deviceHealth', 'deviceLifecycle', 'hubHealth', 'installedAppLifecycle', 'mode', 'sceneLifecycle',
	'securityArmState', 'timer', 'weather'];
const typeOf = (member) => `${member.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}_EVENT`;
const values = {
	good: [{ valueType: 'STRING', stringConfig: { value: 'ä' } }, { valueType: 'DEVICE', deviceConfig: { deviceId: 'd', componentId: 'main' } },
		{ valueType: 'MODE', modeConfig: { modeId: 'm' } }, { valueType: 'SCENE', sceneConfig: { sceneId: 's' } },
		{ valueType: 'PERMISSION', permissionConfig: { permissions: ['r'] } }, { valueType: 'MESSAGE', messageConfig: { messageGroupKey: 'k' } },
		{ valueType: 'TOMORROW' }, {}],
	bad: [7, null, 'x', [], { valueType: 7 }, { valueType: 'STRING' }, { valueType: 'STRING', stringConfig: { value: 7 } },
		{ valueType: 'DEVICE', deviceConfig: { deviceId: '../x' } }, { valueType: 'MODE', modeConfig: {} }, { valueType: 'SCENE', sceneConfig: [] }],
};
const hostile = () => ['', 'x', '[]', 'null', '{', `${JSON.stringify(good.install())}x`, '\ufeff{}', '['.repeat(20000), '{"lifecycle":NaN}',
	JSON.stringify(good.install()).replace('{', '{"lifecycle":"UNINSTALL",'), JSON.stringify(message('EXECUTE', { executeData: {} })),
	JSON.stringify(message('install', { installData: good.install().installData })), JSON.stringify(message('INSTALL', {})),
	JSON.stringify(message('OAUTH_CALLBACK', { oAuthCallbackData: {} })), JSON.stringify(message('UNINSTALL', { uninstallData: { installedApp: { installedAppId: '../..' } } })),
	JSON.stringify(message('CONFIRMATION', { confirmationData: { appId: 7 } })), JSON.stringify(events({})), JSON.stringify(events({ eventType: 'MODE_EVENT' })),
	JSON.stringify(events({ eventType: 'MODE_EVENT', modeEvent: {}, eventTime: 'now' }))];

for (const web of ['nginx', 'lighttpd'])
	test(`${web}: every type of setting, value and event, signed; good ones are answered, others are 400 and nothing more`, async () => {
		const { url } = servers[web];
		const fine = async (body) => { const r = await post(url, body); assert.equal(r.status, 200, JSON.stringify(body)); return r.body; };
		const bad = async (body) => assert.deepEqual(await post(url, body), { status: 400, body: { error: 'BadRequestError' } }, JSON.stringify(body).slice(0, 200));
		const page = message('CONFIGURATION', { configurationData: { installedAppId: app, phase: 'PAGE', pageId: 'all' } });
		const shown = (await fine(page)).configurationData.page.sections[0];
		for (const [i, setting] of definition.configPages[2].sections[0].settings.entries())
			assert.deepEqual(shown.settings[i], { ...setting }, setting.type);
		for (const value of values.good) await fine(installing({ a: [value] }));
		for (const value of values.bad) await bad(installing({ a: [value] }));
		for (const member of members) {
			const eventType = typeOf(member);
			await fine(events({ eventTime: '2026-01-02T03:04:05.125Z', eventType, [`${member}Event`]: { eventId: 'e' } }, { eventType: 'NEW_EVENT' }));
			if (member !== 'weather') await bad(events({ eventType }));
		}
		await fine(message('CONFIRMATION', { confirmationData: { appId: 'app-1', confirmationUrl: 'https://api.smartthings.com/x' } }));
		for (const member of ['oAuthCallbackData', 'oauthCallbackData'])
			assert.deepEqual(await fine(message('OAUTH_CALLBACK', { [member]: { installedAppId: app, urlPath: '/?code=1' } })), { oAuthCallbackData: {} });
		for (const text of hostile()) await bad(text);
		assert.equal((await post(url, 'x'.repeat(270000))).status, 413);
	});

test('the SDK of SmartThings and we answer good requests alike', async () => {
	const sdk = new SmartApp({ appId: 'porch', permissions: definition.permissions, logUnhandledRejections: false })
		.firstPageId('first')
		.page('first', (context, page) => {
			page.name('First').nextPageId('second').section('What', (section) => {
				section.deviceSetting('doors').name('Doors').description('Which').required(true).multiple(true).capabilities(['contactSensor']).permissions('r');
				section.numberSetting('minutes').name('Minutes').description('How long').min(1).max(9);
				section.booleanSetting('on').name('On').description('Is it').required(true).defaultValue('true');
				section.enumSetting('when').name('When').description('Pick').options([{ id: 'noon', name: 'Noon' }]);
			});
		})
		.page('second', (context, page) => {
			page.name('Second').previousPageId('first').section('More', (section) => {
				section.textSetting('note').name('Note').description('Any');
			});
		})
		.installed(async () => {}).updated(async () => {}).uninstalled(async () => {})
		.subscribedDeviceEventHandler('contacts', async () => {});
	// What only one of the two writes, as it may: a status inside the body, names that the platform knows already, false.
	const plain = (v) => Array.isArray(v) ? v.map(plain) : v === null || typeof v !== 'object' ? v :
		Object.fromEntries(Object.entries(v).filter(([k, x]) => k !== 'statusCode' && x !== false && x !== null &&
			!['disableCustomDisplayName', 'disableRemoveApp'].includes(k)).map(([k, x]) => [k, plain(x)]).sort());
	for (const [name, make] of Object.entries(good)) {
		const body = make();
		const theirs = plain(await sdk.handleMockCallback(structuredClone(body)));
		const ours = plain((await post(servers.nginx.url, body)).body);
		if (name === 'initialize') {
			assert.equal(ours.configurationData.initialize.name, 'Porch');
			delete ours.configurationData.initialize.name;
			delete ours.configurationData.initialize.description;
			ours.configurationData.initialize.id = theirs.configurationData.initialize.id;
		}
		if (name === 'second')	// the SDK shows Done only where it is told so, or on the one page that there is
			delete ours.configurationData.page.complete;
		assert.deepEqual(ours, theirs, name);
	}
});
