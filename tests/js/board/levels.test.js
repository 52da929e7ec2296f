import assert from "node:assert/strict";
import { test } from "node:test";
import { agentLevel, callLevel, levelOf, worst } from "../../../static/board/levels.js";
import { agent, ago, call, NOW, queue, THRESHOLDS } from "./floor.js";

const QUEUES = new Map([[1, queue()]]);

for (const [figure, value, level] of /** @type {const} */ ([
  ["service", 80, ""],
  ["service", 79.9, "warn"],
  ["service", 60, "warn"],
  ["service", 59.9, "alarm"],
  ["waiting", 2, ""],
  ["waiting", 3, "warn"],
  ["waiting", 6, "alarm"],
  ["wait", 59, "warn"],
  ["available", 2, ""],
  ["available", 1, "warn"],
  ["available", 0, "alarm"],
])) {
  test(`${figure} of ${value} is ${level || "fine"}`, () => {
    assert.equal(levelOf(figure, value, THRESHOLDS[figure]), level);
  });
}

test("without a value, or without thresholds, there is nothing to judge", () => {
  assert.equal(levelOf("service", null, [80, 60]), "");
  assert.equal(levelOf("service", 0, undefined), "");
});

test("a threshold of 0 is off", () => {
  assert.equal(levelOf("waiting", 100, [0, 0]), "");
  assert.equal(levelOf("waiting", 100, [3, 0]), "warn");
  assert.equal(levelOf("waiting", 100, [0, 6]), "alarm");
  assert.equal(levelOf("service", 0, [0, 0]), "");
});

test("the worst of several", () => {
  assert.equal(worst([]), "");
  assert.equal(worst(["", "warn", ""]), "warn");
  assert.equal(worst(["warn", "alarm", ""]), "alarm");
});

test("a call is judged by what it does, with the thresholds of its queue", () => {
  assert.equal(callLevel(call(), 599, QUEUES), "");
  assert.equal(callLevel(call(), 600, QUEUES), "warn");
  const held = call({ status: "held", figure: "hold" });
  assert.equal(callLevel(held, 180, QUEUES), "alarm");
  assert.equal(callLevel(call({ queue: null }), 9999, QUEUES), "");
  assert.equal(callLevel(call({ queue: 7 }), 9999, QUEUES), "");
  assert.equal(callLevel(call({ figure: "" }), 9999, QUEUES), "");
});

test("a call in which one is not heard is an alarm at once", () => {
  assert.equal(callLevel(call({ unheard: "customer" }), 1, QUEUES), "alarm");
  assert.equal(callLevel(call({ console_lost_until: ago(-30) }), 1, QUEUES), "alarm");
});

/** @param {Parameters<typeof agent>[0]} fields */
function judged(fields, seconds = 10, queues = QUEUES) {
  return agentLevel(agent(fields), seconds, NOW, queues, "warn");
}

test("an agent who is not reachable warns, and is an alarm after a minute", () => {
  assert.equal(judged({ state: "cannot_ring" }), "warn");
  assert.equal(judged({ state: "cannot_ring" }, 60), "alarm");
});

test("in a call it is the call that counts", () => {
  assert.equal(judged({ state: "in_call" }, 9999), "warn");
  assert.equal(judged({ state: "reconnecting" }), "alarm");
  assert.equal(judged({ state: "available" }, 9999), "");
  assert.equal(judged({ state: "offline" }, 9999), "");
});

test("a break is an alarm once its limit is over", () => {
  assert.equal(judged({ state: "on_break" }, 9999), "");
  assert.equal(judged({ state: "on_break", until: ago(-5) }), "");
  assert.equal(judged({ state: "on_break", until: ago(5) }), "alarm");
});

test("of several queues the one counts that allows the longest wrap-up", () => {
  const patient = queue({ id: 2, thresholds: { ...THRESHOLDS, wrap_up: [120, 0] } });
  const both = new Map([
    [1, queue()],
    [2, patient],
  ]);
  assert.equal(judged({ state: "wrap_up" }, 60), "warn");
  assert.equal(judged({ state: "wrap_up", queues: [1, 2] }, 119, both), "");
  assert.equal(judged({ state: "wrap_up", queues: [1, 2] }, 9999, both), "warn");
  assert.equal(judged({ state: "wrap_up", queues: [] }, 9999), "");
});
