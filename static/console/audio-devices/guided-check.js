/** Leads an agent through the check of what a call needs, until they are available. */

import { answeredCall, myCall, ringingCalls } from "../state/selectors.js";
import { checkRating, NEAR, VOICE } from "./audio-check-rating.js";
import { namesOf } from "./checked-devices.js";

/** @import {Devices} from "../../audio/devices.js" */
/** @import {CheckStep, StepResult, StepVerdict} from "../state/guided-check.js" */
/** @import {State} from "../state/state.js" */
/** @import {Store} from "../state/store.js" */
/** @import {CheckedDevices} from "./checked-devices.js" */

/** So long a voice may keep the agent waiting before the page says what is wrong. */
export const LISTENS_MS = 6_000;
/** So many levels of a voice, ten a second, are a word and no knock on the table. */
const WORD = 4;

/**
 * @typedef {object} CheckParts
 * @property {{open: () => Promise<boolean>}} audio
 * @property {{start: () => Promise<void>, stop: () => void}} echo
 * @property {{press: () => Promise<void>, stop: () => void}} tone at the speaker
 * @property {{press: () => Promise<void>, stop: () => void}} ring where calls ring
 * @property {{allow: () => Promise<StepVerdict>, verdict: () => StepVerdict}} notices
 * @property {() => Promise<void>} goAvailable
 */

export class GuidedCheck {
  #store;
  #devices;
  #checked;
  #parts;
  #loud = 0;
  #loudest = 0;
  #listensSince = 0;

  /**
   * @param {Store} store
   * @param {Devices} devices
   * @param {CheckedDevices} checked
   * @param {CheckParts} parts
   */
  constructor(store, devices, checked, parts) {
    this.#store = store;
    this.#devices = devices;
    this.#checked = checked;
    this.#parts = parts;
    devices.addEventListener("change", () => this.look());
  }

  get #guided() {
    return this.#store.state.guided;
  }

  /** Look whether these devices were checked. */
  look() {
    const due = this.#checked.dueFor(namesOf(this.#devices));
    if (due !== this.#guided.due) {
      this.#store.dispatch({ type: "guidedDue", due });
    }
  }

  /** In the handler of a press: the browser asks for the microphone. */
  async start() {
    if (!mayStart(this.#store.state)) {
      return;
    }
    this.#store.dispatch({ type: "guidedStarted" });
    await this.#enter("microphone");
  }

  /** Begin this step anew, with another device or another try. */
  async again() {
    const { step } = this.#guided;
    if (step !== null && step !== "done") {
      this.#silence();
      this.#judge("waiting");
      await this.#enter(step);
    }
  }

  /**
   * Note how this step went, and go on.
   * @param {StepResult} result
   */
  async next(result) {
    this.#silence();
    this.#store.dispatch({ type: "guidedResult", result });
    const { step } = this.#guided;
    if (step !== null && step !== "done") {
      await this.#enter(step);
    }
  }

  /**
   * The agent has not heard or seen what they should have.
   * @param {StepVerdict} verdict
   */
  missed(verdict = "bad") {
    this.#silence();
    this.#judge(verdict);
  }

  /** The agent hears the echo; what was measured must be good, too. */
  async heardEcho() {
    this.#parts.echo.stop();
    if (checkRating(this.#store.state.check).grade !== "bad") {
      await this.next("good");
    }
  }

  async allowNotices() {
    this.#judge(await this.#parts.notices.allow());
  }

  /** End it: what was checked is remembered, and calls may come. */
  async finish() {
    this.#remember();
    this.close();
    await this.#parts.goAvailable();
  }

  /** Do without it, for these devices. */
  skip() {
    this.#remember();
    this.close();
  }

  close() {
    if (this.#guided.step !== null) {
      this.#silence();
      this.#store.dispatch({ type: "guidedClosed" });
    }
  }

  /**
   * A call is more important.
   * @param {State} state
   */
  follow(state) {
    if (state.guided.step !== null && !mayStart(state)) {
      this.close();
    }
  }

  /**
   * @param {number} level of the microphone, root mean square
   * @param {number} now monotonic milliseconds
   */
  hears(level, now) {
    const { step, verdict } = this.#guided;
    if (step !== "microphone" || verdict === "good" || verdict === "closed") {
      return;
    }
    this.#loudest = Math.max(this.#loudest, level);
    this.#loud += level >= NEAR ? 1 : 0;
    if (this.#loud >= WORD) {
      this.#judge("good");
    } else if (now - this.#listensSince >= LISTENS_MS) {
      this.#judge(this.#loudest < VOICE ? "silent" : "quiet");
    }
  }

  /** @param {CheckStep} step */
  async #enter(step) {
    const begin = {
      microphone: () => this.#listen(),
      speaker: () => this.#parts.tone.press(),
      ringer: () => this.#parts.ring.press(),
      notifications: async () => this.#judge(this.#parts.notices.verdict()),
      echo: () => this.#parts.echo.start(),
    };
    await begin[step]();
  }

  async #listen() {
    const isOpen = await this.#parts.audio.open();
    this.#loud = 0;
    this.#loudest = 0;
    this.#listensSince = performance.now();
    if (this.#guided.step === "microphone" && !isOpen) {
      this.#judge("closed");
    }
  }

  #silence() {
    const { tone, ring, echo } = this.#parts;
    tone.stop();
    ring.stop();
    echo.stop();
  }

  #remember() {
    this.#checked.remember(namesOf(this.#devices));
    this.look();
  }

  /** @param {StepVerdict} verdict */
  #judge(verdict) {
    if (this.#guided.verdict !== verdict) {
      this.#store.dispatch({ type: "guidedVerdict", verdict });
    }
  }
}

/**
 * Never while there is a call, or one rings.
 * @param {State} state
 */
export function mayStart(state) {
  const isFree = myCall(state) === null && answeredCall(state) === null;
  const { connection, shift, loaded } = state;
  return (
    loaded &&
    connection === "online" &&
    shift.primary &&
    isFree &&
    ringingCalls(state).length === 0
  );
}
