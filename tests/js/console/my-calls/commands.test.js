import assert from "node:assert/strict";
import { test } from "node:test";
import { MyCallsCommands } from "../../../../static/console/my-calls/commands.js";
import { MOST_ROWS } from "../../../../static/console/state/my-calls.js";
import { Requests } from "../../../../static/console/state/requests.js";
import { Store } from "../../../../static/console/state/store.js";
import { ANA, carla, talking } from "../calls.js";

const AT = "2026-01-05T08:00:00Z";
const YES = { allowed: true, sentence: "You can call.", advice: "" };

/** @returns {any} */
const row = (id = "1", more = {}) => ({
  id,
  at: AT,
  kind: "missed",
  contact: { id: 7, name: "Carla", number: "+49 1511 2345678" },
  line: 10,
  call: YES,
  ask: YES,
  ...more,
});

/** Ana's console; `seen` is whether anybody can look at it. */
function openConsole({ seen = true } = {}) {
  const store = new Store();
  /** @type {any[]} */
  const sent = [];
  const send = (/** @type {string} */ type, /** @type {any} */ fields) =>
    sent.push({ type, ...fields });
  /** @type {any[]} */
  const pressed = [];
  const dial = {
    callContact: (/** @type {any} */ whom) => pressed.push(["call", whom]),
    askContact: (/** @type {any} */ whom) => pressed.push(["ask", whom]),
  };
  const page = { seen };
  const commands = new MyCallsCommands(
    store,
    new Requests(store, { send }),
    dial,
    () => page.seen,
  );
  store.addEventListener("change", () => commands.follow());
  store.dispatch({ type: "console", agent: ANA, calls: [] });
  const told = (/** @type {any[]} */ calls, more = false, request = sent.length) =>
    store.dispatch({ type: "my_calls", kind: "", calls, more, request });
  return { store, sent, commands, told, pressed, page };
}

test("the list is read once the page is there, and no more while nothing happens", () => {
  const { store, sent, commands, told } = openConsole();
  commands.tick(1_000);
  const first = { type: "my_calls", kind: "", before: null, last: null };
  assert.deepEqual(sent, [first]);
  told([row()]);
  for (const now of [2_000, 60_000, 600_000]) commands.tick(now);
  assert.equal(sent.length, 1);
  assert.equal(store.state.myCalls.calls.length, 1);
});

test("a page that nobody sees does not ask", () => {
  const { sent, commands, page } = openConsole({ seen: false });
  commands.tick(1_000);
  assert.equal(sent.length, 0);
  page.seen = true;
  commands.tick(2_000);
  assert.equal(sent.length, 1);
});

test("it is read again soon after a call of this agent, not during it", () => {
  const { store, sent, commands, told } = openConsole();
  commands.tick(1_000);
  told([]);
  store.dispatch({ type: "call", call: talking() });
  commands.tick(5_000);
  assert.equal(sent.length, 1);
  store.dispatch({ type: "call", call: talking({ version: 2, status: "ended" }) });
  commands.tick(6_000);
  commands.tick(7_000);
  assert.equal(sent.length, 2);
});

test("calls of colleagues are read together, once in half a minute", () => {
  const { store, sent, commands, told } = openConsole();
  commands.tick(1_000);
  told([]);
  const floor = { type: "floor", queues: [], agents: [], signed_in: 0 };
  for (const ended of [1, 2, 3]) {
    store.dispatch({ ...floor, ended });
    commands.tick(2_000);
  }
  assert.equal(sent.length, 1);
  commands.tick(37_000);
  assert.equal(sent.length, 2);
});

test("older calls follow below, and what is kept is bounded", () => {
  const { store, sent, commands, told } = openConsole();
  commands.tick(1_000);
  told([row("1"), row("2")], true);
  commands.more();
  commands.more(); // a double click
  const next = { type: "my_calls", kind: "", before: AT, last: "2" };
  assert.deepEqual(sent[1], next);
  assert.equal(sent.length, 2);
  told([row("3")], true);
  assert.deepEqual(
    store.state.myCalls.calls.map(({ id }) => id),
    ["1", "2", "3"],
  );
  commands.more();
  told(
    Array.from({ length: 300 }, (_, place) => row(`x${place}`)),
    true,
  );
  assert.equal(store.state.myCalls.calls.length, MOST_ROWS);
  assert.equal(store.state.myCalls.more, false);
});

test("another kind empties the list, and a late page of the first is dropped", () => {
  const { store, commands, told } = openConsole();
  commands.tick(1_000);
  commands.show("missed");
  assert.equal(store.state.myCalls.isLoaded, false);
  told([row("old")], false, 1);
  assert.deepEqual(store.state.myCalls.calls, []);
  told([row("new")], false, 2);
  assert.deepEqual(
    store.state.myCalls.calls.map(({ id }) => id),
    ["new"],
  );
});

test("a refusal is told, and the list can be asked for again", () => {
  const { store, sent, commands } = openConsole();
  commands.tick(1_000);
  store.dispatch({ type: "problem", text: "Too many requests.", request: 1 });
  assert.equal(store.state.myCalls.request, 0);
  assert.equal(store.state.notices.at(-1)?.text, "Too many requests.");
  commands.show("");
  assert.equal(sent.length, 2);
});

test("what never came is asked for again", () => {
  const { sent, commands } = openConsole();
  commands.tick(1_000);
  commands.tick(5_000);
  assert.equal(sent.length, 1);
  commands.tick(12_000);
  assert.equal(sent.length, 2);
});

test("one press calls back, by the number of the call", () => {
  const { commands, pressed } = openConsole();
  commands.callBack(row());
  commands.ask(row());
  commands.callBack(row("2", { line: null }));
  const whom = { contact: 7, line: 10 };
  assert.deepEqual(pressed, [
    ["call", whom],
    ["ask", whom],
  ]);
});

test("WhatsApp's news of a contact are beside all of their calls", () => {
  const { store, commands, told } = openConsole();
  commands.tick(1_000);
  told([row("1"), row("2", { line: 11 }), row("3")]);
  const NO = { allowed: false, sentence: "Revoked.", advice: "" };
  const person = { contact: 7, line: 10, call: NO, ask: YES };
  store.dispatch({ type: "person", person, request: null });
  assert.deepEqual(
    store.state.myCalls.calls.map(({ call }) => call?.allowed),
    [false, true, false],
  );
});

test("a call that rings does not empty the list", () => {
  const { store, commands, told } = openConsole();
  commands.tick(1_000);
  told([row()]);
  store.dispatch({ type: "call", call: carla() });
  assert.equal(store.state.myCalls.calls.length, 1);
});
