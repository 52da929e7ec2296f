import assert from "node:assert/strict";
import { test } from "node:test";
import { initials } from "../../../../static/console/state/labels.js";
import { agentStatus } from "../../../../static/console/state/selectors.js";
import { ANA, after, told } from "../calls.js";

test("each state of an agent has its words", () => {
  /** @type {Record<string, string>} */
  const words = {
    offline: "Offline",
    available: "Available",
    cannot_ring: "Not reachable",
    ringing: "Ringing",
    in_call: "In call",
    reconnecting: "Reconnecting",
    wrap_up: "Wrap-up",
    on_break: "On break",
  };
  for (const [state, word] of Object.entries(words)) {
    assert.equal(agentStatus(after({ ...told(), agent: { ...ANA, state } })), word);
  }
});

test("initials come from words in any script, and are never empty", () => {
  assert.equal(initials("Carla Gomes"), "CG");
  assert.equal(initials("Carla de Souza Gomes"), "CG");
  assert.equal(initials("Żaneta"), "Ż");
  assert.equal(initials("李 小龙"), "李小");
  assert.equal(initials(""), "?");
  assert.equal(initials("+44 7700 900123"), "?");
});
