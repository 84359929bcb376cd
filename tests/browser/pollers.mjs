// pollers.mjs: two hundred open pages ask every second, and neither they nor SmartThings wait for each other. What they cost the
// server is a figure that does not depend on what else this machine does; how long they wait does, and is only printed.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { schema } from '../instance.mjs';
import { household, server } from './window.mjs';

const PAGES = 200, SECONDS = 3;

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

// Processor time that the programs of this instance called so have used, in milliseconds.
function spent(name) {
	let ns = 0;
	for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
		try {
			if (readlinkSync(`/proc/${pid}/exe`).endsWith(`/${name}`) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(server.root))
				ns += Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]);
		} catch { /* gone meanwhile */ }
	return ns / 1e6;
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const inWords = (all) => `${all.length} answers, half within ${at(all, 0.5).toFixed(1)} ms, 95 % within ${at(all, 0.95).toFixed(1)} ms, ` +
	`all within ${all.at(-1).toFixed(1)} ms`;

test('200 open pages and a webhook do not wait for each other', async (t) => {
	const home = await household('pollers'), token = await home.token();
	await home.in({ javaScriptEnabled: false }, async (page) => {
		const cookie = (await page.context().cookies()).map((c) => `${c.name}=${c.value}`).join('; ');
		const counts = {};
		// A page as live.js has it: what it has seen, and asking for what is new since.
		const open = async () => {
			let seen = (await (await fetch(`${server.url}/console/devices`, { headers: { cookie } })).json()).seq, tag = '';
			return async () => {
				const answer = await fetch(`${server.url}/console/devices?since=${seen}`, { headers: { cookie, 'if-none-match': tag } });
				counts[answer.status] = (counts[answer.status] ?? 0) + 1;
				tag = answer.headers.get('etag');
				if (answer.status === 200)
					seen = (await answer.json()).seq;
				else
					await answer.arrayBuffer();
			};
		};
		const one = await open();
		await one();
		const still = spent('console');
		for (let i = 0; i < PAGES; i++)
			await one();
		const quiet = spent('console') - still;
		assert.ok(counts[304] >= PAGES, JSON.stringify(counts));
		const looks = await Promise.all(Array.from({ length: PAGES }, open));
		let level = 0;
		const command = async () => {
			const { body } = await schema(server.url, token, 'commandRequest', { devices: [{ externalDeviceId: 'kitchen-dimmer',
				commands: [{ component: 'main', capability: 'st.switchLevel', command: 'setLevel', arguments: [++level % 100] }] }] });
			assert.equal(body.deviceState[0].states.find((s) => s.attribute === 'level').value, level % 100);
		};
		const begun = performance.now(), before = spent('console');
		const both = await Promise.all([every(50, command), ...looks.map((look) => every(1000, look))]);
		const webhook = both[0].sort((a, b) => a - b), pages = both.slice(1).flat().sort((a, b) => a - b);
		const busy = (spent('console') - before) / pages.length * PAGES;
		t.diagnostic(`webhook, a command each: ${inWords(webhook)}`);
		t.diagnostic(`pages, status ${JSON.stringify(counts)}: ${inWords(pages)}`);
		t.diagnostic(`${PAGES} pages take ${(quiet / 10).toFixed(1)} % of a core while nothing is new, ${(busy / 10).toFixed(1)} % while a device moves all the time`);
		assert.deepEqual(Object.keys(counts).filter((s) => s !== '200' && s !== '304'), []);
		assert.ok(quiet > 0 && quiet < 200 && busy < 600, `of a second, ${PAGES} pages take ${quiet} ms, or ${busy} ms`);
		// SmartThings waits some seconds for an answer; the whole of this is on a busy machine.
		assert.ok(at(webhook, 0.95) < 3000, 'the webhook answers in time');
		assert.ok(performance.now() - begun < SECONDS * 1000 + 10000, 'and so do pages');
	});
});
