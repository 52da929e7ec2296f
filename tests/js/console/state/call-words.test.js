import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callWords,
  ROWS,
  VOICES,
  wordsFor,
} from "../../../../static/console/state/call-words.js";
import { participantRows } from "../../../../static/console/state/participant-words.js";
import { placeOf, roleIn } from "../../../../static/console/state/roles.js";
import { initialState } from "../../../../static/console/state/state.js";
import {
  ANA,
  anaLeg,
  asking,
  BRUNO,
  brunoLeg,
  carla,
  consulting,
  held,
  threeWay,
} from "../consults.js";

const NAMES = { caller: "Carla", colleague: "Bruno" };

/** Who the agent is in the call, where its audio is, the status, and the sentence. */
const TABLE = /** @type {const} */ ([
  ["talk", "here", "In call", "On call with Carla."],
  ["talk", "other_window", "In call", "On call with Carla, in another window."],
  [
    "talk",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla cannot hear you yet.",
  ],
  [
    "talk",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla cannot hear you.",
  ],
  [
    "talk",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla cannot hear you.",
  ],
  ["held", "here", "On hold", "Carla hears music."],
  ["held", "other_window", "On hold", "Carla hears music."],
  ["held", "connecting", "Connecting", "Your audio is connecting. Carla hears music."],
  [
    "held",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla hears music.",
  ],
  [
    "held",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla hears music.",
  ],
  ["asking", "here", "On hold", "Bruno is ringing. Carla hears music."],
  ["asking", "other_window", "On hold", "Bruno is ringing. Carla hears music."],
  [
    "asking",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla hears music.",
  ],
  [
    "asking",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla hears music.",
  ],
  [
    "asking",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla hears music.",
  ],
  ["asking_live", "here", "In call", "On call with Carla. Bruno is ringing."],
  [
    "asking_live",
    "other_window",
    "In call",
    "On call with Carla, in another window. Bruno is ringing.",
  ],
  [
    "asking_live",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla cannot hear you yet.",
  ],
  [
    "asking_live",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla cannot hear you.",
  ],
  [
    "asking_live",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla cannot hear you.",
  ],
  ["consulting", "here", "On hold", "On call with Bruno. Carla hears music."],
  [
    "consulting",
    "other_window",
    "On hold",
    "On call with Bruno, in another window. Carla hears music.",
  ],
  [
    "consulting",
    "connecting",
    "Connecting",
    "Your audio is connecting. Bruno cannot hear you yet, and Carla hears music.",
  ],
  [
    "consulting",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Bruno cannot hear you, and Carla hears music.",
  ],
  [
    "consulting",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Bruno cannot hear you, and Carla hears music.",
  ],
  [
    "consulting_alone",
    "here",
    "On hold",
    "Bruno's audio is not connected. Carla hears music.",
  ],
  [
    "consulting_alone",
    "other_window",
    "On hold",
    "Bruno's audio is not connected. Carla hears music.",
  ],
  [
    "consulting_alone",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla hears music.",
  ],
  [
    "consulting_alone",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla hears music.",
  ],
  [
    "consulting_alone",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla hears music.",
  ],
  [
    "consulting_soon",
    "here",
    "On hold",
    "Bruno's audio is connecting. Carla hears music.",
  ],
  [
    "consulting_soon",
    "other_window",
    "On hold",
    "Bruno's audio is connecting. Carla hears music.",
  ],
  [
    "consulting_soon",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla hears music.",
  ],
  [
    "consulting_soon",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla hears music.",
  ],
  [
    "consulting_soon",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla hears music.",
  ],
  ["three_way", "here", "In call", "On call with Carla and Bruno."],
  [
    "three_way",
    "other_window",
    "In call",
    "On call with Carla and Bruno, in another window.",
  ],
  [
    "three_way",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla and Bruno cannot hear you yet.",
  ],
  [
    "three_way",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla and Bruno cannot hear you.",
  ],
  [
    "three_way",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla and Bruno cannot hear you.",
  ],
  [
    "three_way_alone",
    "here",
    "In call",
    "On call with Carla. Bruno's audio is not connected.",
  ],
  [
    "three_way_alone",
    "other_window",
    "In call",
    "On call with Carla, in another window. Bruno's audio is not connected.",
  ],
  [
    "three_way_alone",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla cannot hear you yet.",
  ],
  [
    "three_way_alone",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla cannot hear you.",
  ],
  [
    "three_way_alone",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla cannot hear you.",
  ],
  ["consulted", "here", "In call", "Consult with Bruno about Carla, who hears music."],
  [
    "consulted",
    "other_window",
    "In call",
    "Consult with Bruno about Carla, in another window. Carla hears music.",
  ],
  [
    "consulted",
    "connecting",
    "Connecting",
    "Your audio is connecting. Bruno cannot hear you yet, and Carla hears music.",
  ],
  [
    "consulted",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Bruno cannot hear you, and Carla hears music.",
  ],
  [
    "consulted",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Bruno cannot hear you, and Carla hears music.",
  ],
  [
    "consulted_alone",
    "here",
    "In call",
    "Bruno's audio is not connected. Carla hears music.",
  ],
  [
    "consulted_alone",
    "other_window",
    "In call",
    "Bruno's audio is not connected. Carla hears music.",
  ],
  [
    "consulted_alone",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla hears music.",
  ],
  [
    "consulted_alone",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla hears music.",
  ],
  [
    "consulted_alone",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla hears music.",
  ],
  ["guest", "here", "In call", "On call with Carla and Bruno."],
  [
    "guest",
    "other_window",
    "In call",
    "On call with Carla and Bruno, in another window.",
  ],
  [
    "guest",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla and Bruno cannot hear you yet.",
  ],
  [
    "guest",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla and Bruno cannot hear you.",
  ],
  [
    "guest",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla and Bruno cannot hear you.",
  ],
  [
    "guest_alone",
    "here",
    "In call",
    "On call with Carla. Bruno's audio is not connected.",
  ],
  [
    "guest_alone",
    "other_window",
    "In call",
    "On call with Carla, in another window. Bruno's audio is not connected.",
  ],
  [
    "guest_alone",
    "connecting",
    "Connecting",
    "Your audio is connecting. Carla cannot hear you yet.",
  ],
  [
    "guest_alone",
    "reconnecting",
    "Reconnecting",
    "Your audio is reconnecting. Carla cannot hear you.",
  ],
  [
    "guest_alone",
    "nowhere",
    "Reconnecting",
    "Your audio is not connected. Carla cannot hear you.",
  ],
  ["dialing", "here", "Dialing", ""],
  ["dialing", "other_window", "Dialing", ""],
  ["dialing", "connecting", "Dialing", ""],
  ["dialing", "reconnecting", "Dialing", ""],
  ["dialing", "nowhere", "Dialing", ""],
  ["connecting", "here", "Connecting", ""],
  ["connecting", "other_window", "Connecting", ""],
  ["connecting", "connecting", "Connecting", ""],
  ["connecting", "reconnecting", "Connecting", ""],
  ["connecting", "nowhere", "Connecting", ""],
  ["rung", "here", "Ringing", ""],
  ["rung", "other_window", "Ringing", ""],
  ["rung", "connecting", "Ringing", ""],
  ["rung", "reconnecting", "Ringing", ""],
  ["rung", "nowhere", "Ringing", ""],
  ["asked", "here", "Ringing", ""],
  ["asked", "other_window", "Ringing", ""],
  ["asked", "connecting", "Ringing", ""],
  ["asked", "reconnecting", "Ringing", ""],
  ["asked", "nowhere", "Ringing", ""],
  ["none", "here", "", ""],
  ["none", "other_window", "", ""],
  ["none", "connecting", "", ""],
  ["none", "reconnecting", "", ""],
  ["none", "nowhere", "", ""],
]);

for (const [role, place, status, text] of TABLE) {
  test(`${role}, audio ${place}: ${status || "nothing"}; ${text || "no sentence"}`, () => {
    const words = callWords(role, place, NAMES);
    assert.deepEqual([words.status, words.text], [status, text]);
  });
}

test("the table leaves nothing out", () => {
  const known = Object.entries(ROWS).flatMap(([role, places]) =>
    Object.keys(places).map((place) => `${role} ${place}`),
  );
  const tested = TABLE.map(([role, place]) => `${role} ${place}`);
  assert.deepEqual(tested.toSorted(), known.toSorted());
  assert.deepEqual(Object.keys(VOICES).toSorted(), Object.keys(ROWS).toSorted());
});

/** Whose voice the second meter shows, and what a muted agent reads. */
const VOICE_TABLE = /** @type {const} */ ([
  ["dialing", "Carla", "You are muted."],
  ["connecting", "Carla", "You are muted."],
  ["talk", "Carla", "You are muted. Carla cannot hear you."],
  ["held", "Carla (on hold)", "You are muted."],
  ["asking", "Carla (on hold)", "You are muted."],
  ["asking_live", "Carla", "You are muted. Carla cannot hear you."],
  ["consulting", "Bruno", "You are muted. Bruno cannot hear you."],
  ["consulting_alone", "Bruno", "You are muted."],
  ["consulting_soon", "Bruno", "You are muted."],
  ["three_way", "Carla and Bruno", "You are muted. Carla and Bruno cannot hear you."],
  ["three_way_alone", "Carla", "You are muted. Carla cannot hear you."],
  ["consulted", "Bruno", "You are muted. Bruno cannot hear you."],
  ["consulted_alone", "Bruno", "You are muted."],
  ["guest", "Carla and Bruno", "You are muted. Carla and Bruno cannot hear you."],
  ["guest_alone", "Carla", "You are muted. Carla cannot hear you."],
]);

for (const [role, heard, muted] of VOICE_TABLE) {
  test(`${role}: the meter reads ${heard}`, () => {
    const words = callWords(role, "here", NAMES);
    assert.deepEqual([words.heard, words.muted], [heard, muted]);
  });
}

const lost = (/** @type {any} */ leg) => ({ ...leg, audio: "lost" });
const rings = { offered_to: [2], offer_kinds: { 2: "consult" } };

/** @type {[string, any, any, string][]} */
const ROLES = [
  ["Ana talks", carla(), ANA, "talk"],
  ["Ana holds", held(), ANA, "held"],
  ["Bruno rings", asking(), ANA, "asking"],
  [
    "Bruno rings, and Ana is back with Carla",
    carla({ legs: [anaLeg, brunoLeg("ringing")] }),
    ANA,
    "asking_live",
  ],
  ["Bruno has joined", consulting(), ANA, "consulting"],
  [
    "Bruno has just joined",
    held({ legs: [anaLeg, { ...brunoLeg("joined"), audio: "connecting" }] }),
    ANA,
    "consulting_soon",
  ],
  [
    "Bruno's console is gone in the consult",
    held({ legs: [anaLeg, lost(brunoLeg("joined"))] }),
    ANA,
    "consulting_alone",
  ],
  ["all three talk", threeWay(), ANA, "three_way"],
  [
    "Bruno's console is gone",
    carla({ legs: [anaLeg, lost(brunoLeg("joined"))] }),
    ANA,
    "three_way_alone",
  ],
  ["Ana's console rings Bruno", { ...asking(), ...rings }, BRUNO, "asked"],
  ["Bruno is consulted", consulting(), BRUNO, "consulted"],
  [
    "Bruno is consulted, and Ana's console is gone",
    held({ legs: [lost(anaLeg), brunoLeg("joined")] }),
    BRUNO,
    "consulted_alone",
  ],
  ["Bruno is one of three", threeWay(), BRUNO, "guest"],
  [
    "Bruno is one of three, and Ana's console is gone",
    carla({ legs: [lost(anaLeg), brunoLeg("joined")] }),
    BRUNO,
    "guest_alone",
  ],
  [
    "it rings at Bruno, who has nothing to do with it yet",
    carla({ status: "ringing", agent: null, legs: [], offered_to: [2] }),
    BRUNO,
    "rung",
  ],
  [
    "Ana has pressed Answer",
    carla({ status: "connecting", answered_at: null }),
    ANA,
    "connecting",
  ],
  [
    "Ana answers an outbound call that was transferred",
    carla({ status: "connecting", direction: "outbound" }),
    ANA,
    "connecting",
  ],
  [
    "Ana calls Carla",
    carla({ status: "dialing", direction: "outbound", answered_at: null }),
    ANA,
    "dialing",
  ],
  ["it is over", carla({ status: "ended" }), ANA, "none"],
  ["it is not Bruno's", carla(), BRUNO, "none"],
];

for (const [situation, call, agent, role] of ROLES) {
  test(`${situation}: ${role}`, () => assert.equal(roleIn(call, agent), role));
}

/** @type {[string, any, any, string][]} */
const PLACES = [
  ["connected in this page", { audio: "connected" }, {}, "here"],
  ["not asked for yet", { audio: "idle" }, {}, "connecting"],
  ["not connected yet", { audio: "connecting" }, {}, "connecting"],
  ["connecting again", { audio: "connecting", hadAudio: true }, {}, "reconnecting"],
  ["interrupted", { audio: "lost", hadAudio: true }, {}, "reconnecting"],
  ["without a microphone", { audioProblem: "No microphone." }, {}, "nowhere"],
  ["in the other window", { audioHere: null }, {}, "other_window"],
  [
    "in no window",
    { audioHere: null },
    { legs: [{ ...anaLeg, audio: "lost" }] },
    "nowhere",
  ],
];

for (const [situation, page, call, place] of PLACES) {
  test(`audio ${situation}: ${place}`, () => {
    const state = { ...initialState, agent: ANA, audioHere: "carla-1", ...page };
    assert.equal(placeOf(state, carla(call)), place);
  });
}

test("Ana's second window says where her call is, and Bruno's never says Ana's", () => {
  const second = { ...initialState, agent: ANA, audioHere: null };
  const words = wordsFor(second, carla());
  assert.equal(words.text, "On call with Carla, in another window.");
  assert.equal(words.elsewhere, "The audio of this call is in another window.");
  const here = { audioHere: "carla-1", audio: /** @type {const} */ ("connected") };
  const bruno = { ...initialState, agent: BRUNO, ...here };
  assert.equal(
    wordsFor(bruno, consulting()).text,
    "Consult with Ana about Carla, who hears music.",
  );
  assert.equal(wordsFor(bruno, consulting()).heard, "Ana");
});

test("each participant has their own words, for whoever reads them", () => {
  const rows = (/** @type {any} */ call, /** @type {any} */ agent, muted = false) =>
    participantRows(call, agent, muted).map(({ name, what }) =>
      `${name} ${what}`.trim(),
    );
  assert.deepEqual(rows(asking(), ANA), [
    "Carla hears music",
    "You",
    "Bruno is ringing",
  ]);
  assert.deepEqual(rows(consulting(), BRUNO), ["Carla hears music", "Ana", "You"]);
  assert.deepEqual(rows(threeWay(), ANA, true), ["Carla", "You muted", "Bruno"]);
  assert.deepEqual(rows({ ...threeWay(), muted: true }, BRUNO), [
    "Carla",
    "Ana muted",
    "You",
  ]);
  const gone = carla({ legs: [lost(anaLeg), brunoLeg("joined")] });
  assert.deepEqual(rows(gone, BRUNO), ["Carla", "Ana not connected", "You"]);
});
