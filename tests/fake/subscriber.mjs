// subscriber.mjs: a third party that is told of changes: writes each post as a line of JSON to stdout, after "port N". Answers
// with what the file that is its argument holds (a status, or "hang"); 200 if there is none.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const answer = () => {
	try {
		return readFileSync(process.argv[2], 'utf8').trim();
	} catch {
		return '200';
	}
};

const server = createServer((request, response) => {
	let body = '';
	request.on('data', (part) => { body += part; }).on('end', () => {
		const status = answer();
		console.log(JSON.stringify({ status, path: request.url, body, headers: request.headers, at: Date.now() }));
		if (status !== 'hang')
			response.writeHead(Number(status)).end();
	});
}).listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
