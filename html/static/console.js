// console.js: makes the pages of devices live. Without it they work by plain forms.
import { control } from './control.js';
import { follow } from './live.js';
import { searchAsTyped } from './search.js';
import { localTimes } from './time.js';

document.documentElement.classList.add('live');
const page = document.querySelector('[data-live]');
searchAsTyped();
localTimes(document);
if (page) {
	control(page);
	follow(page);
}
