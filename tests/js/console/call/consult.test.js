import assert from "node:assert/strict";
import { test } from "node:test";
import { whoHearsWhom } from "../../../../static/console/call/consult.js";
import { ANA, asking, BRUNO, carla, consulting, held, threeWay } from "../consults.js";

test("each situation is one sentence, for the agent and for the consulted agent", () => {
  assert.equal(whoHearsWhom(carla(), ANA), "On call with Carla.");
  assert.equal(whoHearsWhom(carla({ status: "connecting" }), ANA), "");
  assert.equal(whoHearsWhom(held(), ANA), "Carla hears music.");
  assert.equal(whoHearsWhom(asking(), ANA), "Bruno is ringing. Carla hears music.");
  assert.equal(
    whoHearsWhom(consulting(), ANA),
    "On call with Bruno. Carla hears music.",
  );
  assert.equal(whoHearsWhom(threeWay(), ANA), "You, Carla and Bruno hear each other.");
  assert.equal(
    whoHearsWhom(consulting(), BRUNO),
    "Consult with Ana about Carla, who hears music.",
  );
  assert.equal(whoHearsWhom(threeWay(), BRUNO), "You, Carla and Ana hear each other.");
});
