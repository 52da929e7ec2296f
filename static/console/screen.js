/**
 * Puts the state on the page. The template holds what stands still, each part below
 * is drawn into an element of it.
 *
 * @typedef {object} PageCommands what is done by the page as a whole
 * @property {() => void} useWindow
 * @property {() => void} openAudio
 * @property {() => void} takeAudio
 * @property {() => void} chooseMicrophone
 * @property {(role: Role, id: string) => void} useDevice
 * @property {() => void} reconnect
 * @property {(id: number) => void} dismiss
 * @property {() => void} help
 *
 * @typedef {object} ScreenModel what is drawn at once
 * @property {State} state
 * @property {number} now milliseconds of the epoch by the server's clock
 * @property {Devices} devices
 * @property {AudioRating} quality
 * @property {Remedy} remedy what would let calls ring here again
 * @property {boolean} opening whether the browser is opening the audio
 */

import { html, nothing, render } from "../vendor/lit-html.js";
import { devicesView } from "./audio-devices/devices-view.js";
import { guidedCheckBanner } from "./audio-devices/guided-check-view.js";
import { audioProblemBanner } from "./audio-devices/problem-view.js";
import { answeringView, inCallView } from "./call/in-call-view.js";
import { callerCardView } from "./caller-card/caller-card-view.js";
import { newCallView } from "./dialing/new-call-view.js";
import { proposalView, scheduledCallsView } from "./dialing/scheduled-calls-view.js";
import { floorView } from "./floor/floor-view.js";
import { isIdle } from "./floor/idle.js";
import { handView, mayRaiseHand, messagesView } from "./floor/supervisor-view.js";
import { helpButton } from "./keys/help.js";
import { myCallsView } from "./my-calls/my-calls-view.js";
import { ringingView } from "./ringing/ringing-view.js";
import { t } from "./shell/i18n.js";
import { isTyping } from "./shell/keyboard.js";
import { connectionBanner, noticesView } from "./shell/notices-view.js";
import { stateIcon } from "./shell/state-badge.js";
import { undoView } from "./shell/undo-view.js";
import { stateButtons, stateName, stateTimer } from "./shift/agent-bar-view.js";
import { idleView } from "./shift/idle-view.js";
import { readinessBanner } from "./shift/readiness-view.js";
import { trainingView } from "./shift/training-view.js";
import { cardCall } from "./state/caller-card.js";
import { proposedCalls } from "./state/dialing.js";
import {
  agentStatus,
  answeredCall,
  audioCall,
  callStatus,
  myCall,
  ringingCalls,
} from "./state/selectors.js";
import { isWrapUp } from "./state/shift.js";
import { wrapUpView } from "./wrap-up/wrap-up-view.js";

/** @import {Devices, Role} from "../audio/devices.js" */
/** @import {AudioRating} from "./audio-devices/audio-check-rating.js" */
/** @import {LevelMeter} from "./audio-devices/level-meter.js" */
/** @import {Commands} from "./commands.js" */
/** @import {Remedy} from "./shift/readiness.js" */
/** @import {State} from "./state/state.js" */

export class Screen {
  #root;
  #commands;
  #signInAddress;
  #wasRinging = false;
  #hadFocus = false;
  #wasWrapUp = false;

  /**
   * @param {HTMLElement} root
   * @param {Commands & PageCommands} commands
   * @param {string} signInAddress
   */
  constructor(root, commands, signInAddress) {
    this.#root = root;
    this.#commands = commands;
    this.#signInAddress = signInAddress;
  }

  /** @param {ScreenModel} model */
  draw(model) {
    const { state, opening } = model;
    const call = myCall(state);
    this.#header(model);
    this.#text("call-status", t(callStatus(state)));
    this.#banners(model);
    this.#into("notes", noticesView(state.notices, this.#commands.dismiss));
    this.#into("stage", this.#stage(model));
    this.#wrapUp(model);
    this.#dialing(model);
    this.#callerCard(model);
    this.#side(model);
    this.#root.toggleAttribute("data-opening", opening);
    this.#root.dataset.status = callStatus(state).toLowerCase().replace(" ", "-");
    this.#focusAnswer(ringingCalls(state).length > 0 && call === null);
  }

  /** @param {ScreenModel} model */
  #banners({ state, remedy }) {
    const { reconnect, openAudio } = this.#commands;
    this.#into(
      "banners",
      html`${connectionBanner(state.connection, this.#signInAddress, reconnect)}
      ${audioProblemBanner(state.audioProblem, openAudio)}
      ${readinessBanner(state, remedy, this.#commands)}
      ${guidedCheckBanner(state, this.#commands.guided)}`,
    );
  }

  /** @param {ScreenModel} model */
  #side({ state, now, devices }) {
    this.#supervisors(state, now);
    const isAlone = isIdle(state);
    this.#element("floor").hidden = !isAlone;
    if (isAlone) {
      this.#into("floor", floorView(state, now));
    }
    const talking = audioCall(state) !== null;
    const view = devicesView(state, devices, talking, this.#commands);
    this.#into(
      "side",
      html`${view} ${trainingView(state, this.#commands.shift)}
      ${helpButton(this.#commands.help)}`,
    );
  }

  /**
   * Show what supervisors write above the caller's card, and the hand below it.
   * @param {State} state
   * @param {number} now
   */
  #supervisors(state, now) {
    const { supervisor } = this.#commands;
    this.#element("floor-messages").hidden = state.messages.length === 0;
    this.#into("floor-messages", messagesView(state, now, supervisor));
    this.#element("hand").hidden = !mayRaiseHand(state);
    this.#into("hand", handView(state, now, supervisor));
  }

  /** @param {{microphone: number, speaker: number}} levels root mean squares */
  showLevels(levels) {
    for (const [name, level] of Object.entries(levels)) {
      for (const meter of document.querySelectorAll(`[data-level=${name}]`)) {
        /** @type {LevelMeter} */ (meter).level = level;
      }
    }
  }

  /** @param {ScreenModel} model */
  #header({ state, now, opening }) {
    this.#text("agent-status", t(agentStatus(state)));
    this.#element("agent-badge").dataset.state = stateName(state);
    this.#into("agent-icon", stateIcon(stateName(state)));
    this.#into("agent-since", stateTimer(state, now));
    this.#into("agent-buttons", stateButtons(state, opening, this.#commands.shift));
    if (state.agent !== null) {
      this.#text("agent-name", state.agent.name);
    }
  }

  /**
   * Kept in the page during a call, out of sight: what was typed stays typed.
   * @param {ScreenModel} model
   */
  #dialing({ state, now }) {
    const isTalk = myCall(state) !== null || answeredCall(state) !== null;
    const busy = isTalk || isWrapUp(state.shift.work);
    const part = this.#element("new-call");
    part.hidden = busy;
    this.#element("my-calls").hidden = busy;
    this.#into("new-call-panel", newCallView(state, now, this.#commands));
    this.#into("my-calls", myCallsView(state, now, this.#commands.myCalls));
    this.#into(
      "scheduled-calls",
      scheduledCallsView(state, now, this.#commands.dialing),
    );
    if (this.#hadFocus && !busy && document.activeElement === document.body) {
      // A pressed button that is gone leaves the focus nowhere. Not to the field: what
      // is typed there is no shortcut.
      this.#element("new-call-heading").focus({ preventScroll: true });
    }
    this.#hadFocus = part.contains(document.activeElement);
  }

  /**
   * Draw the notes in one place, during the call and after it.
   * @param {ScreenModel} model
   */
  #wrapUp({ state, now }) {
    const { work, written } = state.shift;
    const isWrap = isWrapUp(work);
    const isDue = isWrap || myCall(state) !== null;
    const isShown = isDue && work !== null && written?.call === work.call;
    this.#element("wrap-up").hidden = !isShown;
    if (isShown) {
      this.#into(
        "wrap-up",
        wrapUpView(state, work, written, now, this.#commands.wrapUp),
      );
    }
    if (isWrap && !this.#wasWrapUp && document.activeElement === document.body) {
      // The button that ended the call is gone, and with it the focus.
      this.#focus("#wrap-up-heading");
    }
    this.#wasWrapUp = isWrap;
  }

  /** @param {ScreenModel} model */
  #callerCard({ state, now }) {
    const call = cardCall(state);
    const part = this.#element("caller-card");
    part.hidden = call === null;
    const view = call && callerCardView(state, call, now, this.#commands.card);
    this.#into("caller-card", view ?? nothing);
  }

  /**
   * Show what a key is about to do; outside the stage, so that nothing moves.
   * @param {string} text
   * @param {() => void} takeBack
   */
  showUndo(text, takeBack) {
    this.#into("undo", undoView(text, takeBack));
  }

  /** Put the focus where the agent types a number, when that is possible now. */
  focusNumber() {
    this.#focus("#phone-number");
  }

  focusNotes() {
    this.#focus("#notes-text");
  }

  focusMicrophones() {
    this.#focus("#microphone");
  }

  /** Do as if the button of the breaks were pressed. */
  openBreaks() {
    const button = this.#root.querySelector("[data-breaks] > button");
    /** @type {HTMLElement | null} */ (button)?.click();
  }

  /** @param {string} selector */
  #focus(selector) {
    const element = this.#root.querySelector(selector);
    /** @type {HTMLElement | null} */ (element)?.focus({ preventScroll: true });
  }

  /** @param {ScreenModel} model */
  #stage({ state, now, quality }) {
    const call = myCall(state);
    const ringing = ringingCalls(state);
    const rings =
      ringing.length > 0 ? ringingView(state, ringing, now, this.#commands) : nothing;
    if (call !== null) {
      return html`${inCallView(state, call, quality, now, this.#commands)} ${rings}`;
    }
    const answered = answeredCall(state);
    if (answered !== null) {
      return answeringView(answered);
    }
    if (ringing.length > 0) {
      return rings;
    }
    if (isWrapUp(state.shift.work)) {
      return nothing;
    }
    const [proposed] = proposedCalls(state.dialing);
    return proposed
      ? proposalView(state, proposed, now, this.#commands.dialing)
      : idleView(state);
  }

  /**
   * Give the focus to the first card that rings, unless the agent is typing.
   * @param {boolean} ringing
   */
  #focusAnswer(ringing) {
    if (ringing && !this.#wasRinging && !isTyping(document.activeElement)) {
      const answer = this.#root.querySelector("[data-answer]");
      /** @type {HTMLElement | null} */ (answer)?.focus();
    }
    this.#wasRinging = ringing;
  }

  /** @param {string} name */
  #element(name) {
    return /** @type {HTMLElement} */ (this.#root.querySelector(`#${name}`));
  }

  /**
   * @param {string} name
   * @param {unknown} content
   */
  #into(name, content) {
    render(content, this.#element(name));
  }

  /**
   * Write it only when it changed: a live region would say it again.
   * @param {string} name
   * @param {string} text
   */
  #text(name, text) {
    const element = this.#element(name);
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }
}
