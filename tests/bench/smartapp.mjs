// smartapp.mjs: signed EVENT requests, RSA-2048 and digest checked: this server beside SmartThings' own SDK, both behind nginx.
//
// Every request is a new one (its own executionId, signed beforehand), so that none is answered from memory. The event comes to
// nothing: what is kept of it here, for all processes, is that it came, so that it cannot be used again; no disk is waited for. The
// SDK keeps nothing, checks no digest, and runs on bare node:http as fast as this machine's cores let two processes of it.
import { createHash, createSign, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startInstance } from './ours.mjs';
import { at, load, number, run, startFront, startServer, top, wire, writeRequests } from './stage.mjs';

const requests = number('REQUESTS', 16000);	// signed for each round; none is sent twice, so a load ends early when they are used up

async function makeKeys(folder) {
	await mkdir(path.join(folder, 'key'), { recursive: true });
	for (const [name, pem, ...more] of [['server', 'server.crt', '-addext', 'subjectAltName=IP:127.0.0.1'], ['good', 'key/good.pem']])
		await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=key', '-keyout', path.join(folder, `${name}.key`),
			'-out', path.join(folder, pem), ...more]);
}

// An instance whose SmartApp has a rule that looks at the event and does not apply.
async function makeOurs(keyserver, certificate) {
	const { root, port, deploy } = await startInstance({ name: 'smartapp' });
	const file = path.join(root, 'gatehouse.json'), config = JSON.parse(await readFile(file, 'utf8'));
	await writeFile(path.join(root, 'app.json'), JSON.stringify({ id: 'app', name: 'App', description: '', permissions: [],
		targetUrl: 'https://home.example.org/smartapp', rules: [{ when: { event: 'DEVICE_EVENT', value: 'closed' },
			then: [{ command: { device: 'lamp', capability: 'switch', command: 'off' } }] }] }));
	await writeFile(file, JSON.stringify({ ...config, ca_file: certificate, smartapp: { definition: 'app.json', keyserver_url: keyserver } }));
	await deploy('restart');
	return port;
}

async function signRequests(key) {
	const installedApp = { installedAppId: randomUUID(), locationId: randomUUID(), permissions: ['r:devices:*'],
		config: { doors: [{ valueType: 'DEVICE', deviceConfig: { deviceId: randomUUID(), componentId: 'main' } }] } };
	return writeRequests('events', Array.from({ length: requests }, () => {
		const body = JSON.stringify({ lifecycle: 'EVENT', executionId: randomUUID(), locale: 'en', version: '0.1.0', settings: {}, eventData: {
			authToken: randomUUID(), installedApp, events: [{ eventTime: new Date().toISOString(), eventType: 'DEVICE_EVENT', deviceEvent: {
				eventId: randomUUID(), locationId: installedApp.locationId, deviceId: installedApp.config.doors[0].deviceConfig.deviceId,
				componentId: 'main', capability: 'contactSensor', attribute: 'contact', value: 'open', stateChange: true, subscriptionName: 'contacts' } }] } });
		const date = new Date().toUTCString(), digest = `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
		const signature = createSign('sha256').update(`(request-target): post /smartapp\ndigest: ${digest}\ndate: ${date}`).sign(key, 'base64');
		return wire('POST', '/smartapp', { 'Content-Type': 'application/json', Date: date, Digest: digest,
			Authorization: `Signature keyId="/pl/useast1/good",signature="${signature}",headers="(request-target) digest date",algorithm="rsa-sha256"` }, body);
	}));
}

// Both in turn, so many rounds: by name, what each load said.
export async function measureEvents(npm, { rounds, seconds, connections }) {
	const folder = at('keys');
	await makeKeys(folder);
	const keys = await startServer('node', [path.join(top, 'tests/fake/keyserver.mjs'), folder]), keyserver = `https://127.0.0.1:${keys.port}`;
	const sdk = await startServer('node', [path.join(top, 'tests/bench/peers/smartapp.mjs'), npm, keyserver],
		{ env: { ...process.env, NODE_EXTRA_CA_CERTS: path.join(folder, 'server.crt') } });
	const ports = { gatehouse: await makeOurs(keyserver, path.join(folder, 'server.crt')),
		'@smartthings/smartapp': (await startFront('smartapp.front', { app: sdk.port }, 'location / { proxy_pass http://app; }')).port };
	const key = await readFile(path.join(folder, 'good.key')), seen = {};
	for (let round = 0; round < rounds; round++) {
		const file = await signRequests(key);
		for (const [name, port] of Object.entries(ports))
			(seen[name] ??= []).push(await load(port, file, connections, seconds, 'warm=0.2', 'once'));
	}
	return seen;
}
