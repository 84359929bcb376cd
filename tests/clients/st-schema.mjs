// st-schema.mjs: the same messages to SmartThings' own SDK and to us: the answers agree in shape. Part of run.mjs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { schema, startInstance } from '../instance.mjs';

const { SchemaConnector, DeviceErrorTypes } = (await import('st-schema')).default;

let server, token;
before(async () => {
	server = await startInstance();
	token = JSON.parse(await server.gatehouse('token', 'issue', '--user', 'demo', '--client', 'smartthings', '--json')).access_token;
});
after(() => server?.stop());

// What one may have and the other not: optional members of the protocol.
const OPTIONAL = ['deviceContext', 'deviceUniqueId', 'deviceCookie', 'unit', 'timestamp', 'data', 'hwVersion', 'swVersion'];

// The names and types of a value; of an array, those of its elements, once each.
function shape(v) {
	if (Array.isArray(v)) return [...new Set(v.map((e) => JSON.stringify(shape(e))))].sort().map((s) => JSON.parse(s));
	if (v === null || typeof v !== 'object') return typeof v;
	return Object.fromEntries(Object.keys(v).filter((k) => !OPTIONAL.includes(k)).sort().map((k) => [k,
		k === 'value' ? 'any' : shape(v[k])]));
}

// The SDK's connector over the device of ours that a test is about.
const DIMMER = 'kitchen-dimmer';
const sdk = new SchemaConnector()
	.discoveryHandler((_, response) => {
		response.addDevice(DIMMER, 'Kitchen light', 'c2c-dimmer').manufacturerName('Gatehouse').modelName('Dimmer');
	})
	.stateRefreshHandler((_, response, request) => {
		for (const { externalDeviceId: id } of request?.devices ?? [{ externalDeviceId: DIMMER }])
			if (id === DIMMER)
				response.addDevice(id, [{ component: 'main', capability: 'st.switch', attribute: 'switch', value: 'off' },
					{ component: 'main', capability: 'st.switchLevel', attribute: 'level', value: 40 }]);
			else
				response.addDevice(id).setError('no such device', DeviceErrorTypes.DEVICE_DELETED);
	})
	.commandHandler((_, response, devices) => {
		for (const device of devices) {
			const answer = response.addDevice(device.externalDeviceId);
			for (const c of device.commands)
				if (c.capability === 'st.switchLevel')
					answer.addState({ component: 'main', capability: c.capability, attribute: 'level', value: c.arguments[0] });
				else if (c.capability === 'st.switch')
					answer.addState({ component: 'main', capability: c.capability, attribute: 'switch', value: c.command });
				else
					answer.setError('no', DeviceErrorTypes.CAPABILITY_NOT_SUPPORTED);
		}
	})
	.callbackAccessHandler(() => {})
	.integrationDeletedHandler(() => {});

async function both(type, more = {}) {
	const requestId = 'r-1', request = { headers: { schema: 'st-schema', version: '1.0', interactionType: type, requestId },
		authentication: { tokenType: 'Bearer', token }, ...more };
	const theirs = JSON.parse(JSON.stringify(await sdk.handleCallback(request)));
	const ours = (await schema(server.url, token, type, more)).body;
	ours.headers.requestId = requestId;
	assert.deepEqual(ours.headers, theirs.headers);
	return { ours, theirs };
}

const command = (capability, name, ...args) => ({ devices: [{ externalDeviceId: DIMMER,
	commands: [{ component: 'main', capability, command: name, arguments: args }] }] });

test('discovery agrees with the SDK in shape', async () => {
	const { ours, theirs } = await both('discoveryRequest');
	// The protocol's, but the SDK has no word for it: the demo asks for callbacks as long as it has none.
	const { requestGrantCallbackAccess: asks, ...rest } = ours;
	assert.equal(asks, true);
	assert.ok(ours.devices.length > 1);
	assert.deepEqual(shape(rest), shape(theirs));
});

test('state refresh agrees with the SDK in shape', async () => {
	const { ours, theirs } = await both('stateRefreshRequest', { devices: [{ externalDeviceId: DIMMER }] });
	assert.deepEqual(shape(ours), shape(theirs));
	const values = (answer) => Object.fromEntries(answer.deviceState[0].states.map((s) => [`${s.capability}.${s.attribute}`, s.value]));
	for (const [name, value] of Object.entries(values(theirs))) assert.equal(values(ours)[name], value);
});

test('commands agree with the SDK, in shape and in what they did', async () => {
	for (const more of [command('st.switchLevel', 'setLevel', 75), command('st.switch', 'on'), command('st.lock', 'lock')]) {
		const { ours, theirs } = await both('commandRequest', more);
		assert.deepEqual(shape(ours.deviceState[0].deviceError), shape(theirs.deviceState[0].deviceError));
		assert.equal(ours.deviceState[0].deviceError?.[0].errorEnum, theirs.deviceState[0].deviceError?.[0].errorEnum);
		for (const s of theirs.deviceState[0].states ?? [])
			assert.ok(ours.deviceState[0].states.some((o) => o.component === s.component && o.capability === s.capability &&
				o.attribute === s.attribute && o.value === s.value), JSON.stringify(s));
	}
});

test('what is no message of the protocol is refused as the SDK refuses it', async () => {
	for (const type of ['makeTea', 'discoveryResponse']) {
		const { ours, theirs } = await both(type);
		assert.equal(ours.globalError.errorEnum, theirs.globalError.errorEnum);
		assert.deepEqual(shape(ours), shape(theirs));
	}
});
