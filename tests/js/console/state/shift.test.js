import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../../../static/console/state/reducer.js";
import { callStatus } from "../../../../static/console/state/selectors.js";
import {
  chosenHere,
  flatChoices,
  missing,
} from "../../../../static/console/state/shift.js";
import { after, CONNECTED, talking, told, work } from "../calls.js";

test("after the call the status reads wrap-up until the work is done", () => {
  const state = after(told([], { work: work() }));
  assert.equal(callStatus(state), "Wrap-up");
  assert.equal(callStatus(reduce(state, { type: "work", work: null }, 9)), "Idle");
  assert.equal(
    callStatus(after(told([talking()], { work: work({ over: false }) }), CONNECTED)),
    "In call",
  );
});

test("a required disposition is missing until one is chosen", () => {
  const state = after(told([], { work: work({ required: true }) }));
  assert.equal(missing(state), "disposition");
  const asked = reduce(
    state,
    { type: "asked", verb: "disposition", call: "disposition", request: 4, value: 31 },
    9,
  );
  assert.equal(chosenHere(asked), 31);
  assert.equal(missing(asked), "");
  const saved = reduce(asked, { type: "saved", call: "carla-1", request: 4 }, 9);
  assert.equal(saved.shift.work?.disposition, 31);
  const refused = reduce(asked, { type: "problem", text: "No.", request: 4 }, 9);
  assert.equal(chosenHere(refused), null);
});

test("a reply to an older choice does not confirm the newer one", () => {
  const choose = (/** @type {number} */ request, /** @type {number} */ value) => ({
    type: "asked",
    verb: "disposition",
    call: "disposition",
    request,
    value,
  });
  const state = after(told([], { work: work() }), choose(4, 1), choose(5, 31), {
    type: "saved",
    call: "carla-1",
    request: 4,
  });
  assert.equal(chosenHere(state), 31);
  assert.equal(state.asked.disposition.request, 5);
});

test("requests about the wrap-up are confirmed when the server sends it", () => {
  const state = after(
    told([], { work: work() }),
    { type: "asked", verb: "more_time", call: "more_time", request: 4 },
    { type: "work", work: work({ until: "2026-01-05T09:01:00Z" }) },
  );
  assert.deepEqual(state.asked, {});
});

test("the keys count through codes and sub-codes in the order of the list", () => {
  assert.deepEqual(
    flatChoices(work()).map(({ name, group }) => [name, group]),
    [
      ["Sold", ""],
      ["Late", "Complaint"],
      ["Wrong", "Complaint"],
    ],
  );
});
