import { html, nothing } from "../../vendor/lit-html.js";
import { callerView } from "../call/caller-view.js";
import { countdown, spokenCountdown } from "../shell/countdown.js";
import { t } from "../shell/i18n.js";
import { check, pencil, warning } from "../shell/icons.js";
import { ariaKeys, keyHint } from "../shell/key-hints.js";
import { afterWords } from "../state/news-words.js";
import { chosenHere, flatChoices, missing } from "../state/shift.js";
import { callbackView } from "./callback-view.js";
import { expanded, inserted } from "./canned-notes.js";
import { figuresOf } from "./figures.js";
import { LONGEST_NOTE } from "./notes-autosave.js";

/** @import {Named, Work} from "../state/snapshot.js" */
/** @import {Saved, State, Written} from "../state/state.js" */
/** @import {CannedNote} from "./canned-notes.js" */
/** @import {WrapUpCommands} from "./commands.js" */

const MOST_KEYS = 9;

/**
 * Show what the agent writes about a call, while it goes on and after it. One template
 * for both: who types when the call ends types on.
 * @param {State} state
 * @param {Work} work
 * @param {Written} written
 * @param {number} now
 * @param {WrapUpCommands} commands
 */
export function wrapUpView(state, work, written, now, commands) {
  return html`<section class="card wrap-up" aria-labelledby="wrap-up-heading" data-over=${work.over}>
    ${work.over ? wrapUpHead(state, work, now) : inCallHead()}
    ${disposition(state, work, commands)} ${notes(written, work, commands)}
    ${callbackView(state, now, commands)}
    ${work.over ? wrapUpFoot(state, work, commands) : nothing}
  </section>`;
}

function inCallHead() {
  return html`<h2 id="wrap-up-heading" class="wrap-up-title">
    ${pencil()} ${t("About this call")}
  </h2>`;
}

/**
 * @param {State} state
 * @param {Work} work
 * @param {number} now
 */
function wrapUpHead(state, work, now) {
  const call = work.call_snapshot;
  return html`<div class="wrap-up-head">
    <div class="call-who">${callerView(call, "wrap-up-caller")}</div>
    <h2 id="wrap-up-heading" class="visually-hidden" tabindex="-1">
      ${t("About this call")}
    </h2>
    <div class="wrap-up-countdown">
      <p class="wrap-up-next">${nextWords(state, work)}</p>
      ${
        work.until === null
          ? nothing
          : html`<p
              class="timer" translate="no"
              role="timer"
              aria-label=${t("Time left: {time}", { time: spokenCountdown(work.until, now) })}
            >
              ${countdown(work.until, now)}
            </p>`
      }
    </div>
    <p class="wrap-up-facts">
      ${[afterWords(call, state.agent), ...figuresOf(call, state.agent)].join(" · ")}
    </p>
  </div>`;
}

/**
 * Say what comes when the countdown is over.
 * @param {State} state
 * @param {Work} work
 */
function nextWords({ agent }, { until }) {
  const next = agent?.next_state;
  if (next) {
    if (next.state === "offline") {
      return t("Next: offline");
    }
    return next.reason
      ? t("Next: break ({reason})", { reason: t(next.reason) })
      : t("Next: {what}", { what: t("A break") });
  }
  return until === null ? "" : t("Next: available");
}

/**
 * @param {State} state
 * @param {Work} work
 * @param {WrapUpCommands} commands
 */
function disposition(state, work, commands) {
  if (work.choices.length === 0) {
    return nothing;
  }
  const chosen = String(chosenHere(state) ?? "");
  const change = (/** @type {Event & {target: HTMLSelectElement}} */ event) =>
    commands.choose(event.target.value);
  const option = (/** @type {Named} */ { id, name }) =>
    html`<option value=${String(id)} .selected=${String(id) === chosen}>${t(name)}</option>`;
  return html`<div class="disposition">
    <label class="field">
      <span
        >${t("Disposition")}
        ${work.required ? html`<small aria-hidden="true">${t("required")}</small>` : nothing}
      </span>
      <select
        ?required=${work.required}
        ?disabled=${state.connection !== "online"}
        @change=${change}
      >
        <option value="" .selected=${chosen === ""}>${t("Not chosen yet")}</option>
        ${work.choices.map((group) =>
          group.children.length > 0
            ? html`<optgroup label=${t(group.name)}>${group.children.map(option)}</optgroup>`
            : option(group),
        )}
      </select>
    </label>
    ${work.over ? keys(state, work, chosen, commands) : nothing}
  </div>`;
}

/**
 * Show the first choices as buttons, each with its key.
 * @param {State} state
 * @param {Work} work
 * @param {string} chosen
 * @param {WrapUpCommands} commands
 */
function keys(state, work, chosen, commands) {
  const offline = state.connection !== "online";
  return html`<div class="choices" role="group" aria-label=${t("Dispositions by key")}>
    ${flatChoices(work)
      .slice(0, MOST_KEYS)
      .map(
        ({ id, name, group }, index) => html`<button
          type="button"
          class="choice-key"
          aria-pressed=${String(id) === chosen}
          aria-keyshortcuts=${ariaKeys(`choose_${index + 1}`)}
          title=${group ? t(group) : nothing}
          ?disabled=${offline}
          @click=${() => commands.choose(String(id))}
        >
          ${keyHint(`choose_${index + 1}`)} ${t(name)}
        </button>`,
      )}
  </div>`;
}

/**
 * @param {Written} written
 * @param {Work} work
 * @param {WrapUpCommands} commands
 */
function notes({ text, saved }, { canned_notes: canned = [] }, commands) {
  const typed = (/** @type {Event & {target: HTMLTextAreaElement}} */ event) => {
    const { target } = event;
    const { value, selectionStart } = target;
    put(target, expanded(value, selectionStart, canned, LONGEST_NOTE), commands);
  };
  return html`<div class="notes-field">
    <label class="field">
      <span>${t("Notes")}</span>
      <textarea
        id="notes-text"
        rows="4"
        maxlength=${LONGEST_NOTE}
        aria-keyshortcuts=${ariaKeys("write")}
        placeholder=${t("What was discussed and agreed")}
        .value=${text}
        @input=${typed}
      ></textarea>
    </label>
    ${text === "" && saved === "saved" ? nothing : savedLine(saved)}
    <p class="visually-hidden" role="status">${saved === "unsaved" ? UNSAVED() : ""}</p>
    ${canned.length > 0 ? cannedNotes(canned, commands) : nothing}
  </div>`;
}

/**
 * Keep what the field reads now, or what it should read with a text put in.
 * @param {HTMLTextAreaElement} field
 * @param {{notes: string, caret: number} | null} changed
 * @param {WrapUpCommands} commands
 */
function put(field, changed, commands) {
  if (changed !== null) {
    field.value = changed.notes;
    field.setSelectionRange(changed.caret, changed.caret);
  }
  commands.typeNotes(field.value);
}

/**
 * Nothing to be remembered: each text with its key, to be pressed, too.
 * @param {CannedNote[]} canned
 * @param {WrapUpCommands} commands
 */
function cannedNotes(canned, commands) {
  const press = (/** @type {string} */ text) => {
    const found = document.getElementById("notes-text");
    const field = /** @type {HTMLTextAreaElement} */ (found);
    put(field, inserted(field.value, field.selectionEnd, text, LONGEST_NOTE), commands);
    field.focus();
  };
  return html`<details class="canned-notes">
    <summary>${t("Canned notes")}</summary>
    <ul>
      ${canned.map(
        ({ key, text }) => html`<li>
          <button type="button" class="choice-key" @click=${() => press(text)}>
            <kbd translate="no">/${key}</kbd> <span>${text}</span>
          </button>
        </li>`,
      )}
    </ul>
  </details>`;
}

const UNSAVED = () => t("Not saved yet: no connection");

/**
 * For the eye; a voice that says "Saved" after each word would be no help.
 * @param {Saved} saved
 */
function savedLine(saved) {
  const words = { saved: t("Saved"), saving: t("Saving…"), unsaved: UNSAVED() };
  const signs = { saved: check(), saving: nothing, unsaved: warning() };
  return html`<p class="saved" data-saved=${saved} aria-hidden="true">
    ${signs[saved]} ${words[saved]}
  </p>`;
}

/**
 * @param {State} state
 * @param {Work} work
 * @param {WrapUpCommands} commands
 */
function wrapUpFoot(state, work, commands) {
  const offline = state.connection !== "online";
  const isMissing = missing(state) !== "";
  return html`<div class="wrap-up-foot">
    <p id="finish-hint" class="hint">
      ${isMissing ? t("Choose a disposition to finish.") : nothing}
    </p>
    ${
      work.until === null
        ? nothing
        : html`<button
            type="button"
            class="button"
            aria-keyshortcuts=${ariaKeys("more_time")}
            ?disabled=${offline || state.asked.more_time !== undefined}
            @click=${() => commands.moreTime()}
          >
            ${t("More time")} ${keyHint("more_time")}
          </button>`
    }
    <button
      type="button"
      class="button primary"
      aria-keyshortcuts=${ariaKeys("finish")}
      aria-describedby="finish-hint"
      ?disabled=${offline || isMissing || state.asked.finish !== undefined}
      @click=${() => commands.finish()}
    >
      ${t("Finish wrap-up")} ${keyHint("finish")}
    </button>
  </div>`;
}
