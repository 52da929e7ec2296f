/**
 * Makes what is due be heard and seen: calls that ring, which the server is told of, and
 * people who may be called now.
 */

import { offeredPlans } from "./calling-out.js";
import { answeredCall, callerName, myCall, ringingCalls } from "./calls.js";

/** @import {Plan} from "./calling-out.js" */
/** @import {Call} from "./calls.js" */
/** @import {Notifier} from "./notifier.js" */
/** @import {State} from "./store.js" */

/**
 * @typedef {{start(): unknown, stop(): unknown}} Ringer
 */

export class Ringing {
  #ringer;
  #chime;
  #notifier;
  #acknowledge;
  #isRinging = false;
  /** @type {Set<string>} */
  #acknowledged = new Set();
  /** @type {Set<string>} */
  #chimed = new Set();

  /**
   * @param {Ringer} ringer
   * @param {Ringer} chime heard once for each person who may be called
   * @param {Notifier} notifier
   * @param {(id: string) => void} acknowledge
   */
  constructor(ringer, chime, notifier, acknowledge) {
    this.#ringer = ringer;
    this.#chime = chime;
    this.#notifier = notifier;
    this.#acknowledge = acknowledge;
  }

  /** @param {State} state already shown on the page */
  follow(state) {
    const calls = state.connection === "online" ? ringingCalls(state) : [];
    const plans = state.connection === "online" ? duePlans(state) : [];
    this.#notifier.show(
      [...calls.map(described), ...plans.map(offered)],
      titleFor(calls, plans),
    );
    this.#sound(calls.length > 0 && myCall(state) === null);
    for (const { id } of calls) {
      if (!this.#acknowledged.has(id)) {
        this.#acknowledge(id);
      }
    }
    this.#acknowledged = new Set(calls.map(({ id }) => id));
    this.#chimeFor(plans, calls.length > 0);
  }

  /**
   * @param {Plan[]} plans
   * @param {boolean} ringing a call that rings is louder anyway
   */
  #chimeFor(plans, ringing) {
    const ids = plans.map(({ id }) => String(id));
    if (!ringing && ids.some((id) => !this.#chimed.has(id))) {
      this.#chime.start();
    }
    this.#chimed = new Set(ids);
  }

  /** @param {boolean} due */
  #sound(due) {
    if (due === this.#isRinging) {
      return;
    }
    this.#isRinging = due;
    if (due) {
      this.#ringer.start();
    } else {
      this.#ringer.stop();
    }
  }
}

/** @param {Call} call */
function described(call) {
  const { name, number } = call.contact;
  const detail = [name ? number : "", call.queue].filter(Boolean).join(" · ");
  return { id: call.id, headline: `${callerName(call)} is calling`, detail };
}

/** @param {Plan} plan */
function offered({ id, name, number, sentence }) {
  const detail = [name ? number : "", sentence].filter(Boolean).join(" · ");
  return { id: `plan-${id}`, headline: `You may call ${name || number} now`, detail };
}

/**
 * Nobody is offered to an agent who talks.
 * @param {State} state
 */
function duePlans(state) {
  const free = myCall(state) === null && answeredCall(state) === null;
  return free ? offeredPlans(state.out) : [];
}

/**
 * @param {Call[]} calls
 * @param {Plan[]} plans
 */
function titleFor(calls, plans) {
  if (calls.length > 1) {
    return `\u260e ${calls.length} calls are ringing`;
  }
  if (calls.length === 1) {
    return `\u260e ${callerName(calls[0])} is calling`;
  }
  return plans.length > 0 ? `\u2706 ${offered(plans[0]).headline}` : "";
}
