// run.mjs: the pages in a real browser, at phone and desktop width: a file an area, each of which also runs alone.
import './sim.mjs';
import './sim-app.mjs';
import './consent.mjs';
import './devices.mjs';
import './pollers.mjs';
import './account.mjs';
import './preferences.mjs';
import './owner.mjs';
import './connect.mjs';
import './nodeservers.mjs';
