import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  isAllowed,
  LatenessMeter,
  MicrophoneWatch,
  ReadinessMonitor,
  remedyOf,
} from "../../../../static/console/shift/readiness.js";

/** @type {MicrophoneWatch} */
let watch;

beforeEach(() => {
  watch = new MicrophoneWatch();
  watch.restart(0);
});

/**
 * Ten levels a second from then until then.
 * @param {number} from milliseconds
 * @param {number} until
 * @param {{flatSince?: number, muted?: boolean}} how
 */
function listen(from, until, { flatSince = Number.POSITIVE_INFINITY, muted = false }) {
  for (let now = from; now <= until; now += 100) {
    watch.hears(Math.max(0, now - flatSince), muted, now);
  }
}

test("five seconds of exact silence make a microphone flat", () => {
  listen(100, 4_900, { flatSince: 0 });
  assert.equal(watch.state("live", 4_900), "live");
  listen(5_000, 5_000, { flatSince: 0 });
  assert.equal(watch.state("live", 5_000), "flat");
});

test("the first audio makes a flat microphone live again", () => {
  listen(100, 9_000, { flatSince: 0 });
  assert.equal(watch.state("live", 9_000), "flat");
  listen(9_100, 9_100, {});
  assert.equal(watch.state("live", 9_100), "live");
});

test("the silence of a muted agent is expected, and not counted later", () => {
  listen(100, 60_000, { flatSince: 0, muted: true });
  assert.equal(watch.state("live", 60_000), "live");
  listen(60_100, 64_900, { flatSince: 0 });
  assert.equal(watch.state("live", 64_900), "live");
  listen(65_000, 65_000, { flatSince: 0 });
  assert.equal(watch.state("live", 65_000), "flat");
});

test("a microphone whose levels stop coming is flat, one that ended has ended", () => {
  listen(100, 1_000, {});
  assert.equal(watch.state("live", 4_000), "live");
  assert.equal(watch.state("live", 4_200), "flat");
  for (const track of /** @type {const} */ (["muted", "ended", "none"])) {
    assert.equal(watch.state(track, 1_000), track);
  }
});

test("a beat reports the worst lateness since the last one", () => {
  const lateness = new LatenessMeter();
  for (const late of [3.2, 4_100.6, 12]) {
    lateness.observe(late);
  }
  assert.equal(lateness.take(), 4_101);
  assert.equal(lateness.take(), 0);
});

test("audio that runs needs no click any more", () => {
  assert.equal(isAllowed(false, "running"), true);
  assert.equal(isAllowed(false, "suspended"), false);
  assert.equal(isAllowed(true, "suspended"), true);
});

test("each thing that is missing has its own remedy", () => {
  const ready = /** @type {const} */ ({
    gesture: true,
    audio: "running",
    microphone: "live",
  });
  assert.equal(remedyOf(ready), "");
  assert.equal(remedyOf({ ...ready, microphone: "muted" }), "other");
  assert.equal(remedyOf({ ...ready, microphone: "flat" }), "other");
  assert.equal(remedyOf({ ...ready, microphone: "ended" }), "open");
  assert.equal(remedyOf({ ...ready, audio: "suspended" }), "audio");
  assert.equal(
    remedyOf({ gesture: false, audio: "none", microphone: "none" }),
    "audio",
  );
});

test("the readiness gathers what the page measures, and a blocked ring tone counts", () => {
  /** @type {any} */
  const engine = { soundState: "none", microphoneState: "none", muted: false };
  const ringer = { isBlocked: false };
  const prover = new ReadinessMonitor(engine, ringer);
  assert.deepEqual(prover.measure(null, 0), {
    gesture: false,
    audio: "none",
    microphone: "none",
    rtt_ms: null,
    page_ms: 0,
  });
  Object.assign(engine, { soundState: "running", microphoneState: "live" });
  prover.ticked(7.4);
  assert.deepEqual(prover.measure(41.7, 60_000), {
    gesture: true,
    audio: "running",
    microphone: "live",
    rtt_ms: 42,
    page_ms: 7,
  });
  ringer.isBlocked = true;
  assert.equal(prover.current(60_100).audio, "suspended");
  assert.equal(prover.current(60_100).gesture, false);
  prover.pressed();
  assert.equal(prover.current(60_100).gesture, true);
  assert.equal(prover.current(66_000).microphone, "flat", "no level came since");
});
