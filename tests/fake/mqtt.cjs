// mqtt.cjs: a plain MQTT client: usage: mqtt.cjs FOLDER HOST SUBSCRIBE [WILL-TOPIC WILL]
// FOLDER/certs as the original's clients have it. Lines "TOPIC MESSAGE" of stdin are published; what comes is printed, as
// milliseconds, topic and message. It says "up" once it listens; the end of stdin ends it.
'use strict';
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const mqtt = require(`${process.env.MODULES}/mqtt`);

const [folder, host, topic, will, last] = process.argv.slice(2);
const client = mqtt.connect(`mqtts://${host}`, {
	key: readFileSync(`${folder}/certs/private.key`), cert: readFileSync(`${folder}/certs/iot.crt`),
	ca: [readFileSync(`${folder}/certs/AmazonRootCA1.pem`)], port: 8883, reconnectPeriod: 0,
	...(will ? { will: { topic: will, payload: last, qos: 0 } } : {}),
});
client.on('message', (from, text) => console.log(`${Date.now()} ${from} ${text}`));
client.on('connect', () => client.subscribe(topic, () => {
	console.log('up');
	const lines = createInterface({ input: process.stdin });
	lines.on('line', (line) => {
		const at = line.indexOf(' ');
		client.publish(line.slice(0, at), line.slice(at + 1));
	});
	lines.on('close', () => client.end(false, () => process.exit(0)));
}));
client.on('close', () => { console.log('closed'); process.exit(1); });
client.on('error', () => {});
