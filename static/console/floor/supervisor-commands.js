/** Commands between the agent and the supervisors. */

/** @import {Requests} from "../state/requests.js" */
/** @import {Id} from "../state/snapshot.js" */

export class SupervisorCommands {
  #requests;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /** @param {string} reason may be empty */
  raiseHand(reason) {
    this.#requests.send("raise_hand", { reason });
  }

  lowerHand() {
    this.#requests.send("lower_hand");
  }

  /** @param {Id} message */
  read(message) {
    this.#requests.send("read_message", { message });
  }
}
