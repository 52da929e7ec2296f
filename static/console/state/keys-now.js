/**
 * What each key does in this moment: the list of keys shows it, and a press that does
 * nothing says why. Pure.
 *
 * @typedef {{can: boolean, text: string}} KeyNow
 */

import { t } from "../shell/i18n.js";
import { callerName } from "./labels.js";
import { consultedLeg, phaseOf } from "./participants.js";
import { canRewind } from "./rewind.js";
import { answeredCall, audioCall, myCall, ringingCalls } from "./selectors.js";
import { flatChoices, isWrapUp, missing } from "./shift.js";
import { isWaiting } from "./transfer.js";

/** @import {Call} from "./snapshot.js" */
/** @import {State} from "./state.js" */

/**
 * @param {string} verb
 * @param {State} state
 * @returns {KeyNow}
 */
export function keyNow(verb, state) {
  const place = /^choose_(\d)$/.exec(verb)?.[1];
  if (place !== undefined) {
    return choice(state, Number(place));
  }
  return Object.hasOwn(NOW, verb) ? NOW[verb](state) : no("");
}

const yes = (/** @type {string} */ text) => ({ can: true, text });
const no = (/** @type {string} */ text) => ({ can: false, text });
const noCall = () => no(t("You are in no call."));
const offline = () => no(t("There is no connection to the server."));

/** @type {Record<string, (state: State) => KeyNow>} */
const NOW = {
  answer,
  decline,
  mute,
  hold,
  rewind,
  transfer,
  hang_up: hangUp,
  number,
  write,
  break: breaks,
  more_time: moreTime,
  finish,
  choose: (state) => choice(state, 1),
  help: () => yes(""),
};

/** @param {State} state */
function answer(state) {
  const [first] = ringingCalls(state);
  if (first === undefined) {
    return no(t("No call rings here."));
  }
  if (state.connection !== "online") {
    return offline();
  }
  return myCall(state) === null
    ? yes(t("Answers {caller}", { caller: callerName(first) }))
    : no(t("End your call first, then answer."));
}

/** @param {State} state */
function decline(state) {
  const [first] = ringingCalls(state);
  return first === undefined
    ? no(t("No call rings here."))
    : yes(t("Declines {caller}", { caller: callerName(first) }));
}

/** @param {State} state */
function mute(state) {
  if (audioCall(state) === null) {
    return myCall(state) === null
      ? noCall()
      : no(t("The audio of this call is in another window."));
  }
  return yes(state.mute.muted ? t("Unmutes you") : t("Mutes you"));
}

/**
 * @param {State} state
 * @param {(call: Call, values: Record<string, string>) => KeyNow} say
 */
function own(state, say) {
  const call = myCall(state);
  if (call === null) {
    return noCall();
  }
  const values = {
    caller: callerName(call),
    colleague: consultedLeg(call)?.agent.name ?? "",
    owner: call.agent?.name ?? "",
  };
  return phaseOf(call, state.agent) === "guest"
    ? no(t("This is a call of {owner}.", values))
    : say(call, values);
}

/** @param {State} state */
function hold(state) {
  return own(state, (call, values) => {
    if (isWaiting(state)) {
      return no(t("Please wait a moment."));
    }
    if (phaseOf(call, state.agent) === "consulting") {
      return yes(t("Brings {caller} and {colleague} together", values));
    }
    if (call.status === "held") {
      return yes(t("Resumes the call with {caller}", values));
    }
    return call.status === "active"
      ? yes(t("Puts {caller} on hold", values))
      : no(t("The call is not connected yet."));
  });
}

/** @param {State} state */
function rewind(state) {
  if (state.rewind.length > 0) {
    return yes(t("Goes back to live"));
  }
  const call = audioCall(state);
  if (call === null) {
    return noCall();
  }
  if (call.rewind !== true) {
    return no(t("The queue of this call has no rewind."));
  }
  return canRewind(state)
    ? yes(t("Plays what {caller} said again", { caller: callerName(call) }))
    : no(t("There is nothing to hear again yet."));
}

/** @param {State} state */
function transfer(state) {
  return own(state, (call, values) => {
    const phase = phaseOf(call, state.agent);
    if (phase === "talk" || phase === "held") {
      return isWaiting(state)
        ? no(t("Please wait a moment."))
        : yes(t("Opens the list of agents and queues"));
    }
    return phase === "none"
      ? no(t("The call is not connected yet."))
      : no(t("{colleague} is asked already.", values));
  });
}

/** @param {State} state */
function hangUp(state) {
  const call = myCall(state);
  if (call === null) {
    return noCall();
  }
  if (state.connection !== "online") {
    return offline();
  }
  if (state.asked[call.id] !== undefined) {
    return no(t("Please wait a moment."));
  }
  const values = { caller: callerName(call), owner: call.agent?.name ?? "" };
  if (isShared(call, state.agent)) {
    return yes(t("Asks you, as a colleague is in the call"));
  }
  return phaseOf(call, state.agent) === "guest"
    ? yes(t("Leaves the call of {owner}", values))
    : yes(t("Ends the call with {caller}", values));
}

/**
 * Tell whether hanging up ends a call of three, for two others.
 * @param {Call} call
 * @param {State["agent"]} agent
 */
export function isShared(call, agent) {
  return ["three_way", "consulting"].includes(phaseOf(call, agent));
}

/** @param {State} state */
function number(state) {
  if (myCall(state) !== null || answeredCall(state) !== null) {
    return no(t("Not during a call."));
  }
  return isWrapUp(state.shift.work)
    ? no(t("Finish the wrap-up first."))
    : yes(t("Goes to the field for the phone number"));
}

/** @param {State} state */
function write({ shift }) {
  return shift.work === null
    ? no(t("There is no call to write about."))
    : yes(t("Goes to the notes"));
}

const FREE = ["available", "cannot_ring"];
const BUSY = ["ringing", "in_call", "reconnecting", "wrap_up"];

/** @param {State} state */
function breaks({ agent, connection, shift }) {
  const at = agent?.state ?? "";
  if (connection !== "online" || !shift.primary) {
    return offline();
  }
  if (FREE.includes(at)) {
    return yes(
      shift.breaks.length > 0 ? t("Opens the list of breaks") : t("Takes a break"),
    );
  }
  return BUSY.includes(at)
    ? yes(t("Opens the list of what follows"))
    : no(t("Go available first."));
}

/** @param {State} state */
function moreTime({ shift, connection, asked }) {
  if (!isWrapUp(shift.work)) {
    return no(t("You are not in wrap-up."));
  }
  if (shift.work?.until === null) {
    return no(t("This wrap-up has no limit."));
  }
  return connection === "online" && asked.more_time === undefined
    ? yes(t("Adds a minute"))
    : no(t("Please wait a moment."));
}

/** @param {State} state */
function finish(state) {
  if (!isWrapUp(state.shift.work)) {
    return no(t("You are not in wrap-up."));
  }
  return missing(state) === ""
    ? yes(t("Ends the wrap-up"))
    : no(t("Choose a disposition to finish."));
}

/**
 * @param {State} state
 * @param {number} place
 */
function choice({ shift }, place) {
  if (shift.work === null || !isWrapUp(shift.work)) {
    return no(t("You are not in wrap-up."));
  }
  const one = flatChoices(shift.work)[place - 1];
  return one === undefined
    ? no(t("There is no disposition number {place}.", { place }))
    : yes(t("Chooses the disposition of this number"));
}
