/** What each key does; a press that can do nothing now says why. */

import { t } from "../shell/i18n.js";
import { keyName } from "../shell/key-hints.js";
import { keyNow } from "../state/keys-now.js";
import { myCall, ringingCalls } from "../state/selectors.js";

/** @import {Commands} from "../commands.js" */
/** @import {Store} from "../state/store.js" */

export class KeyActions {
  #store;
  #actions;
  #choose;

  /**
   * @param {Store} store
   * @param {Commands} commands
   * @param {{focusNumber(): void, focusNotes(): void, openBreaks(): void}} screen
   * @param {() => void} help
   */
  constructor(store, commands, screen, help) {
    const { ringing, controls, rewind, transfer, wrapUp, ending } = commands;
    this.#store = store;
    this.#choose = (/** @type {number} */ place) => wrapUp.chooseAt(place);
    this.#actions = /** @type {Record<string, () => void>} */ ({
      answer: () => ringing.answer(),
      decline: () => ending.decline(ringingCalls(store.state)[0]?.id, true),
      mute: () => controls.toggleMute(),
      hold: () => transfer.toggleHold(),
      rewind: () => rewind.toggle(),
      transfer: () => transfer.open(),
      hang_up: () => ending.hangUp(true),
      number: () => screen.focusNumber(),
      write: () => screen.focusNotes(),
      break: () => screen.openBreaks(),
      more_time: () => wrapUp.moreTime(),
      finish: () => wrapUp.finish(),
      help,
    });
  }

  /** @param {string} verb */
  press(verb) {
    const { can, text } = keyNow(verb, this.#store.state);
    const place = /^choose_(\d)$/.exec(verb)?.[1];
    if (!can) {
      this.#say(text);
    } else if (place !== undefined) {
      this.#choose(Number(place));
    } else {
      this.#actions[verb]?.();
    }
  }

  /** The agent types beside the fields: say where that goes. */
  strayed() {
    const key = keyName("write");
    const isCall = myCall(this.#store.state) !== null;
    const where = t("What you type goes nowhere: no field has the focus.");
    this.#say(
      isCall && key ? `${where} ${t("{key} leads to the notes.", { key })}` : where,
    );
  }

  takenBack() {
    this.#say(t("Undone. Nothing has happened."));
  }

  /** @param {string} text */
  #say(text) {
    this.#store.dispatch({ type: "notice", notice: { who: "", text, tone: "info" } });
  }
}
