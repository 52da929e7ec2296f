import assert from "node:assert/strict";
import { test } from "node:test";

import { AudioQuality } from "../../../../static/console/call/quality.js";

/** What the engine reports after so many reports of good sound, two seconds each. */
function report(count = 1, changes = {}) {
  return {
    received: count * 100,
    lost: 0,
    concealedMs: 0,
    droppedMs: 0,
    targetMs: 60,
    sent: count * 100,
    notSent: 0,
    ...changes,
  };
}

const TALK = {
  audio: /** @type {const} */ ("connected"),
  muted: false,
  talking: true,
  caller: true,
  others: false,
  name: "Carla",
};

/** @param {ReturnType<typeof report>[]} reports */
function verdictAfter(...reports) {
  const quality = new AudioQuality();
  for (const one of reports) {
    quality.add(one);
  }
  return quality.rating(TALK, 0);
}

/**
 * What is said of sound that was good until now.
 * @param {{flatMs?: number, packetMs?: number, hears?: boolean, heard?: boolean}} signs
 * @param {Partial<typeof TALK>} situation
 */
function oneWay({ flatMs = 0, packetMs = 0, hears = true, heard = true }, situation) {
  const quality = new AudioQuality();
  quality.add(report());
  quality.observe({ flatMs, packetMs });
  quality.hear({ caller_hears: hears, caller_heard: heard });
  quality.rating({ ...TALK, ...situation }, 0);
  return quality.rating({ ...TALK, ...situation }, 10_000);
}

test("nothing is claimed before the first report", () => {
  assert.equal(verdictAfter().text, "");
});

test("even audio is good", () => {
  assert.equal(verdictAfter(report(1), report(2)).text, "Call quality: good");
});

test("missing audio is shown with its reason and a remedy", () => {
  const lossy = verdictAfter(report(1), report(2, { concealedMs: 200, lost: 10 }));
  assert.equal(lossy.grade, "fair");
  assert.match(lossy.text, /Incoming audio is breaking up a little/);
  assert.match(lossy.advice, /get lost on the way/);
  const late = verdictAfter(report(1), report(2, { concealedMs: 400, droppedMs: 200 }));
  assert.equal(late.grade, "bad");
  assert.equal(late.text, "Incoming audio is breaking up.");
  assert.match(late.advice, /arrives unevenly/);
});

test("audio that has to wait long comes late", () => {
  assert.match(verdictAfter(report(1, { targetMs: 200 })).text, /is delayed/);
});

test("a network that does not carry the agent's voice is reported as such", () => {
  const some = verdictAfter(report(1), report(2, { sent: 190, notSent: 10 }));
  assert.equal(some.text, "Your voice is breaking up a little.");
  const much = verdictAfter(report(1), report(2, { sent: 140, notSent: 60 }));
  assert.equal(much.text, "Your voice is breaking up.");
  assert.match(much.advice, /too slow/);
});

test("a bad moment is forgotten after a while", () => {
  const later = [2, 3, 4, 5, 6].map((count) => report(count, { concealedMs: 900 }));
  assert.equal(
    verdictAfter(report(1, { concealedMs: 900 }), ...later).text,
    "Call quality: good",
  );
});

test("no packet for two and a half seconds means that nothing is heard", () => {
  assert.equal(oneWay({ packetMs: 2_400 }, {}).text, "Call quality: good");
  const { text, advice } = oneWay({ packetMs: 2_500 }, {});
  assert.equal(text, "You cannot hear Carla.");
  assert.match(advice, /No audio arrives here/);
});

test("when it is the caller's phone that is silent, the agent's network is not blamed", () => {
  for (const packetMs of [0, 3_000]) {
    const { text, advice } = oneWay({ packetMs, heard: false }, {});
    assert.equal(text, "You cannot hear Carla.");
    assert.match(advice, /Their phone/);
  }
});

test("a silent microphone is found here, a caller who hears nothing by the node", () => {
  const silent = oneWay({ flatMs: 2_500 }, {});
  assert.equal(silent.text, "Carla cannot hear you.");
  assert.match(silent.advice, /mute switch/);
  assert.match(oneWay({ flatMs: 3_000, hears: false }, {}).advice, /mute switch/);
  const lost = oneWay({ hears: false }, {});
  assert.equal(lost.text, "Carla cannot hear you.");
  assert.match(lost.advice, /does not arrive/);
});

test("audio that passes neither way is one problem, not two", () => {
  const { text } = oneWay({ packetMs: 3_000, hears: false }, {});
  assert.equal(text, "You and Carla cannot hear each other.");
});

test("a muted agent is not warned of not being heard", () => {
  assert.equal(
    oneWay({ flatMs: 9_000, hears: false }, { muted: true }).text,
    "Call quality: good",
  );
});

test("silence on hold, with no other agent, is as expected", () => {
  const silence = { packetMs: 9_000, heard: false, hears: false };
  assert.equal(oneWay(silence, { talking: false, caller: false }).text, "");
});

test("during a consult, what the node hears of the caller does not count", () => {
  const asked = { caller: false };
  assert.equal(
    oneWay({ hears: false, heard: false }, asked).text,
    "Call quality: good",
  );
  assert.equal(oneWay({ flatMs: 3_000 }, asked).text, "No one can hear you.");
  assert.equal(oneWay({ packetMs: 3_000 }, asked).text, "You cannot hear anyone.");
});

test("after a hold audio has its time to begin again", () => {
  const quality = new AudioQuality();
  quality.add(report());
  quality.rating({ ...TALK, talking: false, caller: false }, 0);
  quality.observe({ flatMs: 0, packetMs: 60_000 });
  assert.equal(quality.rating(TALK, 60_000).text, "Call quality: good");
  assert.equal(quality.rating(TALK, 62_400).text, "Call quality: good");
  assert.equal(quality.rating(TALK, 62_500).text, "You cannot hear Carla.");
});

test("lost audio is reported, whatever was reported before", () => {
  const quality = new AudioQuality();
  quality.add(report());
  assert.match(quality.rating({ ...TALK, audio: "lost" }, 0).text, /interrupted/);
  assert.match(quality.rating({ ...TALK, audio: "connecting" }, 0).text, /Connecting/);
  assert.equal(quality.rating({ ...TALK, audio: "idle" }, 0).text, "");
});

test("counters that went back belong to a new connection", () => {
  const old = report(9, { concealedMs: 5000 });
  assert.equal(verdictAfter(old, report(1), report(2)).text, "Call quality: good");
});

test("the next call begins without the problems of the last", () => {
  const quality = new AudioQuality();
  quality.add(report(1, { targetMs: 300 }));
  quality.hear({ caller_hears: false, caller_heard: false });
  quality.reset();
  assert.equal(quality.rating(TALK, 0).text, "");
});

test("in a three-way call a sentence names the caller only where it is about them alone", () => {
  const three = { others: true };
  assert.equal(oneWay({ packetMs: 3_000 }, three).text, "You cannot hear anyone.");
  assert.equal(oneWay({ heard: false }, three).text, "You cannot hear Carla.");
  assert.equal(oneWay({ flatMs: 3_000 }, three).text, "No one can hear you.");
  assert.equal(oneWay({ hears: false }, three).text, "Carla cannot hear you.");
});
