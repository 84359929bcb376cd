// sim.js: makes the simulator's pages live. Everything works without it: it presses the same forms and shows the same pages,
// without leaving the one that is open.
const sim = document.querySelector('.sim');
const EVERY = 1000;	// ms between two looks, while somebody looks
const DUE_EVERY = 5000;
let tag = null;

// Somebody is typing or sliding there: it must not be pulled away.
function busy(part) {
	const at = document.activeElement;
	return part.contains(at) && at.matches('input, select, textarea');
}

function figures(part) {
	for (const range of part.querySelectorAll('input[type=range]')) {
		const figure = range.parentElement.querySelector('.figure');
		if (figure)
			range.addEventListener('input', () => { figure.textContent = range.value; });
	}
}

// Put what a page of the server says in place of what is shown. True if all of it could be shown.
function adopt(html, force) {
	const page = new DOMParser().parseFromString(html, 'text/html');
	const focused = document.activeElement?.id;
	let all = true;
	const parts = [...document.querySelectorAll('[data-live]')];
	const fresh = page.querySelectorAll('[data-live]');
	// The page has other parts now, as when a link begins or ends: it is shown whole.
	if (fresh.length !== parts.length || parts.some((part) => !page.getElementById(part.id))) {
		location.reload();
		return true;
	}
	for (const part of parts) {
		const news = page.getElementById(part.id);
		for (const open of part.querySelectorAll('details[open]'))
			page.getElementById(open.id)?.setAttribute('open', '');
		if (news.innerHTML === part.innerHTML)
			continue;
		if (!force && busy(part)) {
			all = false;
			continue;
		}
		part.replaceChildren(...news.childNodes);
		figures(part);
	}
	if (focused && document.activeElement?.id !== focused)
		document.getElementById(focused)?.focus({ preventScroll: true });
	return all;
}

async function look() {
	if (document.hidden)
		return;
	const answer = await fetch(sim.dataset.api, { cache: 'no-store', headers: tag ? { 'If-None-Match': tag } : {} });
	if (answer.status !== 200)
		return;
	const now = answer.headers.get('ETag');
	if (now?.endsWith('-due"'))
		due();
	if (tag === null && now.endsWith(`-${sim.dataset.version}"`)) {
		tag = now;
		return;
	}
	const page = await fetch(location.href, { cache: 'no-store' });
	if (page.ok && adopt(await page.text(), false))
		tag = now;
}

// What SmartThings would do by itself by now: a token that has ended, a timer. Once in a while, as it may go wrong.
let tried = 0;
async function due() {
	const csrf = document.querySelector('[name=csrf]')?.value;
	if (!csrf || Date.now() - tried < DUE_EVERY)
		return;
	tried = Date.now();
	await fetch(sim.dataset.api.replace(/api\/\w+$/, 'do'), { method: 'POST', body: new URLSearchParams({ csrf, action: 'due' }) });
}

async function watch() {
	try {
		await look();
	} catch {
		// The server is away: the next look may find it.
	}
	setTimeout(watch, EVERY);
}

async function press(form, button) {
	const fields = new URLSearchParams(new FormData(form));
	if (button?.name)
		fields.append(button.name, button.value);
	form.setAttribute('aria-busy', 'true');
	try {
		const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: fields });
		const html = await answer.text();
		if (answer.ok)
			adopt(html, true);
		else
			complain(html);
	} finally {
		form.removeAttribute('aria-busy');
	}
}

// What the error page says, where results are said.
function complain(html) {
	const page = new DOMParser().parseFromString(html, 'text/html');
	const text = document.createElement('p');
	text.className = 'fault';
	text.textContent = page.querySelector('.lead')?.textContent ?? page.querySelector('h1')?.textContent ?? '';
	document.getElementById('last')?.replaceChildren(text);
}

document.addEventListener('submit', (event) => {
	if (!event.target.matches('[data-press]'))
		return;
	event.preventDefault();
	press(event.target, event.submitter);
});

for (const button of document.querySelectorAll('[data-copy]')) {
	button.hidden = false;
	button.addEventListener('click', async () => {
		await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
		button.textContent = button.dataset.done;
	});
}

if (sim) {
	figures(document);
	watch();
}
