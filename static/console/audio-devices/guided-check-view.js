import { html, nothing } from "../../vendor/lit-html.js";
import { t } from "../shell/i18n.js";
import { STEPS } from "../state/guided-check.js";
import { checkRating } from "./audio-check-rating.js";
import { namesOf } from "./checked-devices.js";
import { deviceField } from "./devices-view.js";
import { mayStart } from "./guided-check.js";
import { mayFail, stepTitle, stepWords } from "./guided-check-words.js";

/** @import {Devices, Role} from "../../audio/devices.js" */
/** @import {CheckStep, StepVerdict} from "../state/guided-check.js" */
/** @import {State} from "../state/state.js" */
/** @import {DeviceCommands} from "./devices-view.js" */
/** @import {GuidedCheck} from "./guided-check.js" */
/** @import {StepWords} from "./guided-check-words.js" */

/** @typedef {Pick<DeviceCommands, "useDevice"> & {guided: GuidedCheck}} Commands */

/** These are at rest: the first check is offered before calls may come. */
const RESTING = ["offline", "on_break"];

/**
 * Offer the check, above everything, to whom it is new; and when the devices changed.
 * @param {State} state
 * @param {GuidedCheck} guided
 */
export function guidedCheckBanner(state, guided) {
  const { due, step } = state.guided;
  const isFirst = due === "first" && RESTING.includes(state.agent?.state ?? "");
  if (step !== null || !mayStart(state) || !(isFirst || due === "changed")) {
    return nothing;
  }
  const [title, text] =
    due === "first"
      ? [
          t("First shift in this browser?"),
          t(
            "Check in a minute that you are heard, and that calls reach you. Without it, the first caller finds out.",
          ),
        ]
      : [
          t("Your audio devices changed."),
          t("Check in a minute that you are heard with them."),
        ];
  return html`<div class="banner info" role="region" aria-label=${t("Guided check")}>
    <p><strong>${title}</strong> ${text}</p>
    <div class="button-row">
      <button type="button" class="button small primary" @click=${() => guided.start()}>
        ${t("Check now")}
      </button>
      <button type="button" class="button small" @click=${() => guided.skip()}>
        ${t("Skip the check")}
      </button>
    </div>
  </div>`;
}

/**
 * @param {State} state
 * @param {Devices} devices
 * @param {Commands} commands
 */
export function guidedCheckView(state, devices, commands) {
  const { step } = state.guided;
  if (step === null) {
    return nothing;
  }
  return html`<header class="guided-head">
      <h2 id="guided-check-heading">${t("Guided check")}</h2>
      <button type="button" class="button small" @click=${() => commands.guided.close()}>
        ${t("Close")}
      </button>
    </header>
    ${progress(state)}
    ${step === "done" ? summary(state, commands) : stepView(state, step, devices, commands)}`;
}

/** @param {State} state */
function progress({ guided }) {
  return html`<ol class="guided-steps">
    ${STEPS.map((one) => {
      const result = guided.results[one] ?? "";
      return html`<li
        data-result=${result}
        aria-current=${one === guided.step ? "step" : nothing}
      >
        ${stepTitle(one)} ${result === "" ? nothing : html`<small>${resultWord(result)}</small>`}
      </li>`;
    })}
  </ol>`;
}

/** @param {string} result */
function resultWord(result) {
  if (result === "good") {
    return t("Good");
  }
  return result === "bad" ? t("Needs attention") : t("Skipped");
}

/**
 * @param {State} state
 * @param {CheckStep} step
 * @param {Devices} devices
 * @param {Commands} commands
 */
function stepView(state, step, devices, commands) {
  const verdict = verdictOf(state, step);
  const { text, advice } = wordsOf(state, step, verdict, devices);
  const isPoor = !["waiting", "good"].includes(verdict);
  return html`<section class="guided-step" aria-labelledby="guided-step-heading">
      <h3 id="guided-step-heading" tabindex="-1">${stepTitle(step)}</h3>
      <div class="check-verdict" data-grade=${isPoor ? "bad" : verdict} role="status">
        <p><strong>${text}</strong></p>
        ${advice ? html`<p>${advice}</p>` : nothing}
      </div>
      ${tools(state, step, devices, commands)}
    </section>
    <footer class="guided-foot">
      ${answers(state, step, verdict, commands)}
      <button
        type="button"
        class="link-button"
        title=${mayFail(step)}
        @click=${() => commands.guided.next("skipped")}
      >
        ${t("Skip this step")}
      </button>
    </footer>`;
}

/**
 * What came back from the server judges its step, once the agent has heard it.
 * @param {State} state
 * @param {CheckStep} step
 * @returns {StepVerdict}
 */
function verdictOf({ guided, check }, step) {
  if (step !== "echo" || guided.verdict === "bad" || check.phase !== "over") {
    return guided.verdict;
  }
  const { grade } = checkRating(check);
  return grade === "bad" ? "silent" : "waiting";
}

/**
 * @param {State} state
 * @param {CheckStep} step
 * @param {StepVerdict} verdict
 * @param {Devices} devices
 * @returns {StepWords}
 */
function wordsOf(state, step, verdict, devices) {
  const names = namesOf(devices) ?? { microphone: "", speaker: "", ringer: "" };
  if (step === "echo" && verdict === "silent") {
    return checkRating(state.check);
  }
  if (step === "echo" && verdict === "waiting" && state.check.phase === "over") {
    return { text: t("Your voice came back. Did you hear it?"), advice: "" };
  }
  return stepWords(step, verdict, names, state.audioProblem);
}

/**
 * @param {State} state
 * @param {CheckStep} step
 * @param {Devices} devices
 * @param {Commands} commands
 */
function tools(state, step, devices, { useDevice, guided }) {
  const change = {
    useDevice: (/** @type {Role} */ role, /** @type {string} */ id) => {
      useDevice(role, id);
      guided.again();
    },
  };
  if (step === "notifications") {
    return nothing;
  }
  const role = step === "echo" ? "speaker" : step;
  const name = step === "echo" ? t("Returned audio") : t("Your voice");
  const level = step === "echo" ? "speaker" : "microphone";
  return html`${deviceField(role, devices, change)}
    ${
      step === "microphone" || (step === "echo" && state.check.phase === "running")
        ? html`<level-meter label=${name} data-level=${level}></level-meter>`
        : nothing
    }`;
}

/**
 * @param {State} state
 * @param {CheckStep} step
 * @param {StepVerdict} verdict
 * @param {Commands} commands
 */
function answers(state, step, verdict, { guided }) {
  const button = (
    /** @type {string} */ label,
    /** @type {() => void} */ act,
    /** @type {{primary?: boolean, disabled?: boolean}} */ look = {},
  ) => html`<button
    type="button"
    class=${look.primary ? "button primary" : "button"}
    ?disabled=${look.disabled ?? false}
    @click=${act}
  >
    ${label}
  </button>`;
  const next = () => guided.next("good");
  if (verdict === "good") {
    return button(t("Next"), next, { primary: true });
  }
  if (verdict !== "waiting") {
    return html`${button(t("Try again"), () => guided.again(), { primary: true })}
    ${button(t("Go on all the same"), () => guided.next("bad"))}`;
  }
  if (step === "microphone") {
    return button(t("Next"), next, { primary: true, disabled: true });
  }
  if (step === "notifications") {
    return button(t("Allow notifications"), () => guided.allowNotices(), {
      primary: true,
    });
  }
  const isEcho = step === "echo";
  const disabled = isEcho && !(state.check.measured?.returned ?? 0);
  const heard = isEcho ? () => guided.heardEcho() : next;
  return html`${button(t("Yes, I hear it"), heard, { primary: true, disabled })}
  ${button(t("No"), () => guided.missed())}
  ${
    isEcho
      ? button(t("Once more"), () => guided.again(), {
          disabled: state.check.phase === "running",
        })
      : button(t("Play again"), () => guided.again())
  }`;
}

/**
 * @param {State} state
 * @param {Commands} commands
 */
function summary({ guided: { results }, agent }, { guided }) {
  const poor = STEPS.filter((step) => results[step] !== "good");
  const isResting = RESTING.includes(agent?.state ?? "");
  return html`<section class="guided-step" aria-labelledby="guided-step-heading">
      <h3 id="guided-step-heading" tabindex="-1">
        ${poor.length === 0 ? t("All is well.") : t("Not all is well yet.")}
      </h3>
      ${
        poor.length === 0
          ? html`<p>${t("You are heard, and calls reach you.")}</p>`
          : html`<ul class="guided-poor">
              ${poor.map(
                (step) =>
                  html`<li><strong>${stepTitle(step)}</strong> ${mayFail(step)}</li>`,
              )}
            </ul>`
      }
    </section>
    <footer class="guided-foot">
      <button type="button" class="button primary" @click=${() => guided.finish()}>
        ${isResting ? t("Finish and go available") : t("Finish")}
      </button>
      <button type="button" class="button" @click=${() => guided.start()}>
        ${t("Check again")}
      </button>
    </footer>`;
}
