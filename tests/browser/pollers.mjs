// pollers.mjs: two hundred open pages ask every second, and neither they nor SmartThings wait for each other.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { schema } from '../instance.mjs';
import { server, signedIn } from './window.mjs';

const PAGES = 200, SECONDS = 5;

// Repeat fn from a random moment on, every ms milliseconds, for SECONDS; how long each took, sorted.
async function every(ms, fn) {
	const took = [], end = Date.now() + SECONDS * 1000;
	await new Promise((done) => setTimeout(done, Math.random() * ms));
	while (Date.now() < end) {
		const start = performance.now();
		await fn();
		took.push(performance.now() - start);
		await new Promise((done) => setTimeout(done, Math.max(0, ms - (performance.now() - start))));
	}
	return took;
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const inWords = (all) => `${all.length} answers, half within ${at(all, 0.5).toFixed(1)} ms, 95 % within ${at(all, 0.95).toFixed(1)} ms, ` +
	`all within ${all.at(-1).toFixed(1)} ms`;

test('200 open pages and a webhook do not wait for each other', async (t) => {
	const { access_token: token } = JSON.parse(await server.gatehouse('token', 'issue', '--user', server.env.USER, '--client', server.env.CLIENT_ID));
	await signedIn({ javaScriptEnabled: false }, async (page) => {
		const cookie = (await page.context().cookies()).map((c) => `${c.name}=${c.value}`).join('; ');
		const first = await fetch(`${server.url}/console/devices`, { headers: { cookie } });
		let { seq } = await first.json();
		const tag = first.headers.get('etag');
		const counts = {};
		const poll = async () => {
			const answer = await fetch(`${server.url}/console/devices?since=${seq}`, { headers: { cookie, 'if-none-match': tag } });
			await answer.arrayBuffer();
			counts[answer.status] = (counts[answer.status] ?? 0) + 1;
		};
		let level = 0;
		const command = async () => {
			const { body } = await schema(server.url, token, 'commandRequest', { devices: [{ externalDeviceId: 'kitchen-dimmer',
				commands: [{ component: 'main', capability: 'st.switchLevel', command: 'setLevel', arguments: [++level % 100] }] }] });
			assert.equal(body.deviceState[0].states.find((s) => s.attribute === 'level').value, level % 100);
		};
		const both = await Promise.all([every(50, command), ...Array.from({ length: PAGES }, () => every(1000, poll))]);
		const webhook = both[0].sort((a, b) => a - b), pages = both.slice(1).flat().sort((a, b) => a - b);
		t.diagnostic(`webhook, a command each: ${inWords(webhook)}`);
		t.diagnostic(`pages, status ${JSON.stringify(counts)}: ${inWords(pages)}`);
		assert.deepEqual(Object.keys(counts).filter((s) => s !== '200' && s !== '304'), []);
		// SmartThings waits some seconds for an answer, a person one; here both are on two cores with all else that is tested.
		assert.ok(at(webhook, 0.95) < 1000, 'the webhook answers within a second');
		assert.ok(at(pages, 0.95) < 1000, 'pages are answered within a second');
	});
});
