// smartthings.mjs: plays SmartThings' cloud for the courier: a token endpoint, an event endpoint, and what a test may ask.
//
//   node smartthings.mjs [CLOCK]     prints "port N"; CLOCK is the file that the instance's programs take the time from
//
//   POST /oauth/token, /device/events    as SmartThings has them
//   GET  /log?from=N      what it was sent, from the N-th on: [{at, path, type, link, status, body}]
//   GET  /links           what each link has been told: {LINK: {devices: {ID: {"CAPABILITY.ATTRIBUTE": value}}, ...}}
//   POST /control         {"events"|"token": {"status", "body", "wait", "times", "drop", "share"}}: wrong answers for the next
//                         calls (times; -1 = until told otherwise; share: of so many calls one in that part), {"life": s}
//
// A link is called by the code that it was granted with. A code is good once, an access token until its time, a refresh
// token until its link gets a new code; with {"rotate": true} until it is used.
import { closeSync, openSync, readSync } from 'node:fs'
import { createServer } from 'node:http'

const CLIENT = 'st-app', SECRET = 'st-secret'
const clock = process.argv[2]
const log = [], links = new Map(), access = new Map(), refresh = new Map(), used = new Set()
const wrong = { events: null, token: null }
let life = 86400, rotate = false, serial = 0

function now() {
	if (!clock) return Date.now()
	const bytes = Buffer.alloc(8)
	let fd
	try {
		fd = openSync(clock)
		readSync(fd, bytes, 0, 8, 0)
	} catch { /* none: the real time */ }
	if (fd !== undefined) closeSync(fd)
	return Date.now() + Number(bytes.readBigInt64LE())
}

const told = (code) => links.get(code) ?? links.set(code, { devices: {}, deleted: [], offline: [], names: {}, calls: 0,
	stamps: {}, backwards: 0, events: [], unlinked: false }).get(code)

function tokens(link) {
	const pair = { access: `cba-${++serial}`, refresh: `cbr-${serial}` }
	access.set(pair.access, { link, until: now() + life * 1000 })
	refresh.set(pair.refresh, link)
	return { tokenType: 'Bearer', accessToken: pair.access, refreshToken: pair.refresh, expiresIn: life }
}

const fail = (type, error, status = 200) => [status, { headers: { schema: 'st-schema', version: '1.0', interactionType: type },
	globalError: { errorEnum: error, detail: 'refused' } }]

function token(body) {
	const a = body.callbackAuthentication ?? {}, headers = { ...body.headers, interactionType: 'accessTokenResponse' }
	if (a.clientId !== CLIENT) return fail('accessTokenResponse', 'INVALID-CLIENT', 400)
	if (a.clientSecret !== SECRET) return fail('accessTokenResponse', 'INVALID-CLIENT-SECRET', 400)
	if (body.headers.interactionType === 'accessTokenRequest' && a.grantType === 'authorization_code') {
		if (!a.code || used.has(a.code) || a.code.startsWith('bad')) return fail('accessTokenResponse', 'INVALID-CODE', 400)
		used.add(a.code)
		for (const [t, link] of refresh) if (link === a.code.split('#')[0]) refresh.delete(t)
		return [200, { headers, callbackAuthentication: tokens(a.code.split('#')[0]) }]
	}
	if (body.headers.interactionType === 'refreshAccessTokens' && a.grantType === 'refresh_token') {
		const link = refresh.get(a.refreshToken)
		if (!link) return fail('accessTokenResponse', 'INVALID-TOKEN', 401)
		const pair = tokens(link)
		if (rotate) refresh.delete(a.refreshToken)
		else {
			refresh.delete(pair.refreshToken)
			pair.refreshToken = a.refreshToken
		}
		return [200, { headers, callbackAuthentication: pair }]
	}
	return fail('accessTokenResponse', 'UNSUPPORTED-GRANT-TYPE', 400)
}

// What a link is told, as SmartThings would keep it.
function learn(link, body) {
	const type = body.headers.interactionType
	if (type === 'discoveryCallback' && body.globalError?.errorEnum === 'INTEGRATION-DELETED') link.unlinked = true
	for (const d of body.devices ?? []) link.names[d.externalDeviceId] = d.friendlyName
	for (const d of body.deviceState ?? []) {
		const id = d.externalDeviceId
		if (d.deviceError?.[0].errorEnum === 'DEVICE-DELETED') link.deleted.push(id)
		if (d.deviceError?.[0].errorEnum === 'DEVICE-OFFLINE') link.offline.push(id)
		for (const s of d.states ?? []) {
			const name = `${s.capability}.${s.attribute}`, stamp = `${id} ${s.component} ${name}`
			if (s.timestamp < (link.stamps[stamp] ?? 0)) link.backwards++
			link.stamps[stamp] = s.timestamp
			if (s.capability === 'st.button' && s.attribute === 'button') link.events.push(s.value)
			;(link.devices[id] ??= {})[name] = s.value
		}
	}
}

function event(body) {
	const found = access.get(body.authentication?.token), type = body.headers?.interactionType
	if (body.headers?.schema !== 'st-schema' || body.headers?.version !== '1.0' || !body.headers?.requestId)
		return fail(type, 'BAD-REQUEST', 400)
	if (!found || found.until <= now()) return fail(type, 'INVALID-TOKEN', 401)
	const link = told(found.link)
	link.calls++
	if (!['stateCallback', 'discoveryCallback'].includes(type)) return fail(type, 'INVALID-INTERACTION-TYPE', 400)
	if (type === 'stateCallback' && !(body.deviceState?.length > 0)) return fail(type, 'BAD-REQUEST', 400)
	if (type === 'discoveryCallback' && !(body.devices?.length > 0) && !body.globalError) return fail(type, 'BAD-REQUEST', 400)
	learn(link, body)
	return [200, {}]
}

// The wrong answer that this call gets; undefined for a right one.
function mistake(kind) {
	const w = wrong[kind]
	if (!w || (w.share && Math.random() >= w.share)) return undefined
	if (w.times > 0 && --w.times === 0) wrong[kind] = null
	return w
}

function control(body) {
	for (const kind of ['events', 'token'])
		if (kind in body) wrong[kind] = body[kind] && { times: 1, ...body[kind] }
	life = body.life ?? life
	rotate = body.rotate ?? rotate
	if (body.expire) for (const t of access.values()) t.until = 0
	if (body.forget) refresh.clear()
	return [200, {}]
}

function answer(path, method, body, from) {
	if (path === '/control') return control(body)
	if (path === '/log') return [200, log.slice(from)]
	if (path === '/links') return [200, Object.fromEntries(links)]
	if (method !== 'POST') return [404, {}]
	const kind = { '/oauth/token': 'token', '/device/events': 'events' }[path]
	if (!kind) return [404, {}]
	const w = mistake(kind), c = body.callbackAuthentication
	const link = access.get(body.authentication?.token)?.link ?? refresh.get(c?.refreshToken) ?? c?.code ?? null
	// "late": SmartThings has taken it, but its answer is lost or wrong.
	const real = !w || w.late ? (kind === 'token' ? token(body) : event(body)) : [w.status, w.body ?? {}]
	const result = w ? [w.status ?? 500, w.body ?? {}, w] : real
	log.push({ at: now(), path, type: body.headers?.interactionType, link, status: w?.drop ? 0 : result[0], body })
	return result
}

createServer((request, response) => {
	const chunks = []
	request.on('data', (c) => chunks.push(c))
	request.on('end', () => {
		const url = new URL(request.url, 'http://x'), text = Buffer.concat(chunks).toString()
		let result
		try {
			result = answer(url.pathname, request.method, text ? JSON.parse(text) : {}, Number(url.searchParams.get('from') ?? 0))
		} catch (e) {
			result = [400, { error: String(e) }]
		}
		const [status, body, w] = result
		const send = () => {
			if (w?.drop) return request.socket.destroy()
			response.writeHead(status, { 'Content-Type': 'application/json', ...w?.headers })
			response.end(typeof body === 'string' ? body : JSON.stringify(body))
		}
		setTimeout(send, w?.wait ?? 0)
	})
}).listen(0, '127.0.0.1', function () {
	console.log(`port ${this.address().port}`)
})
process.on('SIGTERM', () => process.exit(0))
