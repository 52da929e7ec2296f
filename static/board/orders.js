/**
 * The dialogs by which a supervisor acts on the floor: about an agent, about a call, and
 * to write to agents. What they do, calls/board/orders.py does.
 */

import { t } from "../console/shell/i18n.js";
import { agentOrders, isMovable } from "./possible-orders.js";
import { agentState, callerOf, callState } from "./words.js";

/** @import {Agent, Board, Call} from "./snapshot.js" */

const LASTS_MS = 15_000;
const ANSWER_LASTS_MS = 8_000;
/** They stand in the forms' addresses where an id belongs. */
const NO_AGENT = "/0/";
const NO_CALL = "00000000-0000-0000-0000-000000000000";

export class FloorOrders {
  #root;
  /** @type {Board | null} */
  #board = null;
  /** @type {string} the id of whom or what the open dialog is about */
  #about = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #fading;

  /** @param {HTMLElement} root with the dialogs, as templates/admin/board/orders.html has them */
  constructor(root) {
    this.#root = root;
  }

  start() {
    document.addEventListener("click", ({ target }) => {
      const button = /** @type {HTMLElement} */ (target).closest("[data-orders]");
      if (button instanceof HTMLElement) {
        this.#open(button.dataset.orders ?? "", button.dataset.id ?? "");
      }
      if (/** @type {HTMLElement} */ (target).matches("[data-close]")) {
        this.#openOne?.close();
      }
    });
    this.#root.addEventListener("submit", (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      event.preventDefault();
      this.#send(form);
    });
    this.#root.addEventListener("change", () => this.#draw());
  }

  /** @param {Board} board what is true now, also while a dialog is open */
  update(board) {
    this.#board = board;
    this.#draw();
  }

  get #openOne() {
    return /** @type {HTMLDialogElement | null} */ (
      this.#root.querySelector("dialog[open]")
    );
  }

  /**
   * @param {string} kind agent, call or message
   * @param {string} id
   */
  #open(kind, id) {
    const dialog = this.#root.querySelector(`#${kind}-orders`);
    if (dialog instanceof HTMLDialogElement) {
      this.#about = id;
      for (const form of dialog.querySelectorAll("form")) {
        form.reset();
      }
      this.#say(dialog, "");
      this.#drawNow(dialog);
      dialog.showModal();
    }
  }

  #draw() {
    if (this.#openOne !== null) {
      this.#drawNow(this.#openOne);
    }
  }

  /** @param {HTMLDialogElement} dialog */
  #drawNow(dialog) {
    const board = this.#board;
    if (dialog.id === "agent-orders") {
      const agent = board?.agents.find(({ id }) => String(id) === this.#about);
      this.#drawAgent(dialog, agent ?? null);
    } else if (dialog.id === "call-orders") {
      const call = board?.calls.find(({ id }) => id === this.#about);
      this.#drawCall(dialog, call ?? null);
    }
  }

  /**
   * @param {HTMLDialogElement} dialog
   * @param {Agent | null} agent
   */
  #drawAgent(dialog, agent) {
    if (agent === null) {
      this.#isGone(dialog, t("This agent is not on the board any more."));
      return;
    }
    const { now, afterCall, release } = agentOrders(agent);
    this.#text(dialog, "title", agent.name);
    this.#text(dialog, "now", agentState(agent));
    this.#text(dialog, "hand", agent.hand?.reason || t("Wants a supervisor."));
    this.#show(dialog, "hand", agent.hand !== null);
    this.#show(dialog, "wrap_up", release === "wrap_up");
    this.#show(dialog, "stuck", release === "stuck");
    const chosen = dialog.querySelector("[name=state]");
    const isBreak = /** @type {HTMLSelectElement} */ (chosen).value === "on_break";
    this.#show(dialog, "break", isBreak);
    const when = /** @type {HTMLSelectElement} */ (
      dialog.querySelector("[name=after_call]")
    );
    this.#show(dialog, "when", afterCall);
    when.options[0].disabled = !now;
    if (!now) {
      when.value = "on";
    }
  }

  /**
   * @param {HTMLDialogElement} dialog
   * @param {Call | null} call
   */
  #drawCall(dialog, call) {
    if (call === null) {
      this.#isGone(dialog, t("The call is over."));
      return;
    }
    this.#text(dialog, "title", callerOf(call));
    this.#text(dialog, "now", callState(call.status));
    this.#show(dialog, "movable", isMovable(call));
    const sure = dialog.querySelector("[name=sure]");
    const end = dialog.querySelector("[data-part=end] button");
    const isSure = /** @type {HTMLInputElement | null} */ (sure)?.checked ?? false;
    end?.toggleAttribute("disabled", !isSure);
  }

  /**
   * @param {HTMLDialogElement} dialog
   * @param {string} why
   */
  #isGone(dialog, why) {
    dialog.close();
    this.#announce(why, true);
  }

  /** @param {HTMLFormElement} form */
  async #send(form) {
    const dialog = /** @type {HTMLDialogElement} */ (form.closest("dialog"));
    const about = this.#about;
    const address = form.action.replace(NO_AGENT, `/${about}/`).replace(NO_CALL, about);
    const button = form.querySelector("button[type=submit]");
    const data = fieldsOf(form);
    if (dialog.id === "agent-orders" && data.has("text")) {
      data.set("agent", about);
    }
    button?.toggleAttribute("disabled", true);
    const { done, text } = await this.#post(address, data);
    button?.toggleAttribute("disabled", false);
    if (done) {
      dialog.close();
      this.#announce(text, false);
    } else {
      this.#say(dialog, text);
    }
  }

  /**
   * @param {string} address
   * @param {URLSearchParams} data
   * @returns {Promise<{done: boolean, text: string}>}
   */
  async #post(address, data) {
    const failed = t("The server could not do that. Reload the page and try again.");
    try {
      const answer = await fetch(address, {
        method: "POST",
        body: data,
        headers: { "X-CSRFToken": this.#token },
        redirect: "error",
        signal: AbortSignal.timeout(LASTS_MS),
      });
      if (answer.ok || answer.status === 409) {
        return { done: answer.ok, text: (await answer.json()).text };
      }
      return {
        done: false,
        text: answer.status === 404 ? t("Not there any more.") : failed,
      };
    } catch {
      return { done: false, text: failed };
    }
  }

  get #token() {
    const given = this.#root.querySelector("[name=csrfmiddlewaretoken]");
    return /** @type {HTMLInputElement} */ (given).value;
  }

  /**
   * @param {string} text
   * @param {boolean} isProblem
   */
  #announce(text, isProblem) {
    const line = /** @type {HTMLElement} */ (this.#root.querySelector("#order-answer"));
    line.textContent = text;
    line.dataset.tone = isProblem ? "problem" : "done";
    clearTimeout(this.#fading);
    this.#fading = setTimeout(() => line.replaceChildren(), ANSWER_LASTS_MS);
  }

  /**
   * @param {HTMLDialogElement} dialog
   * @param {string} text
   */
  #say(dialog, text) {
    this.#text(dialog, "problem", text);
    this.#show(dialog, "problem", text !== "");
  }

  /**
   * @param {HTMLElement} dialog
   * @param {string} part
   * @param {string} text
   */
  #text(dialog, part, text) {
    const element = dialog.querySelector(`[data-text=${part}]`);
    if (element !== null && element.textContent !== text) {
      element.textContent = text;
    }
  }

  /**
   * @param {HTMLElement} dialog
   * @param {string} part
   * @param {boolean} isShown
   */
  #show(dialog, part, isShown) {
    dialog.querySelector(`[data-part=${part}]`)?.toggleAttribute("hidden", !isShown);
  }
}

/**
 * Return what is chosen. Not as a form with parts: one without a field has no part, and
 * such a body is not understood.
 * @param {HTMLFormElement} form
 */
function fieldsOf(form) {
  const entries = /** @type {[string, string][]} */ ([...new FormData(form)]);
  return new URLSearchParams(entries);
}
