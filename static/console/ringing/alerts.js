/**
 * Makes what is due be heard and seen: calls that ring, which the server is told of, and
 * people who may be called now.
 */

import { t } from "../shell/i18n.js";
import { proposedCalls } from "../state/dialing.js";
import { answeredCall, myCall, ringingCalls } from "../state/selectors.js";
import { ringHeadline } from "./ring-attempts.js";

/** @import {Item, Notifier} from "../shell/notifier.js" */
/** @import {Call, ScheduledCall} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * @typedef {{start(): unknown, stop(): unknown}} Ringer `start` may tell later whether it
 *   can be heard
 */

export class RingAlerts {
  #ringer;
  #chime;
  #notifier;
  #acknowledge;
  #isSeen;
  /** @type {Promise<unknown> | null} while it rings: whether it is heard */
  #ring = null;
  /** @type {Set<string>} */
  #calls = new Set();
  /** @type {Set<string>} */
  #chimed = new Set();

  /**
   * @param {Ringer} ringer
   * @param {Ringer} chime heard once for each person who may be called
   * @param {Pick<Notifier, "show">} notifier
   * @param {(id: string) => void} acknowledge
   * @param {() => boolean} isSeen whether what is drawn can be seen
   */
  constructor(ringer, chime, notifier, acknowledge, isSeen) {
    this.#ringer = ringer;
    this.#chime = chime;
    this.#notifier = notifier;
    this.#acknowledge = acknowledge;
    this.#isSeen = isSeen;
  }

  /** @param {State} state already shown on the page */
  follow(state) {
    const isOnline = state.connection === "online";
    const calls = isOnline ? ringingCalls(state) : [];
    const plans = isOnline ? duePlans(state) : [];
    this.#notifier.show(...news(state, calls, plans));
    this.#sound(calls.length > 0 && myCall(state) === null);
    const fresh = calls.filter(({ id }) => !this.#calls.has(id));
    this.#calls = new Set(calls.map(({ id }) => id));
    for (const { id } of fresh) {
      this.#confirm(id);
    }
    this.#chimeFor(plans, calls.length > 0);
  }

  /**
   * Tell the server only of a call that is heard, or at least seen: what reaches
   * neither ear nor eye does not ring, and another agent should have it.
   * @param {string} id
   */
  async #confirm(id) {
    const ring = this.#ring;
    const isHeard = ring !== null && (await ring) !== false;
    if (this.#calls.has(id) && (isHeard || this.#isSeen())) {
      this.#acknowledge(id);
    }
  }

  /**
   * Ring for a moment, because the server asks whether this page can.
   * @returns {Promise<boolean>} whether it is heard, or the page is seen
   */
  async test() {
    const ring = this.#ring ?? Promise.resolve(this.#ringer.start()).catch(() => false);
    const isHeard = await ring;
    if (this.#ring === null) {
      this.#ringer.stop();
    }
    return isHeard !== false || this.#isSeen();
  }

  /**
   * @param {ScheduledCall[]} plans
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
    if (due === (this.#ring !== null)) {
      return;
    }
    if (due) {
      this.#ring = Promise.resolve(this.#ringer.start()).catch(() => false);
    } else {
      this.#ring = null;
      this.#ringer.stop();
    }
  }
}

/**
 * @param {Call} call
 * @param {State} state
 */
function described(call, { agent }) {
  const { name, number } = call.contact;
  const detail = [name ? number : "", call.queue].filter(Boolean).join(" · ");
  return { id: call.id, headline: ringHeadline(call, agent), detail };
}

/** @param {ScheduledCall} plan */
function proposed({ id, name, number, sentence }) {
  const detail = [name ? number : "", sentence].filter(Boolean).join(" · ");
  return {
    id: `plan-${id}`,
    headline: t("You may call {who} now", { who: name || number }),
    detail,
  };
}

/**
 * No call is proposed to an agent who talks, nor in a page that another has replaced.
 * @param {State} state
 */
function duePlans(state) {
  const free = myCall(state) === null && answeredCall(state) === null;
  return free && state.shift.primary ? proposedCalls(state.dialing) : [];
}

/**
 * Return what to notify of, and the title.
 * @param {State} state
 * @param {Call[]} calls
 * @param {ScheduledCall[]} plans
 * @returns {[Item[], string]}
 */
function news(state, calls, plans) {
  /** @type {Record<string, Item[]>} */
  const kinds = {
    calls: calls.map((call) => described(call, state)),
    scheduled: plans.map(proposed),
    trouble: troubles(state),
  };
  const all = Object.values(kinds).flat();
  // The title is no notification: it tells of everything.
  const items = state.preferences.notifies.flatMap((kind) => kinds[kind] ?? []);
  if (calls.length > 1) {
    return [items, `\u260e ${t("{count} calls are ringing", { count: calls.length })}`];
  }
  const sign = calls.length > 0 ? "\u260e" : "\u2706";
  const trouble = cannotRing(state);
  if (calls.length === 0 && trouble !== "") {
    return [items, `\u26a0 ${trouble}`];
  }
  return [items, all.length > 0 ? `${sign} ${all[0].headline}` : ""];
}

/**
 * Tell an agent who waits in another window why it stays quiet.
 * @param {State} state
 * @returns {Item[]}
 */
function troubles({ agent, connection }) {
  const isTold = connection === "online" && agent?.state === "cannot_ring";
  return isTold
    ? [{ id: "cannot-ring", headline: CANNOT_RING(), detail: t(agent.reason ?? "") }]
    : [];
}

const CANNOT_RING = () => t("You are not reachable");

/**
 * Return the title of a page where no call can ring though its agent wants calls; else
 * nothing.
 * @param {State} state
 */
export function cannotRing({ connection, agent, shift }) {
  if (!shift.primary) {
    return t("Your calls are in another window");
  }
  if (connection === "lost") {
    return t("No connection");
  }
  return agent?.state === "cannot_ring" ? CANNOT_RING() : "";
}
