import assert from "node:assert/strict";
import { test } from "node:test";
import { talkSeconds } from "../../../../static/console/call/talk-clock.js";
import { figuresOf } from "../../../../static/console/wrap-up/figures.js";
import { ANA, BRUNO, carla } from "../consults.js";

const NOW = Date.parse("2026-01-05T09:02:00Z");

test("the talk time counts on from what the server says, and stands still on hold", () => {
  const talk = { talk_seconds: 0, talk_since: "2026-01-05T09:01:00Z" };
  assert.equal(talkSeconds(carla(talk), NOW), 60);
  assert.equal(talkSeconds(carla({ talk_seconds: 41, talk_since: null }), NOW), 41);
  assert.equal(talkSeconds(carla({ talk_seconds: null, talk_since: null }), NOW), null);
});

test("the wrap-up shows the figures of the call log, and each agent their own time", () => {
  const part = (/** @type {any} */ agent, mode = "talk") => ({
    agent: { id: agent.id, name: agent.name },
    mode,
    because: "call_ended",
    seconds: 33,
  });
  const call = carla({
    status: "ended",
    talk_seconds: 125,
    hold_seconds: 5,
    agents_on_call: 2,
    left: [part(ANA), part(BRUNO, "consult")],
  });
  assert.deepEqual(figuresOf(call, ANA), [
    "Talk time: 2:05",
    "Hold time: 0:05",
    "Agents on the call: 2",
  ]);
  assert.deepEqual(figuresOf(call, BRUNO), [
    "Your time on the call: 0:33",
    "Agents on the call: 2",
  ]);
  assert.deepEqual(figuresOf({ ...call, hold_seconds: 0, agents_on_call: 1 }, ANA), [
    "Talk time: 2:05",
  ]);
});
