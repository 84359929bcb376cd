// dimmers.cjs: a node server as the template for pgc_interface has it, on that package as npm gives it: a controller that makes
// dimmers. Run in a folder whose ../certs has the three files that the package reads; NODESERVER, STAGE and MQTTENDPOINT as PGC
// sets them. What it is told goes to stdout, a line of JSON each.
'use strict';
const { Interface, Node, logger } = require(`${process.env.MODULES}/pgc_interface`);
logger.level = 'error';

const tell = (what, value) => process.stdout.write(`TOLD ${JSON.stringify({ [what]: value })}\n`);

class Dimmer extends Node {
	constructor(...args) {
		super(Dimmer.nodeDefId, ...args);
		this.commands = { DON: this.on, DOF: () => this.setDriver('ST', 0), QUERY: this.query };
		this.drivers = { ST: { value: 0, uom: 51 } };
	}
	on(message) {
		this.setDriver('ST', message.value ? message.value : 100);
	}
}
Dimmer.nodeDefId = 'VNODE_DIMMER';

class Controller extends Node {
	constructor(...args) {
		super(Controller.nodeDefId, ...args);
		this.isController = true;
		this.commands = { CREATE_NEW: this.create, QUERY: this.query };
		this.drivers = { ST: { value: 1, uom: 2 } };
	}
	async create() {
		const address = `vnode${Object.keys(this.polyInterface.getNodes()).length}`;
		const said = await this.polyInterface.addNode(new Dimmer(this.polyInterface, 'controller', address, `Dimmer ${address}`));
		tell('created', [address, said ?? null]);
	}
}
Controller.nodeDefId = 'CONTROLLER';

const poly = new Interface([Controller, Dimmer]);
poly.on('mqttConnected', () => tell('connected', true));
poly.on('messageReceived', (m) => tell('message', m));
poly.on('config', async (config) => {
	if (!config.isInitialConfig)
		return;
	poly.addCustomData({ started: (config.customData.started ?? 0) + 1 });
	if (Object.keys(config.nodes).length === 0)
		await poly.addNode(new Controller(poly, 'controller', 'controller', 'Template'));
});
poly.on('oauth', (answer) => {
	tell('oauth', answer);
	poly.addCustomData({ code: answer.code });
});
for (const end of ['stop', 'delete'])
	poly.on(end, () => {
		tell(end, true);
		poly.stop();
		setTimeout(() => process.exit(0), 300);
	});
poly.start();
