// checks.js: the whole list in one go. What SmartThings does is pressed on the simulator's pages, what the owner does on the
// owner's own, by the forms that are there for people: this script knows no other way in.
const panel = document.getElementById('run-all');
const DEVICE = 'simulator-check';
const PATIENCE = 40000;	// ms for a callback: a courier that heard nothing looks once a minute at the latest
const here = document.querySelector('.sim').dataset.api.replace(/\/sim\/api\/home$/, '');
const csrf = document.querySelector('[name=csrf]').value;

class Stop extends Error {}

const parse = (html) => new DOMParser().parseFromString(html, 'text/html');
const at = (path) => new URL(here + path, location.href).href;

async function get(path) {
	const answer = await fetch(at(path), { cache: 'no-store' });
	return { ok: answer.ok, page: parse(await answer.text()), url: answer.url };
}

async function post(path, fields) {
	const answer = await fetch(at(path), { method: 'POST', body: new URLSearchParams(fields) });
	return { ok: answer.ok, page: parse(await answer.text()), url: answer.url };
}

// Press a button of a form, with these fields as somebody has filled them in.
async function press(form, button, fields = {}) {
	const data = new URLSearchParams(new FormData(form));
	if (button?.name)
		data.append(button.name, button.value);
	for (const [name, value] of Object.entries(fields))
		data.set(name, value);
	const answer = await fetch(new URL(form.getAttribute('action'), location.href), { method: 'POST', body: data });
	return { ok: answer.ok, page: parse(await answer.text()), url: answer.url };
}

async function home() {
	return (await fetch(at('/sim/api/home'), { cache: 'no-store' })).json();
}

const all = (state) => ['asks', 'tells', 'ends', 'app'].flatMap((part) => state.checks[part]);

async function wait(name, is) {
	for (const begun = Date.now(); Date.now() - begun < PATIENCE;) {
		if (is(await home()))
			return;
		await new Promise((done) => setTimeout(done, 200));
	}
	throw new Stop(name);
}

const ticked = (id) => wait(id, (state) => all(state).some((c) => c.id === id && c.at));

// --- SmartThings ---

async function act(fields) {
	return post('/sim/do', { csrf, ...fields });
}

async function app(fields) {
	const answer = await post('/sim/app', { csrf, ...fields });
	if (!answer.ok)
		throw new Stop(fields.action);
}

// --- the owner ---

// A page of the owner's; where the server asks for a password, it is the person's turn.
async function owner(path) {
	const it = await get(path);
	if (it.page.querySelector('form[action$="/login"] [name=username]'))
		throw new Stop('');
	return it;
}

async function onDevice(what, action, choose, fields) {
	const { page } = await owner(`/devices/${DEVICE}${action === 'delete' ? '/delete' : ''}`);
	const form = [...page.querySelectorAll(`form[action$="/${action}"]`)].find(choose ?? (() => true));
	if (!form || !(await press(form, form.querySelector('button'), fields)).ok)
		throw new Stop(what);
}

async function deleteDevice() {
	const { ok, page } = await owner(`/devices/${DEVICE}/delete`);
	const form = page.querySelector('form[action$="/delete"]');
	if (ok && form)
		await press(form);
}

async function addDevice() {
	await deleteDevice();
	const { page } = await owner('/new-device?type=c2c-dimmer');
	const form = page.querySelector('form[action$="/new-device"][method=post]');
	if (!form || !(await press(form, null, { name: 'Simulator check', id: DEVICE })).ok)
		throw new Stop('new-device');
}

async function links() {
	const { page } = await owner('/links');
	return [...page.querySelectorAll('h2 a[href*="/links/"]')].map((a) => a.getAttribute('href'));
}

async function link() {
	const { page } = await post('/sim/link', { csrf });
	const button = page.querySelector('button[name=decision][value=allow]');
	if (!button)
		throw new Stop('authorize');
	for (const box of page.querySelectorAll('[name=device], [name=include_new]'))
		box.checked = true;
	await press(button.form, button);
	await wait('callback_token', (state) => state.linked && state.callback_expires);
}

async function unlinkAsOwner(before) {
	const ours = (await links()).find((href) => !before.includes(href));
	const page = ours && parse(await (await fetch(new URL(ours, location.href))).text());
	const button = page?.querySelector('button[name=action][value=unlink]');
	if (!button || !(await press(button.form, button)).ok)
		throw new Stop('unlinked');
	await ticked('unlinked');
}

// --- the list ---

async function beTold() {
	await act({ action: 'callbacks', way: '401', times: 1 });
	await onDevice('told', 'set', (form) => form.querySelector('[name=attribute]')?.value.endsWith('.level'), { value: 41 });
	await ticked('told');
	await onDevice('offline', 'online');
	await ticked('offline');
	await onDevice('online', 'online');
	await ticked('online');
	await onDevice('found', 'label', null, { name: 'Simulator check, renamed' });
	await ticked('found');
	await onDevice('deleted', 'delete');
	await ticked('deleted');
	await ticked('callback_refresh');
}

async function lifecycle() {
	const state = await home();
	if (state.checks.app.length === 0)
		return;	// there is no SmartApp on this server
	const motion = (value) => app({ action: 'event', device: 'porch-motion', attribute: 'motion', value });
	if ((await (await fetch(at('/sim/api/app'))).json()).installed)
		await app({ action: 'uninstall' });
	await app({ action: 'confirm' });
	await ticked('app_confirmed');
	await app({ action: 'mistakes' });
	await app({ action: 'install' });
	await ticked('app_subscribed');
	await motion('active');
	await ticked('app_command');
	await motion('inactive');
	await ticked('app_schedule');
	if (state.clock.free) {
		await act({ action: 'clock', by: 'hour' });
		await ticked('app_timer');
		await act({ action: 'clock', by: 'now' });
	}
	await app({ action: 'expire' });
	await motion('active');
	await ticked('app_refresh');
	await app({ action: 'install' });
	await ticked('app_resubscribed');
	await app({ action: 'oauth' });
	await app({ action: 'uninstall' });
}

async function run() {
	await addDevice();
	if ((await home()).linked)
		await act({ action: 'unlink' });
	await link();
	await act({ action: 'untick' });
	await act({ action: 'grant' });
	await act({ action: 'checks' });
	await beTold();
	await act({ action: 'unlink' });
	const before = await links();
	await link();
	await unlinkAsOwner(before);
	await lifecycle();
}

const button = panel.querySelector('button');
const said = document.getElementById('run-said');
panel.hidden = false;
button.addEventListener('click', async () => {
	button.disabled = true;
	panel.setAttribute('aria-busy', 'true');
	said.textContent = '';
	try {
		await run();
		said.textContent = panel.dataset.done;
	} catch (error) {
		said.textContent = error instanceof Stop && error.message === '' ? panel.dataset.signIn : `${panel.dataset.stopped} ${error.message}`;
	} finally {
		await deleteDevice().catch(() => {});
		panel.removeAttribute('aria-busy');
		button.disabled = false;
	}
});
