import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ringHeadline,
  ringReason,
  waitOf,
} from "../../../../static/console/ringing/ring-attempts.js";
import { ANA, BRUNO, carla } from "../calls.js";

test("each kind of ring is named, an ordinary one is not", () => {
  const of = (/** @type {string} */ kind) =>
    ringReason(carla({ offer_kinds: { 1: kind }, from_agent: BRUNO }), ANA);
  assert.equal(of("queue"), "");
  assert.equal(of("transfer"), "Transfer from Bruno");
  assert.equal(of("sticky"), "Spoke with you last time");
  assert.equal(ringHeadline(carla(), ANA), "Carla Gomes is calling");
});

test("the card counts the ring time, the wait, or the hold", () => {
  assert.deepEqual(waitOf(carla()), { since: "2026-01-05T08:58:00Z", kind: "rings" });
  assert.deepEqual(waitOf(carla({ status: "waiting" })), {
    since: "2026-01-05T08:57:00Z",
    kind: "waits",
  });
  const since = "2026-01-05T08:59:00Z";
  assert.deepEqual(waitOf(carla({ status: "held", held_since: since })), {
    since,
    kind: "held",
  });
  const live = carla({ status: "active", answered_at: since });
  assert.deepEqual(waitOf(live), { since, kind: "talks" });
});
