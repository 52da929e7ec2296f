import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { RewindCommands } from "../../../../static/console/call/rewind.js";
import { Store } from "../../../../static/console/state/store.js";
import { ANA, BRUNO, talking } from "../calls.js";

let store = new Store();
let done = /** @type {string[]} */ ([]);
const engine = {
  rewindLeftMs: 0,
  keep: (/** @type {string} */ keeping) => done.push(keeping),
  rewind: () => done.push("rewind"),
  backToLive: () => done.push("live"),
};
let rewind = new RewindCommands(store, engine);

beforeEach(() => {
  store = new Store();
  done = [];
  engine.rewindLeftMs = 0;
  rewind = new RewindCommands(store, engine);
  store.addEventListener("change", () => rewind.follow());
});

function talks(changes = {}) {
  const call = talking({ rewind: true, ...changes });
  const more = {
    plans: [],
    lines: [],
    breaks: [],
    work: null,
    primary: true,
    since: "",
  };
  store.dispatch({ type: "console", agent: ANA, calls: [call], ...more });
  done = [];
}

test("the key does nothing before there is something to hear", () => {
  talks();
  rewind.toggle();
  assert.deepEqual(done, []);

  rewind.keeps(1400);
  rewind.toggle();
  assert.equal(done.at(-1), "rewind");
});

test("pressed again it comes back to live", () => {
  talks();
  rewind.keeps(9000);
  rewind.tell({ playing: true, seconds: 9, mono: false });
  done = [];
  rewind.toggle();
  assert.deepEqual(done, ["live"]);

  rewind.tell({ playing: false, seconds: 0, mono: false });
  assert.equal(store.state.rewind.length, 0);
});

test("the state changes once a second, however often the audio tells", () => {
  talks();
  let changes = 0;
  store.addEventListener("change", () => {
    changes += 1;
  });
  for (let ms = 1000; ms < 3000; ms += 100) rewind.keeps(ms);

  assert.equal(changes, 2);
  assert.equal(store.state.rewind.kept, 2);
});

test("transferred, all of it is forgotten", () => {
  talks();
  rewind.keeps(9000);
  rewind.tell({ playing: true, seconds: 9, mono: false });
  done = [];
  store.dispatch({
    type: "call",
    call: talking({ rewind: true, version: 9, agent: BRUNO }),
  });

  assert.ok(done.includes("off"));
  assert.ok(!done.includes("on"));
  assert.deepEqual(store.state.rewind, { kept: 0, length: 0, left: 0, mono: false });
});

test("the switch of the queue turned off forgets it during the call", () => {
  talks();
  rewind.keeps(9000);
  store.dispatch({ type: "call", call: talking({ rewind: false, version: 9 }) });

  assert.equal(done.at(-1), "off");
});
