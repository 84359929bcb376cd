// keyserver.mjs: plays SmartThings' key server, with a certificate of its own, well and badly.
//
//   node keyserver.mjs DIR     prints "port N"; DIR holds server.crt and server.key, and certificates by key id: key/SERIAL.pem
//
//   GET /pl/REGION/SERIAL      the certificate; of REGION bad: SERIAL redirect, big, slow, text, two, error, drop
//   GET /log                   [path, ...] of the keys that were asked for
import { createServer } from 'node:https';
import { existsSync, readFileSync } from 'node:fs';

const dir = process.argv[2];
const log = [];
const bad = {
	redirect: (res) => res.writeHead(302, { location: '/pl/useast1/good' }).end(),
	big: (res) => res.end(`${readFileSync(`${dir}/key/good.pem`)}${'\n'.repeat(20000)}`),
	slow: (res) => setTimeout(() => res.end(readFileSync(`${dir}/key/good.pem`)), 5000),
	text: (res) => res.end('no certificate'),
	two: (res) => res.end(`${readFileSync(`${dir}/key/good.pem`)}${readFileSync(`${dir}/key/good.pem`)}`),
	error: (res) => res.writeHead(500).end('oops'),
	drop: (res) => res.socket.destroy(),
};

const server = createServer({ cert: readFileSync(`${dir}/server.crt`), key: readFileSync(`${dir}/server.key`) }, (req, res) => {
	if (req.url === '/log') return res.end(JSON.stringify(log));
	log.push(req.url);
	const [, prefix, region, serial] = req.url.split('/');
	if (prefix === 'pl' && region === 'bad' && bad[serial]) return bad[serial](res);
	const file = `${dir}/key/${serial}.pem`;
	if (prefix !== 'pl' || !/^[A-Za-z0-9-]+$/.test(serial ?? '') || !existsSync(file)) return res.writeHead(404).end('no such key');
	res.writeHead(200, { 'content-type': 'application/x-pem-file' }).end(readFileSync(file));
});
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
