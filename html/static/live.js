// live.js: asks every second for what is new, as long as somebody looks: a request that costs the server next to nothing
// while nothing is.
import { replaceList } from './list.js';
import { presses, showDevice } from './control.js';

const EVERY = 1000, SLOWEST = 30000, ALONE = 30 * 60000;	// ms

export function follow(page) {
	const says = page.querySelector('[data-fault]');
	let tag, timer, failures = 0, here = Date.now(), paused = false;

	const say = (text) => {
		if (says.dataset.live === text)
			return;
		says.dataset.live = text;
		says.textContent = text;
		says.hidden = text === '';
	};

	// On the page of one device the last day is drawn anew, unless somebody is at the controls just now.
	const chartsOf = (device) => page.matches('[data-one]') && page.querySelector('[data-device]').dataset.device === device.id &&
		!document.getElementById('list').contains(document.activeElement);

	// Show what is new. A list is read again if a device came, went, or passes from one filter to another.
	async function take(news) {
		let again = news.reload;
		for (const device of news.devices)
			again = showDevice(page, device) || chartsOf(device) || again;
		if (again)
			await replaceList();
		else
			page.dataset.seq = news.seq;
	}

	async function ask() {
		const before = presses;
		const answer = await fetch(`${page.dataset.base}/console/devices?since=${page.dataset.seq}`, {
			headers: tag ? { 'if-none-match': tag } : {}, cache: 'no-store',
		});
		if (answer.status === 401)
			location.reload();
		else if (answer.status === 200) {
			const news = await answer.json();
			if (before !== presses)
				return;	// asked again in a second
			await take(news);
			tag = answer.headers.get('etag');
		} else if (answer.status !== 304)
			throw new Error(answer.status);
	}

	async function round() {
		timer = undefined;
		if (document.hidden)
			return;
		if (Date.now() - here > ALONE) {
			paused = true;
			say(page.dataset.paused);
			return;
		}
		try {
			await ask();
			failures = 0;
			if (says.dataset.live)
				say('');
		} catch {
			if (++failures > 1)
				say(page.dataset.lost);
		}
		timer ??= setTimeout(round, Math.min(EVERY * 2 ** failures, SLOWEST) * (0.9 + 0.2 * Math.random()));
	}

	const wake = () => {
		here = Date.now();
		if (paused || (!document.hidden && timer === undefined)) {
			paused = false;
			clearTimeout(timer);
			timer = setTimeout(round, 0);
		}
	};
	document.addEventListener('visibilitychange', wake);
	for (const sign of ['keydown', 'pointerdown', 'pointermove'])
		addEventListener(sign, () => { here = Date.now(); if (paused) wake(); }, { passive: true });
	timer = setTimeout(round, EVERY);
}
