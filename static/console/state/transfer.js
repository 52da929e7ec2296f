/**
 * Hold, transfer and asking a colleague: what the page knows of them, beside what the
 * call's snapshot says. One thing is asked for at a time; it stands among the state's
 * other requests under the key TRANSFER.
 *
 * @typedef {"hold" | "resume" | "transfer" | "consult" | "cancel_consult" | "complete"}
 *   CallVerb
 * @typedef {{id: Id, name: string, state: string, can_take: boolean}} AgentTarget
 * @typedef {{id: Id, name: string, waiting: number, ready: number}} QueueTarget
 * @typedef {{agents: AgentTarget[], queues: QueueTarget[]}} Targets
 * @typedef {object} WishValue
 * @property {string} call
 * @property {string} to "agent-3" or "queue-2", for the button that was pressed
 * @property {boolean} back resume the call when this is done
 *
 * @typedef {object} Transfer
 * @property {string | null} open the call for which the list of targets is open
 * @property {string} filter what the agent typed to find one
 * @property {Targets | null} targets
 * @property {string | null} back the call to resume, as the colleague has gone
 * @property {string} problem why the last wish was refused, shown in the list
 */

import { t } from "../shell/i18n.js";
import { callerName, isGuest, isHeld, isSame } from "./calls.js";
import { askedLeg } from "./participants.js";

/** @import {Id} from "./dialing.js" */
/** @import {Agent, Call, Leg} from "./calls.js" */
/** @import {Note} from "./notices.js" */
/** @import {Asked, State} from "./store.js" */

/** The key of the one request about the call that is open. */
export const TRANSFER = "transfer";

/** @type {Transfer} */
export const nobodyAsked = Object.freeze({
  open: null,
  filter: "",
  targets: null,
  back: null,
  problem: "",
});

/** @type {Record<string, (state: State, action: any) => State>} */
export const TRANSFER_REDUCERS = {
  targets: (state, { agents, queues }) =>
    changed(state, { targets: { agents, queues } }),
  transferOpened: (state, { call }) => changed(state, { ...nobodyAsked, open: call }),
  transferClosed: (state) => changed(state, { open: null, problem: "" }),
  transferFiltered: (state, { filter }) => changed(state, { filter }),
  transferAsked: (state) => changed(state, { back: null, problem: "" }),
};

/**
 * @param {State} state
 * @param {Partial<Transfer>} changes
 * @returns {State}
 */
function changed(state, changes) {
  return { ...state, transfer: { ...state.transfer, ...changes } };
}

/**
 * What was asked of the server about a call and is not done yet.
 * @param {State} state
 * @returns {Asked | null}
 */
export function wishOf({ asked }) {
  return asked[TRANSFER] ?? null;
}

/**
 * Whether a verb has to wait: for the server, or for what was asked of it before.
 * @param {State} state
 */
export function isWaiting(state) {
  return state.connection !== "online" || wishOf(state) !== null;
}

/** @type {Record<string, (call: Call) => boolean>} */
const DONE = {
  hold: (call) => call.status !== "active",
  resume: (call) => call.status !== "held",
  consult: (call) => askedLeg(call) !== null,
  cancel_consult: (call) => askedLeg(call) === null,
  transfer: () => false,
  complete: () => false,
};

/**
 * What is left to wish for after the server has told of a call. Nothing, once the call
 * is no longer this agent's own.
 * @param {State} state
 * @param {Call} call
 * @returns {State}
 */
export function transferFollowed(state, call) {
  const isMine = call.status !== "ended" && isSame(call.agent, state.agent);
  const wish = wishOf(state);
  const isDone = wish?.value.call === call.id && (!isMine || DONE[wish.verb](call));
  const { open, back } = state.transfer;
  const isClosed = open === call.id && (!isMine || askedLeg(call) !== null);
  const isBack = back === call.id && (!isMine || call.status !== "held");
  if (!isDone && !isClosed && !isBack) {
    return state;
  }
  const { [TRANSFER]: _, ...others } = state.asked;
  const next = isDone && isMine && wish.value.back ? call.id : back;
  return changed(
    { ...state, asked: isDone ? others : state.asked },
    { open: isClosed ? null : open, back: isBack ? null : next },
  );
}

/**
 * A refusal is read in the list while that is open.
 * @param {State} state
 * @param {{text: string, request?: number}} problem
 * @returns {Transfer}
 */
export function transferRefused(state, { text, request }) {
  const { transfer } = state;
  const isInList = transfer.open !== null && wishOf(state)?.request === request;
  return isInList ? { ...transfer, problem: text } : transfer;
}

/**
 * What the agent is told when a colleague comes or goes without their doing.
 * @param {Call} previous
 * @param {Call} call
 * @param {State} state
 * @returns {Omit<Note, "id" | "at"> | null}
 */
export function colleagueNote(previous, call, state) {
  const verb = wishOf(state)?.verb ?? "";
  if (call.status === "ended" || verb === "cancel_consult" || verb === "complete") {
    return null;
  }
  const text = isSame(call.agent, state.agent)
    ? whoWent(previous, call)
    : whoLeftMe(previous, call, state.agent);
  return text ? { who: "", text, tone: "info" } : null;
}

/**
 * @param {Call} previous
 * @param {Call} call
 */
function whoWent(previous, call) {
  const before = askedLeg(previous);
  const isThere =
    before !== null && isSame(before.agent, askedLeg(call)?.agent ?? null);
  if (before === null || isThere || !isSame(previous.agent, call.agent)) {
    return "";
  }
  return before.state === "joined"
    ? leftWords(before, call)
    : missedWords(before, call);
}

/**
 * @param {Leg} leg
 * @param {Call} call
 */
function leftWords({ agent }, call) {
  const values = { colleague: agent.name, caller: callerName(call) };
  return call.status === "held"
    ? t("{colleague} has left. {caller} is still on hold.", values)
    : t("{colleague} has left. You talk with {caller}.", values);
}

/**
 * @param {Leg} leg
 * @param {Call} call
 */
function missedWords({ agent }, call) {
  const values = { colleague: agent.name, caller: callerName(call) };
  return call.status === "held"
    ? t("{colleague} did not take the call. {caller} is still on hold.", values)
    : t("{colleague} did not take the call.", values);
}

/**
 * A guest who is not needed any longer.
 * @param {Call} previous
 * @param {Call} call
 * @param {Agent | null} agent
 */
function whoLeftMe(previous, call, agent) {
  const owner = previous.agent?.name ?? "";
  const isOut = isGuest(previous, agent) && !isHeld(call, agent);
  return isOut && owner
    ? t("{colleague} goes on without you.", { colleague: owner })
    : "";
}

/**
 * The targets whose name holds every word that was typed. Whoever can take the call
 * comes first, otherwise in the order of the alphabet.
 * @param {Transfer} transfer
 * @returns {Targets}
 */
export function foundTargets({ targets, filter }) {
  const words = plain(filter).split(/\s+/).filter(Boolean);
  const isFound = (/** @type {{name: string}} */ { name }) =>
    words.every((word) => plain(name).includes(word));
  const agents = (targets?.agents ?? []).filter(isFound).sort(byUse);
  const queues = (targets?.queues ?? []).filter(isFound).sort(byName);
  return { agents, queues };
}

/**
 * "Jose" finds José.
 * @param {string} text
 */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * @param {AgentTarget} one
 * @param {AgentTarget} other
 */
function byUse(one, other) {
  return Number(other.can_take) - Number(one.can_take) || byName(one, other);
}

/**
 * @param {{name: string}} one
 * @param {{name: string}} other
 */
function byName(one, other) {
  return one.name.localeCompare(other.name);
}
