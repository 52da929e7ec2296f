/**
 * "tick" {late} once a second, also while the page is hidden. `late`: for how many
 * milliseconds the tick waited until the page had time for it. A page that is blocked
 * or frozen has none.
 */
export class Ticker extends EventTarget {
  /** @param {string} workerAddress */
  constructor(workerAddress) {
    super();
    const worker = new Worker(workerAddress);
    worker.addEventListener("message", ({ data }) => {
      const late = Math.max(0, performance.timeOrigin + performance.now() - data);
      this.dispatchEvent(new CustomEvent("tick", { detail: { late } }));
    });
  }
}
