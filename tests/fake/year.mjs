// year.mjs: a year of one link on a moving clock, from a seed: restarts, clock jumps, 429, Retry-After, 5xx, 401, lost answers,
// races; a lamp and a button.
//
//   node year.mjs SEED DAYS   in the environment of tests/courier.bash (BUILD, ROOT, ST, SECRET); the courier is run from here
//
// Ends with status 1 and a line if the link is ever lost: SmartThings' own refresh is refused, or news does not come
// through once all trouble is over. Prints what happened.
import { execFile, spawn } from 'node:child_process'
import { openSync, readFileSync, writeSync, closeSync } from 'node:fs'

const { BUILD, ROOT, ST, SECRET, COURIER_LOG } = process.env
const [seed, days] = process.argv.slice(2).map(Number)
const HOUR = 3600_000
let state = seed * 2654435761 >>> 0

// Mulberry32: the same year for the same seed.
function random() {
	state = (state + 0x6D2B79F5) >>> 0
	let t = Math.imul(state ^ (state >>> 15), 1 | state)
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const between = (a, b) => a + Math.floor(random() * (b - a + 1))
const pick = (list) => list[between(0, list.length - 1)]
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

let ahead = 0
function move(ms) {
	ahead += ms
	const bytes = Buffer.alloc(8), fd = openSync(`${ROOT}/clock`, 'r+')
	bytes.writeBigInt64LE(BigInt(ahead))
	writeSync(fd, bytes, 0, 8, 0)
	closeSync(fd)
}

function run(program, args, env = {}, input = '') {
	return new Promise((done, fail) => {
		const child = execFile(`${BUILD}/${program}`, args, { env: { ...process.env, ...env } }, (error, out, err) =>
			error ? fail(new Error(`${program} ${args.join(' ')}: ${error.code} ${err}`)) : done(out))
		child.stdin.on('error', () => {})	// a program that needs no input may be gone already
		child.stdin.end(input)
	})
}

async function cgi(program, uri, body, env) {
	const out = await run(program, [], { REQUEST_METHOD: 'POST', REQUEST_URI: uri, CONTENT_LENGTH: Buffer.byteLength(body),
		REMOTE_ADDR: '192.0.2.7', ...env }, body)
	return JSON.parse(out.slice(out.indexOf('\r\n\r\n') + 4))
}

const control = (what) => fetch(`${ST}/control`, { method: 'POST', body: JSON.stringify(what) })
const year_link = async () => (await (await fetch(`${ST}/links`)).json()).year
const known = async () => (await year_link())?.devices.lamp?.['st.switchLevel.level']

// --- SmartThings' side of the link ---

let tokens, codes = 0
const count = { steps: 0, refreshes: 0, grants: 0, restarts: 0, jumps: 0, trouble: 0 }

const refresh = (token) => cgi('token', '/token', `grant_type=refresh_token&refresh_token=${token}`,
	{ CONTENT_TYPE: 'application/x-www-form-urlencoded', HTTP_AUTHORIZATION: `Basic ${btoa(`smartthings:${SECRET}`)}` })

// As SmartThings does when it hears TOKEN-EXPIRED; now and then the answer is lost, or two ask at once.
async function renew() {
	const old = tokens.refresh_token, how = random()
	let answers = how < 0.2 ? await Promise.all([refresh(old), refresh(old)]) : [await refresh(old)]
	if (how > 0.8) answers = [await refresh(old)]
	count.refreshes++
	for (const a of answers) if (!a.access_token) throw new Error(`the link is lost: ${JSON.stringify(a)}`)
	tokens = answers.at(-1)
}

async function schema(type, more = {}) {
	const ask = () => cgi('schema-webhook', '/schema', JSON.stringify({ headers: { schema: 'st-schema', version: '1.0',
		interactionType: type, requestId: `${seed}-${Math.random()}` },
		authentication: { tokenType: 'Bearer', token: tokens.access_token }, ...more }), { CONTENT_TYPE: 'application/json' })
	let answer = await ask()
	if (answer.globalError?.errorEnum === 'TOKEN-EXPIRED') {
		await renew()
		answer = await ask()
	}
	if (answer.globalError) throw new Error(`${type}: ${JSON.stringify(answer.globalError)}`)
	return answer
}

async function discover() {
	const answer = await schema('discoveryRequest')
	if (answer.devices.length !== 2) throw new Error('the link has lost a device')
	if (!answer.requestGrantCallbackAccess) return
	count.grants++
	await schema('grantCallbackAccess', { callbackAuthentication: { grantType: 'authorization_code', clientId: 'st-app',
		scope: 'callback-access', code: `year#${++codes}` },
		callbackUrls: { oauthToken: `${ST}/oauth/token`, stateCallback: `${ST}/device/events` } })
}

// --- the courier ---

let courier
function start() {
	courier = spawn(`${BUILD}/courier`, [], { stdio: ['ignore', 'ignore', openSync(COURIER_LOG, 'a')] })
}
async function stop(signal) {
	const gone = new Promise((done) => courier.once('exit', done))
	courier.kill(signal)
	await gone
}

// --- a year ---

const troubles = [
	() => control({ token: { status: pick([429, 500, 502, 503]), times: between(1, 4) } }),
	() => control({ token: { drop: true, times: between(1, 3) } }),
	() => control({ token: { drop: true, late: true } }),	// it was refreshed, and we do not hear of it
	() => control({ events: { status: pick([401, 429, 500, 503]), times: between(1, 5) } }),
	() => control({ events: { status: 429, headers: { 'Retry-After': String(between(1, 7200)) }, times: between(1, 3) } }),
	() => control({ token: { status: 503, headers: { 'Retry-After': '600' }, times: between(1, 2) } }),
	() => control({ events: { drop: true, late: random() < 0.5, times: between(1, 3) } }),
	() => control({ expire: true }),
	() => control({ rotate: random() < 0.5 }),
]

async function day(level) {
	const what = random()
	move(between(2, 40) * HOUR)
	if (what < 0.05) {
		count.jumps++
		move(-24 * HOUR)
	}
	if (random() < 0.4) {
		count.trouble++
		await pick(troubles)()
	}
	if (random() < 0.1) {
		count.restarts++
		await stop(pick(['SIGTERM', 'SIGKILL']))
		start()
	}
	await setLevel(level)
	if (random() < 0.3) await press('held')
	if (random() < 0.7) await discover()
	await sleep(between(0, 40))
}

const setLevel = (level) => run('gatehouse', ['device', 'set', 'lamp', '--user', 'ann', `st.switchLevel.level=${level}`])
const press = (how) => run('gatehouse', ['device', 'set', 'btn', '--user', 'ann', `st.button.button=${how}`])

// All trouble over: each press must arrive, in their order, and none of them twice.
async function presses() {
	const how = ['pushed', 'double', 'pushed', 'held', 'double'], before = (await year_link()).events.length
	for (const h of how) await press(h)
	for (let round = 0; round < 100; round++) {
		const told = (await year_link()).events.slice(before)
		if (told.length >= how.length) {
			if (told.join() !== how.join()) throw new Error(`pressed ${how}, told ${told}`)
			return
		}
		if (round % 10 === 9) {	// it may have been told to wait, by that clock, or need to be linked anew
			move(2 * HOUR)
			await discover()
		}
		await sleep(50)
	}
	throw new Error(`pressed ${how}, told ${(await year_link()).events.slice(before)}`)
}

// All trouble over: what was set last must arrive.
async function arrives(level) {
	await control({ token: null, events: null })
	for (let round = 0; round < 80; round++) {
		if (await known() === level) return
		if (round % 10 === 0) {
			move(2 * HOUR)
			await discover()
		}
		await sleep(50)
	}
	throw new Error(`news does not arrive: ${level}, known ${await known()}`)
}

async function year() {
	let level = 0
	tokens = JSON.parse(await run('gatehouse', ['token', 'issue', '--user', 'ann', '--client', 'smartthings', '--device', 'lamp',
		'--device', 'btn', '--json']))
	await discover()
	for (const begin = ahead; ahead - begin < days * 24 * HOUR;) {
		level = level % 100 + 1
		await day(level)
		if (++count.steps % 40 !== 0) continue
		await arrives(level)
		// It may be known because an answer was lost on its way to us: the courier is through with the trouble when the next one arrives.
		level = level % 100 + 1
		await setLevel(level)
		await arrives(level)
		await presses()
	}
	await arrives(level)
}

start()
try {
	await year()
	console.log(`seed ${seed}: ${JSON.stringify(count)}`)
} catch (e) {
	console.log(`seed ${seed}, day ${Math.round(ahead / 24 / HOUR)}: ${e.stack}`)
	console.log(readFileSync(COURIER_LOG, 'utf8').split('\n').slice(-8).join('\n'))
	process.exitCode = 1
}
await stop('SIGTERM')
