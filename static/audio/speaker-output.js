/** @typedef {AudioContext & {setSinkId?: (id: string) => Promise<void>}} SinkContext */

/**
 * An audio context whose sound comes out of a chosen speaker. Browsers that cannot send
 * a context there go through an <audio> element, which costs some latency.
 */
export class SpeakerOutput {
  #context;
  #id = "";
  #element = /** @type {HTMLAudioElement | null} */ (null);
  #bypass = /** @type {MediaStreamAudioDestinationNode | null} */ (null);
  #source;

  /** @param {SinkContext} context @param {AudioNode} source what is to be heard */
  constructor(context, source) {
    this.#context = context;
    this.#source = source;
    source.connect(context.destination);
  }

  get id() {
    return this.#id;
  }

  /**
   * @param {string} id of an output device; "" is the system's default
   * @throws {DOMException} the device is gone or may not be used
   */
  async use(id) {
    const wanted = id === "default" ? "" : id;
    if (wanted === this.#id) return;
    if (this.#context.setSinkId) await this.#context.setSinkId(wanted);
    else await this.#useElement(wanted);
    this.#id = wanted;
  }

  close() {
    this.#element?.pause();
    if (this.#element) this.#element.srcObject = null;
    this.#source.disconnect();
  }

  /** @param {string} id */
  async #useElement(id) {
    const element = this.#element ?? new Audio();
    if (typeof element.setSinkId !== "function") return;
    await element.setSinkId(id);
    if (this.#element !== null) return;
    this.#bypass = this.#context.createMediaStreamDestination();
    element.srcObject = this.#bypass.stream;
    await element.play();
    this.#source.disconnect();
    this.#source.connect(this.#bypass);
    this.#element = element;
  }
}
