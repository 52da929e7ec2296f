/**
 * Hold, transfer and consult: what the page knows of them, beside what the call's
 * snapshot says. One thing is asked for at a time; it stands among the state's other
 * requests under the key TRANSFER. Pure.
 *
 * @typedef {"hold" | "resume" | "transfer" | "consult" | "cancel_consult" | "complete"}
 *   TransferVerb
 *
 * @typedef {object} TransferValue what is kept of a request
 * @property {string} call
 * @property {string} to "agent-3" or "queue-2", for the button that was pressed
 * @property {boolean} back resume the call when this is done
 */

import { consultedLeg } from "./participants.js";
import { isSame } from "./snapshot.js";
import { noTransfer } from "./state.js";

/** @import {Call} from "./snapshot.js" */
/** @import {Asked, State, Transfer} from "./state.js" */

/** The key of the one request about the call that is open. */
export const TRANSFER = "transfer";

/** @type {Record<string, (state: State, action: any) => State>} */
export const TRANSFER_REDUCERS = {
  targets: (state, { agents, queues }) =>
    changed(state, { targets: { agents, queues } }),
  transferOpened: (state, { call }) => changed(state, { ...noTransfer, open: call }),
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
 * Return what was asked of the server about a call and is not done yet.
 * @param {State} state
 * @returns {Asked | null}
 */
export function pendingTransfer({ asked }) {
  return asked[TRANSFER] ?? null;
}

/**
 * Tell whether a request has to wait: for the server, or for the one before it.
 * @param {State} state
 */
export function isWaiting(state) {
  return state.connection !== "online" || pendingTransfer(state) !== null;
}

/** @type {Record<string, (call: Call) => boolean>} */
const DONE = {
  hold: (call) => call.status !== "active",
  resume: (call) => call.status !== "held",
  consult: (call) => consultedLeg(call) !== null,
  cancel_consult: (call) => consultedLeg(call) === null,
  transfer: () => false,
  complete: () => false,
};

/**
 * Drop what is done after the server has told of a call; everything, once the call is
 * no longer this agent's own.
 * @param {State} state
 * @param {Call} call
 * @returns {State}
 */
export function transferFollowed(state, call) {
  const isMine = call.status !== "ended" && isSame(call.agent, state.agent);
  const pending = pendingTransfer(state);
  const isDone =
    pending?.value.call === call.id && (!isMine || DONE[pending.verb](call));
  const { open, back } = state.transfer;
  const isClosed = open === call.id && (!isMine || consultedLeg(call) !== null);
  const isBack = back === call.id && (!isMine || call.status !== "held");
  if (!isDone && !isClosed && !isBack) {
    return state;
  }
  const { [TRANSFER]: _, ...others } = state.asked;
  const next = isDone && isMine && pending.value.back ? call.id : back;
  return changed(
    { ...state, asked: isDone ? others : state.asked },
    { open: isClosed ? null : open, back: isBack ? null : next },
  );
}

/**
 * Show a refusal in the list while that is open.
 * @param {State} state
 * @param {{text: string, request?: number}} problem
 * @returns {Transfer}
 */
export function transferRefused(state, { text, request }) {
  const { transfer } = state;
  const isInList =
    transfer.open !== null && pendingTransfer(state)?.request === request;
  return isInList ? { ...transfer, problem: text } : transfer;
}
