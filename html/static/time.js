// time.js: times in the reader's own zone; without script they are in UTC.
// Of the page's language as the reader's browser writes it: with "en" alone, noon would be 12 PM everywhere.
const { lang } = document.documentElement;
const locale = navigator.languages.find((l) => l.split('-')[0] === lang) ?? lang;
const long = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const short = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });

export function localTimes(root) {
	for (const time of root.querySelectorAll('time[datetime]'))
		time.textContent = long.format(new Date(time.dateTime));
	for (const text of root.querySelectorAll('[data-hour]'))
		text.textContent = short.format(new Date(text.dataset.hour));
}
