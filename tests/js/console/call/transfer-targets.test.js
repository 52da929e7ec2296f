import assert from "node:assert/strict";
import { test } from "node:test";
import { foundTargets } from "../../../../static/console/call/transfer-targets.js";
import { noTransfer } from "../../../../static/console/state/state.js";

test("typing finds by parts of a name, whoever can take the call first", () => {
  const agents = [
    { id: 1, name: "José Almeida", state: "in_call", can_take: false },
    { id: 2, name: "Zoé Alba", state: "available", can_take: true },
    { id: 3, name: "Bruno", state: "available", can_take: true },
  ];
  const queues = [{ id: 9, name: "Sales", waiting: 2, ready: 0 }];
  const found = (/** @type {string} */ filter) => {
    const all = foundTargets({ ...noTransfer, filter, targets: { agents, queues } });
    return [...all.agents, ...all.queues].map(({ name }) => name);
  };
  assert.deepEqual(found(""), ["Bruno", "Zoé Alba", "José Almeida", "Sales"]);
  assert.deepEqual(found("al"), ["Zoé Alba", "José Almeida", "Sales"]);
  assert.deepEqual(found("al jose "), ["José Almeida"]);
  assert.deepEqual(found("nobody"), []);
  assert.deepEqual(foundTargets(noTransfer), { agents: [], queues: [] });
});
