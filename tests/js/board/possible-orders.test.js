import assert from "node:assert/strict";
import { test } from "node:test";
import { agentOrders, isMovable } from "../../../static/board/possible-orders.js";
import { agent, call } from "./floor.js";

test("who talks goes elsewhere after the call, and is not stuck", () => {
  for (const state of ["in_call", "reconnecting"]) {
    assert.deepEqual(agentOrders(agent({ state, call: "c1" })), {
      now: false,
      afterCall: true,
      release: "",
    });
  }
});

test("who is in a call that is not there is stuck", () => {
  for (const state of ["ringing", "in_call", "reconnecting"]) {
    assert.equal(agentOrders(agent({ state })).release, "stuck");
  }
  assert.equal(agentOrders(agent({ state: "ringing", call: "c1" })).release, "");
});

test("a wrap-up can be ended, and every rest begins at once", () => {
  assert.equal(agentOrders(agent({ state: "wrap_up" })).release, "wrap_up");
  for (const state of ["available", "cannot_ring", "on_break", "offline"]) {
    assert.deepEqual(agentOrders(agent({ state })), {
      now: true,
      afterCall: false,
      release: "",
    });
  }
});

test("only who waits in a queue can be moved", () => {
  const waits = { agent: null, queue: 1 };
  assert.ok(isMovable(call({ ...waits, status: "waiting" })));
  assert.ok(isMovable(call({ ...waits, status: "ringing" })));
  assert.ok(!isMovable(call({ ...waits, status: "announcement" })));
  assert.ok(!isMovable(call({ ...waits, queue: null, status: "waiting" })));
  assert.ok(!isMovable(call({ status: "active" })));
});
