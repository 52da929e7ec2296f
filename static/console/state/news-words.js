/**
 * What a page says of something that happened in a call: one row for what it was, with a
 * text for each who may read it. No view decides for itself. Pure.
 */

import { marked, t } from "../shell/i18n.js";
import { earliestText } from "../shell/times.js";
import { wordsFor } from "./call-words.js";
import { endOfPart, happened } from "./happenings.js";
import { callerName } from "./labels.js";
import { isDialing, isInCall, isRingingAt, isSame } from "./snapshot.js";

/** @import {Happening} from "./happenings.js" */
/** @import {Agent, Call, Named} from "./snapshot.js" */
/** @import {Notice, State} from "./state.js" */

/**
 * @typedef {object} NewsRow what is not there is not said
 * @property {string} [rung] a notice to the agent at whom the call rang until now
 * @property {string} [notice] a notice to the agent who is in the call, or was until now
 * @property {string} [after] to the agent who was in it, until their next call
 */

/** @type {Record<Happening, NewsRow>} */
export const NEWS = {
  nothing: {},
  // It rang here, and does not any more.
  answered: {},
  you_declined: {},
  you_took_another: {},
  taken: { rung: marked("{owner} answered this call") },
  not_answered: { rung: marked("You did not answer in time") },
  no_ring: { rung: marked("This call could not ring here") },
  ring_stopped: { rung: marked("This call no longer rings here") },
  consult_cancelled: { rung: marked("{colleague} cancelled the consult") },
  // The whole call has ended.
  caller_hung_up: {
    rung: marked("The caller hung up"),
    after: marked("The caller hung up"),
  },
  contact_hung_up: {
    rung: marked("They hung up"),
    after: marked("They hung up"),
  },
  you_hung_up: { after: marked("You hung up") },
  you_hung_up_on_all: {
    after: marked("You hung up. That ended the call for {others}, too."),
  },
  owner_hung_up: {
    rung: marked("{colleague} hung up"),
    notice: marked("{colleague} hung up. That ended the call for everyone."),
    after: marked("{owner} hung up. That ended the call for everyone."),
  },
  ended: { rung: marked("The call ended"), after: marked("The call ended") },
  // The call goes on without this agent.
  you_left: { after: marked("You left the call.") },
  you_were_removed: {
    notice: marked("{colleague} ended your part in the call."),
    after: marked("Your part in the call was ended."),
  },
  you_handed_over: { after: marked("You handed the call over.") },
  you_transferred: { after: marked("You transferred the call.") },
  call_transferred: {
    rung: marked("{colleague} transferred the call"),
    after: marked("The call was transferred."),
  },
  call_taken_over: {
    rung: marked("{supervisor} took over the call"),
    notice: marked("{supervisor} took over the call."),
    after: marked("{supervisor} took over the call."),
  },
  you_were_disconnected: {
    notice: marked("Your console was disconnected for too long."),
    after: marked("Your console was disconnected for too long."),
  },
  your_audio_failed: {
    notice: marked("Your audio did not connect in time."),
    after: marked("Your audio did not connect in time."),
  },
  call_is_gone: { after: marked("You are no longer on the call.") },
  // The call goes on with this agent; what it is like now is said after it.
  colleague_declined: { notice: marked("{colleague} declined.") },
  colleague_not_answered: { notice: marked("{colleague} did not answer.") },
  colleague_no_ring: {
    notice: marked("The call could not ring at {colleague}'s console."),
  },
  colleague_ring_stopped: {
    notice: marked("The call no longer rings at {colleague}'s console."),
  },
  colleague_left: { notice: marked("{colleague} left.") },
  colleague_removed: {},
  colleague_disconnected: {
    rung: marked("{colleague} was disconnected"),
    notice: marked("{colleague} was disconnected."),
  },
  colleague_audio_failed: { notice: marked("{colleague}'s audio did not connect.") },
  handed_to_you: { notice: marked("{colleague} handed the call to you.") },
  disconnected_to_you: {
    notice: marked("{colleague} was disconnected. The call is yours now."),
  },
};

/** Who has the call now, for an agent who is no longer in it. */
const HAS_IT = marked("{owner} has the call.");
const WAITS = marked("{caller} waits for another agent.");
const OVER = marked("The call has ended since.");

/** @type {Happening[]} */
const ENDINGS = [
  "caller_hung_up",
  "contact_hung_up",
  "you_hung_up",
  "you_hung_up_on_all",
  "owner_hung_up",
  "ended",
];

/**
 * Return the notice about a call that has changed; null where there is nothing to say.
 * @param {State} state after the change
 * @param {Call} previous
 * @param {Call} call
 * @param {string[]} own what this page has just asked for the call
 * @returns {Omit<Notice, "id" | "at"> | null}
 */
export function newsOf(state, previous, call, own = []) {
  const { agent } = state;
  const { what, who } = happened(previous, call, agent, isBusy(state, call));
  if (isOwnDoing(what, own)) {
    return null;
  }
  if (isRingingAt(previous, agent)) {
    return notice(rungText(what, call, who), callerName(call));
  }
  const text = said(NEWS[what].notice, call, who);
  const now = text && isInCall(call, agent) ? wordsFor(state, call).text : "";
  return notice([text, now].filter(Boolean).join(" "), "");
}

/**
 * @param {string} text
 * @param {string} who
 * @returns {Omit<Notice, "id" | "at"> | null}
 */
function notice(text, who) {
  return text === "" ? null : { who, text, tone: "info" };
}

/**
 * Tell whether the agent is in another call now.
 * @param {State} state
 * @param {Call} call
 */
function isBusy({ calls, agent }, call) {
  const others = Object.values(calls).filter((other) => other.id !== call.id);
  return others.some((other) => isInCall(other, agent));
}

/**
 * Tell whether it is what was asked for here: a decline, or a colleague sent away.
 * @param {Happening} what
 * @param {string[]} own
 */
function isOwnDoing(what, own) {
  return (
    own.includes("decline") ||
    (what === "colleague_ring_stopped" && own.includes("cancel_consult"))
  );
}

/**
 * @param {Happening} what
 * @param {Call} call
 * @param {Named | null} who
 */
function rungText(what, call, who) {
  const isServers = what === "ended" && Boolean(call.end_text);
  return isServers ? t(call.end_text) : said(NEWS[what].rung, call, who);
}

/**
 * Say how this agent's part in the call ended, and what became of the call: from its
 * snapshot alone, so that it is true whenever it is read.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function afterWords(call, agent) {
  const what = endOfPart(call, agent);
  const text = said(NEWS[what].after, call, null, agent);
  if (what === "ended") {
    return endText(call) || text;
  }
  return ENDINGS.includes(what) ? text : [text, whoHasIt(call)].join(" ").trim();
}

/** @param {Call} call */
function whoHasIt(call) {
  if (call.status === "ended") {
    return t(OVER);
  }
  if (supervisorWith(call) !== undefined) {
    return "";
  }
  return said(call.agent === null ? WAITS : HAS_IT, call, null);
}

/**
 * Return the supervisor who has this call instead of an agent.
 * @param {Call} call
 */
function supervisorWith(call) {
  return call.supervisors?.find(({ mode }) => mode === "take_over");
}

/**
 * Return the server's sentence; of a call that was not placed also when it may be.
 * @param {Call} call
 */
function endText(call) {
  if (!isDialing(call)) {
    return call.end_text && t(call.end_text);
  }
  const sentence = call.end_text ? t(call.end_text) : t("The call was not answered");
  const again = earliestText(call.retry_at ?? null, Date.parse(call.ended_at ?? ""));
  return [sentence, again].filter(Boolean).join(" ");
}

/**
 * @param {string | undefined} text
 * @param {Call} call
 * @param {Named | null} who
 * @param {Agent | null} agent who reads it
 */
function said(text, call, who, agent = null) {
  if (!text) {
    return "";
  }
  return t(text, {
    caller: callerName(call),
    colleague: who?.name ?? t("A colleague"),
    owner: call.agent?.name ?? t("Another agent"),
    supervisor: supervisorWith(call)?.name ?? t("A supervisor"),
    others: othersAtTheEnd(call, agent).join(", "),
  });
}

/**
 * Return the names of the other agents who were in the call when it ended.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function othersAtTheEnd(call, agent) {
  return (call.left ?? [])
    .filter((part) => part.because === "call_ended" && !isSame(part.agent, agent))
    .map((part) => part.agent.name);
}
