// oauth2.mjs: oauth2-mock-server, which nobody here wrote, as a vendor's OAuth side. Writes "port N" to stdout; "control M" is where
// GET tells which grants were asked for, and POST {"refuse": N} has the next N refreshes refused.
import { createServer } from 'node:http';
import { OAuth2Server } from 'oauth2-mock-server';

let refuse = 0;
const asked = [];
const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');
server.service.on('beforeResponse', (answer, request) => {
	asked.push(request.body.grant_type);
	if (request.body.grant_type === 'refresh_token' && refuse > 0) {
		refuse--;
		answer.statusCode = 400;
		answer.body = { error: 'invalid_grant' };
	}
});
console.log(`port ${server.address().port}`);

const control = createServer((request, response) => {
	let body = '';
	request.on('data', (part) => { body += part; }).on('end', () => {
		if (request.method === 'POST')
			({ refuse } = JSON.parse(body));
		response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(asked.splice(0)));
	});
}).listen(0, '127.0.0.1', () => console.log(`control ${control.address().port}`));
