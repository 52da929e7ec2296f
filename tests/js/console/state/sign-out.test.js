import assert from "node:assert/strict";
import { test } from "node:test";
import { signOutCosts } from "../../../../static/console/state/sign-out.js";
import { ANA, after, told } from "../calls.js";

/** @param {string} state */
const costs = (state, more = {}) =>
  signOutCosts(after({ ...told([], more), agent: { ...ANA, state } }));

test("signing out costs a call or a wrap-up, and says so", () => {
  assert.match(costs("in_call"), /on a call/);
  assert.match(costs("reconnecting"), /on a call/);
  assert.match(costs("wrap_up"), /wrap-up/);
});

test("otherwise it costs nothing and nobody is asked", () => {
  for (const state of ["offline", "available", "cannot_ring", "ringing", "on_break"]) {
    assert.equal(costs(state), "");
  }
});

test("in a window that stands in the server asks", () => {
  assert.equal(costs("in_call", { primary: false }), "");
});
