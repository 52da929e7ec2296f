import assert from "node:assert/strict";
import { test } from "node:test";
import { CallerCardCommands } from "../../../../static/console/caller-card/commands.js";
import {
  cardCall,
  cardName,
  cardPerson,
  earlierCalls,
} from "../../../../static/console/state/caller-card.js";
import { Store } from "../../../../static/console/state/store.js";

const ANA = { id: 1, version: 1, name: "Ana", state: "available", state_since: null };

/**
 * A call that rings at Ana's console.
 * @returns {any}
 */
const ringing = (changes = {}) => ({
  id: "carla-1",
  version: 1,
  direction: "inbound",
  status: "ringing",
  contact: { id: null, name: "", number: "+44 7700 900123" },
  queue: "",
  offered_to: [1],
  agent: null,
  muted: false,
  created_at: "2026-01-05T09:00:00Z",
  answered_at: null,
  ended_at: null,
  ...changes,
});

const inCall = (changes = {}) =>
  ringing({ status: "active", agent: { id: 1, name: "Ana" }, ...changes });

/** @returns {any} */
const person = (changes = {}) => ({
  contact: null,
  name: "",
  number: "+44 7700 900123",
  calls: [],
  callbacks: [],
  ...changes,
});

/** Ana's console with these calls; `sent` is what the server gets. */
function openConsole(/** @type {any[]} */ ...calls) {
  const store = new Store();
  const sent = /** @type {any[]} */ ([]);
  const commands = new CallerCardCommands(store, {
    send: (type, fields) => sent.push({ type, ...fields }),
  });
  store.addEventListener("change", () => commands.follow());
  const connect = () =>
    store.dispatch({ type: "console", agent: ANA, calls, plans: [], lines: [] });
  connect();
  const tell = (/** @type {any} */ call) => store.dispatch({ type: "call", call });
  const reply = (/** @type {any} */ known, request = sent.length) =>
    store.dispatch({ type: "card", call: "carla-1", person: known, request });
  const shown = () =>
    cardPerson(store.state, /** @type {any} */ (cardCall(store.state)));
  return { store, commands, sent, tell, reply, shown, connect };
}

test("as soon as a call rings, its contact is looked up, once until the end", () => {
  const { sent, tell, reply, shown } = openConsole();
  assert.deepEqual(sent, []);
  tell(ringing());
  reply(person({ name: "Carla" }));
  tell(inCall({ version: 2 }));
  assert.deepEqual(sent, [{ type: "card", call: "carla-1" }]);
  assert.equal(shown()?.name, "Carla");
});

test("another call that rings does not hide who Ana talks with", () => {
  const { store, tell } = openConsole(inCall());
  tell(ringing({ id: "other" }));
  assert.equal(cardCall(store.state)?.id, "carla-1");
});

test("the contact stays through the wrap-up and is gone after it", () => {
  const { store, sent, tell, reply, shown } = openConsole(inCall());
  reply(person({ name: "Carla" }));
  const over = inCall({ version: 2, status: "ended" });
  const work = {
    call: "carla-1",
    call_snapshot: over,
    notes: "",
    choices: [],
    over: true,
  };
  store.dispatch({ type: "work", work });
  tell(over);
  assert.equal(shown()?.name, "Carla");
  store.dispatch({ type: "work", work: null });
  assert.equal(cardCall(store.state), null);
  assert.equal(store.state.card.person, null);
  assert.equal(sent.length, 1);
});

test("a reply about a call that is over is not shown with the next one", () => {
  const { tell, reply, shown } = openConsole(ringing());
  tell(ringing({ version: 2, status: "ended" }));
  tell(ringing({ id: "other" }));
  reply(person({ name: "Carla" }));
  assert.equal(shown(), null);
});

test("an unknown caller is named in the call, and the name is shown at once", () => {
  const { store, commands, sent, tell, reply } = openConsole(inCall());
  reply(person());
  commands.startNaming();
  assert.equal(store.state.card.naming, "");
  commands.typeName("  Carla Gomes ");
  commands.saveName();
  assert.deepEqual(sent.slice(1), [
    { type: "name_person", call: "carla-1", name: "Carla Gomes" },
    { type: "card", call: "carla-1" },
  ]);
  const name = () => cardName(store.state, /** @type {any} */ (cardCall(store.state)));
  assert.equal(store.state.card.naming, null);
  assert.equal(name(), "Carla Gomes");
  tell(inCall({ version: 2, contact: { id: 7, name: "Carla Gomes", number: "" } }));
  assert.equal(sent.length, 4);
  reply(person({ contact: 7, name: "Carla Gomes" }));
  assert.equal(store.state.asked.name_person, undefined);
  assert.equal(name(), "Carla Gomes");
});

test("an older reply does not undo a new name", () => {
  const { store, commands, reply } = openConsole(inCall());
  commands.typeName("Carla");
  commands.saveName();
  reply(person(), 1);
  assert.equal(cardName(store.state, inCall()), "Carla");
});

test("a rejected name is reported, and the old one stays", () => {
  const { store, commands } = openConsole(
    inCall({ contact: { id: 7, name: "C.", number: "" } }),
  );
  commands.typeName("Carla");
  commands.saveName();
  store.dispatch({ type: "problem", text: "That name is too long.", request: 2 });
  assert.equal(cardName(store.state, inCall({ contact: { name: "C." } })), "C.");
  assert.equal(store.state.notices[0].text, "That name is too long.");
});

test("no name and the same name are not sent", () => {
  const { store, commands, sent } = openConsole(
    inCall({ contact: { name: "Carla", number: "" } }),
  );
  commands.typeName("   ");
  commands.saveName();
  assert.equal(store.state.card.naming, "   ");
  commands.typeName("Carla");
  commands.saveName();
  assert.equal(store.state.card.naming, null);
  assert.equal(sent.length, 1);
});

test("after a lost connection the contact is looked up again", () => {
  const { store, commands, sent, connect } = openConsole(inCall());
  store.dispatch({ type: "connection", connection: "lost" });
  connect();
  commands.repeat();
  assert.deepEqual(sent, [
    { type: "card", call: "carla-1" },
    { type: "card", call: "carla-1" },
  ]);
});

test("the call that is going on is no earlier call", () => {
  const calls = /** @type {any} */ ([{ id: "carla-1" }, { id: "before" }]);
  assert.deepEqual(
    earlierCalls(person({ calls }), inCall()).map(({ id }) => id),
    ["before"],
  );
});
