/**
 * Brings the packets of a call into order and says what is missing. It holds a packet
 * back only while packets have lately come out of order: waiting for one that is lost
 * would turn each loss into an underrun.
 */
import { DelayEstimator } from "./delay-estimator.js";
import { opusPacketSamples } from "./opus.js";
import { FRAME_SAMPLES, OPUS, sequenceDistance, timestampDistance } from "./wire.js";

/** @import {Frame} from "./wire.js" */
/**
 * @typedef {object} Playable
 * @property {Frame} frame
 * @property {number} samples how long it lasts, at 48 kHz
 * @property {number} missing frames to conceal before it, at most five
 * @property {boolean} talkSpurt silence went before it, on purpose
 */

/** Opus fades a concealed stretch to nothing within five frames. */
export const CONCEAL_MAX = 5;
const HELD_MAX = 3;
/** How long a packet waits for one before it, where packets overtake each other. */
export const HOLD_MS = 30;
const REORDER_MEMORY_MS = 30_000;
/** A sequence further off than two seconds is another stream, not a late packet. */
const RESTART_DISTANCE = 100;
const TALK_SPURT_SAMPLES = 2880;

export class JitterBuffer {
  received = 0;
  lost = 0;
  late = 0;
  #delay = new DelayEstimator();
  #next = /** @type {number | null} */ (null);
  #nextTimestamp = 0;
  #held = /** @type {Frame[]} */ ([]);
  #holdUntil = 0;
  #given = /** @type {number[]} */ ([]);
  #reorderedAt = Number.NEGATIVE_INFINITY;

  /** How much sound the player should keep waiting, in milliseconds. */
  get targetMs() {
    return this.#delay.targetMs;
  }

  /** Whether `expire` has something to do once HOLD_MS have passed. */
  get holding() {
    return this.#held.length > 0;
  }

  /** The stream begins anew, as after a reconnection. */
  restart() {
    this.#next = null;
    this.#held.length = 0;
    this.#given.length = 0;
    this.#delay.restart();
  }

  /**
   * @param {Frame} frame
   * @param {number} now milliseconds, any steady clock
   * @returns {Playable[]} what can be decoded now, in order
   */
  push(frame, now) {
    const distance =
      this.#next === null ? 0 : sequenceDistance(this.#next, frame.sequence);
    if (Math.abs(distance) > RESTART_DISTANCE) {
      this.restart();
      return this.push(frame, now);
    }
    if (distance < 0) this.#noteLate(frame.sequence, now);
    else if (!this.#isHeld(frame.sequence)) {
      this.received += 1;
      if (distance > 0) return this.#gap(frame, distance, now);
      return [this.#take(frame, 0, now), ...this.#takeHeld(now)];
    }
    return [];
  }

  /**
   * Gives up on packets that were waited for long enough.
   *
   * @param {number} now
   * @returns {Playable[]}
   */
  expire(now) {
    return this.holding && now >= this.#holdUntil ? this.#release(now) : [];
  }

  /** @param {Frame} frame @param {number} missing @param {number} now */
  #gap(frame, missing, now) {
    const waits = now - this.#reorderedAt < REORDER_MEMORY_MS && missing <= CONCEAL_MAX;
    if (!this.holding) this.#holdUntil = now + HOLD_MS;
    this.#hold(frame);
    const full = this.#held.length >= HELD_MAX;
    return full || frame.talkSpurt || !waits ? this.#release(now) : [];
  }

  /** @param {Frame} frame */
  #hold(frame) {
    this.#held.push(frame);
    const next = this.#next ?? 0;
    this.#held.sort(
      (a, b) => sequenceDistance(next, a.sequence) - sequenceDistance(next, b.sequence),
    );
  }

  /** @param {number} now everything held is played, gaps and all */
  #release(now) {
    const playable = [];
    for (const frame of this.#held.splice(0)) {
      const missing = sequenceDistance(this.#next ?? frame.sequence, frame.sequence);
      playable.push(this.#take(frame, missing, now));
    }
    return playable;
  }

  /** @param {number} now the held packets that follow without a gap */
  #takeHeld(now) {
    const playable = [];
    while (this.#held.length > 0 && this.#held[0].sequence === this.#next) {
      playable.push(this.#take(/** @type {Frame} */ (this.#held.shift()), 0, now));
    }
    return playable;
  }

  /**
   * @param {Frame} frame
   * @param {number} gap
   * @param {number} now
   * @returns {Playable}
   */
  #take(frame, gap, now) {
    const missing = frame.talkSpurt ? 0 : gap;
    const samples =
      frame.kind === OPUS ? opusPacketSamples(frame.payload) : FRAME_SAMPLES;
    const talkSpurt = missing === 0 && this.#followsSilence(frame);
    this.#delay.observe({
      arrival: now,
      timestamp: frame.timestamp,
      samples,
      missing: Math.min(missing, CONCEAL_MAX),
      talkSpurt,
    });
    this.#remember(frame.sequence);
    this.lost += missing;
    this.#next = (frame.sequence + 1) & 0xffff;
    this.#nextTimestamp = frame.timestamp + samples;
    return { frame, samples, missing: missing > CONCEAL_MAX ? 0 : missing, talkSpurt };
  }

  /** @param {Frame} frame */
  #followsSilence(frame) {
    if (frame.talkSpurt) return true;
    if (this.#next === null) return false;
    const jump = timestampDistance(this.#nextTimestamp, frame.timestamp);
    return Math.abs(jump) > TALK_SPURT_SAMPLES;
  }

  /** @param {number} sequence */
  #isHeld(sequence) {
    return this.#held.some((frame) => frame.sequence === sequence);
  }

  /** @param {number} sequence */
  #remember(sequence) {
    this.#given.push(sequence);
    if (this.#given.length > RESTART_DISTANCE) this.#given.shift();
  }

  /** @param {number} sequence @param {number} now a duplicate is no sign of reordering */
  #noteLate(sequence, now) {
    if (this.#given.includes(sequence)) return;
    this.late += 1;
    this.#reorderedAt = now;
  }
}
