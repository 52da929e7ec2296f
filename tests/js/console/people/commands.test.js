import assert from "node:assert/strict";
import { test } from "node:test";
import { DialingCommands } from "../../../../static/console/dialing/commands.js";
import { PeopleCommands } from "../../../../static/console/people/commands.js";
import { FindField } from "../../../../static/console/people/find-field.js";
import { Requests } from "../../../../static/console/state/requests.js";
import { Store } from "../../../../static/console/state/store.js";
import { ANA, talking } from "../calls.js";

const NO = {
  allowed: false,
  sentence: "This person has not allowed calls yet.",
  advice: "",
  until: null,
  earliest: null,
};

/** @returns {any} */
const found = (id = 7, name = "Carla Gomes") => ({
  id,
  name,
  number: "+49 1511 2345678",
  username: "",
  line: 10,
  call: NO,
  ask: NO,
  last_call: null,
  chat: "",
});

/** @returns {any} */
const person = (contact = 7, name = "Carla Gomes") => ({
  contact,
  name,
  number: "+49 1511 2345678",
  line: 10,
  call: NO,
  ask: NO,
  belief: { sentence: "", at: null, confirmed: false, checked_at: null },
  checking: false,
  plan: null,
  chat: "",
});

function openConsole() {
  const store = new Store();
  /** @type {any[]} */
  const sent = [];
  const socket = {
    send: (/** @type {string} */ type, /** @type {any} */ fields) =>
      sent.push({ type, ...fields }),
  };
  const dial = new DialingCommands(store, socket, { open: async () => true });
  const people = new PeopleCommands(store, new Requests(store, socket), dial);
  store.addEventListener("change", () => people.follow());
  store.dispatch({
    type: "console",
    agent: ANA,
    calls: [],
    plans: [],
    lines: [{ id: 10, name: "Shop", number: "+49 30 123456" }],
  });
  const tell = (/** @type {any} */ who, /** @type {number} */ request) => {
    const message = { type: "person", person: who, request };
    people.heard(message);
    store.dispatch(message);
    dial.heard(message);
  };
  /** Type a text, and let these be found. */
  const type = (/** @type {string} */ text, /** @type {any[]} */ options) => {
    dial.typeNumber(text, false);
    people.enter();
    const request = sent.length;
    store.dispatch({ type: "found", people: options, more: false, request });
  };
  return { store, sent, dial, people, tell, type };
}

test("what is typed is looked for after a pause, once", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const asked = [];
  const field = new FindField((text) => asked.push(text), 200);
  for (const text of ["C", "Ca", "Car "]) {
    field.typed(text);
    context.mock.timers.tick(150);
  }
  assert.deepEqual(asked, []);
  context.mock.timers.tick(60);
  assert.deepEqual(asked, ["Car"]);
  field.typed("Carl");
  field.stop();
  context.mock.timers.tick(500);
  assert.deepEqual(asked, ["Car"]);
});

test("Enter after a name chooses the first contact, and looks that one up", () => {
  const { store, sent, people, type, tell } = openConsole();
  type("carla", [found(), found(8, "Carla Other")]);
  assert.ok(people.chooseActive("carla", false));
  assert.deepEqual(sent.at(-1), { type: "look_up", contact: 7, line: 10 });
  assert.equal(store.state.dialing.number, "Carla Gomes");
  assert.equal(store.state.people.isOpen, false);
  tell(person(), sent.length);
  assert.equal(store.state.dialing.person?.contact, 7);
});

test("the arrow keys go through what was found, and back to the field", () => {
  const { store, sent, people, type } = openConsole();
  type("carla", [found(), found(8, "Carla Other")]);
  const places = [];
  for (let press = 0; press < 4; press += 1) {
    people.move(1);
    places.push(store.state.people.active);
  }
  assert.deepEqual(places, [0, 1, -1, 0]);
  people.move(-1);
  assert.equal(store.state.people.active, -1);
  people.move(-1);
  people.chooseActive("carla", false);
  assert.equal(sent.at(-1).contact, 8);
});

test("a whole number is looked up as such, whatever was found", () => {
  const { people, type } = openConsole();
  type("+49 1511 2345678", [found()]);
  assert.equal(people.chooseActive("+49 1511 2345678", true), false);
});

test("Enter chooses nobody who was found for another text", () => {
  const { people, dial, type } = openConsole();
  type("carla", [found()]);
  dial.typeNumber("carlo", false);
  assert.equal(people.chooseActive("carlo", false), false);
});

test("a late answer does not show what the field does not read any more", () => {
  const { store, people, dial } = openConsole();
  dial.typeNumber("ca", false);
  people.enter();
  dial.typeNumber("do", false);
  people.enter();
  store.dispatch({ type: "found", people: [found()], more: false, request: 1 });
  assert.equal(store.state.people.options.length, 0);
  store.dispatch({
    type: "found",
    people: [found(9, "Dora")],
    more: false,
    request: 2,
  });
  assert.equal(store.state.people.options[0].name, "Dora");
});

test("a call that takes the page closes the list", () => {
  const { store, type } = openConsole();
  type("carla", [found()]);
  store.dispatch({ type: "call", call: talking() });
  assert.equal(store.state.people.isOpen, false);
});

test("a contact that was added is shown, ready to be called", () => {
  const { store, sent, people, tell } = openConsole();
  people.openForm({ number: "+49 1511 2345678" });
  people.save();
  assert.equal(store.state.people.form?.problem, "Enter a name first.");
  people.change({ name: " Erik " });
  assert.equal(store.state.people.form?.problem, "");
  people.save();
  people.save(); // a double click
  assert.deepEqual(sent, [
    {
      type: "save_contact",
      contact: null,
      name: "Erik",
      number: "+49 1511 2345678",
      line: 10,
    },
  ]);
  tell(person(9, "Erik"), 1);
  assert.equal(store.state.people.form, null);
  assert.equal(store.state.dialing.person?.contact, 9);
  assert.equal(store.state.dialing.number, "Erik");
});

test("a contact that was added is the one that is asked about again", () => {
  const { sent, people, dial, tell } = openConsole();
  people.openForm({ name: "Erik", number: "+49 1511 2345678" });
  people.save();
  tell(person(9, "Erik"), 1);
  dial.repeatLookUp();
  assert.deepEqual(sent.at(-1), { type: "look_up", contact: 9, line: 10 });
});

test("a refusal stands in the form, and the form stays", () => {
  const { store, people } = openConsole();
  people.openForm({ name: "Erik", number: "+49 1511 2345678" });
  people.save();
  const text = "Carla has this number already.";
  store.dispatch({ type: "problem", text, request: 1 });
  assert.equal(store.state.people.form?.problem, text);
  assert.equal(store.state.notices.length, 0);
  people.save();
  assert.notEqual(store.state.people.form?.request, 0);
});

test("which number is meant is asked in the form", () => {
  const { store, sent, people } = openConsole();
  people.openForm({ name: "Erik", number: "4915112345678" });
  people.save();
  const readings = [
    { number: "+49 1511 2345678", country: "DE", name: "" },
    { number: "+49 491 5112345678", country: "DE", name: "" },
  ];
  store.dispatch({ type: "readings", readings, request: 1 });
  assert.deepEqual(store.state.people.form?.readings, readings);
  assert.deepEqual(store.state.dialing.readings, []);
  people.chooseNumber("+49 1511 2345678");
  assert.equal(sent.at(-1).number, "+49 1511 2345678");
});

test("a lost connection says that the contact may not be stored", () => {
  const { store, people } = openConsole();
  people.openForm({ name: "Erik", number: "+49 1511 2345678" });
  people.save();
  store.dispatch({ type: "connection", connection: "lost" });
  store.dispatch({ type: "console", agent: ANA, calls: [], plans: [], lines: [] });
  assert.match(store.state.people.form?.problem ?? "", /connection was lost/);
  assert.equal(store.state.people.form?.request, 0);
});
