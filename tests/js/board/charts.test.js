import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agentColumns,
  callColumns,
  stacked,
  timeOf,
  topOf,
} from "../../../static/board/charts.js";
import { agent } from "./floor.js";

const START = "2026-10-25T00:00:00+02:00"; // a day of 25 hours in Berlin
const DAY = {
  start: START,
  quarters: 100,
  zone: "Europe/Berlin",
  marks: [],
  states: ["available", "in_call"],
  calls: [
    [33, 1, 4, 2, 1],
    [32, 1, 1, 1, 0],
    [33, 2, 1, 0, 1],
  ],
  agents: [
    [32, 0, 2, 1],
    [32, 1, 1, 1],
    [33, 0, 3, 0],
  ],
};
const NOW = Date.parse(START) + 33.5 * 900_000;

test("calls of all queues are added up, those of one are its own", () => {
  assert.deepEqual(callColumns(DAY, null), [
    { quarter: 32, counts: [1, 0, 0] },
    { quarter: 33, counts: [2, 2, 1] },
  ]);
  assert.deepEqual(callColumns(DAY, 2), [{ quarter: 33, counts: [0, 1, 0] }]);
});

test("agents are those of the quarters' beginnings, and of now", () => {
  const agents = [agent(), agent({ id: 2, state: "in_call" }), agent({ id: 3 })];
  assert.deepEqual(agentColumns(DAY, null, agents, NOW), [
    { quarter: 32, counts: [2, 1] },
    { quarter: 33, counts: [3, 0] },
    { quarter: 33.5, counts: [2, 1] },
  ]);
  assert.deepEqual(agentColumns(DAY, 1, [], NOW), [
    { quarter: 32, counts: [1, 1] },
    { quarter: 33.5, counts: [0, 0] },
  ]);
});

for (const [highest, top] of [
  [0, 4],
  [3, 4],
  [5, 5],
  [7, 10],
  [11, 20],
  [40, 40],
  [41, 50],
  [501, 1000],
]) {
  test(`a scale for ${highest} ends at ${top}`, () => {
    assert.equal(topOf([{ quarter: 1, counts: [highest] }]), top);
  });
}

test("columns are stacked from below, within the drawing", () => {
  const columns = [{ quarter: 50, counts: [2, 0, 1] }];
  const drawing = { quarters: 100, top: 4, width: 1000, height: 100 };
  assert.deepEqual(stacked(columns, ["a", "b", "c"], drawing), [
    { x: 501, y: 50, width: 8, height: 50, name: "a" },
    { x: 501, y: 25, width: 8, height: 25, name: "c" },
  ]);
});

test("quarters have the time of the office, also when its clock changes", () => {
  assert.equal(timeOf(DAY, 8, "en-GB"), "02:00");
  assert.equal(timeOf(DAY, 12, "en-GB"), "02:00");
  assert.equal(timeOf(DAY, 16, "en-GB"), "03:00");
});
