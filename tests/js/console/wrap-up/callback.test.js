import assert from "node:assert/strict";
import { test } from "node:test";
import { noCallback } from "../../../../static/console/state/state.js";
import {
  fieldOf,
  instantOf,
  plannedText,
  problemOf,
  suggestions,
} from "../../../../static/console/wrap-up/callback.js";
import { NOW } from "../calls.js";

test("a date field and an instant are each other's reverse", () => {
  const field = fieldOf(NOW);
  assert.match(field, /^2026-01-0\dT\d\d:\d\d$/);
  assert.equal(Date.parse(instantOf(field)), NOW);
  assert.match(instantOf(field), /[+-]\d\d:\d\d$/);
  for (const nonsense of ["", "tomorrow", "2026-13-45T99:99"]) {
    assert.equal(instantOf(nonsense), "");
  }
});

test("a callback needs a time in the future", () => {
  const at = (/** @type {number} */ instant) => ({
    ...noCallback,
    at: fieldOf(instant),
  });
  assert.equal(problemOf(noCallback, NOW), "Choose a day and a time.");
  assert.equal(problemOf(at(NOW - 60_000), NOW), "This time has already passed.");
  assert.equal(problemOf(at(NOW + 60_000), NOW), "");
  for (const { at: field } of suggestions(NOW)) {
    assert.equal(problemOf({ ...noCallback, at: field }, NOW), "");
  }
});

test("a scheduled callback says who is offered the call", () => {
  const form = { ...noCallback, at: fieldOf(NOW + 3_600_000) };
  assert.match(plannedText(form, NOW), /^You will be offered the call: today/);
  assert.match(plannedText({ ...form, mine: false }, NOW), /available agent: today/);
});
