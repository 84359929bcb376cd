// glewlwyd.mjs: Debian's glewlwyd, its OpenID Connect plugin with ES256 and refresh tokens of one use, SQLite on disk.
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { at, debianPeer, freePort, run, start, until } from '../stage.mjs';

const PACKAGES = ['glewlwyd', 'glewlwyd-common', 'libconfig9', 'libmariadb3', 'liborcania2.3', 'libyder2.0', 'libhoel1.4', 'librhonabwy1.1',
	'libmicrohttpd12', 'libulfius2.7', 'libiddawc1.1', 'liboath0'];
export const client = { id: 'bench', secret: 'bench-secret-of-the-client' }, redirect = 'https://c2c-us.smartthings.com/oauth/callback';

function config(root, port) {
	const lib = path.join(root, 'usr/lib/glewlwyd');
	return `port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="ERROR"
cookie_secure=0
session_expiration=86400
session_key="SESSION"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${lib}/user"
user_middleware_module_path="${lib}/scheme"
client_module_path="${lib}/client"
user_auth_scheme_module_path="${lib}/scheme"
plugin_module_path="${lib}/plugin"
hash_algorithm="SHA256"
database = { type = "sqlite3" path = "${at('glewlwyd', 'data')}" };
`;
}

// A caller of its API that keeps its cookie.
function caller(url) {
	let cookie = '';
	return async (method, to, body) => {
		const answer = await fetch(`${url}/api${to}`, { method, redirect: 'manual', headers: { cookie, 'content-type': 'application/json' },
			body: body === undefined ? undefined : JSON.stringify(body) });
		cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
		if (answer.status >= 400)
			throw new Error(`glewlwyd: ${method} ${to}: ${answer.status} ${await answer.text()}`);
		return answer;
	};
}

async function setUp(url, key) {
	const admin = caller(url);
	await admin('POST', '/auth/', { username: 'admin', password: 'password' });
	await admin('POST', '/mod/plugin/', { module: 'oidc', name: 'oidc', display_name: 'oidc', parameters: { iss: `${url}/api/oidc`, 'jwt-type': 'ecdsa',
		'jwt-key-size': '256', ...key, 'access-token-duration': 86400, 'refresh-token-duration': 15552000, 'code-duration': 86400, 'refresh-token-rolling': true,
		'refresh-token-one-use': 'always', 'allow-non-oidc': true, 'auth-type-code-enabled': true, 'auth-type-code-revoke-replayed': true,
		'auth-type-password-enabled': true, 'auth-type-refresh-enabled': true, 'auth-type-token-enabled': false, 'auth-type-client-enabled': false,
		'auth-type-id-token-enabled': true, 'auth-type-none-enabled': false, scope: [], 'additional-parameters': [], claims: [] } });
	await admin('POST', '/scope/', { name: 'home', display_name: 'home', description: 'home', password_required: true, password_max_age: 0, scheme: {} });
	await admin('POST', '/client/', { client_id: client.id, name: client.id, confidential: true, enabled: true, client_secret: client.secret,
		password: client.secret, redirect_uri: [redirect], authorization_type: ['code', 'password', 'refresh_token'],
		token_endpoint_auth_method: ['client_secret_basic'], scope: ['home'] });
	await admin('POST', '/user/', { username: 'ann', name: 'ann', password: 'ann-password', enabled: true, scope: ['home', 'g_profile'] });
}

// { port, pid, refresh(n): tokens, codes(n) }
export async function startGlewlwyd() {
	const root = await debianPeer(PACKAGES, 'glewlwyd'), port = await freePort(), url = `http://127.0.0.1:${port}`;
	await mkdir(at('glewlwyd'));
	await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('glewlwyd', 'key')]);
	await run('openssl', ['ec', '-in', at('glewlwyd', 'key'), '-pubout', '-out', at('glewlwyd', 'public')]);
	await run('/usr/bin/python3', ['-c', 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())',
		at('glewlwyd', 'data'), path.join(root, 'usr/share/dbconfig-common/data/glewlwyd/install/sqlite3')]);
	await writeFile(at('glewlwyd', 'conf'), config(root, port));
	const { pid } = start(path.join(root, 'usr/bin/glewlwyd'), ['-c', at('glewlwyd', 'conf')],
		{ env: { ...process.env, LD_LIBRARY_PATH: path.join(root, 'usr/lib/x86_64-linux-gnu') } });
	await until(() => fetch(`${url}/api/auth/`).then(() => true, () => false));
	await setUp(url, { key: await readFile(at('glewlwyd', 'key'), 'utf8'), cert: await readFile(at('glewlwyd', 'public'), 'utf8') });
	const user = caller(url), basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
	await user('POST', '/auth/', { username: 'ann', password: 'ann-password' });
	await user('PUT', `/auth/grant/${client.id}`, { scope: 'home' });
	const ask = `/oidc/auth?response_type=code&client_id=${client.id}&redirect_uri=${encodeURIComponent(redirect)}&scope=home&state=x&g_continue`;
	const codes = async (n) => {
		const list = [];
		while (list.length < n)
			list.push(/code=([^&]+)/.exec((await user('GET', ask)).headers.get('location'))[1]);
		return list;
	};
	const token = (body) => fetch(`${url}/api/oidc/token`, { method: 'POST', headers: { authorization: basic }, body: new URLSearchParams(body) })
		.then((a) => a.json());
	const refresh = async (n) => {
		const list = [];
		while (list.length < n)
			list.push((await token({ grant_type: 'password', username: 'ann', password: 'ann-password', scope: 'home' })).refresh_token);
		return list;
	};
	return { port, pid, refresh, codes };
}
