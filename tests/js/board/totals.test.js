import assert from "node:assert/strict";
import { test } from "node:test";
import { filtered, queueIn, withQueue } from "../../../static/board/snapshot.js";
import { queueLevel, totals } from "../../../static/board/totals.js";
import { agent, ago, board, call, NOW, queue, service } from "./floor.js";

const SUPPORT = queue({
  waiting: 2,
  waits_since: ago(45),
  hour: service({ service: [6, 10], gave_up: [1, 10] }),
});
const SALES = queue({
  id: 2,
  name: "Sales",
  waiting: 1,
  waits_since: ago(5),
  hour: service({ service: [10, 10], gave_up: [0, 10] }),
});

test("shares add up by their parts, not by their percentages", () => {
  const { service: level, abandoned } = totals(
    board({ queues: [SUPPORT, SALES] }),
    NOW,
  );
  assert.equal(level.value, 80);
  assert.deepEqual(level.pair, [16, 20]);
  assert.equal(abandoned.value, 5);
});

test("calls of no queue count in the whole", () => {
  const elsewhere = { hour: service({ gave_up: [5, 20] }), today: service() };
  const found = totals(board({ queues: [SUPPORT, SALES], elsewhere }), NOW);
  assert.deepEqual(found.abandoned.pair, [6, 40]);
});

test("the longest wait is the longest of all queues, and goes on", () => {
  const { waiting, wait } = totals(board({ queues: [SUPPORT, SALES] }), NOW + 1000);
  assert.equal(waiting.value, 3);
  assert.equal(wait.value, 46);
});

test("the worst queue colours the whole, and is named", () => {
  const { service: level, wait } = totals(board({ queues: [SALES, SUPPORT] }), NOW);
  assert.deepEqual([level.level, level.worst], ["warn", "Support"]);
  assert.deepEqual([wait.level, wait.worst], ["warn", "Support"]);
});

test("a single queue needs no name", () => {
  const { service: level } = totals(board({ queues: [SUPPORT] }), NOW);
  assert.deepEqual([level.level, level.worst], ["warn", ""]);
});

test("without calls there is no share, and nobody waits", () => {
  const found = totals(board(), NOW);
  assert.equal(found.service.value, null);
  assert.equal(found.wait.value, null);
  assert.equal(found.service.level, "");
});

test("an agent of two queues is available once", () => {
  const both = agent({ queues: [1, 2] });
  const gone = agent({ id: 2, is_there: false });
  const found = totals(board({ queues: [SUPPORT, SALES], agents: [both, gone] }), NOW);
  assert.equal(found.available.value, 1);
});

test("nobody is missed while nobody has signed in and nobody calls", () => {
  const asleep = { available: 0, signed_in: 0 };
  assert.equal(queueLevel(queue(asleep), "available", NOW), "");
  assert.equal(queueLevel(queue({ ...asleep, waiting: 1 }), "available", NOW), "alarm");
  assert.equal(
    queueLevel(queue({ ...asleep, signed_in: 1 }), "available", NOW),
    "alarm",
  );
});

// --- One queue alone ---

test("one queue alone: its agents, its calls and what they place", () => {
  const whole = board({
    queues: [SUPPORT, SALES],
    agents: [agent(), agent({ id: 2, name: "Bruno", queues: [2] })],
    calls: [
      call(),
      call({ id: "c2", queue: 2 }),
      call({ id: "c3", queue: null, agent: { id: 2, name: "Bruno" } }),
      call({ id: "c4", queue: null, agent: null }),
    ],
    elsewhere: { hour: service({ offered: 3 }), today: service() },
  });
  const sales = filtered(whole, 2);
  assert.deepEqual(
    [sales.queues, sales.agents, sales.calls].map((all) => all.map(({ id }) => id)),
    [[2], [2], ["c2", "c3"]],
  );
  assert.equal(sales.elsewhere.hour.offered, 0);
  assert.equal(filtered(whole, null), whole);
});

test("alerts of other queues' calls are left out, all others stay", () => {
  const alert = {
    key: "",
    kind: "",
    level: /** @type {const} */ ("warn"),
    text: "",
    advice: "",
    link: "",
    link_text: "",
    since: null,
  };
  const alerts = [null, 1, 2].map((of) => ({ ...alert, queue: of }));
  const shown = filtered(board({ alerts }), 2).alerts;
  assert.deepEqual(
    shown.map((one) => one.queue),
    [null, 2],
  );
});

test("the address says which queue", () => {
  assert.equal(queueIn("?queue=7"), 7);
  for (const wrong of [
    "",
    "?queue=",
    "?queue=x",
    "?queue=-1",
    "?queue=1.5",
    "?queue=0",
  ]) {
    assert.equal(queueIn(wrong), null);
  }
  assert.equal(withQueue("?wall=1", 7), "?wall=1&queue=7");
  assert.equal(withQueue("?queue=3&wall=1", null), "?wall=1");
});
