// schema.mjs: npm st-schema on Express: two processes, no token looked at, nothing kept. Prints "port N".
import cluster from 'node:cluster';
import { createRequire } from 'node:module';

const require = createRequire(`${process.argv[2]}/`);
const express = require('express');
const { SchemaConnector } = require('st-schema');
const devices = Array.from({ length: 8 }, (_, i) => `dimmer-${i + 1}`);
const level = new Map(devices.map((id) => [id, 40]));

function states(response, ids) {
	for (const id of ids)
		response.addDevice(id, [
			{ component: 'main', capability: 'st.switch', attribute: 'switch', value: 'on' },
			{ component: 'main', capability: 'st.switchLevel', attribute: 'level', value: level.get(id) },
			{ component: 'main', capability: 'st.healthCheck', attribute: 'healthStatus', value: 'online' },
		]);
}

function serve() {
	const connector = new SchemaConnector()
		.discoveryHandler((token, response) => {
			for (const id of devices)
				response.addDevice(id, `Dimmer ${id}`, 'c2c-dimmer').manufacturerName('Gatehouse').modelName('Dimmer').roomName('Hall');
		})
		.stateRefreshHandler((token, response) => states(response, devices))
		.commandHandler((token, response, asked) => {
			for (const { externalDeviceId: id, commands } of asked) {
				level.set(id, commands[0].arguments[0]);
				states(response, [id]);
			}
		});
	const app = express();
	app.use(express.json());
	app.post('/schema', (req, res) => connector.handleHttpCallback(req, res));
	// Nginx keeps connections for 60 s: node's 5 would end one under a request.
	app.listen(0, '127.0.0.1').keepAliveTimeout = 75000;
}

if (cluster.isPrimary) {
	for (let i = 0; i < 2; i++)
		cluster.fork();
	let up = 0;
	cluster.on('listening', (_, { port }) => { if (++up === 2) console.log(`port ${port}`); });
	process.on('SIGTERM', () => { for (const w of Object.values(cluster.workers)) w.kill(); process.exit(0); });
} else
	serve();
