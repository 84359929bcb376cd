// smartapp.mjs: a SmartApp of the simplest kind, with every type of setting, for the simulator to talk to.
const common = (type, id, more) => ({ type, id, name: `The ${type}`, description: '', required: false, ...more });
const PAGES = {
	one: { pageId: 'one', name: 'First page', nextPageId: 'two', previousPageId: null, complete: false, sections: [
		{ name: 'Choices', settings: [
			common('DEVICE', 'device', { required: true, multiple: true, capabilities: ['switch'], permissions: ['r', 'x'] }),
			common('DEVICE', 'dark', { capabilities: ['switch'], excludeCapabilities: ['switchLevel', 'powerMeter'], permissions: ['r'] }),
			common('ENUM', 'enum', { multiple: false, options: [{ id: 'a', name: 'Apple' }], groupedOptions: [{ name: 'More', options: [{ id: 'b', name: 'Pear' }] }] }),
			common('MODE', 'mode', {}), common('SCENE', 'scene', { multiple: true }), common('SOUND', 'sound', {}),
			common('SECURITY', 'security', {}), common('MESSAGE_GROUP', 'message', {}), common('BOOLEAN', 'boolean', { defaultValue: 'true' }),
		] }] },
	two: { pageId: 'two', name: 'Second page', nextPageId: null, previousPageId: 'one', complete: true, sections: [
		{ name: 'Typed', hideable: true, hidden: true, settings: [
			common('TEXT', 'text', { maxLength: 10 }), common('PASSWORD', 'password', {}), common('NUMBER', 'number', { required: true, min: 1, max: 9, defaultValue: '3' }),
			common('DECIMAL', 'decimal', {}), common('TIME', 'time', {}), common('EMAIL', 'email', {}), common('PHONE', 'phone', {}),
		] },
		{ name: 'Shown', settings: [
			common('PARAGRAPH', 'paragraph', { defaultValue: 'A paragraph.' }), common('LINK', 'link', { url: 'https://example.org/' }),
			common('PAGE', 'page', { page: 'one' }), common('IMAGE', 'image', { image: 'https://example.org/i.png' }), common('ICON', 'icon', { image: 'https://example.org/i.png' }),
			common('IMAGES', 'images', {}), common('VIDEO', 'video', {}), common('OAUTH', 'oauth', { urlTemplate: 'https://example.org/' }), common('TELEPATHY', 'telepathy', {}),
		] }] },
};
const EMPTY = { INSTALL: 'installData', UPDATE: 'updateData', UNINSTALL: 'uninstallData', EVENT: 'eventData', OAUTH_CALLBACK: 'oAuthCallbackData' };

// All that a page says, said in other words; what leads away leads to a script.
function reworded(page, words) {
	page.name = words;
	for (const section of page.sections) {
		section.name = words;
		for (const s of section.settings) {
			Object.assign(s, { name: words, description: words }, s.url && { url: 'javascript:alert(1)' }, s.image && { image: words },
				s.type === 'PARAGRAPH' && { defaultValue: words });
			for (const option of [...s.options ?? [], ...s.groupedOptions?.flatMap((g) => g.options) ?? []])
				option.name = words;
		}
	}
	return page;
}

// What it answers; strange: with a setting that no phone knows; words: everything is called so. null: a page that there is not.
export function smartapp(body, { strange, words } = {}) {
	if (body.lifecycle === 'CONFIRMATION')
		return { targetUrl: 'https://app.example.org/smartapp' };
	if (body.lifecycle !== 'CONFIGURATION')
		return { [EMPTY[body.lifecycle]]: {} };
	const { phase, pageId } = body.configurationData;
	if (phase === 'INITIALIZE')
		return { configurationData: { initialize: { id: 'app', name: words ?? 'An app', description: words ?? '', permissions: ['r:devices:*'], firstPageId: 'one' } } };
	const page = structuredClone(PAGES[pageId]);
	if (page && !strange)
		for (const section of page.sections)
			section.settings = section.settings.filter((s) => s.type !== 'TELEPATHY');
	if (page && words)
		reworded(page, words);
	return page ? { configurationData: { page } } : null;
}
