// connector.mjs: a Schema connector of the simplest kind, for the simulator to talk to: right, or wrong as a test wants.
//
//   node connector.mjs       prints "port N"
//
//   POST /token, /schema     as Gatehouse has them
//   POST /smartapp           as smartapp.mjs has it; "strange" and "words" in its control
//   GET  /log                what it was sent: [{path, type, headers, text, body}]
//   POST /control            {"schema"|"token"|"smartapp": {"status", "text", "merge", "wait", "drop"}}: what the next answers are, until {}
import { createServer } from 'node:http'
import { smartapp } from './smartapp.mjs'

const log = []
let wrong = {}, serial = 0
const DEVICE = { externalDeviceId: 'lamp', friendlyName: 'Lamp', deviceHandlerType: 'c2c-dimmer',
	manufacturerInfo: { manufacturerName: 'Works', modelName: 'L1' }, deviceContext: { roomName: 'Hall' } }
const state = (capability, attribute, value) => ({ component: 'main', capability, attribute, value })

function schema(body) {
	const type = body.headers?.interactionType
	const headers = { ...body.headers, interactionType: { discoveryRequest: 'discoveryResponse',
		stateRefreshRequest: 'stateRefreshResponse', commandRequest: 'commandResponse' }[type] ?? type }
	const states = [state('st.healthCheck', 'healthStatus', 'online'), state('st.switch', 'switch', 'on'),
		state('st.switchLevel', 'level', 40)]
	if (type === 'discoveryRequest') return { headers, devices: [DEVICE] }
	if (type === 'stateRefreshRequest' || type === 'commandRequest')
		return { headers, deviceState: body.devices.map((d) => ({ externalDeviceId: d.externalDeviceId, states })) }
	return { headers }
}

const token = () => ({ access_token: `access-token-${++serial}`, token_type: 'Bearer', expires_in: 86400,
	refresh_token: `refresh-token-${serial}`, scope: 'devices:read devices:control' })

createServer((request, response) => {
	const chunks = []
	request.on('data', (c) => chunks.push(c))
	request.on('end', () => {
		const text = Buffer.concat(chunks).toString(), kind = request.url.slice(1)
		let status = 200, answer
		if (kind === 'log') answer = log
		else if (kind === 'control') {
			wrong = JSON.parse(text)
			answer = {}
		} else {
			let body = text
			try {
				body = JSON.parse(text)
			} catch { /* a form, or broken on purpose */ }
			log.push({ path: request.url, type: body.headers?.interactionType ?? null, headers: request.headers, text, body })
			answer = kind === 'token' ? token() : kind === 'smartapp' ? smartapp(body, wrong.smartapp) : schema(body)
			if (kind === 'smartapp' && !/Signature /.test(request.headers.authorization ?? '')) status = 401
			if (answer === null) status = 400
		}
		const w = wrong[kind] ?? {}
		if (w.drop) return request.socket.destroy()
		if (w.merge) Object.assign(answer, w.merge)
		setTimeout(() => {
			response.writeHead(w.status ?? status, { 'Content-Type': 'application/json' })
			response.end(w.text ?? JSON.stringify(answer ?? {}))
		}, w.wait ?? 0)
	})
}).listen(0, '127.0.0.1', function () {
	console.log(`port ${this.address().port}`)
})
process.on('SIGTERM', () => process.exit(0))
