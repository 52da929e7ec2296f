/** Commands about the agent's own state. */

import { audioCall } from "../state/selectors.js";

/** @import {AudioSession} from "../audio-devices/audio-session.js" */
/** @import {Notifier} from "../shell/notifier.js" */
/** @import {Requests} from "../state/requests.js" */
/** @import {Id} from "../state/snapshot.js" */
/** @import {Store} from "../state/store.js" */

/** @typedef {{state: "on_break" | "offline" | null, reason: Id | null}} Next */

/** An agent in one of these states needs no audio. */
const RESTING = new Set(["offline", "on_break"]);

export class ShiftCommands {
  #store;
  #requests;
  #audio;
  #notifier;

  /**
   * @param {Store} store
   * @param {Requests} requests
   * @param {Pick<AudioSession, "open">} audio
   * @param {Pick<Notifier, "ask">} notifier
   */
  constructor(store, requests, audio, notifier) {
    this.#store = store;
    this.#requests = requests;
    this.#audio = audio;
    this.#notifier = notifier;
  }

  /** In the handler of a click: only there may a page ask for these permissions. */
  async goAvailable() {
    const asked = this.#notifier.ask();
    if (!(await this.#audio.open())) {
      return;
    }
    this.#requests.send("available");
    const text = await asked;
    if (text) {
      this.#store.dispatch({
        type: "notice",
        notice: { who: "", text, tone: "problem" },
      });
    }
  }

  /** Available, unless the agent is with a call or is so already. */
  async goAvailableAgain() {
    if (RESTING.has(this.#store.state.agent?.state ?? "")) {
      await this.goAvailable();
    }
  }

  /** Have a recorded voice call here. */
  askForTraining() {
    this.#requests.send("training_call");
  }

  goOffline() {
    this.#requests.send("offline");
  }

  /** @param {Id | null} reason id of a break */
  takeBreak(reason) {
    this.#requests.send("break", { reason });
  }

  /** @param {Next} next what follows this call */
  goNext({ state, reason }) {
    this.#requests.send("next_state", { state, reason });
  }

  /**
   * After a load, pick up where the agent was. Should the audio not open, the page says
   * so, and the server sees that no call can ring here.
   */
  async resume() {
    const { state } = this.#store;
    if (!RESTING.has(state.agent?.state ?? "offline") || audioCall(state) !== null) {
      await this.#audio.open();
    }
  }
}
