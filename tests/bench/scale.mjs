// scale.mjs: how many machines so many homes need: a calculation from measured rates, not a measurement.
//
// usage: node tests/bench/scale.mjs [--measure] [--NAME=VALUE]...
//   --measure: first the web rate of this machine: an instance of its own with the store on PostgreSQL, 16 connections through nginx,
//     state refreshes of 4 devices (a third of a minute)
//   what a home does in a day:     commands, states (state refreshes), discoveries, reports (changes that devices tell), refreshes (of tokens)
//   what one machine was measured to do in a second, with the store on PostgreSQL:
//     web (requests of one web machine), writes (commits of one server, by tests/bench/store.sh), reads (questions of one server)
//   records and bytes of a home, peak (the busiest minute over the mean), spare (how much of a machine is used at most)
const defaults = { commands: 20, states: 24, discoveries: 1, reports: 200, refreshes: 1, records: 60, bytes: 700, peak: 6, spare: 0.5,
	web: 850, writes: 1300, reads: 8300 };
const questions = { commands: 5, states: 3, discoveries: 5, reports: 8, refreshes: 3 };	// of which one is a commit where something changes
const commits = { commands: 2, states: 0, discoveries: 0, reports: 2, refreshes: 1 };	// the second of a change: the courier notes what it told

const whole = (n) => n.toLocaleString('en', { maximumFractionDigits: n < 10 ? 1 : 0 });

const given = Object.fromEntries(process.argv.slice(2).filter((a) => a !== '--measure').map((a) => {
	const [, name, value] = /^--([a-z]+)=([0-9.]+)$/.exec(a) ?? [];
	if (!(name in defaults)) {
		console.error(`scale: ${a}: what can be set is ${Object.keys(defaults).join(', ')}, as --reports=50`);
		process.exit(2);
	}
	return [name, Number(value)];
}));
if (process.argv.includes('--measure'))
	given.web = await measured();
const at = { ...defaults, ...given };
const day = 86400;
const sum = (per) => Object.entries(per).reduce((n, [name, each]) => n + each * at[name], 0);

// State refreshes a second: the middle of three rounds.
async function measured() {
	process.env.GATEHOUSE_ENGINE = 'postgresql';
	const { schema, startInstance } = await import('../instance.mjs'), { finish, load, median, wire, writeRequests } = await import('./stage.mjs');
	const instance = await startInstance('--workers', '4'), rates = [];
	try {
		const { access_token: token } = JSON.parse(await instance.gatehouse('token', 'issue', '--user', 'demo', '--client', 'smartthings'));
		const found = await schema(instance.url, token, 'discoveryRequest');
		const devices = found.body.devices.slice(0, 4).map(({ externalDeviceId }) => ({ externalDeviceId }));
		const body = JSON.stringify({ headers: { schema: 'st-schema', version: '1.0', interactionType: 'stateRefreshRequest', requestId: 'scale' },
			authentication: { tokenType: 'Bearer', token }, devices });
		const file = await writeRequests('states', [wire('POST', '/schema', { 'Content-Type': 'application/json' }, body)]);
		for (let i = 0; i < 3; i++)
			rates.push((await load(new URL(instance.url).port, file, 16, 4)).rps);
	} finally {
		await instance.stop();
		await finish();
	}
	console.log(`# measured: ${rates.map(whole).join(', ')} state refreshes of 4 devices a second`);
	return median(rates);
}

function row(homes) {
	const requests = homes * sum(Object.fromEntries(Object.keys(questions).map((k) => [k, 1]))) * at.peak / day;
	const asked = homes * sum(questions) * at.peak / day, written = homes * sum(commits) * at.peak / day;
	const web = Math.ceil(requests / (at.web * at.spare));
	const databases = Math.ceil(Math.max(written / (at.writes * at.spare), asked / (at.reads * at.spare)));
	return [whole(homes), whole(requests), whole(written), whole(homes * at.records), `${whole(homes * at.records * at.bytes / 1e9)} GB`,
		whole(Math.max(web, homes > 1000 ? 2 : 1)), whole(databases)];
}

console.log(`# calculated for the busiest minute, ${at.peak} times the mean; a machine is used to ${at.spare * 100} %`);
console.log('| homes | requests/s | commits/s | records | disk | web machines | databases |\n|---|---|---|---|---|---|---|');
for (const homes of [10, 10000, 100000, 1000000, 10000000])
	console.log(`| ${row(homes).join(' | ')} |`);
