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

// What it answers; strange: with a setting that no phone knows. null: a page that there is not.
export function smartapp(body, strange) {
	if (body.lifecycle === 'CONFIRMATION')
		return { targetUrl: 'https://app.example.org/smartapp' };
	if (body.lifecycle !== 'CONFIGURATION')
		return { [EMPTY[body.lifecycle]]: {} };
	const { phase, pageId } = body.configurationData;
	if (phase === 'INITIALIZE')
		return { configurationData: { initialize: { id: 'app', name: 'An app', description: '', permissions: ['r:devices:*'], firstPageId: 'one' } } };
	const page = structuredClone(PAGES[pageId]);
	if (page && !strange)
		for (const section of page.sections)
			section.settings = section.settings.filter((s) => s.type !== 'TELEPATHY');
	return page ? { configurationData: { page } } : null;
}
