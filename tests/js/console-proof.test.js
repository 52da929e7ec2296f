import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isAllowed,
  Lateness,
  MicrophoneWatch,
  Prover,
  remedyOf,
} from "../../static/console/proof.js";

/**
 * A watch that hears this level ten times a second, from 0 until then.
 * @param {number} level
 * @param {number} until milliseconds
 * @param {boolean} muted
 */
function watchAfter(level, until, muted = false) {
  const watch = new MicrophoneWatch();
  watch.restart(0);
  for (let now = 100; now <= until; now += 100) {
    watch.hears(level, muted, now);
  }
  return watch;
}

test("five seconds of exact silence make a microphone flat, a whisper does not", () => {
  assert.equal(watchAfter(0, 4_900).state("live", false, 4_900), "live");
  assert.equal(watchAfter(0, 5_000).state("live", false, 5_000), "flat");
  assert.equal(watchAfter(1e-6, 60_000).state("live", false, 60_000), "live");
});

test("the first sound makes a flat microphone live again", () => {
  const watch = watchAfter(0, 9_000);
  assert.equal(watch.state("live", false, 9_000), "flat");
  watch.hears(0.01, false, 9_100);
  assert.equal(watch.state("live", false, 9_100), "live");
});

test("silence of an agent who is muted is meant, and is not held against them later", () => {
  const watch = watchAfter(0, 60_000, true);
  assert.equal(watch.state("live", true, 60_000), "muted");
  assert.equal(watch.state("live", false, 60_100), "live");
});

test("a microphone whose levels stop coming is flat, one that ended has ended", () => {
  const watch = watchAfter(0.1, 1_000);
  assert.equal(watch.state("live", false, 4_000), "live");
  assert.equal(watch.state("live", false, 4_200), "flat");
  assert.equal(watch.state("ended", false, 1_000), "ended");
  assert.equal(watch.state("none", true, 1_000), "none");
});

test("a beat tells the worst lateness since the one before", () => {
  const lateness = new Lateness();
  for (const late of [3.2, 4_100.6, 12]) {
    lateness.observe(late);
  }
  assert.equal(lateness.take(), 4_101);
  assert.equal(lateness.take(), 0);
});

test("sound that runs needs no press any more", () => {
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
  assert.equal(remedyOf({ ...ready, microphone: "muted" }), "");
  assert.equal(remedyOf({ ...ready, microphone: "flat" }), "other");
  assert.equal(remedyOf({ ...ready, microphone: "ended" }), "open");
  assert.equal(remedyOf({ ...ready, audio: "suspended" }), "sound");
  assert.equal(
    remedyOf({ gesture: false, audio: "none", microphone: "none" }),
    "sound",
  );
});

test("the proof gathers what the page measures, and a blocked ring tone counts", () => {
  /** @type {any} */
  const engine = { soundState: "none", microphoneState: "none", muted: false };
  const ringer = { isBlocked: false };
  const prover = new Prover(engine, ringer);
  assert.deepEqual(prover.take(null, 0), {
    gesture: false,
    audio: "none",
    microphone: "none",
    rtt_ms: null,
    page_ms: 0,
  });
  Object.assign(engine, { soundState: "running", microphoneState: "live" });
  prover.ticked(7.4);
  assert.deepEqual(prover.take(41.7, 60_000), {
    gesture: true,
    audio: "running",
    microphone: "live",
    rtt_ms: 42,
    page_ms: 7,
  });
  ringer.isBlocked = true;
  assert.equal(prover.standing(60_100).audio, "suspended");
  assert.equal(prover.standing(60_100).gesture, false);
  prover.pressed();
  assert.equal(prover.standing(60_100).gesture, true);
  assert.equal(prover.standing(66_000).microphone, "flat", "no level came since");
});
