import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isWithCaller,
  phaseOf,
} from "../../../../static/console/state/participants.js";
import { isTalking } from "../../../../static/console/state/roles.js";
import { ANA, asking, BRUNO, carla, consulting, held, threeWay } from "../consults.js";

test("what an agent's part in a call is follows from its snapshot", () => {
  const parts = [carla(), held(), asking(), consulting(), threeWay()];
  assert.deepEqual(
    parts.map((call) => phaseOf(call, ANA)),
    ["talk", "held", "asking", "consulting", "three_way"],
  );
  assert.deepEqual(
    [asking(), consulting(), threeWay()].map((call) => phaseOf(call, BRUNO)),
    ["none", "guest", "guest"],
  );
  assert.equal(phaseOf(carla({ status: "connecting" }), ANA), "none");
  assert.equal(phaseOf(carla({ status: "ended" }), ANA), "none");
});

test("an agent who holds a call alone hears no one, as expected", () => {
  assert.deepEqual(
    [carla(), held(), asking(), consulting(), threeWay()].map((call) =>
      isTalking(call, ANA),
    ),
    [true, false, false, true, true],
  );
  assert.equal(isWithCaller(consulting(), ANA), false);
  assert.equal(isTalking(consulting(), BRUNO), true);
});
