import assert from "node:assert/strict";
import { test } from "node:test";
import { TransferCommands } from "../../../../static/console/call/transfer.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import { Requests } from "../../../../static/console/state/requests.js";
import { Store } from "../../../../static/console/state/store.js";
import { pendingTransfer } from "../../../../static/console/state/transfer.js";
import {
  ANA,
  asking,
  BRUNO,
  brunoLeg,
  carla,
  consulting,
  held,
  threeWay,
} from "../consults.js";

/** Ana's console; `sent` is what the server gets. */
function openConsole(call = carla(), { agent = ANA, online = true } = {}) {
  const store = new Store();
  let version = call.version;
  const sent = /** @type {any[]} */ ([]);
  const send = (/** @type {string} */ type, /** @type {any} */ fields) => {
    if (!online) return 0;
    sent.push({ type, ...fields });
    return sent.length;
  };
  const requests = new Requests(store, { send });
  const commands = new TransferCommands(store, requests, { send });
  store.addEventListener("change", () => commands.follow());
  store.dispatch({ type: "console", agent, calls: [call], plans: [], lines: [] });
  store.dispatch({ type: "audio", audio: "connected" });
  const tell = (/** @type {any} */ next) => {
    version += 1;
    store.dispatch({ type: "call", call: { ...next, version } });
  };
  const notices = () => store.state.notices.map(({ text }) => text);
  return { store, commands, sent, tell, notices };
}

test("hold is requested once, and the button is free again when it is done", () => {
  const { store, commands, sent, tell } = openConsole();
  commands.toggleHold();
  commands.toggleHold();
  assert.deepEqual(sent, [{ type: "hold", call: "carla-1" }]);
  assert.equal(pendingTransfer(store.state)?.verb, "hold");
  tell(held());
  assert.equal(pendingTransfer(store.state), null);
  commands.toggleHold();
  assert.equal(sent.at(-1)?.type, "resume");
});

test("a refusal is shown, and frees the button", () => {
  const { store, commands, notices } = openConsole();
  commands.toggleHold();
  store.dispatch({ type: "problem", text: "Not now.", request: 1 });
  assert.deepEqual(notices(), ["Not now."]);
  assert.equal(pendingTransfer(store.state), null);
});

test("a refusal is shown in the list while that is open", () => {
  const { store, commands, notices } = openConsole();
  commands.open();
  commands.consult(2);
  store.dispatch({ type: "problem", text: "Bruno is in a call.", request: 2 });
  assert.equal(store.state.transfer.problem, "Bruno is in a call.");
  assert.deepEqual(notices(), []);
  commands.consult(3);
  assert.equal(store.state.transfer.problem, "");
});

test("a request without a reply times out with a notice", () => {
  const { store, commands } = openConsole();
  commands.toggleHold();
  const later = (/** @type {number} */ ms) =>
    reduce(store.state, { type: "tick" }, performance.now() + ms);
  assert.notEqual(pendingTransfer(later(5_000)), null);
  assert.equal(pendingTransfer(later(11_000)), null);
  assert.match(later(11_000).notices[0].text, /did not reply/);
});

test("without a connection nothing is asked", () => {
  const { store, commands, notices } = openConsole(carla(), { online: false });
  commands.toggleHold();
  assert.equal(pendingTransfer(store.state), null);
  assert.match(notices()[0], /cannot be reached/);
});

test("the list asks who can take the call, and closes once an agent is consulted", () => {
  const { store, commands, sent, tell } = openConsole();
  commands.open();
  assert.deepEqual(sent, [{ type: "targets" }]);
  commands.consult(2);
  assert.deepEqual(sent.at(-1), { type: "consult", call: "carla-1", agent: 2 });
  tell(held());
  assert.equal(store.state.transfer.open, "carla-1");
  tell(asking());
  assert.equal(store.state.transfer.open, null);
  assert.equal(pendingTransfer(store.state), null);
});

test("a transferred call is gone, with the list and the request", () => {
  const { store, commands, sent, tell } = openConsole();
  commands.open();
  commands.toQueue("q1");
  assert.deepEqual(sent.at(-1), { type: "transfer", call: "carla-1", queue: "q1" });
  tell(carla({ status: "waiting", agent: null, legs: [] }));
  assert.equal(store.state.transfer.open, null);
  assert.equal(pendingTransfer(store.state), null);
});

test("the agent reads when a consulted agent does not come, and when one leaves", () => {
  const { tell, notices } = openConsole(asking());
  tell(held({ ring_ends: { 2: "no_answer" } }));
  assert.deepEqual(notices(), ["Bruno did not answer. Carla hears music."]);
  tell(consulting());
  tell(held());
  assert.equal(notices().at(-1), "Bruno left. Carla hears music.");
  tell(threeWay());
  tell(carla());
  assert.equal(notices().at(-1), "Bruno left. On call with Carla.");
});

test("no notice reports what the agent did", () => {
  const { commands, tell, notices } = openConsole(asking());
  commands.cancelConsult();
  tell(held());
  assert.deepEqual(notices(), []);
});

test("back to the caller: the consulted agent leaves, then the call is resumed", () => {
  const { commands, sent, tell } = openConsole(consulting());
  commands.back();
  assert.deepEqual(sent, [{ type: "cancel_consult", call: "carla-1" }]);
  tell(held());
  assert.deepEqual(sent.at(-1), { type: "resume", call: "carla-1" });
  tell(carla());
  tell(held());
  assert.equal(sent.length, 2);
});

test("a consulted agent who cannot be removed is not joined by the caller instead", () => {
  const { store, commands, sent, tell } = openConsole(consulting());
  commands.back();
  store.dispatch({ type: "problem", text: "Too late.", request: 1 });
  tell(held());
  assert.equal(sent.length, 1);
});

test("a consulted agent can neither hold nor transfer, and reads when the consult is over", () => {
  const { commands, sent, tell, notices } = openConsole(consulting(), { agent: BRUNO });
  commands.toggleHold();
  commands.open();
  commands.complete();
  assert.deepEqual(sent, []);
  const because = {
    agent: { id: 2, name: "Bruno" },
    mode: "consult",
    because: "removed",
  };
  tell(held({ left: [because] }));
  assert.deepEqual(notices(), ["Ana ended your part in the call."]);
});

test("a consulted agent who gets the call reads that it is theirs", () => {
  const { tell, notices } = openConsole(consulting(), { agent: BRUNO });
  tell(carla({ agent: { id: 2, name: "Bruno" }, legs: [brunoLeg("joined")] }));
  assert.deepEqual(notices(), ["Ana handed the call to you. On call with Carla."]);
});
