/**
 * Commands about the call that the agent writes about: notes, disposition, a callback,
 * more time, and the end of it.
 */

import { chosenHere, flatChoices, isWrapUp, missing } from "../state/shift.js";
import { noCallback } from "../state/state.js";
import { instantOf, plannedText, problemOf } from "./callback.js";
import { NotesAutosave } from "./notes-autosave.js";

/** @import {ConsoleSocket} from "../shell/socket.js" */
/** @import {Requests} from "../state/requests.js" */
/** @import {Store} from "../state/store.js" */
/** @import {Callback} from "../state/state.js" */
/** @import {Drafts} from "./drafts.js" */

const CALLBACK = "callback";

export class WrapUpCommands {
  #store;
  #requests;
  #drafts;
  #now;
  #notes;
  /** @type {string | null} the call whose draft of a call back is shown */
  #shown = null;

  /**
   * @param {Store} store
   * @param {Requests} requests
   * @param {Pick<ConsoleSocket, "send">} socket
   * @param {Drafts} drafts
   * @param {() => number} now milliseconds of the epoch by the server's clock
   */
  constructor(store, requests, socket, drafts, now) {
    this.#store = store;
    this.#requests = requests;
    this.#drafts = drafts;
    this.#now = now;
    this.#notes = new NotesAutosave(
      drafts,
      (call, text) => socket.send("note", { call, text }),
      (written) => store.dispatch({ type: "written", written }),
    );
  }

  get #state() {
    return this.#store.state;
  }

  get #work() {
    return this.#state.shift.work;
  }

  /** Follow the state: there may be another call to write about. */
  follow() {
    const { agent, connection } = this.#state;
    if (agent === null) {
      return;
    }
    this.#drafts.of(agent.id);
    this.#notes.follow(this.#work);
    this.#showDraft(this.#work?.call ?? null);
    if (connection === "lost") {
      this.#notes.lost();
    }
  }

  /** @param {string | null} call */
  #showDraft(call) {
    if (call === this.#shown) {
      return;
    }
    this.#shown = call;
    const draft = call === null ? null : this.#drafts.get(CALLBACK, call);
    const callback = { ...noCallback, ...draft };
    this.#store.dispatch({ type: "callback", callback });
  }

  /** Send again what a lost connection may have lost. */
  back() {
    this.#notes.back();
  }

  /** Send now what waits: the page may go away. */
  flush() {
    this.#notes.flush();
  }

  /** @param {number} now monotonic milliseconds */
  tick(now) {
    this.#notes.tick(now);
  }

  /**
   * Before the store hears of it.
   * @param {{request: number}} message
   */
  saved({ request }) {
    this.#notes.saved(request);
    if (this.#state.asked[CALLBACK]?.request === request && this.#shown !== null) {
      this.#drafts.remove(CALLBACK, this.#shown);
      const done = plannedText(this.#state.shift.callback, this.#now());
      this.#store.dispatch({ type: "callback", callback: { ...noCallback, done } });
    }
  }

  /**
   * @param {number | undefined} request
   * @returns {boolean} whether the agent need not be told
   */
  refused(request) {
    return this.#notes.refused(request);
  }

  /** @param {string} text */
  typeNotes(text) {
    this.#notes.typed(text);
  }

  /** @param {string} id as the list has it; empty: none */
  choose(id) {
    const work = this.#work;
    if (work === null) {
      return;
    }
    const choice = flatChoices(work).find((one) => String(one.id) === id);
    const disposition = choice?.id ?? null;
    if (disposition !== chosenHere(this.#state)) {
      const { call } = work;
      this.#ask("disposition", { call, disposition }, disposition);
    }
  }

  /** @param {number} place of a choice in the list, from 1 */
  chooseAt(place) {
    const work = isWrapUp(this.#work) ? this.#work : null;
    const choice = work && flatChoices(work)[place - 1];
    if (choice) {
      this.choose(String(choice.id));
    }
  }

  finish() {
    if (isWrapUp(this.#work) && missing(this.#state) === "") {
      this.#notes.flush();
      this.#ask("finish");
    }
  }

  moreTime() {
    if (isWrapUp(this.#work)) {
      this.#ask("more_time");
    }
  }

  /** @param {Partial<Callback>} changes */
  changeCallback(changes) {
    const callback = { ...this.#state.shift.callback, ...changes };
    if (this.#shown !== null) {
      this.#keep(this.#shown, callback);
    }
    this.#store.dispatch({ type: "callback", callback });
  }

  /**
   * @param {string} call
   * @param {Callback} callback
   */
  #keep(call, callback) {
    if (callback.open) {
      this.#drafts.set(CALLBACK, call, callback);
    } else {
      this.#drafts.remove(CALLBACK, call);
    }
  }

  planCallback() {
    const { callback, work } = this.#state.shift;
    if (work !== null && problemOf(callback, this.#now()) === "") {
      const { at, mine, text } = callback;
      this.#ask(CALLBACK, {
        call: work.call,
        at: instantOf(at),
        mine,
        text: text.trim(),
      });
    }
  }

  /**
   * @param {string} verb
   * @param {Record<string, unknown>} fields
   * @param {unknown} value what was chosen
   */
  #ask(verb, fields = {}, value = undefined) {
    if (this.#state.asked[verb] !== undefined && verb !== "disposition") {
      return;
    }
    this.#requests.ask(verb, fields, verb, value);
  }
}
