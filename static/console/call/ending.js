/**
 * What cannot be had back: hanging up, declining, and handing the caller on. A pointer does
 * it at once; a key press may be a slip and waits for the undo second. A call of three is
 * ended only after a question.
 */

import { t } from "../shell/i18n.js";
import { isShared } from "../state/keys-now.js";
import { callerName } from "../state/labels.js";
import { phaseOf } from "../state/participants.js";
import { myCall, ringingCalls } from "../state/selectors.js";

/** @import {Id} from "../state/snapshot.js" */
/** @import {UndoSecond} from "../shell/undo.js" */
/** @import {Store} from "../state/store.js" */
/** @import {EndQuestion} from "./end-question.js" */

/**
 * @typedef {object} Hurting what is done in the end
 * @property {{hangUp(): void}} controls
 * @property {{decline(id: string): void}} ringing
 * @property {{toAgent(id: Id): void, toQueue(id: Id): void, complete(): void,
 *   close(): void}} transfer
 */

/**
 * Tell whether a button was pressed by a key: no pointer has clicked then.
 * @param {{detail: number}} click
 */
export const isByKey = ({ detail }) => detail === 0;

export class EndingCommands {
  #store;
  #controls;
  #ringing;
  #transfer;
  #undo;
  #question;

  /**
   * @param {Store} store
   * @param {Hurting} commands
   * @param {Pick<UndoSecond, "later" | "drop" | "follow">} undo
   * @param {Pick<EndQuestion, "ask" | "follow">} question
   */
  constructor(store, { controls, ringing, transfer }, undo, question) {
    this.#store = store;
    this.#controls = controls;
    this.#ringing = ringing;
    this.#transfer = transfer;
    this.#undo = undo;
    this.#question = question;
  }

  get #state() {
    return this.#store.state;
  }

  /** @param {boolean} byKey */
  hangUp(byKey) {
    const call = myCall(this.#state);
    if (call === null) {
      return;
    }
    if (isShared(call, this.#state.agent)) {
      this.#undo.drop();
      this.#question.ask(this.#state, call, {
        end: () => this.#endsStill(call.id),
        leave: () => this.#transfer.complete(),
      });
      return;
    }
    const isGuest = phaseOf(call, this.#state.agent) === "guest";
    const caller = callerName(call);
    this.#do(byKey, {
      text: isGuest ? t("Leaving the call…") : t("Hanging up on {caller}…", { caller }),
      act: () => this.#endsStill(call.id),
      // A colleague who joins meanwhile is asked about, not cut off.
      holds: () =>
        myCall(this.#state)?.id === call.id &&
        !isShared(this.#state.calls[call.id], this.#state.agent),
    });
  }

  /**
   * @param {string} id
   * @param {boolean} byKey
   */
  decline(id, byKey) {
    const call = this.#state.calls[id];
    if (call === undefined) {
      return;
    }
    this.#do(byKey, {
      text: t("Declining {caller}…", { caller: callerName(call) }),
      act: () => this.#ringing.decline(id),
      holds: () => ringingCalls(this.#state).some((one) => one.id === id),
    });
  }

  /**
   * Hand the caller on unasked.
   * @param {"toAgent" | "toQueue"} way
   * @param {Id} id
   * @param {string} name of the agent or the queue
   * @param {boolean} byKey
   */
  transfer(way, id, name, byKey) {
    const call = myCall(this.#state);
    if (call === null) {
      return;
    }
    if (byKey) {
      this.#transfer.close();
    }
    this.#do(byKey, {
      text: t("Transferring {caller} to {name}…", { caller: callerName(call), name }),
      act: () => this.#transfer[way](id),
      holds: () => myCall(this.#state)?.id === call.id,
    });
  }

  follow() {
    this.#undo.follow();
    this.#question.follow(this.#state);
  }

  /** @param {string} id */
  #endsStill(id) {
    if (myCall(this.#state)?.id === id) {
      this.#controls.hangUp();
    }
  }

  /**
   * @param {boolean} byKey
   * @param {{text: string, act: () => void, holds: () => boolean}} what
   */
  #do(byKey, what) {
    if (byKey) {
      this.#undo.later(what);
    } else {
      this.#undo.drop();
      what.act();
    }
  }
}
