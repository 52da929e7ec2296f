import assert from "node:assert/strict";
import { test } from "node:test";

import { barOf, wordOf } from "../../static/console/levels.js";
import { Quality } from "../../static/console/quality.js";

/** What the engine reports after so many reports of good sound, two seconds each. */
function report(count = 1, changes = {}) {
  return {
    received: count * 100,
    concealedMs: 0,
    droppedMs: 0,
    targetMs: 60,
    microphoneFlat: false,
    ...changes,
  };
}

/** @param {ReturnType<typeof report>[]} reports */
function verdictAfter(...reports) {
  const quality = new Quality();
  for (const one of reports) {
    quality.add(one);
  }
  return quality.verdict("connected").text;
}

test("nothing is claimed before the first report", () => {
  assert.equal(verdictAfter(), "");
});

test("even sound is good", () => {
  assert.equal(verdictAfter(report(1), report(2)), "Sound is good");
});

test("a little missing is an unsteady network, much is a poor one", () => {
  const little = report(2, { concealedMs: 200 });
  assert.equal(verdictAfter(report(1), little), "The network is unsteady");
  const much = report(2, { concealedMs: 400, droppedMs: 200 });
  assert.match(verdictAfter(report(1), much), /breaks up/);
});

test("sound that has to wait long is an unsteady network", () => {
  assert.equal(verdictAfter(report(1, { targetMs: 200 })), "The network is unsteady");
});

test("a bad moment is forgotten after a while", () => {
  const later = [2, 3, 4, 5, 6].map((count) => report(count, { concealedMs: 900 }));
  assert.equal(
    verdictAfter(report(1, { concealedMs: 900 }), ...later),
    "Sound is good",
  );
});

test("the agent learns when no sound arrives from the caller", () => {
  assert.match(verdictAfter(report(3), report(3)), /You cannot hear the caller/);
  assert.match(verdictAfter(report(0)), /You cannot hear the caller/);
});

test("the agent learns when the microphone gives nothing, not at one quiet moment", () => {
  const flat = { microphoneFlat: true };
  assert.match(verdictAfter(report(1, flat), report(2, flat)), /cannot hear you/);
  assert.equal(verdictAfter(report(1), report(2, flat)), "Sound is good");
});

test("lost sound is told whatever was reported before", () => {
  const quality = new Quality();
  quality.add(report());
  assert.match(quality.verdict("lost").text, /interrupted/);
  assert.equal(quality.verdict("idle").text, "");
});

test("counters that went back belong to a new connection", () => {
  const old = report(9, { concealedMs: 5000 });
  assert.equal(verdictAfter(old, report(1), report(2)), "Sound is good");
});

test("bars are even in decibels, and silence is no bar", () => {
  assert.deepEqual([0, Number.NaN, 0.001, 1, 2].map(barOf), [0, 0, 0, 1, 1]);
  assert.ok(Math.abs(barOf(10 ** -1.5) - 0.5) < 1e-9);
  assert.deepEqual([0, 0.5, 1].map(wordOf), ["silent", "sound", "too loud"]);
});
