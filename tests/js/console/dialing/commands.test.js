import assert from "node:assert/strict";
import { test } from "node:test";
import { DialingCommands } from "../../../../static/console/dialing/commands.js";
import { Store } from "../../../../static/console/state/store.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "available", state_since: null };
const NO = {
  allowed: false,
  sentence: "This person declined to be called.",
  advice: "",
  until: null,
  earliest: null,
};
const YES = { ...NO, allowed: true, sentence: "You may call." };
const NUMBER = "+49 1511 2345678";

/** @returns {any} */
const carla = (more = {}) => ({
  contact: 7,
  name: "Carla Gomes",
  number: NUMBER,
  line: 10,
  call: YES,
  ask: NO,
  belief: { sentence: "Not checked.", at: null, confirmed: false, checked_at: null },
  checking: false,
  plan: null,
  ...more,
});

/** @returns {any} */
const plan = (more = {}) => ({
  id: "plan-1",
  version: 1,
  state: "offered",
  contact: 7,
  name: "Carla Gomes",
  number: NUMBER,
  line: 10,
  kind: "request",
  created_at: "2026-01-05T09:00:00Z",
  due_at: null,
  expires_at: null,
  sentence: "",
  ...more,
});

/** Ana's console as far as calling out goes; `sent` is what the server gets. */
function openConsole({ online = true, sounds = true } = {}) {
  const store = new Store();
  /** @type {any[]} */
  const sent = [];
  /** @param {string} type @param {any} [fields] */
  const send = (type, fields) => {
    if (!online) return 0;
    sent.push({ type, ...fields });
    return sent.length;
  };
  const commands = new DialingCommands(store, { send }, { open: async () => sounds });
  store.addEventListener("change", () => commands.follow());
  store.dispatch({
    type: "console",
    agent: ANA,
    calls: [],
    plans: [],
    lines: [{ id: 10, name: "Shop", number: "+49 30 123456" }],
  });
  const tell = (/** @type {any} */ person, /** @type {any} */ request = 1) => {
    const message = { type: "person", person, request };
    store.dispatch(message);
    commands.heard(message);
  };
  const find = (/** @type {any} */ person) => {
    commands.typeNumber(NUMBER, false);
    commands.finishNumber();
    tell(person, sent.length);
  };
  return { store, sent, commands, tell, find };
}

test("Enter looks the number up for the chosen business number, once", () => {
  const { sent, commands } = openConsole();
  commands.typeNumber(NUMBER, false);
  commands.finishNumber(true);
  commands.finishNumber(true);
  commands.finishNumber();
  assert.deepEqual(sent, [{ type: "look_up", number: NUMBER, line: 10 }]);
});

test("Enter tries again after a look-up that failed", () => {
  const { store, sent, commands } = openConsole();
  commands.typeNumber(NUMBER, false);
  commands.finishNumber(true);
  store.dispatch({ type: "problem", text: "Not now.", request: 1 });
  commands.finishNumber();
  assert.equal(sent.length, 1);
  commands.finishNumber(true);
  assert.equal(sent.length, 2);
  assert.equal(store.state.dialing.problem, "");
});

const READINGS = [
  { number: "+49 491 5112345678", country: "DE", name: "" },
  { number: NUMBER, country: "DE", name: "Carla Gomes" },
];

test("the number that is meant is looked up once it is chosen", () => {
  const { store, sent, commands, tell } = openConsole();
  commands.typeNumber("4915112345678", false);
  commands.finishNumber();
  store.dispatch({ type: "readings", readings: READINGS, request: 1 });
  assert.deepEqual(store.state.dialing.readings, READINGS);
  assert.equal(store.state.dialing.lookingSince, null);

  commands.chooseNumber(NUMBER);
  assert.deepEqual(sent[1], { type: "look_up", number: NUMBER, line: 10 });
  assert.equal(store.state.dialing.number, NUMBER);
  assert.deepEqual(store.state.dialing.readings, []);
  tell(carla(), 2);
  assert.equal(store.state.dialing.person?.name, "Carla Gomes");
});

test("another business number looks the same number up again", () => {
  const { store, sent, commands, find } = openConsole();
  find(carla());
  commands.chooseLine(11);
  assert.equal(store.state.dialing.person, null);
  assert.deepEqual(sent.at(-1), { type: "look_up", number: NUMBER, line: 11 });
});

test("without a connection the agent reads so beside the field", () => {
  const { store, commands } = openConsole({ online: false });
  commands.typeNumber(NUMBER, false);
  commands.finishNumber();
  assert.match(store.state.dialing.problem, /cannot be reached/);
});

test("a double click is one call", async () => {
  const { sent, commands, find } = openConsole();
  find(carla());
  await Promise.all([commands.callPerson(), commands.callPerson()]);
  await commands.callPerson();
  const calls = sent.filter(({ type }) => type === "call");
  assert.deepEqual(calls, [{ type: "call", contact: 7, line: 10 }]);
});

test("no contact is called without audio, or against the verdict", async () => {
  const deaf = openConsole({ sounds: false });
  deaf.find(carla());
  await deaf.commands.callPerson();
  const forbidden = openConsole();
  forbidden.find(carla({ call: NO }));
  await forbidden.commands.callPerson();
  forbidden.commands.askPerson();
  for (const { sent } of [deaf, forbidden]) {
    assert.deepEqual(
      sent.map(({ type }) => type),
      ["look_up"],
    );
  }
});

test("a double click is one permission request", () => {
  const { sent, commands, find } = openConsole();
  find(carla({ call: NO, ask: YES }));
  commands.askPerson();
  commands.askPerson();
  assert.deepEqual(sent.slice(1), [{ type: "ask", contact: 7, line: 10 }]);
});

test("a proposal is called or cancelled by its scheduled call", async () => {
  const { store, sent, commands } = openConsole();
  store.dispatch({ type: "plans", plans: [plan(), plan({ id: "two", contact: 8 })] });
  await commands.callPlan("plan-1");
  await commands.callPlan("two");
  commands.dropPlan("two");
  assert.deepEqual(sent, [
    { type: "call_plan", plan: "plan-1" },
    { type: "drop_plan", plan: "two" },
  ]);
});

test("an expired verdict is asked for again, but only once", () => {
  const { sent, commands, find } = openConsole();
  const until = "2026-01-05T10:00:00Z";
  const over = Date.parse(until);
  find(carla({ call: { ...YES, until } }));
  commands.tick(over - 1);
  assert.equal(sent.length, 1);
  for (let second = 0; second < 60; second += 1) {
    commands.tick(over + second * 1000);
  }
  assert.equal(sent.length, 2);
});

test("when Carla declines the agent reads so, though the scheduled call has just ended", () => {
  const { store, sent, tell } = openConsole();
  store.dispatch({ type: "plans", plans: [plan({ state: "waiting" })] });
  store.dispatch({ type: "plans", plans: [] });
  assert.deepEqual(sent, [{ type: "look_up", number: NUMBER, line: 10 }]);
  tell(carla({ call: NO }));
  const [note] = store.state.notices;
  assert.equal(note.who, "Carla Gomes");
  assert.equal(note.text, "This person declined to be called.");
  assert.equal(store.state.dialing.person, null);
});

test("a proposal that went to another agent is explained, too", () => {
  const { store, tell } = openConsole();
  store.dispatch({ type: "plans", plans: [plan()] });
  store.dispatch({ type: "plans", plans: [] });
  tell(carla());
  assert.match(store.state.notices[0].text, /no longer offered to you/);
});
