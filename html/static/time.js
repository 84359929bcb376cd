// time.js: times in the reader's own zone; without script they are in UTC.
const long = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
const short = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });

export function localTimes(root) {
	for (const time of root.querySelectorAll('time[datetime]'))
		time.textContent = long.format(new Date(time.dateTime));
	for (const text of root.querySelectorAll('[data-hour]'))
		text.textContent = short.format(new Date(text.dataset.hour));
}
