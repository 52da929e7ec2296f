/**
 * Puts the state on the page. The template holds what stands still, each part below
 * is drawn into an element of it.
 *
 * @typedef {object} Actions
 * @property {() => void} goAvailable
 * @property {ShiftVerbs} shift
 * @property {WorkVerbs} work
 * @property {() => void} turnSoundOn
 * @property {() => void} chooseMicrophone
 * @property {() => void} goOffline
 * @property {(id: string) => void} answer
 * @property {(id: string) => void} decline
 * @property {() => void} hangUp
 * @property {() => void} toggleMute
 * @property {() => void} takeSound
 * @property {() => void} openSound
 * @property {(role: Role, id: string) => void} useDevice
 * @property {() => void} reconnect
 * @property {(id: number) => void} dismiss
 * @property {() => void} help
 * @property {(number: string, pasted: boolean) => void} typeNumber
 * @property {(again: boolean) => void} finishNumber
 * @property {(line: Id) => void} chooseLine
 * @property {() => void} callPerson
 * @property {() => void} askPerson
 * @property {(plan: Id) => void} callPlan
 * @property {(plan: Id) => void} dropPlan
 * @property {(plan: Id) => void} putOff
 * @property {Desk} desk
 *
 * @typedef {object} Scene
 * @property {State} state
 * @property {number} now milliseconds of the epoch by the server's clock
 * @property {Devices} devices
 * @property {Verdict} quality
 * @property {Remedy} remedy what would let calls ring here again
 * @property {boolean} opening whether the browser is opening the sound
 */

import { html, nothing, render } from "../vendor/lit-html.js";
import { sidePanelView } from "./audio-devices/devices-view.js";
import { answeringView, inCallView } from "./call/in-call-view.js";
import { personCardView } from "./caller-card/caller-card-view.js";
import { callOutView } from "./dialing/new-call-view.js";
import { offerView, plansView } from "./dialing/planned-calls-view.js";
import { ringingView } from "./ringing/ringing-view.js";
import { t } from "./shell/i18n.js";
import { isTyping } from "./shell/keyboard.js";
import { bannersView, notesView } from "./shell/notices-view.js";
import { stateButtons, stateName, stateTimer } from "./shift/agent-bar-view.js";
import { idleView } from "./shift/idle-view.js";
import { readinessBanner } from "./shift/readiness-view.js";
import { cardCall } from "./state/caller-card.js";
import {
  agentStatus,
  answeredCall,
  callStatus,
  myCall,
  ringingCalls,
} from "./state/calls.js";
import { offeredPlans } from "./state/dialing.js";
import { isWrapUp } from "./state/shift.js";
import { workView } from "./wrap-up/wrap-up-view.js";

/** @import {Devices, Role} from "../audio/devices.js" */
/** @import {Desk} from "./desk.js" */
/** @import {Id} from "./state/dialing.js" */
/** @import {LevelMeter} from "./audio-devices/level-meter.js" */
/** @import {Remedy} from "./shift/readiness.js" */
/** @import {Verdict} from "./call/quality.js" */
/** @import {ShiftVerbs} from "./shift/commands.js" */
/** @import {State} from "./state/store.js" */
/** @import {WorkVerbs} from "./wrap-up/commands.js" */

export class Screen {
  #root;
  #actions;
  #signInAddress;
  #wasRinging = false;
  #hadFocus = false;
  #wasWrapUp = false;

  /**
   * @param {HTMLElement} root
   * @param {Actions} actions
   * @param {string} signInAddress
   */
  constructor(root, actions, signInAddress) {
    this.#root = root;
    this.#actions = actions;
    this.#signInAddress = signInAddress;
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { state, opening, remedy } = scene;
    const call = myCall(state);
    this.#header(scene);
    this.#text("call-status", t(callStatus(state)));
    this.#into(
      "banners",
      html`${bannersView(state, this.#signInAddress, this.#actions)}
      ${readinessBanner(state, remedy, this.#actions)}`,
    );
    this.#into("notes", notesView(state, this.#actions));
    this.#into("stage", this.#stage(scene));
    this.#work(scene);
    this.#callingOut(scene);
    const talking = call !== null && call.id === state.soundHere;
    this.#person(scene);
    this.#into("side", sidePanelView(state, scene.devices, talking, this.#actions));
    this.#root.toggleAttribute("data-opening", opening);
    this.#root.dataset.status = callStatus(state).toLowerCase().replace(" ", "-");
    this.#focusAnswer(ringingCalls(state).length > 0 && call === null);
  }

  /** @param {{microphone: number, speaker: number}} levels root mean squares */
  showLevels(levels) {
    for (const [name, level] of Object.entries(levels)) {
      for (const meter of this.#root.querySelectorAll(`[data-level=${name}]`)) {
        /** @type {LevelMeter} */ (meter).level = level;
      }
    }
  }

  /** @param {Scene} scene */
  #header({ state, now, opening }) {
    this.#text("agent-status", t(agentStatus(state)));
    this.#element("agent-status").dataset.state = stateName(state);
    this.#into("agent-since", stateTimer(state, now));
    this.#into("agent-buttons", stateButtons(state, opening, this.#actions));
    if (state.agent !== null) {
      this.#text("agent-name", state.agent.name);
    }
  }

  /**
   * Kept in the page during a call, out of sight: what was typed stays typed.
   * @param {Scene} scene
   */
  #callingOut({ state, now }) {
    const isTalk = myCall(state) !== null || answeredCall(state) !== null;
    const busy = isTalk || isWrapUp(state.shift.work);
    const part = this.#element("call-out");
    part.hidden = busy;
    this.#into("call-out-panel", callOutView(state, now, this.#actions));
    this.#into("plans", plansView(state, now, this.#actions));
    if (this.#hadFocus && !busy && document.activeElement === document.body) {
      // A pressed button that is gone leaves the focus nowhere. Not to the field: what
      // is typed there is no shortcut.
      this.#element("call-out-heading").focus({ preventScroll: true });
    }
    this.#hadFocus = part.contains(document.activeElement);
  }

  /**
   * The notes are drawn in one place during the call and after it.
   * @param {Scene} scene
   */
  #work({ state, now }) {
    const { work, written } = state.shift;
    const isWrap = isWrapUp(work);
    const isDue = isWrap || myCall(state) !== null;
    const isShown = isDue && work !== null && written?.call === work.call;
    this.#element("work").hidden = !isShown;
    if (isShown) {
      this.#into("work", workView(state, work, written, now, this.#actions));
    }
    if (isWrap && !this.#wasWrapUp && document.activeElement === document.body) {
      // The button that ended the call is gone, and with it the focus.
      this.#focus("#work-heading");
    }
    this.#wasWrapUp = isWrap;
  }

  /** @param {Scene} scene */
  #person({ state, now }) {
    const call = cardCall(state);
    const part = this.#element("person");
    part.hidden = call === null;
    const view = call && personCardView(state, call, now, this.#actions.desk.card);
    this.#into("person", view ?? nothing);
  }

  /** Where the agent types whom to call, when that is possible now. */
  focusNumber() {
    this.#focus("#phone-number");
  }

  focusNotes() {
    this.#focus("#notes-text");
  }

  focusMicrophones() {
    this.#focus("#microphone");
  }

  /** As if the button of the breaks were pressed. */
  openBreaks() {
    const button = this.#root.querySelector("[data-breaks] > button");
    /** @type {HTMLElement | null} */ (button)?.click();
  }

  /** @param {string} selector */
  #focus(selector) {
    const element = this.#root.querySelector(selector);
    /** @type {HTMLElement | null} */ (element)?.focus({ preventScroll: true });
  }

  /** @param {Scene} scene */
  #stage({ state, now, quality }) {
    const call = myCall(state);
    const ringing = ringingCalls(state);
    const rings =
      ringing.length > 0 ? ringingView(state, ringing, now, this.#actions) : nothing;
    if (call !== null) {
      return html`${inCallView(state, call, quality, now, this.#actions)} ${rings}`;
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
    const [offer] = offeredPlans(state.out);
    return offer ? offerView(state, offer, now, this.#actions) : idleView(state);
  }

  /**
   * The first card that rings takes the focus, unless the agent is typing.
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
   * Only when it changed: a live region would say it again.
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
