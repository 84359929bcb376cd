// assert.mjs key FILE: make a key pair, write the private key to FILE and print the public JWK.
// assert.mjs sign FILE CLIENT AUDIENCE NOW [CHANGE=JSON...]: print a client assertion (RFC 7523 3). CHANGE is a claim (null takes
// it out), alg, key ("own": a stranger's), header.NAME, or tail (what is appended; "cut" cuts).
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const [what, file, client, aud, now, ...changes] = process.argv.slice(2);
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
if (what === 'key') {
	writeFileSync(file, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
	console.log(JSON.stringify(pair.publicKey.export({ format: 'jwk' })));
	process.exit();
}
let key = createPrivateKey(readFileSync(file));
const publicKey = createPublicKey(key);
const header = { alg: 'ES256', typ: 'JWT' };
const claims = { iss: client, sub: client, aud, jti: randomUUID(), iat: Number(now), exp: Number(now) + 60 };
let tail = '';
for (const change of changes) {
	const [name, ...rest] = change.split('=');
	const value = JSON.parse(rest.join('='));
	if (name === 'alg')
		header.alg = value;
	else if (name === 'tail')
		tail = value;
	else if (name === 'key' || name === 'header.jwk') {
		key = pair.privateKey;
		if (name !== 'key')
			header.jwk = pair.publicKey.export({ format: 'jwk' });
	} else if (name.startsWith('header.'))
		header[name.slice(7)] = value;
	else
		claims[name] = value ?? undefined;
}
const text = [header, claims].map((v) => Buffer.from(JSON.stringify(v)).toString('base64url')).join('.');
const signature = header.alg === 'none' ? '' :
	header.alg === 'HS256' ? createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' })).update(text).digest('base64url') :
		sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
const token = `${text}.${signature}`;
console.log(tail === 'cut' ? token.slice(0, -4) : token + tail);
