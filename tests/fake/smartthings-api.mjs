// smartthings-api.mjs: plays SmartThings' API for a SmartApp's calls: subscriptions, schedules, commands, tokens; keeps what it was asked.
//
//   node smartthings-api.mjs     prints "port N"
//
//   POST /oauth/token            refresh tokens are good once; the first pair is at-1, rt-1
//   /v1/...                      with a good token; answers 200, or what a test asked for
//   POST /hook                   a web hook
//   GET /log                     [{method, path, token, status, body, at}]
//   GET /wait?from=N&count=K&text=T   204 once K of the entries from the Nth on have T in "METHOD PATH STATUS"; 504 after 15 seconds
//   POST /control                {"access": [...good tokens], "refresh": [...], "hold": ms that an answer of /oauth/token takes,
//                                "next": [{"match": "METHOD PATH", "status", "retryAfter", "times"}]}
import { createServer } from 'node:http';

const log = [];
let access = new Set(['at-1', 'at-2', 'et-1']), refresh = new Set(['rt-1', 'rt-2']), serial = 0, wrong = [], hold = 0;

function answer(req, body) {
	const token = /^Bearer (.*)$/.exec(req.headers.authorization ?? '')?.[1];
	const entry = { method: req.method, path: req.url, token, body, at: Date.now() };
	log.push(entry);
	const bent = wrong.find((w) => w.times > 0 && `${req.method} ${req.url}`.includes(w.match));
	const say = (status, v = {}, headers = {}) => { entry.status = status; return [status, v, headers]; };
	if (bent) {
		bent.times--;
		return say(bent.status, { error: { code: 'Bent' } }, bent.retryAfter ? { 'retry-after': bent.retryAfter } : {});
	}
	if (req.url === '/oauth/token') {
		const form = new URLSearchParams(body);
		entry.authorization = req.headers.authorization;
		if (!refresh.delete(form.get('refresh_token'))) return say(400, { error: 'invalid_grant' });
		serial++;
		access = new Set([`fresh-${serial}`]);
		refresh.add(`refresh-${serial}`);
		return say(200, { access_token: `fresh-${serial}`, refresh_token: `refresh-${serial}`, token_type: 'bearer', expires_in: 86399 });
	}
	if (req.url === '/hook' || req.url.startsWith('/confirm')) return say(200);
	if (!req.url.startsWith('/v1/')) return say(404);
	if (!access.has(token)) return say(401, { error: { code: 'UnauthorizedError' } });
	return say(200, { id: 'x' });
}

// Who waits for what.
const waiting = new Set();
function tell() {
	for (const w of waiting)
		if (log.slice(w.from).filter((e) => `${e.method} ${e.path} ${e.status}`.includes(w.text)).length >= w.count) w.done(204);
}
function wait(res, query) {
	const w = { from: Number(query.get('from')), count: Number(query.get('count')), text: query.get('text') };
	const late = setTimeout(() => w.done(504), 15000);
	w.done = (status) => { clearTimeout(late); waiting.delete(w); res.writeHead(status).end(); };
	waiting.add(w);
	tell();
}

const server = createServer((req, res) => {
	let text = '';
	req.on('data', (d) => { text += d; });
	req.on('end', () => {
		if (req.url === '/log') return res.end(JSON.stringify(log));
		if (req.url.startsWith('/wait?')) return wait(res, new URL(req.url, 'http://x').searchParams);
		if (req.url === '/control') {
			const v = JSON.parse(text);
			if (v.access) access = new Set(v.access);
			if (v.refresh) refresh = new Set(v.refresh);
			if (v.next) wrong = v.next;
			hold = v.hold ?? 0;
			return res.end('{}');
		}
		const [status, v, headers] = answer(req, text);
		tell();
		setTimeout(() => res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(v)),
			req.url === '/oauth/token' ? hold : 0);
	});
});
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
