/**
 * The audio of a call in plain words, and what to do about it: from what the audio engine measures
 * here, and what the node hears of both sides.
 *
 * @typedef {object} AudioReport sums since the audio was connected
 * @property {number} received packets
 * @property {number} lost packets that never came
 * @property {number} concealedMs audio made up for what was missing
 * @property {number} droppedMs audio left out to catch up
 * @property {number} targetMs how long audio waits, to come out evenly
 * @property {number} sent frames of the microphone
 * @property {number} notSent frames that the network did not take in time
 *
 * @typedef {object} Liveness what the engine says ten times a second
 * @property {number} flatMs how long the microphone has given nothing at all
 * @property {number} packetMs how long no packet has come
 *
 * @typedef {{caller_hears: boolean, caller_heard: boolean}} NodeReport what the node hears
 *
 * @typedef {object} AudioContext what there is to hear in this page now
 * @property {AudioState} audio
 * @property {boolean} muted
 * @property {boolean} talking whether anybody should be heard here
 * @property {boolean} caller whether that is the caller, alone or among others
 * @property {boolean} others whether a colleague is to be heard besides the caller
 * @property {string} name of the caller
 */

import { t } from "../shell/i18n.js";
import { callerName } from "../state/labels.js";
import { isWithCaller } from "../state/participants.js";
import { isTalking, roleIn } from "../state/roles.js";
import { audioCall } from "../state/selectors.js";

/** @import {AudioRating} from "../audio-devices/audio-check-rating.js" */
/** @import {AudioState, State} from "../state/state.js" */

/** Reports that count; the engine makes one every two seconds. */
const WINDOW = 4;
const REPORT_MS = 2_000;
/** Silence that is no pause between two words; the node waits as long. */
const ONE_WAY_MS = 2_500;
/** Part of the audio that is missing. */
const UNSTEADY = 0.03;
const POOR = 0.12;
/** Lost packets behind missing audio; below, it came too unevenly. */
const LOSSES = 0.01;
const LONG_WAIT_MS = 160;

/** @type {AudioReport} */
const START = {
  received: 0,
  lost: 0,
  concealedMs: 0,
  droppedMs: 0,
  targetMs: 0,
  sent: 0,
  notSent: 0,
};

/** @type {Liveness} */
const ALIVE = { flatMs: 0, packetMs: 0 };
/** @type {NodeReport} */
const BOTH_HEARD = { caller_hears: true, caller_heard: true };

/** @type {AudioRating} */
const NONE = { grade: "none", text: "", advice: "" };

export class AudioQuality {
  /** @type {AudioReport[]} oldest first, one more than the window: what it began with */
  #reports = [START];
  #liveness = ALIVE;
  #node = BOTH_HEARD;
  /** @type {number | null} since when there is a person to hear */
  #since = null;

  /** Start anew, for another call. */
  reset() {
    this.#reports = [START];
    this.#liveness = ALIVE;
    this.#node = BOTH_HEARD;
    this.#since = null;
  }

  /** @param {AudioReport} report */
  add(report) {
    if (report.received < this.#last.received) {
      this.#reports = [START];
    }
    this.#reports = [...this.#reports, report].slice(-1 - WINDOW);
  }

  /** @param {Liveness} liveness */
  observe(liveness) {
    this.#liveness = liveness;
  }

  /** @param {NodeReport} report about the call whose audio is here */
  hear(report) {
    this.#node = report;
  }

  /**
   * @param {AudioContext} context
   * @param {number} now monotonic milliseconds
   * @returns {AudioRating}
   */
  rating(context, now) {
    const { audio, talking } = context;
    this.#since = audio === "connected" && talking ? (this.#since ?? now) : null;
    if (audio !== "connected") {
      return notConnected(audio);
    }
    if (!talking) {
      return NONE;
    }
    // There was nothing to hear until just now, as after a hold: give it its time.
    const isNew = now - (this.#since ?? now) < ONE_WAY_MS;
    return (isNew ? null : this.#oneWay(context)) ?? this.#steadiness();
  }

  get #last() {
    return this.#reports[this.#reports.length - 1];
  }

  /**
   * Find out who does not hear whom, and where the audio stops.
   * @param {AudioContext} context
   * @returns {AudioRating | null}
   */
  #oneWay({ muted, caller, others, name }) {
    const whom = caller ? name : "";
    const flat = !muted && this.#liveness.flatMs >= ONE_WAY_MS;
    const cutOff = this.#liveness.packetMs >= ONE_WAY_MS;
    const unheard = flat || (caller && !muted && !this.#node.caller_hears);
    const deaf = cutOff || (caller && !this.#node.caller_heard);
    if (unheard && deaf && !flat) {
      return neitherHeard(others && cutOff ? "" : whom);
    }
    if (unheard) {
      return flat ? silentMicrophone(others ? "" : whom) : notArriving(name);
    }
    const isHere = cutOff && (!caller || this.#node.caller_heard);
    return deaf ? nothingHeard(others && cutOff ? "" : whom, isHere) : null;
  }

  /** @returns {AudioRating} */
  #steadiness() {
    const [first, last] = [this.#reports[0], this.#last];
    if (last === START) {
      return NONE;
    }
    const grown = (/** @type {keyof AudioReport} */ name) => last[name] - first[name];
    const time = (this.#reports.length - 1) * REPORT_MS;
    const broken = (grown("concealedMs") + grown("droppedMs")) / time;
    const unsent = share(grown("notSent"), grown("sent"));
    if (unsent > UNSTEADY && unsent >= broken) {
      return brokenVoice(unsent > POOR);
    }
    if (broken > UNSTEADY) {
      const lossy = share(grown("lost"), grown("received")) > LOSSES;
      return brokenSound(broken > POOR, lossy);
    }
    return last.targetMs > LONG_WAIT_MS ? lateSound() : good();
  }
}

/**
 * @param {number} part
 * @param {number} rest
 */
function share(part, rest) {
  return part > 0 ? part / (part + Math.max(0, rest)) : 0;
}

/**
 * @param {string} text
 * @param {string} advice
 * @returns {AudioRating}
 */
const bad = (text, advice) => ({ grade: "bad", text, advice });

/**
 * @param {string} text
 * @param {string} advice
 * @returns {AudioRating}
 */
const fair = (text, advice) => ({ grade: "fair", text, advice });

/** @returns {AudioRating} */
const good = () => ({ grade: "good", text: t("Call quality: good"), advice: "" });

/**
 * @param {AudioState} audio
 * @returns {AudioRating}
 */
function notConnected(audio) {
  if (audio === "connecting") {
    return { grade: "none", text: t("Connecting audio"), advice: "" };
  }
  return audio === "lost"
    ? bad(
        t("The audio is interrupted."),
        t("It reconnects automatically. If that takes long, check your network."),
      )
    : NONE;
}

/** @param {string} caller empty where that is not the only one */
function silentMicrophone(caller) {
  const advice = t(
    "Your microphone is silent. Check for a mute switch on the headset, or choose another microphone.",
  );
  return caller
    ? bad(t("{caller} cannot hear you.", { caller }), advice)
    : bad(t("No one can hear you."), advice);
}

/** @param {string} caller */
function notArriving(caller) {
  return bad(
    t("{caller} cannot hear you.", { caller }),
    t(
      "Your voice does not arrive. Check your network, or reload the page: the call continues.",
    ),
  );
}

/**
 * @param {string} caller
 * @param {boolean} isHere whether the audio stops between the server and this page
 */
function nothingHeard(caller, isHere) {
  const text = caller
    ? t("You cannot hear {caller}.", { caller })
    : t("You cannot hear anyone.");
  return isHere
    ? bad(
        text,
        t(
          "No audio arrives here. Check your network, or reload the page: the call continues.",
        ),
      )
    : bad(
        text,
        t(
          "Their phone sends no audio. Ask them to check their network, or call them back.",
        ),
      );
}

/** @param {string} caller */
function neitherHeard(caller) {
  const advice = t(
    "No audio passes in either direction. Check your network, or reload the page: the call continues.",
  );
  return caller
    ? bad(t("You and {caller} cannot hear each other.", { caller }), advice)
    : bad(t("You cannot hear each other."), advice);
}

/** @param {boolean} isPoor */
function brokenVoice(isPoor) {
  const advice = t(
    "Your network is too slow for it. Stop uploads and videos, or use a cable instead of Wi-Fi.",
  );
  return isPoor
    ? bad(t("Your voice is breaking up."), advice)
    : fair(t("Your voice is breaking up a little."), advice);
}

/**
 * @param {boolean} isPoor
 * @param {boolean} lossy whether audio was lost, or only came too late
 */
function brokenSound(isPoor, lossy) {
  const advice = lossy
    ? t("Parts of it get lost on the way. Move closer to the Wi-Fi, or use a cable.")
    : t("It arrives unevenly. Stop downloads and videos, and close heavy programs.");
  return isPoor
    ? bad(t("Incoming audio is breaking up."), advice)
    : fair(t("Incoming audio is breaking up a little."), advice);
}

function lateSound() {
  return fair(
    t("Incoming audio is delayed."),
    t("The network is uneven. Move closer to the Wi-Fi, or use a cable."),
  );
}

const THREE = ["three_way", "guest"];

/**
 * Return what there is to hear in this page now.
 * @param {State} state
 * @returns {AudioContext}
 */
export function audioContext(state) {
  const call = audioCall(state);
  return {
    audio: state.audio,
    muted: state.mute.muted,
    talking: call !== null && isTalking(call, state.agent),
    caller: call !== null && isWithCaller(call, state.agent),
    others: call !== null && THREE.includes(roleIn(call, state.agent)),
    name: call === null ? "" : callerName(call),
  };
}
