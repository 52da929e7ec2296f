import assert from "node:assert/strict";
import { test } from "node:test";
import { DayCommands } from "../../../../static/console/floor/commands.js";
import { breakLeft } from "../../../../static/console/state/floor.js";
import { Requests } from "../../../../static/console/state/requests.js";
import { Store } from "../../../../static/console/state/store.js";
import { ANA, NOW, talking } from "../calls.js";

const QUEUES = [
  { id: 1, name: "Support" },
  { id: 2, name: "Sales" },
];
const SINCE = "2026-01-05T08:59:00Z";
const FLOOR = {
  type: "floor",
  queues: [
    { id: 1, name: "Support", waiting: 2, waiting_since: SINCE, ready: 1 },
    { id: 2, name: "Sales", waiting: 0, waiting_since: null, ready: 0 },
  ],
  agents: [{ id: 2, name: "Bruno", state: "available", can_take: true }],
  signed_in: 1,
  ended: 0,
};

function openConsole() {
  const store = new Store();
  /** @type {any[]} */
  const sent = [];
  const send = (/** @type {string} */ type) => sent.push(type);
  const day = new DayCommands(store, new Requests(store, { send }));
  store.addEventListener("change", () => day.follow());
  store.dispatch({ type: "console", agent: ANA, calls: [], queues: QUEUES });
  return { store, sent, day };
}

test("the queues have their rows before there are figures, so that nothing moves", () => {
  const { store } = openConsole();
  const { queues, isKnown } = store.state.floor;
  assert.deepEqual(
    queues.map(({ name, waiting }) => [name, waiting]),
    [
      ["Support", null],
      ["Sales", null],
    ],
  );
  assert.equal(isKnown, false);
  store.dispatch(FLOOR);
  assert.equal(store.state.floor.queues[0].waiting, 2);
  // A refresh does not take the figures away.
  store.dispatch({ type: "console", agent: ANA, calls: [], queues: QUEUES });
  assert.equal(store.state.floor.queues[0].waiting, 2);
});

test("figures from before a lost connection are not shown as if they were of now", () => {
  const { store } = openConsole();
  store.dispatch(FLOOR);
  store.dispatch({ type: "connection", connection: "lost" });
  store.dispatch({ type: "console", agent: ANA, calls: [], queues: QUEUES });
  assert.equal(store.state.floor.queues[0].waiting, null);
  assert.deepEqual(store.state.floor.agents, []);
});

test("the day is read after each change of the agent's state, and not in a call", () => {
  const { store, sent, day } = openConsole();
  day.tick(1_000);
  assert.deepEqual(sent, ["my_day"]);
  day.tick(5_000);
  assert.equal(sent.length, 1);
  store.dispatch({ type: "call", call: talking() });
  store.dispatch({ type: "agent", agent: { ...ANA, version: 2, state: "in_call" } });
  day.tick(9_000);
  assert.equal(sent.length, 1);
  store.dispatch({ type: "call", call: talking({ version: 2, status: "ended" }) });
  day.tick(9_500);
  assert.equal(sent.length, 2);
  day.tick(609_000);
  assert.equal(sent.length, 2);
  day.tick(610_000); // midnight may have passed
  assert.equal(sent.length, 3);
});

test("a break that lasts is taken from what is left of it, second by second", () => {
  const lunch = { name: "Lunch", allowed: 1800, used: 600 };
  const away = (/** @type {string} */ reason) => ({
    ...ANA,
    state: "on_break",
    reason,
    state_since: SINCE,
  });
  assert.equal(breakLeft(lunch, ANA, NOW), 1200);
  assert.equal(breakLeft(lunch, away("Training"), NOW), 1200);
  assert.equal(breakLeft(lunch, away("Lunch"), NOW), 1140);
  assert.equal(breakLeft(lunch, away("Lunch"), NOW + 1_200_000), -60);
});
