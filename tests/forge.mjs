// forge.mjs GOOD KEY: tokens that must not open anything, made from a good one and, for those that only our own key could
// sign, the file of that key; a line each: name and token.
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [good, keyFile] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyFile));
const pub = createPublicKey(key);
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [head, body, signature] = good.split('.');
const header = JSON.parse(Buffer.from(head, 'base64url'));
const claims = JSON.parse(Buffer.from(body, 'base64url'));
const b64 = (v) => Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)).toString('base64url');
const text = (h, c) => `${b64(h)}.${b64(c)}`;
const es256 = (t, k = key) => `${t}.${sign('sha256', Buffer.from(t), { key: k, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
const hs256 = (h, secret) => {
	const t = text(h, claims);
	return `${t}.${createHmac('sha256', secret).update(t).digest('base64url')}`;
};
const now = Math.floor(Date.now() / 1000);
const forged = {
	'D41-expired': es256(text(header, { ...claims, iat: now - 200, exp: now - 100 })),
	'D43-nbf': es256(text(header, { ...claims, nbf: now + 3600 })),
	'D45-iss': es256(text(header, { ...claims, iss: 'http://evil.test' })),
	'D46-iss-slash': es256(text(header, { ...claims, iss: `${claims.iss}/` })),
	'D48-aud': es256(text(header, { ...claims, aud: 'urn:evil' })),
	'D50-no-exp': es256(text(header, { ...claims, exp: undefined })),
	'D51-exp-text': es256(text(header, { ...claims, exp: '9999999999' })),
	'D55-typ': es256(text({ ...header, typ: 'JWT' }, claims)),
	'D57-crit': es256(text({ ...header, crit: ['x'] }, claims)),
	'D59-no-sub': es256(text(header, { ...claims, sub: undefined })),
	'D64-other-grant': es256(text(header, { ...claims, sid: 'AAAAAAAAAAAAAAAAAAAAAA' })),
	'D64-other-user': es256(text(header, { ...claims, sub: 'AAAAAAAAAAAAAAAAAAAAAA' })),
	'D64-other-client': es256(text(header, { ...claims, client_id: 'other' })),
	'D02-no-alg': es256(text({ ...header, alg: undefined }, claims)),
	'D29-RS512': es256(text({ ...header, alg: 'RS512' }, claims)),
	'D03-HS256-pem': hs256({ ...header, alg: 'HS256' }, pub.export({ type: 'spki', format: 'pem' })),
	'D03-HS256-der': hs256({ ...header, alg: 'HS256' }, pub.export({ type: 'spki', format: 'der' })),
	'D03-HS256-empty': hs256({ ...header, alg: 'HS256' }, ''),
	'D04-kid-path': es256(text({ ...header, kid: '../../dev/null' }, claims), own.privateKey),
	'D06-kid-unknown': es256(text({ ...header, kid: 'AAAAAAAAAAAAAAAA' }, claims)),
	'D08-own-jwk': es256(text({ ...header, jwk: own.publicKey.export({ format: 'jwk' }) }, claims), own.privateKey),
	'D09-jku': es256(text({ ...header, jku: 'http://127.0.0.1:9/keys' }, claims), own.privateKey),
	'D11-changed': `${head}.${b64({ ...claims, scope: 'devices:read' })}.${signature}`,
	'D12-cut': good.slice(0, -4),
	'D13-unsigned': `${head}.${body}.`,
	'D14-two-parts': `${head}.${body}`,
	'D15-four-parts': `${good}.${signature}`,
	'D16-dots': '..',
	'D18-padding': `${good}====`,
	'D20-zeros': `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
	'D22-long': `${head}.${'A'.repeat(20000)}.${signature}`,
	'D28-opaque': 'opaque-token',
};
for (const alg of ['none', 'None', 'NONE', ''])
	for (const [kind, tail] of [['bare', ''], ['signed', signature]])
		forged[`D01-alg-${alg || 'empty'}-${kind}`] = `${text({ ...header, alg }, claims)}.${tail}`;
for (const [name, token] of Object.entries(forged))
	console.log(name, token);
