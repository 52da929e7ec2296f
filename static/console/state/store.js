import { reduce } from "./reducer.js";
import { initialState } from "./state.js";

/** Holds the state; "change" tells what it was before. */
export class Store extends EventTarget {
  #state = initialState;

  get state() {
    return this.#state;
  }

  /** @param {{type: string} & Record<string, any>} action */
  dispatch(action) {
    const previous = this.#state;
    this.#state = reduce(previous, action, performance.now());
    if (this.#state !== previous) {
      this.dispatchEvent(new CustomEvent("change", { detail: { previous } }));
    }
  }
}
