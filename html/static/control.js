// control.js: controls answer at once and then show what the device really is.
import { replaceList } from './list.js';
import { colourWheel } from './wheel.js';

const SLIDE = 250;	// ms after the last move of a slider
const busy = new Set();	// forms that wait for an answer: what is polled meanwhile may be older

// How often a control was sent or answered. What was asked for at another count may be older than what is shown by now.
export let presses = 0;

const cards = (page, id) => [...page.querySelectorAll('[data-device]')].filter((e) => e.dataset.device === id);
const byKey = (page, key) => [...page.querySelectorAll('[data-value]')].filter((e) => e.dataset.value === key);

// --- showing ---

function setField(field, value) {
	if (field && document.activeElement !== field && value !== undefined && value !== null)
		field.value = typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const shows = {
	toggle(form, { value }) {
		const button = form.querySelector('button');
		button.setAttribute('aria-checked', String(value === 'on'));
		button.value = value === 'on' ? form.dataset.off : form.dataset.on;
	},
	buttons(form, { value }) {
		for (const b of form.querySelectorAll('button[aria-pressed]'))
			b.setAttribute('aria-pressed', String(b.dataset.sets === String(value)));
	},
	range: (form, { value }) => setField(form.querySelector('input[type=range]'), value),
	field: (form, { value }) => setField(form.querySelector('[name^="a."]'), value),
	choice: (form, { value }) => setField(form.querySelector('select'), value),
	sensor: (form, { value, unit }) => {
		setField(form.querySelector('[name=value]'), value);
		setField(form.querySelector('[name=unit]'), unit);
	},
};

function showColours(card, device) {
	for (const input of card.querySelectorAll('[data-of]'))
		if (!busy.has(input.form))
			setField(input, Math.round(device.values[input.dataset.of]?.value ?? input.value));
	for (const form of card.querySelectorAll('[data-is=colour]'))
		form.dispatchEvent(new Event('shown'));
}

// What was told of a device, on its card. True if its warnings are others than before.
export function showDevice(page, device) {
	let others = false;
	for (const card of cards(page, device.id)) {
		for (const control of card.querySelectorAll('[data-key]')) {
			const value = device.values[control.dataset.key];
			for (const form of control.querySelectorAll('form[data-is]'))
				if (value && !busy.has(form))
					shows[form.dataset.is]?.(form, value);
		}
		showColours(card, device);
		others = card.dataset.attention !== device.attention.join(' ') || others;
	}
	if (cards(page, device.id).length > 0)
		for (const [key, value] of Object.entries(device.values))
			for (const output of page.matches('[data-one]') ? byKey(page, key) : cards(page, device.id).flatMap((c) => byKey(c, key)))
				output.textContent = value.text;
	return others;
}

// --- sending ---

function typed(field) {
	if (field.dataset.kind !== 'json')
		return field.value;
	try {
		return JSON.parse(field.value);
	} catch {
		return field.value;	// the server says what is wrong with it
	}
}

// The arguments in the order of the fields; "a.color.hue" is a member of one. What was left empty did not come.
function argumentsOf(form) {
	const list = new Map();
	for (const field of form.querySelectorAll('[name^="a."]')) {
		const [, name, member] = field.name.split('.');
		const value = field.value === '' ? undefined : typed(field);
		if (member === undefined)
			list.set(name, value ?? null);
		else if (value !== undefined)
			list.set(name, { ...list.get(name), [member]: value });
	}
	const all = [...list.values()];
	while (all.length > 0 && all.at(-1) === null)
		all.pop();
	return all;
}

function messageOf(form, submitter) {
	if (form.action.endsWith('/command')) {
		const [, component, capability, command] = /^([^/]*)\/(.*)\.([^.]*)$/.exec(submitter.value) ?? [];
		return ['command', { component, capability, command, arguments: argumentsOf(form) }];
	}
	const field = form.querySelector('[name=value]:not(button)');
	const value = field ? typed(field) : submitter.value, unit = form.querySelector('[name=unit]');
	return ['set', { set: { [form.querySelector('[name=attribute]').value]: unit ? `${value}${unit.value}` : value } }];
}

function say(page, text) {
	const fault = page.querySelector('[data-fault]');
	fault.dataset.live = '';
	fault.textContent = text;
	fault.hidden = text === '';
}

// Shown before the answer is there; the answer has the last word.
function expect(form, submitter) {
	if (form.dataset.is === 'toggle')
		shows.toggle(form, { value: submitter.value === form.dataset.on ? 'on' : 'off' });
	else if (form.dataset.is === 'buttons' && submitter.dataset.sets)
		shows.buttons(form, { value: submitter.dataset.sets });
}

async function post(page, form, [what, body]) {
	const path = form.closest('[data-path]')?.dataset.path ?? page.querySelector('[data-path]').dataset.path;
	const answer = await fetch(`${page.dataset.base}/console/devices/${path}/${what}`, {
		method: 'POST', body: JSON.stringify(body),
		headers: { 'content-type': 'application/json', 'x-csrf-token': page.dataset.csrf },
	});
	return { ok: answer.ok, status: answer.status, ...await answer.json() };
}

async function send(page, form, submitter) {
	const card = form.closest('[data-device]') ?? page.querySelector('[data-device]');
	const was = form.dataset.is === 'toggle' ? submitter.value === form.dataset.off ? 'on' : 'off' : undefined;
	const message = messageOf(form, submitter);
	presses++;
	busy.add(form);
	form.setAttribute('aria-busy', 'true');
	expect(form, submitter);
	let answer;
	try {
		answer = await post(page, form, message);
	} catch {
		answer = { ok: false, error_description: page.dataset.lost };
	}
	presses++;
	busy.delete(form);
	form.removeAttribute('aria-busy');
	if (answer.status === 401)
		location.reload();
	say(page, answer.ok ? '' : answer.error_description);
	if (answer.device) {
		if (showDevice(page, answer.device))
			await replaceList();
	} else if (was !== undefined)
		shows.toggle(form, { value: was });
	card?.querySelectorAll('[data-is=colour]').forEach((f) => f.dispatchEvent(new Event('shown')));
}

// --- wiring ---

// What a list that was put in anew needs.
export function dress(page) {
	for (const form of page.querySelectorAll('form[data-is=colour]'))
		colourWheel(form, () => form.requestSubmit(form.querySelector('button')));
}

export function control(page) {
	const timers = new WeakMap();
	page.addEventListener('submit', (e) => {
		const form = e.target;
		if (!form.matches('form[data-is]'))
			return;
		e.preventDefault();
		clearTimeout(timers.get(form));
		if (!busy.has(form))
			send(page, form, e.submitter ?? form.querySelector('button'));
		else	// the last one counts: it goes when the one before is answered
			timers.set(form, setTimeout(() => form.requestSubmit(e.submitter), SLIDE));
	});
	page.addEventListener('input', (e) => {
		const form = e.target.form;
		if (!form?.matches('[data-is=range],[data-is=colour]'))
			return;
		const output = form.querySelector('.now');
		if (output)
			output.textContent = output.textContent.replace(/^[-\d.]+/, e.target.value);
		clearTimeout(timers.get(form));
		timers.set(form, setTimeout(() => form.requestSubmit(form.querySelector('button')), SLIDE));
	});
	dress(page);
}
