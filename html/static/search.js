// search.js: a search form whose results come while one types: the page that its form would lead to, its list put in here.
import { replaceList } from './list.js';

const PAUSE = 150;	// ms after the last key

export function searchAsTyped() {
	const form = document.querySelector('form.search');
	if (!form)
		return;
	let timer;
	const go = () => {
		const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''));
		const url = `${form.action}?${query}`;
		history.replaceState(null, '', url);
		replaceList(url);
	};
	form.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(go, PAUSE);
	});
	form.addEventListener('submit', (e) => {
		e.preventDefault();
		clearTimeout(timer);
		go();
	});
}
