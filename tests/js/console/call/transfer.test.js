import assert from "node:assert/strict";
import { test } from "node:test";
import { whoHearsWhom } from "../../../../static/console/call/consult.js";
import { HoldReminder } from "../../../../static/console/call/hold-reminder.js";
import { TransferCommands } from "../../../../static/console/call/transfer.js";
import { foundTargets } from "../../../../static/console/call/transfer-targets.js";
import { nextTarget } from "../../../../static/console/shell/arrow-keys.js";
import {
  isTalking,
  isWithCaller,
  phaseOf,
} from "../../../../static/console/state/participants.js";
import { reduce } from "../../../../static/console/state/reducer.js";
import { Requests } from "../../../../static/console/state/requests.js";
import { noTransfer } from "../../../../static/console/state/state.js";
import { Store } from "../../../../static/console/state/store.js";
import { pendingTransfer } from "../../../../static/console/state/transfer.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "in_call", state_since: null };
const BRUNO = { ...ANA, id: 2, name: "Bruno" };
const anaLeg = { agent: { id: 1, name: "Ana" }, mode: "talk", state: "joined" };
const brunoLeg = (/** @type {string} */ state) => ({
  agent: { id: 2, name: "Bruno" },
  mode: "consult",
  state,
});

/**
 * Ana's call with Carla.
 * @returns {any}
 */
function carla(changes = {}) {
  return {
    id: "carla-1",
    version: 1,
    direction: "inbound",
    status: "active",
    contact: { id: 7, name: "Carla", number: "+44 7700 900123" },
    queue: "Sales",
    offered_to: [],
    agent: { id: 1, name: "Ana" },
    legs: [anaLeg],
    audio_url: "/ws/a",
    muted: false,
    created_at: "2026-01-05T09:00:00Z",
    answered_at: "2026-01-05T09:00:10Z",
    held_since: null,
    ended_at: null,
    ended_by: "",
    end_reason: "",
    end_text: "",
    ...changes,
  };
}

const held = (changes = {}) =>
  carla({ status: "held", held_since: "2026-01-05T09:01:00Z", ...changes });
const asking = () => held({ legs: [anaLeg, brunoLeg("ringing")] });
const consulting = () => held({ legs: [anaLeg, brunoLeg("joined")] });
const threeWay = () => carla({ legs: [anaLeg, brunoLeg("joined")] });

/** Ana's console; `sent` is what the server gets. */
function desk(call = carla(), { agent = ANA, online = true } = {}) {
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
  const tell = (/** @type {any} */ next) => {
    version += 1;
    store.dispatch({ type: "call", call: { ...next, version } });
  };
  const notices = () => store.state.notices.map(({ text }) => text);
  return { store, commands, sent, tell, notices };
}

test("what an agent's part in a call is follows from its snapshot", () => {
  const parts = [carla(), held(), asking(), consulting(), threeWay()];
  assert.deepEqual(
    parts.map((call) => phaseOf(call, ANA)),
    ["talk", "held", "asking", "consulting", "three_way"],
  );
  assert.deepEqual(
    [asking(), consulting(), threeWay()].map((call) => phaseOf(call, BRUNO)),
    ["none", "guest", "guest"],
  );
  assert.equal(phaseOf(carla({ status: "connecting" }), ANA), "none");
  assert.equal(phaseOf(carla({ status: "ended" }), ANA), "none");
});

test("somebody on hold and alone hears nobody, and that is right", () => {
  assert.deepEqual(
    [carla(), held(), asking(), consulting(), threeWay()].map((call) =>
      isTalking(call, ANA),
    ),
    [true, false, false, true, true],
  );
  assert.equal(isWithCaller(consulting(), ANA), false);
  assert.equal(isTalking(consulting(), BRUNO), true);
});

test("each situation is one sentence, for the agent and for the guest", () => {
  assert.equal(whoHearsWhom(carla(), ANA), "You talk with Carla.");
  assert.equal(whoHearsWhom(carla({ status: "connecting" }), ANA), "");
  assert.equal(whoHearsWhom(held(), ANA), "Carla hears music.");
  assert.equal(whoHearsWhom(asking(), ANA), "Bruno is ringing. Carla hears music.");
  assert.equal(
    whoHearsWhom(consulting(), ANA),
    "You talk with Bruno. Carla hears music.",
  );
  assert.equal(whoHearsWhom(threeWay(), ANA), "You, Carla and Bruno hear each other.");
  assert.equal(
    whoHearsWhom(consulting(), BRUNO),
    "Ana asks you about Carla, who hears music.",
  );
  assert.equal(whoHearsWhom(threeWay(), BRUNO), "You, Carla and Ana hear each other.");
});

test("hold is asked once, and the button is free again when it is done", () => {
  const { store, commands, sent, tell } = desk();
  commands.toggleHold();
  commands.toggleHold();
  assert.deepEqual(sent, [{ type: "hold", call: "carla-1" }]);
  assert.equal(pendingTransfer(store.state)?.verb, "hold");
  tell(held());
  assert.equal(pendingTransfer(store.state), null);
  commands.toggleHold();
  assert.equal(sent.at(-1)?.type, "resume");
});

test("a refusal is told, and frees the button", () => {
  const { store, commands, notices } = desk();
  commands.toggleHold();
  store.dispatch({ type: "problem", text: "Not now.", request: 1 });
  assert.deepEqual(notices(), ["Not now."]);
  assert.equal(pendingTransfer(store.state), null);
});

test("a refusal is read in the list while that is open", () => {
  const { store, commands, notices } = desk();
  commands.open();
  commands.consult(2);
  store.dispatch({ type: "problem", text: "Bruno is in a call.", request: 2 });
  assert.equal(store.state.transfer.problem, "Bruno is in a call.");
  assert.deepEqual(notices(), []);
  commands.consult(3);
  assert.equal(store.state.transfer.problem, "");
});

test("what nobody answers is given up with a word", () => {
  const { store, commands } = desk();
  commands.toggleHold();
  const later = (/** @type {number} */ ms) =>
    reduce(store.state, { type: "tick" }, performance.now() + ms);
  assert.notEqual(pendingTransfer(later(5_000)), null);
  assert.equal(pendingTransfer(later(11_000)), null);
  assert.match(later(11_000).notices[0].text, /did not reply/);
});

test("without a connection nothing is asked", () => {
  const { store, commands, notices } = desk(carla(), { online: false });
  commands.toggleHold();
  assert.equal(pendingTransfer(store.state), null);
  assert.match(notices()[0], /cannot be reached/);
});

test("the list asks who can take the call, and closes once a colleague is asked", () => {
  const { store, commands, sent, tell } = desk();
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

test("a call handed on is gone, with the list and the wish", () => {
  const { store, commands, sent, tell } = desk();
  commands.open();
  commands.toQueue("q1");
  assert.deepEqual(sent.at(-1), { type: "transfer", call: "carla-1", queue: "q1" });
  tell(carla({ status: "waiting", agent: null, legs: [] }));
  assert.equal(store.state.transfer.open, null);
  assert.equal(pendingTransfer(store.state), null);
});

test("the agent reads when a colleague does not come, and when one leaves", () => {
  const { tell, notices } = desk(asking());
  tell(held());
  assert.deepEqual(notices(), ["Bruno did not take the call. Carla is still on hold."]);
  tell(consulting());
  tell(held());
  assert.equal(notices().at(-1), "Bruno has left. Carla is still on hold.");
  tell(threeWay());
  tell(carla());
  assert.equal(notices().at(-1), "Bruno has left. You talk with Carla.");
});

test("nothing is told of what the agent did", () => {
  const { commands, tell, notices } = desk(asking());
  commands.cancelConsult();
  tell(held());
  assert.deepEqual(notices(), []);
});

test("back to the caller means: the colleague goes, then the caller is heard", () => {
  const { commands, sent, tell } = desk(consulting());
  commands.back();
  assert.deepEqual(sent, [{ type: "cancel_consult", call: "carla-1" }]);
  tell(held());
  assert.deepEqual(sent.at(-1), { type: "resume", call: "carla-1" });
  tell(carla());
  tell(held());
  assert.equal(sent.length, 2);
});

test("a colleague who may not be sent away is not joined by the caller instead", () => {
  const { store, commands, sent, tell } = desk(consulting());
  commands.back();
  store.dispatch({ type: "problem", text: "Too late.", request: 1 });
  tell(held());
  assert.equal(sent.length, 1);
});

test("a guest holds nothing, hands nothing on, and reads when it is over", () => {
  const { commands, sent, tell, notices } = desk(consulting(), { agent: BRUNO });
  commands.toggleHold();
  commands.open();
  commands.complete();
  assert.deepEqual(sent, []);
  tell(held());
  assert.deepEqual(notices(), ["Ana goes on without you."]);
});

test("a guest who gets the call is not told that it goes on without them", () => {
  const { tell, notices } = desk(consulting(), { agent: BRUNO });
  tell(carla({ agent: { id: 2, name: "Bruno" }, legs: [brunoLeg("joined")] }));
  assert.deepEqual(notices(), []);
});

test("typing finds by parts of a name, whoever can take the call first", () => {
  const agents = [
    { id: 1, name: "José Almeida", state: "in_call", can_take: false },
    { id: 2, name: "Zoé Alba", state: "available", can_take: true },
    { id: 3, name: "Bruno", state: "available", can_take: true },
  ];
  const queues = [{ id: 9, name: "Sales", waiting: 2, ready: 0 }];
  const found = (/** @type {string} */ filter) => {
    const all = foundTargets({ ...noTransfer, filter, targets: { agents, queues } });
    return [...all.agents, ...all.queues].map(({ name }) => name);
  };
  assert.deepEqual(found(""), ["Bruno", "Zoé Alba", "José Almeida", "Sales"]);
  assert.deepEqual(found("al"), ["Zoé Alba", "José Almeida", "Sales"]);
  assert.deepEqual(found("al jose "), ["José Almeida"]);
  assert.deepEqual(found("nobody"), []);
  assert.deepEqual(foundTargets(noTransfer), { agents: [], queues: [] });
});

test("arrow keys lead from the field through the buttons that can be pressed", () => {
  const rows = [2, 0, 1];
  assert.deepEqual(nextTarget(rows, null, "ArrowDown"), { row: 0, column: 0 });
  assert.deepEqual(nextTarget(rows, { row: 0, column: 0 }, "ArrowRight"), {
    row: 0,
    column: 1,
  });
  assert.deepEqual(nextTarget(rows, { row: 0, column: 1 }, "ArrowDown"), {
    row: 2,
    column: 0,
  });
  assert.deepEqual(nextTarget(rows, { row: 2, column: 0 }, "ArrowDown"), {
    row: 2,
    column: 0,
  });
  assert.equal(nextTarget(rows, { row: 0, column: 0 }, "ArrowUp"), null);
  assert.equal(nextTarget(rows, null, "ArrowLeft"), undefined);
  assert.equal(nextTarget(rows, { row: 0, column: 0 }, "Enter"), undefined);
  assert.equal(nextTarget([], null, "ArrowDown"), undefined);
});

test("a soft note every 45 seconds reminds of who is on hold, and of nobody else", () => {
  let heard = 0;
  const reminder = new HoldReminder({
    useSpeaker: () => {},
    start: () => {
      heard += 1;
    },
    stop: () => {},
  });
  const start = Date.parse("2026-01-05T09:01:00Z");
  const follow = (/** @type {any} */ call, /** @type {number} */ seconds) =>
    reminder.follow(desk(call).store.state, start + seconds * 1000, "");
  for (const second of [1, 44, 46, 60, 89, 91]) follow(held(), second);
  assert.equal(heard, 2);
  for (const second of [100, 200]) follow(consulting(), second);
  for (const second of [300, 400]) follow(carla(), second);
  assert.equal(heard, 2);
});

test("a page loaded while somebody is on hold does not catch up on reminders", () => {
  let heard = 0;
  const start = () => {
    heard += 1;
  };
  const reminder = new HoldReminder({ useSpeaker: () => {}, start, stop: () => {} });
  const { state } = desk(held()).store;
  reminder.follow(state, Date.parse("2026-01-05T09:03:00Z"), "");
  assert.equal(heard, 0);
  reminder.follow(state, Date.parse("2026-01-05T09:03:16Z"), "");
  assert.equal(heard, 1);
});
