// web-server.mjs: a web server as a FastCGI program sees it, which never hangs up first.
//
//   node tests/fake/web-server.mjs SOCKET <<<'{"env": {...}, "body": "text", "times": N, "pause": MS}'
//
// Asks so often, one after the other, each on a connection of its own that stays open at this end until the last has been answered; begins to
// read after the pause. One line of JSON for each: {"answer": all that the program wrote, "whole": the end of the request came,
// "taken": all of the request could be sent, "ms"}.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, RESPONDER = 1, CONTENT_MAX = 65528;

function record(type, content) {
	const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
	return Buffer.concat([head, content]);
}

function stream(type, content) {
	const records = [];
	for (let i = 0; i < content.length; i += CONTENT_MAX)
		records.push(record(type, content.subarray(i, i + CONTENT_MAX)));
	return Buffer.concat([...records, record(type, Buffer.alloc(0))]);
}

const length = (n) => n < 128 ? Buffer.from([n]) : Buffer.from([n >>> 24 | 128, n >>> 16 & 255, n >>> 8 & 255, n & 255]);
const param = (pair) => [...pair.map((word) => length(Buffer.byteLength(word))), ...pair.map((word) => Buffer.from(word))];

function read(bytes) {
	let answer = '', whole = false;
	for (let at = 0; at + 8 <= bytes.length;) {
		const size = bytes.readUInt16BE(at + 4);
		if (bytes[at + 1] === STDOUT)
			answer += bytes.toString('utf8', at + 8, at + 8 + size);
		whole ||= bytes[at + 1] === END;
		at += 8 + size + bytes[at + 6];
	}
	return { answer, whole };
}

const { env, body = '', times = 1, pause = 0 } = JSON.parse(readFileSync(0, 'utf8')), open = [];
const params = Buffer.concat(Object.entries({ CONTENT_LENGTH: String(Buffer.byteLength(body)), REMOTE_ADDR: '192.0.2.7', ...env }).flatMap(param));
const request = Buffer.concat([record(BEGIN, Buffer.from([0, RESPONDER, 0, 0, 0, 0, 0, 0])), stream(PARAMS, params), stream(STDIN, Buffer.from(body))]);

for (let i = 0; i < times; i++) {
	const parts = [], c = connect({ path: process.argv[2], allowHalfOpen: true });
	open.push(c);
	c.pause();
	c.on('error', () => {});	// which the write is told, too
	const taken = new Promise((done) => c.write(request, (error) => done(!error))), began = Date.now();
	await new Promise((done) => setTimeout(done, pause));
	c.on('data', (part) => parts.push(part));
	c.resume();
	await new Promise((done) => c.on('end', done).on('close', done));
	const ms = Date.now() - began - pause;
	console.log(JSON.stringify({ ...read(Buffer.concat(parts)), taken: await taken, ms }));
}
for (const c of open)
	c.destroy();
