/**
 * What a page says about a call while it goes on: one row for who the agent is in it and
 * where its audio is. No view decides for itself. Pure.
 *
 * @typedef {object} CallWords
 * @property {string} status what the element "Call status" reads, before its translation
 * @property {string} text one sentence: who talks with whom, and who does not
 * @property {string} heard whose voice comes out of the speaker here
 * @property {string} muted what it means now that this agent is muted
 * @property {string} elsewhere where the audio is, if not here
 */

import { marked, t } from "../shell/i18n.js";
import { callerName } from "./labels.js";
import { colleagueIn, placeOf, roleIn } from "./roles.js";

/** @import {Place, Role} from "./roles.js" */
/** @import {Agent, Call} from "./snapshot.js" */
/** @import {State} from "./state.js" */

const IN_CALL = marked("In call");
const ON_HOLD = marked("On hold");
const CONNECTING = marked("Connecting");
const RECONNECTING = marked("Reconnecting");
const DIALING = marked("Dialing");
const RINGING = marked("Ringing");

const CONNECTS_NO_VOICE = marked(
  "Your audio is connecting. {caller} cannot hear you yet.",
);
const BACK_NO_VOICE = marked("Your audio is reconnecting. {caller} cannot hear you.");
const OFF_NO_VOICE = marked("Your audio is not connected. {caller} cannot hear you.");
const CONNECTS_MUSIC = marked("Your audio is connecting. {caller} hears music.");
const BACK_MUSIC = marked("Your audio is reconnecting. {caller} hears music.");
const OFF_MUSIC = marked("Your audio is not connected. {caller} hears music.");
const CONNECTS_THREE = marked(
  "Your audio is connecting. {caller} and {colleague} cannot hear you yet.",
);
const BACK_THREE = marked(
  "Your audio is reconnecting. {caller} and {colleague} cannot hear you.",
);
const OFF_THREE = marked(
  "Your audio is not connected. {caller} and {colleague} cannot hear you.",
);
const CONNECTS_COLLEAGUE = marked(
  "Your audio is connecting. {colleague} cannot hear you yet, and {caller} hears music.",
);
const BACK_COLLEAGUE = marked(
  "Your audio is reconnecting. {colleague} cannot hear you, and {caller} hears music.",
);
const OFF_COLLEAGUE = marked(
  "Your audio is not connected. {colleague} cannot hear you, and {caller} hears music.",
);

/** @typedef {[status: string, text: string]} Row */
/** @typedef {Record<Place, Row>} Rows */

/**
 * @param {string} status
 * @param {string} text
 * @returns {Rows}
 */
const everywhere = (status, text) => ({
  here: [status, text],
  other_window: [status, text],
  connecting: [status, text],
  reconnecting: [status, text],
  nowhere: [status, text],
});

/** @type {Record<Role, Rows>} */
export const ROWS = {
  none: everywhere("", ""),
  rung: everywhere(RINGING, ""),
  asked: everywhere(RINGING, ""),
  dialing: everywhere(DIALING, ""),
  connecting: everywhere(CONNECTING, ""),
  talk: {
    here: [IN_CALL, marked("On call with {caller}.")],
    other_window: [IN_CALL, marked("On call with {caller}, in another window.")],
    connecting: [CONNECTING, CONNECTS_NO_VOICE],
    reconnecting: [RECONNECTING, BACK_NO_VOICE],
    nowhere: [RECONNECTING, OFF_NO_VOICE],
  },
  held: {
    here: [ON_HOLD, marked("{caller} hears music.")],
    other_window: [ON_HOLD, marked("{caller} hears music.")],
    connecting: [CONNECTING, CONNECTS_MUSIC],
    reconnecting: [RECONNECTING, BACK_MUSIC],
    nowhere: [RECONNECTING, OFF_MUSIC],
  },
  asking: {
    here: [ON_HOLD, marked("{colleague} is ringing. {caller} hears music.")],
    other_window: [ON_HOLD, marked("{colleague} is ringing. {caller} hears music.")],
    connecting: [CONNECTING, CONNECTS_MUSIC],
    reconnecting: [RECONNECTING, BACK_MUSIC],
    nowhere: [RECONNECTING, OFF_MUSIC],
  },
  asking_live: {
    here: [IN_CALL, marked("On call with {caller}. {colleague} is ringing.")],
    other_window: [
      IN_CALL,
      marked("On call with {caller}, in another window. {colleague} is ringing."),
    ],
    connecting: [CONNECTING, CONNECTS_NO_VOICE],
    reconnecting: [RECONNECTING, BACK_NO_VOICE],
    nowhere: [RECONNECTING, OFF_NO_VOICE],
  },
  consulting: {
    here: [ON_HOLD, marked("On call with {colleague}. {caller} hears music.")],
    other_window: [
      ON_HOLD,
      marked("On call with {colleague}, in another window. {caller} hears music."),
    ],
    connecting: [CONNECTING, CONNECTS_COLLEAGUE],
    reconnecting: [RECONNECTING, BACK_COLLEAGUE],
    nowhere: [RECONNECTING, OFF_COLLEAGUE],
  },
  consulting_alone: {
    here: [
      ON_HOLD,
      marked("{colleague}'s audio is not connected. {caller} hears music."),
    ],
    other_window: [
      ON_HOLD,
      marked("{colleague}'s audio is not connected. {caller} hears music."),
    ],
    connecting: [CONNECTING, CONNECTS_MUSIC],
    reconnecting: [RECONNECTING, BACK_MUSIC],
    nowhere: [RECONNECTING, OFF_MUSIC],
  },
  consulting_soon: {
    here: [ON_HOLD, marked("{colleague}'s audio is connecting. {caller} hears music.")],
    other_window: [
      ON_HOLD,
      marked("{colleague}'s audio is connecting. {caller} hears music."),
    ],
    connecting: [CONNECTING, CONNECTS_MUSIC],
    reconnecting: [RECONNECTING, BACK_MUSIC],
    nowhere: [RECONNECTING, OFF_MUSIC],
  },
  three_way: {
    here: [IN_CALL, marked("On call with {caller} and {colleague}.")],
    other_window: [
      IN_CALL,
      marked("On call with {caller} and {colleague}, in another window."),
    ],
    connecting: [CONNECTING, CONNECTS_THREE],
    reconnecting: [RECONNECTING, BACK_THREE],
    nowhere: [RECONNECTING, OFF_THREE],
  },
  three_way_alone: {
    here: [
      IN_CALL,
      marked("On call with {caller}. {colleague}'s audio is not connected."),
    ],
    other_window: [
      IN_CALL,
      marked(
        "On call with {caller}, in another window. {colleague}'s audio is not connected.",
      ),
    ],
    connecting: [CONNECTING, CONNECTS_NO_VOICE],
    reconnecting: [RECONNECTING, BACK_NO_VOICE],
    nowhere: [RECONNECTING, OFF_NO_VOICE],
  },
  consulted: {
    here: [
      IN_CALL,
      marked("Consult with {colleague} about {caller}, who hears music."),
    ],
    other_window: [
      IN_CALL,
      marked(
        "Consult with {colleague} about {caller}, in another window. {caller} hears music.",
      ),
    ],
    connecting: [CONNECTING, CONNECTS_COLLEAGUE],
    reconnecting: [RECONNECTING, BACK_COLLEAGUE],
    nowhere: [RECONNECTING, OFF_COLLEAGUE],
  },
  consulted_alone: {
    here: [
      IN_CALL,
      marked("{colleague}'s audio is not connected. {caller} hears music."),
    ],
    other_window: [
      IN_CALL,
      marked("{colleague}'s audio is not connected. {caller} hears music."),
    ],
    connecting: [CONNECTING, CONNECTS_MUSIC],
    reconnecting: [RECONNECTING, BACK_MUSIC],
    nowhere: [RECONNECTING, OFF_MUSIC],
  },
  guest: {
    here: [IN_CALL, marked("On call with {caller} and {colleague}.")],
    other_window: [
      IN_CALL,
      marked("On call with {caller} and {colleague}, in another window."),
    ],
    connecting: [CONNECTING, CONNECTS_THREE],
    reconnecting: [RECONNECTING, BACK_THREE],
    nowhere: [RECONNECTING, OFF_THREE],
  },
  guest_alone: {
    here: [
      IN_CALL,
      marked("On call with {caller}. {colleague}'s audio is not connected."),
    ],
    other_window: [
      IN_CALL,
      marked(
        "On call with {caller}, in another window. {colleague}'s audio is not connected.",
      ),
    ],
    connecting: [CONNECTING, CONNECTS_NO_VOICE],
    reconnecting: [RECONNECTING, BACK_NO_VOICE],
    nowhere: [RECONNECTING, OFF_NO_VOICE],
  },
};

const MUTED = marked("You are muted.");
const MUTED_TO_CALLER = marked("You are muted. {caller} cannot hear you.");
const MUTED_TO_COLLEAGUE = marked("You are muted. {colleague} cannot hear you.");
const MUTED_TO_BOTH = marked(
  "You are muted. {caller} and {colleague} cannot hear you.",
);
const BOTH = marked("{caller} and {colleague}");
const HELD = marked("{caller} (on hold)");

/** Whose voice is heard, and what muting means. @type {Record<Role, Row>} */
export const VOICES = {
  none: ["{caller}", MUTED],
  rung: ["{caller}", MUTED],
  asked: ["{caller}", MUTED],
  dialing: ["{caller}", MUTED],
  connecting: ["{caller}", MUTED],
  talk: ["{caller}", MUTED_TO_CALLER],
  held: [HELD, MUTED],
  asking: [HELD, MUTED],
  asking_live: ["{caller}", MUTED_TO_CALLER],
  consulting: ["{colleague}", MUTED_TO_COLLEAGUE],
  consulting_alone: ["{colleague}", MUTED],
  consulting_soon: ["{colleague}", MUTED],
  three_way: [BOTH, MUTED_TO_BOTH],
  three_way_alone: ["{caller}", MUTED_TO_CALLER],
  consulted: ["{colleague}", MUTED_TO_COLLEAGUE],
  consulted_alone: ["{colleague}", MUTED],
  guest: [BOTH, MUTED_TO_BOTH],
  guest_alone: ["{caller}", MUTED_TO_CALLER],
};

/** @type {Record<Place, string>} */
export const ELSEWHERE = {
  here: "",
  connecting: "",
  reconnecting: "",
  other_window: marked("The audio of this call is in another window."),
  nowhere: marked("No window has the audio of this call."),
};

/**
 * @param {Role} role
 * @param {Place} place
 * @param {{caller: string, colleague: string}} names
 * @returns {CallWords}
 */
export function callWords(role, place, names) {
  const [status, text] = ROWS[role][place];
  const [heard, muted] = VOICES[role];
  return {
    status,
    text: text && t(text, names),
    heard: t(heard, names),
    muted: t(muted, names),
    elsewhere: t(ELSEWHERE[place]),
  };
}

/**
 * Return the words for a call that this agent is in, or that rings here.
 * @param {State} state
 * @param {Call} call
 */
export function wordsFor(state, call) {
  const role = roleIn(call, state.agent);
  return callWords(role, placeOf(state, call), namesIn(call, state.agent));
}

/**
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function namesIn(call, agent) {
  const colleague = colleagueIn(call, agent)?.name ?? t("A colleague");
  return { caller: callerName(call), colleague };
}
