// passport-smartthings.mjs: the client library that sites used for SmartThings' Web Services, unmodified, pointed at us: it ends
// with our list of endpoints, and its token opens them. Part of run.mjs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Owner, startInstance, top } from '../instance.mjs';

const { Strategy } = (await import('passport-smartthings')).default;
const BACK = 'http://localhost:4567/oauth/callback';
let server;

before(async () => {
	server = await startInstance();
	// The tutorial's app, which the library knows by its token in the query.
	const app = JSON.parse(await readFile(path.join(top, 'conf/apps/restful-switch.json'), 'utf8'));
	app.tokenIn = ['header', 'query'];
	await writeFile(path.join(server.root, 'apps/restful-switch.json'), JSON.stringify(app));
	await promisify(execFile)(path.join(top, 'deploy.sh'), ['--root', server.root]);
});
after(() => server?.stop());

// One turn of the strategy, as passport would run it: where it redirects to, or whom it let in.
function turn(strategy, session, query) {
	return new Promise((resolve, reject) => {
		const run = Object.create(strategy);
		run.redirect = (to) => resolve({ to });
		run.success = (user) => resolve({ user });
		run.fail = (why) => reject(new Error(`fail: ${JSON.stringify(why)}`));
		run.error = reject;
		run.authenticate({ query, session, headers: {}, url: '/', connection: {} }, {});
	});
}

test('passport-smartthings, unmodified, ends with our endpoints', async () => {
	const { secret } = JSON.parse(await server.gatehouse('--json', 'client', 'secret', 'restful-switch'));
	const session = {};
	const strategy = new Strategy({
		graphApiURL: server.url, clientID: 'restful-switch', clientSecret: secret, callbackURL: BACK, scope: ['app'],
	}, (token, refresh, profile, done) => done(null, { token, profile }));
	const begun = await turn(strategy, session, {});
	const back = await new Owner().authorize(new URL(begun.to), {
		username: server.env.USER, password: server.env.PASSWORD, devices: ['hall-switch'],
	});
	assert.ok(back.href.startsWith(`${BACK}?code=`), back.href);
	const { user } = await turn(strategy, session, Object.fromEntries(back.searchParams));
	const text = JSON.stringify(user.profile);
	assert.ok(text.includes(`${server.url}/api/smartapps/installations/`), text);
	const list = await (await fetch(`${server.url}/api/smartapps/endpoints?access_token=${user.token}`)).json();
	assert.equal(list.length, 1);
	assert.equal(list[0].oauthClient.clientId, 'restful-switch');
	const authorization = { authorization: `Bearer ${user.token}` };
	assert.equal((await fetch(`${list[0].uri}/switches/on`, { method: 'PUT', headers: authorization })).status, 204);
	const switches = await (await fetch(`${list[0].uri}/switches`, { headers: authorization })).json();
	assert.deepEqual(switches, [{ name: 'Hall light', value: 'on' }]);
	const log = await readFile(path.join(server.root, 'log/access.log'), 'utf8');
	assert.ok(!log.includes(user.token));
});
