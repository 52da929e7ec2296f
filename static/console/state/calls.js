/** Updates of calls: the calls themselves, and all state that depends on them. */

import { marked } from "../shell/i18n.js";
import { callPlaced, isCalledHere } from "./dialing.js";
import { lastCallAfter, lastCallCorrected } from "./last-call.js";
import { newsOf } from "./news-words.js";
import { withNotice } from "./notices.js";
import { concerns, isGuest, isInCall, isRingingAt } from "./snapshot.js";
import { pendingTransfer, transferFollowed } from "./transfer.js";

/** @import {Agent, Call} from "./snapshot.js" */
/** @import {Asked, Shift, State} from "./state.js" */

/** Finished calls whose version is remembered, against messages that come late. */
const MOST_VERSIONS = 100;

/**
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 * @returns {State}
 */
export function withCall(state, call, now) {
  if (call.version <= (state.versions[call.id] ?? -1)) {
    return state;
  }
  const previous = state.calls[call.id] ?? null;
  const calls = { ...state.calls };
  if (concerns(call, state.agent)) {
    calls[call.id] = call;
  } else {
    delete calls[call.id];
  }
  const next = {
    ...calledHere(state, previous, call),
    shift: withWorkOf(state.shift, call),
    calls,
    versions: remembered(state.versions, call),
    asked: settled(state.asked, call, state.agent),
  };
  const own = [state.asked[call.id]?.verb ?? "", pendingTransfer(state)?.verb ?? ""];
  const followed = withAudioOf(transferFollowed(next, call), previous, call);
  return told(followed, previous, call, own, now);
}

/**
 * Let what is written about a call stand beside the call as it is now.
 * @param {Shift} shift
 * @param {Call} call
 * @returns {Shift}
 */
function withWorkOf(shift, call) {
  const { work } = shift;
  const isOlder = work?.call === call.id && work.call_snapshot.version < call.version;
  return isOlder ? { ...shift, work: { ...work, call_snapshot: call } } : shift;
}

/**
 * Bring the audio of an outbound call here that was asked for in this page.
 * @param {State} state
 * @param {Call | null} previous
 * @param {Call} call
 * @returns {State}
 */
function calledHere(state, previous, call) {
  return isCalledHere(state.dialing, previous, call, state.agent)
    ? { ...state, audioHere: call.id, dialing: callPlaced(state.dialing) }
    : state;
}

/**
 * Drop a call that the server no longer names: what became of it was not told.
 * @param {State} state
 * @param {Call} call
 * @param {number} now
 */
export function withoutCall(state, call, now) {
  const calls = { ...state.calls };
  delete calls[call.id];
  const gone = isRingingAt(call, state.agent)
    ? { ...call, offered_to: [] }
    : lost(call);
  const next = transferFollowed({ ...state, calls }, gone);
  return told(withAudioOf(next, call, gone), call, gone, [], now);
}

/**
 * @param {Call} call
 * @returns {Call}
 */
function lost(call) {
  const end_text = marked(
    "The call ended or went on without you while the console was disconnected",
  );
  return { ...call, status: "ended", ended_by: "", left: [], end_text };
}

/**
 * @param {State} state
 * @param {Call | null} previous
 * @param {Call} call
 * @param {string[]} own what this page has asked for the call
 * @param {number} now
 * @returns {State}
 */
function told(state, previous, call, own, now) {
  const notice = previous && newsOf(state, previous, call, own);
  const lastCall =
    lastCallAfter(previous, call, state.agent) ??
    lastCallCorrected(state.lastCall, call, state.agent);
  return notice
    ? withNotice({ ...state, lastCall }, notice, now)
    : { ...state, lastCall };
}

/**
 * Decide which audio is due here after the change, and whether it is muted. The agent's
 * last request stands until the server has answered it.
 * @param {State} state
 * @param {Call | null} previous
 * @param {Call} call
 * @returns {State}
 */
function withAudioOf(state, previous, call) {
  if (!isInCall(call, state.agent)) {
    const over = state.audioHere === call.id && state.asked[call.id] === undefined;
    return over ? { ...state, audioHere: null, hadAudio: false } : state;
  }
  if (previous === null || !isInCall(previous, state.agent)) {
    const muted = !isGuest(call, state.agent) && call.muted;
    return { ...state, hadAudio: false, mute: { muted, sent: 0 } };
  }
  if (previous.muted === call.muted || isGuest(call, state.agent)) {
    return state;
  }
  const { muted, sent } = state.mute;
  const mute = sent > 0 ? { muted, sent: sent - 1 } : { muted: call.muted, sent: 0 };
  return { ...state, mute };
}

/**
 * @param {Record<string, number>} versions
 * @param {Call} call
 */
function remembered(versions, call) {
  const { [call.id]: _, ...others } = versions;
  const kept = Object.entries(others).slice(1 - MOST_VERSIONS);
  return { ...Object.fromEntries(kept), [call.id]: call.version };
}

/**
 * Drop the request that is done: answer and decline are open while the call rings here,
 * hang-up while the agent is in it.
 * @param {Record<string, Asked>} asked
 * @param {Call} call
 * @param {Agent | null} agent
 */
function settled(asked, call, agent) {
  const { [call.id]: request, ...others } = asked;
  const open =
    request?.verb === "hang_up" ? isInCall(call, agent) : isRingingAt(call, agent);
  return request === undefined || open ? asked : others;
}
