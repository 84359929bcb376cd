// smartapp.mjs: SmartThings' SDK for SmartApps as a web server: two processes, its check of signatures on, its handler empty.
//
//   node smartapp.mjs PACKAGES KEYSERVER     prints "port N"; KEYSERVER: "https://127.0.0.1:1234"
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(`${process.argv[2]}/`);
const { SmartApp } = require('@smartthings/smartapp');

// What the SDK expects of Express.
function answer(app, req, res) {
	let text = '';
	req.on('data', (d) => { text += d; });
	req.on('end', () => {
		if (text === '') {	// somebody looks whether it listens
			res.statusCode = 400;
			return res.end();
		}
		req.body = JSON.parse(text);
		req.originalUrl = req.url;
		res.status = (code) => { res.statusCode = code; return res; };
		res.json = (v) => { res.setHeader('content-type', 'application/json'); res.end(JSON.stringify(v)); };
		res.send = (v) => res.end(v);
		app.handleHttpCallback(req, res);
	});
}

if (cluster.isPrimary) {
	for (let i = 0; i < 2; i++) cluster.fork();
	let up = 0;
	cluster.on('listening', (_, { port }) => { if (++up === 2) console.log(`port ${port}`); });
	process.on('SIGTERM', () => { for (const w of Object.values(cluster.workers)) w.kill(); process.exit(0); });
} else {
	const app = new SmartApp({ appId: 'app', permissions: [], keyApiHost: process.argv[3], logUnhandledRejections: false })
		.page('first', () => {}).installed(async () => {}).updated(async () => {}).subscribedDeviceEventHandler('contacts', async () => {});
	// Nginx keeps connections for 60 s: node's 5 would end one under a request.
	createServer((req, res) => answer(app, req, res)).listen(0, '127.0.0.1').keepAliveTimeout = 75000;
}
