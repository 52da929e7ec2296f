/** The live board: what came last, what is shown of it, and the clock. */

import { ServerClock } from "../console/shell/clock.js";
import { locale, t } from "../console/shell/i18n.js";
import { barView } from "../supervision/view.js";
import { render } from "../vendor/lit-html.js";
import { agentCell, agentItems, agentRow } from "./agents-view.js";
import { alertsView } from "./alerts-view.js";
import { callItems, callRow } from "./calls-view.js";
import { charts } from "./charts-view.js";
import { clockTime } from "./clock-times.js";
import { gauges } from "./gauges-view.js";
import { KeyedRows } from "./keyed-rows.js";
import { queueTile } from "./queues-view.js";
import { filtered, queueIn, withQueue } from "./snapshot.js";

/** @import {SteppingIn} from "../supervision/stepping-in.js" */
/** @import {AgentItem} from "./agents-view.js" */
/** @import {CallItem} from "./calls-view.js" */
/** @import {FloorOrders} from "./orders.js" */
/** @import {BoardSocket, Connection} from "./socket.js" */
/** @import {Board, Day, Queue} from "./snapshot.js" */

/** A sign that the figures on the page are not those of now. */
const STALE_MS = 6_000;

export class LiveBoard {
  #root;
  #socket;
  #steppingIn;
  #orders;
  #clock = new ServerClock();
  /** @type {Board | null} */
  #board = null;
  /** @type {Day | null} */
  #day = null;
  /** @type {Connection} */
  #connection = "connecting";
  #fails = false;
  #heardAt = 0;
  #queue = queueIn(location.search);
  #agents;
  #cells;
  #calls;
  #queues;

  /**
   * @param {HTMLElement} root
   * @param {BoardSocket} socket
   * @param {SteppingIn | null} steppingIn null: who watches may not, or a wall
   * @param {FloorOrders | null} orders null: the same
   */
  constructor(root, socket, steppingIn, orders) {
    this.#root = root;
    this.#socket = socket;
    this.#steppingIn = steppingIn;
    this.#orders = orders;
    const mayDirect = orders !== null;
    this.#agents = this.#rows("#agent-rows", "tr", (item, now, element) =>
      agentRow(/** @type {AgentItem} */ (item), now, element, mayDirect),
    );
    this.#cells = this.#rows("#agent-cells", "li", agentCell);
    this.#calls = this.#rows("#call-rows", "tr", (item, now, element) =>
      callRow(/** @type {CallItem} */ (item), now, element, steppingIn, mayDirect),
    );
    // A wall has nothing to press.
    const leads = this.#cells === null;
    this.#queues = this.#rows("#queue-tiles", "li", (queue, now, element) =>
      queueTile(/** @type {Queue} */ (queue), now, element, leads),
    );
  }

  start() {
    this.#socket.addEventListener("message", (event) =>
      this.#receive(/** @type {CustomEvent} */ (event).detail.message),
    );
    this.#socket.addEventListener("connection", (event) =>
      this.#connected(/** @type {CustomEvent} */ (event).detail.connection),
    );
    this.#socket.addEventListener("signedout", () =>
      location.assign(this.#root.dataset.signIn ?? "/"),
    );
    this.#steppingIn?.addEventListener("change", () => this.#drawSteppingIn());
    addEventListener("online", () => this.#socket.retryNow());
    addEventListener("popstate", () => this.#choose(queueIn(location.search), false));
    this.#listen();
    this.#socket.open();
    setInterval(() => this.#tick(), 1000);
  }

  #listen() {
    this.#find("#queue-filter")?.addEventListener("change", ({ target }) => {
      const chosen = /** @type {HTMLSelectElement} */ (target).value;
      this.#choose(queueIn(`?queue=${chosen}`), true);
    });
    this.#find("#queue-tiles")?.addEventListener("click", (event) => {
      const link = /** @type {HTMLElement} */ (event.target).closest("a[data-queue]");
      if (link !== null && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        const id = Number(/** @type {HTMLElement} */ (link).dataset.queue);
        this.#choose(this.#queue === id ? null : id, true);
      }
    });
  }

  /**
   * @param {number | null} queue
   * @param {boolean} isNew for the address
   */
  #choose(queue, isNew) {
    this.#queue = queue;
    if (isNew) {
      history.pushState(null, "", withQueue(location.search, queue));
    }
    this.#draw();
  }

  /** @param {any} message */
  #receive(message) {
    const now = performance.now();
    this.#heardAt = now;
    this.#fails = message.fails === true;
    if (message.server_time) {
      this.#clock.observe(message.server_time, now);
    }
    if (message.type === "board") {
      this.#board = message;
      this.#orders?.update(message);
      this.#draw();
    } else if (message.type === "day") {
      this.#day = message;
      this.#drawCharts();
    }
    this.#drawStatus();
  }

  /** @param {Connection} connection */
  #connected(connection) {
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#drawStatus();
    }
  }

  #tick() {
    const now = performance.now();
    this.#socket.tick(now);
    this.#drawStatus();
    if (this.#board !== null) {
      const instant = this.#clock.now(now);
      for (const rows of [this.#agents, this.#cells, this.#calls, this.#queues]) {
        rows?.tick(instant);
      }
      this.#drawFigures(this.#shown(this.#board), instant);
    }
  }

  /** @param {Board} board */
  #shown(board) {
    return filtered(board, this.#queue);
  }

  #draw() {
    const whole = this.#board;
    if (whole === null) {
      return;
    }
    const board = this.#shown(whole);
    const now = this.#clock.now(performance.now());
    const agents = agentItems(board, whole);
    this.#agents?.update(agents, now);
    this.#cells?.update(agents, now);
    const page = this.#root.dataset.callPage ?? "";
    this.#calls?.update(callItems(board, whole, page), now);
    this.#queues?.update(board.queues, now);
    this.#drawFigures(board, now);
    this.#drawFilter(whole);
    this.#drawCharts();
    this.#find("#no-calls")?.toggleAttribute("hidden", board.calls.length > 0);
    this.#find("#no-agents")?.toggleAttribute("hidden", board.agents.length > 0);
    this.#root.dataset.state = "live";
  }

  /**
   * @param {Board} board
   * @param {number} now
   */
  #drawFigures(board, now) {
    this.#render("#gauges", gauges(board, now));
    this.#render("#alerts", alertsView(board.alerts, now));
  }

  #drawSteppingIn() {
    if (this.#steppingIn !== null) {
      this.#render("#stepping-in-bar", barView(this.#steppingIn));
      this.#calls?.tick(this.#clock.now(performance.now()));
    }
  }

  #drawCharts() {
    if (this.#day !== null && this.#board !== null) {
      const agents = this.#shown(this.#board).agents;
      const now = this.#clock.now(performance.now());
      this.#render("#charts", charts(this.#day, this.#queue, agents, now));
    }
  }

  /** @param {Board} board */
  #drawFilter({ queues }) {
    const select = /** @type {HTMLSelectElement | null} */ (
      this.#find("#queue-filter")
    );
    if (select === null) {
      return;
    }
    const wanted = [
      new Option(t("All queues"), ""),
      ...queues.map((queue) => new Option(queue.name, String(queue.id))),
    ];
    const names = (/** @type {Iterable<HTMLOptionElement>} */ options) =>
      JSON.stringify([...options].map((one) => [one.text, one.value]));
    if (names(select.options) !== names(wanted)) {
      select.replaceChildren(...wanted);
    }
    select.value = String(this.#queue ?? "");
    this.#find("#enter-wall")?.setAttribute("href", withQueue("?wall=1", this.#queue));
  }

  #drawStatus() {
    const status = this.#find("#board-status");
    const words = this.#statusWords();
    if (status !== null && status.textContent !== words) {
      status.textContent = words;
    }
    this.#root.dataset.connection = this.#isFresh ? "online" : "lost";
    const clock = this.#find("#board-clock");
    if (clock !== null && this.#board !== null) {
      clock.textContent = this.#clockWords();
    }
  }

  get #isFresh() {
    const age = performance.now() - this.#heardAt;
    return this.#connection === "online" && !this.#fails && age < STALE_MS;
  }

  #statusWords() {
    switch (this.#connection) {
      case "refused":
        return t("You may not see the live board. Reload the page.");
      case "crowded":
        return t("The live board is open in too many windows. Close some of them.");
      case "connecting":
        return t("Connecting");
      default:
        return this.#isFresh ? t("Live") : t("Not live: the figures below are old");
    }
  }

  #clockWords() {
    return clockTime(this.#clock.now(performance.now()), locale());
  }

  /**
   * @template {{id: string | number}} Item
   * @param {string} selector
   * @param {string} tag
   * @param {(item: Item, now: number, element: HTMLElement) => any} template
   * @returns {KeyedRows<Item> | null} null: this page does not show them
   */
  #rows(selector, tag, template) {
    const parent = this.#find(selector);
    return parent === null ? null : new KeyedRows(parent, tag, template);
  }

  /**
   * @param {string} selector
   * @param {unknown} content
   */
  #render(selector, content) {
    const container = this.#find(selector);
    if (container !== null) {
      render(content, container);
    }
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement | null}
   */
  #find(selector) {
    return this.#root.querySelector(selector);
  }
}
