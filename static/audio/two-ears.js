/**
 * The way from the player to the speaker. Usually both ears hear the call. While what
 * was said is heard once more, that is in the right ear and the call goes on in the left
 * one, a little softer: two voices at once are understood where they come from two
 * places, and the call must not be missed for what is over. A speaker with one channel
 * plays both, the call clearly softer. The audio thread does nothing here of its own.
 */

/** Softer by 6 dB in an ear of its own, by 12 dB where both share one. */
const BESIDE = 0.5;
const BENEATH = 0.25;
const FADE_SECONDS = 0.03;

export class TwoEars {
  #context;
  #left;
  #right;
  #merger;
  #source = /** @type {AudioBufferSourceNode | null} */ (null);
  #endsAt = 0;

  /** @param {AudioContext} context @param {AudioNode} call what the call sounds like */
  constructor(context, call) {
    this.#context = context;
    this.#left = context.createGain();
    this.#right = context.createGain();
    this.#merger = context.createChannelMerger(2);
    call.connect(this.#left).connect(this.#merger, 0, 0);
    call.connect(this.#right).connect(this.#merger, 0, 1);
  }

  /** What goes to the speaker. */
  get output() {
    return this.#merger;
  }

  /** Whether the speaker has only one channel, as far as the browser knows. */
  get isMono() {
    return this.#context.destination.maxChannelCount < 2;
  }

  get isPlaying() {
    return this.#source !== null;
  }

  /** How much is still to be heard once more, in whole milliseconds. */
  get leftMs() {
    if (this.#source === null) return 0;
    return Math.max(0, Math.round((this.#endsAt - this.#context.currentTime) * 1000));
  }

  /**
   * @param {Float32Array<ArrayBuffer>} samples 48 kHz mono, not empty
   * @param {() => void} onEnd not called when `stop` ended it
   */
  play(samples, onEnd) {
    this.stop();
    const source = this.#context.createBufferSource();
    source.buffer = this.#bufferOf(samples);
    source.connect(this.#merger, 0, 1);
    if (this.isMono) source.connect(this.#merger, 0, 0);
    source.onended = () => {
      if (this.#source !== source) return;
      this.stop();
      onEnd();
    };
    this.#soften(this.isMono ? BENEATH : BESIDE, this.isMono ? BENEATH : 0);
    this.#source = source;
    this.#endsAt = this.#context.currentTime + samples.length / 48_000;
    source.start();
  }

  /** The call is in both ears again, and what was heard once more is gone. */
  stop() {
    const source = this.#source;
    if (source === null) return;
    this.#source = null;
    source.stop();
    source.disconnect();
    this.#soften(1, 1);
  }

  /** @param {Float32Array<ArrayBuffer>} samples */
  #bufferOf(samples) {
    const buffer = this.#context.createBuffer(1, samples.length, 48_000);
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  /** @param {number} left @param {number} right */
  #soften(left, right) {
    const now = this.#context.currentTime;
    this.#left.gain.setTargetAtTime(left, now, FADE_SECONDS);
    this.#right.gain.setTargetAtTime(right, now, FADE_SECONDS);
  }
}
