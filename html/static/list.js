// list.js: read a page of ours again and put its list in the place of this one, without losing where somebody is.
import { dress, presses } from './control.js';
import { localTimes } from './time.js';

let wanted = 0;

// Where the focus is, so that it can be found in the new list: the device, and which of its fields.
function remember(list) {
	const at = document.activeElement, card = list.contains(at) && at.closest('[data-device]');
	if (!card)
		return () => {};
	const fields = 'a,button,input,select,textarea,summary', n = [...card.querySelectorAll(fields)].indexOf(at);
	return () => {
		const again = [...document.querySelectorAll('[data-device]')].find((e) => e.dataset.device === card.dataset.device);
		again?.querySelectorAll(fields)[n]?.focus();
	};
}

// Of several at once only the last counts. False if it could not be read.
export async function replaceList(url = location.href) {
	const mine = ++wanted, before = presses;
	const answer = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => null);
	if (!answer?.ok || mine !== wanted)
		return mine !== wanted;
	if (answer.redirected) {	// signed out meanwhile
		location.assign(url);
		return true;
	}
	const there = new DOMParser().parseFromString(await answer.text(), 'text/html');
	const fresh = there.getElementById('list'), list = document.getElementById('list');
	if (mine !== wanted || !fresh || !list)
		return mine !== wanted;
	if (before !== presses)
		return replaceList(url);
	const open = new Set([...list.querySelectorAll('details[open]')].map((d) => d.querySelector('[data-value]')?.dataset.value));
	const focus = remember(list);
	fresh.querySelectorAll('details').forEach((d) => { d.open = open.has(d.querySelector('[data-value]')?.dataset.value); });
	list.replaceWith(document.adoptNode(fresh));
	localTimes(fresh);
	const page = document.querySelector('[data-live]'), next = there.querySelector('[data-live]');
	if (page && next) {
		page.dataset.seq = next.dataset.seq;
		dress(page);
	}
	focus();
	return true;
}
