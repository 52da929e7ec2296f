import { html, nothing } from "../../vendor/lit-html.js";
import { marked, t } from "../shell/i18n.js";
import { handset } from "../shell/icons.js";
import { ago, left, when } from "../shell/times.js";
import { isCalling, isRequested, proposedCalls } from "../state/dialing.js";
import { initials } from "../state/labels.js";
import { untilText } from "./permission-view.js";

/** @import {DialingCommands} from "./commands.js" */
/** @import {ScheduledCall} from "../state/snapshot.js" */
/** @import {State} from "../state/state.js" */

/**
 * Show a person who may be called now. It stands where nothing else can be pressed, so
 * that it never slips under the pointer.
 * @param {State} state
 * @param {ScheduledCall} plan
 * @param {number} now
 * @param {DialingCommands} commands
 */
export function proposalView(state, plan, now, commands) {
  const { name, number, kind } = plan;
  return html`<section class="card proposal" aria-labelledby="proposal-name">
    <span class="avatar" translate="no" aria-hidden="true">${initials(name)}</span>
    <div class="caller" aria-live="assertive">
      <p class="proposal-lead">
        ${kind === "callback" ? t("Waiting for your callback") : t("You may call now")}
      </p>
      <h2 id="proposal-name">${name || number}</h2>
      ${name ? html`<p class="number" translate="no">${number}</p>` : nothing}
      <p class="proposal-facts">
        ${kind === "callback" ? t("You missed their call.") : nothing}
        ${untilText(plan.expires_at, now) || t("Permission granted.")}
      </p>
    </div>
    <div class="proposal-buttons">
      ${callButton(state, plan, "proposal-name", commands)}
      <button
        type="button"
        class="button"
        aria-describedby="proposal-name"
        @click=${() => commands.postpone(plan.id)}
      >
        ${t("Later")}
      </button>
    </div>
  </section>`;
}

/**
 * List the people this agent wants to call: first those who may be called, then those
 * who wait longest. A call that is proposed above is not repeated here.
 * @param {State} state
 * @param {number} now
 * @param {DialingCommands} commands
 */
export function scheduledCallsView(state, now, commands) {
  const [proposed] = proposedCalls(state.dialing);
  const isProposed = (/** @type {ScheduledCall} */ { state }) => state === "offered";
  const others = state.dialing.plans.filter((plan) => plan !== proposed);
  const plans = [
    ...others.filter(isProposed),
    ...others.filter((plan) => !isProposed(plan)),
  ];
  if (plans.length === 0) {
    return nothing;
  }
  const [next, waiting] = byTime(plans, now);
  return html`${
    next.length > 0
      ? planList("next-calls", t("Next scheduled calls"), next, state, now, commands)
      : nothing
  }
  ${
    waiting.length > 0
      ? planList(
          "scheduled-calls",
          t("Waiting for permission"),
          waiting,
          state,
          now,
          commands,
        )
      : nothing
  }`;
}

/**
 * Part the calls that have a time, the next one first, from those that wait for the
 * person's word.
 * @param {ScheduledCall[]} plans
 * @param {number} now
 * @returns {[ScheduledCall[], ScheduledCall[]]}
 */
export function byTime(plans, now) {
  const hasTime = (/** @type {ScheduledCall} */ { state, due_at }) =>
    state !== "offered" && left(due_at, now) !== "";
  const due = (/** @type {ScheduledCall} */ { due_at }) => Date.parse(due_at ?? "");
  return [
    plans.filter(hasTime).sort((one, other) => due(one) - due(other)),
    plans.filter((plan) => !hasTime(plan)),
  ];
}

/**
 * @param {string} name
 * @param {string} heading
 * @param {ScheduledCall[]} plans
 * @param {State} state
 * @param {number} now
 * @param {DialingCommands} commands
 */
function planList(name, heading, plans, state, now, commands) {
  return html`<section class="scheduled-calls" aria-labelledby=${`${name}-heading`}>
    <h2 id=${`${name}-heading`}>${heading}</h2>
    <ul>
      ${plans.map((plan) => planRow(state, plan, now, commands))}
    </ul>
  </section>`;
}

/**
 * @param {State} state
 * @param {ScheduledCall} plan
 * @param {number} now
 * @param {DialingCommands} commands
 */
function planRow(state, plan, now, commands) {
  const heading = `plan-${plan.id}`;
  const busy = state.connection !== "online" || isRequested(state.dialing, plan.id);
  return html`<li class="card scheduled-call" data-state=${plan.state}>
    <span class="avatar" translate="no" aria-hidden="true">${initials(plan.name)}</span>
    <div class="scheduled-call-words">
      <p class="scheduled-call-who" id=${heading}>
        <strong><bdi translate="no">${plan.name || plan.number}</bdi></strong>
        ${plan.name ? html`<span class="number" translate="no">${plan.number}</span>` : nothing}
      </p>
      <p class="scheduled-call-next">${ageText(plan, now)} ${nextText(plan, now)}</p>
    </div>
    ${plan.state === "offered" ? callButton(state, plan, heading, commands) : nothing}
    <button
      type="button"
      class="button small"
      aria-describedby=${heading}
      ?disabled=${busy}
      @click=${() => commands.dropPlan(plan.id)}
    >
      ${t("Cancel request")}
    </button>
  </li>`;
}

/**
 * @param {State} state
 * @param {ScheduledCall} plan
 * @param {string} heading
 * @param {DialingCommands} commands
 */
function callButton({ dialing, connection }, plan, heading, commands) {
  const busy = connection !== "online" || dialing.asked.some(isCalling);
  return html`<button
    type="button"
    class="button answer"
    aria-describedby=${heading}
    ?disabled=${busy || isRequested(dialing, plan.id)}
    @click=${() => commands.callPlan(plan.id)}
  >
    ${handset()} ${t("Call")}
  </button>`;
}

/**
 * @param {ScheduledCall} plan
 * @param {number} now
 */
export function ageText({ kind, created_at }, now) {
  const age = ago(created_at, now);
  const words =
    kind === "callback"
      ? t("Called you {age}.", { age })
      : t("Requested {age}.", { age });
  return age ? html`<span class="scheduled-call-age">${words}</span>` : nothing;
}

/**
 * Say what happens next.
 * @param {ScheduledCall} plan
 * @param {number} now
 */
export function nextText({ state, sentence, due_at, expires_at }, now) {
  if (state === "offered") {
    return [t("You may call now."), untilText(expires_at, now)]
      .filter(Boolean)
      .join(" ");
  }
  if (due_at === null) {
    return t(sentence || (NEXT[state] ?? ""));
  }
  return left(due_at, now)
    ? [
        t(sentence),
        t("You will be offered the call {when}.", { when: when(due_at, now) }),
      ]
        .join(" ")
        .trim()
    : t("Permission granted. The call is offered to you while you are available.");
}

/** @type {Record<string, string>} */
const NEXT = {
  asking: marked("Sending the request."),
  waiting: marked(
    "No answer yet. You will see it here as soon as they grant permission.",
  ),
};
