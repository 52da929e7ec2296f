/** "tick" once a second, also while the page is hidden. */
export class Pulse extends EventTarget {
  /** @param {string} workerAddress */
  constructor(workerAddress) {
    super();
    const worker = new Worker(workerAddress);
    worker.addEventListener("message", () => this.dispatchEvent(new Event("tick")));
  }
}
