/**
 * The binary frame between browser and node, as in docs/audio-websocket.md: kind u8,
 * flags u8, sequence u16, timestamp u32 (48 kHz samples), payload; big endian.
 *
 * @typedef {object} Frame
 * @property {number} kind OPUS or PCM
 * @property {boolean} talkSpurt first frame of a talk spurt: the timestamp may jump
 * @property {number} sequence 0..65535, wraps
 * @property {number} timestamp 48 kHz samples, 0..2^32-1, wraps
 * @property {Uint8Array} payload one Opus packet, or 960 samples of 16 bit PCM
 */

export const OPUS = 1;
export const PCM = 2;
export const SAMPLE_RATE = 48000;
/** Samples in the 20 ms that every frame from browser to node holds. */
export const FRAME_SAMPLES = 960;
export const HEADER_BYTES = 8;
/** RFC 6716, 3.2.1: the longest frame an Opus packet can describe. */
export const OPUS_BYTES_MAX = 1275;

const TALK_SPURT = 1;
const STREAM_SHIFT = 4;
const STREAMS_MASK = 7;
const PCM_BYTES = FRAME_SAMPLES * 2;

export class FrameError extends Error {}

/**
 * @param {Frame} frame
 * @returns {Uint8Array<ArrayBuffer>} one websocket message
 */
export function encodeFrame({ kind, talkSpurt, sequence, timestamp, payload }) {
  const message = new Uint8Array(HEADER_BYTES + payload.byteLength);
  const view = new DataView(message.buffer);
  view.setUint8(0, kind);
  view.setUint8(1, talkSpurt ? TALK_SPURT : 0);
  view.setUint16(2, sequence);
  view.setUint32(4, timestamp);
  message.set(payload, HEADER_BYTES);
  return message;
}

/**
 * @param {ArrayBuffer} message
 * @returns {Frame} its payload is a view into the message
 * @throws {FrameError} too short, too long or of an unknown kind
 */
export function parseFrame(message) {
  if (message.byteLength <= HEADER_BYTES) throw new FrameError("Frame without sound");
  const view = new DataView(message);
  const kind = view.getUint8(0);
  const payload = new Uint8Array(message, HEADER_BYTES);
  checkPayload(kind, payload.byteLength);
  return {
    kind,
    talkSpurt: (view.getUint8(1) & TALK_SPURT) !== 0,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    payload,
  };
}

/**
 * @param {ArrayBuffer} message
 * @returns {number} which of the listener's streams it belongs to, 0 for the first
 */
export function streamOf(message) {
  if (message.byteLength < HEADER_BYTES) return 0;
  return (new DataView(message).getUint8(1) >> STREAM_SHIFT) & STREAMS_MASK;
}

/** @param {number} kind @param {number} bytes */
function checkPayload(kind, bytes) {
  if (kind === OPUS) {
    if (bytes > OPUS_BYTES_MAX) throw new FrameError(`Opus packet of ${bytes} bytes`);
  } else if (kind === PCM) {
    if (bytes !== PCM_BYTES) throw new FrameError(`PCM frame of ${bytes} bytes`);
  } else {
    throw new FrameError(`Frame of unknown kind ${kind}`);
  }
}

/**
 * Return how far `to` lies ahead of `from` on a counter that wraps; negative when behind.
 *
 * @param {number} from
 * @param {number} to
 * @returns {number} -32768..32767
 */
export function sequenceDistance(from, to) {
  return ((to - from) << 16) >> 16;
}

/**
 * The same for timestamps.
 *
 * @param {number} from
 * @param {number} to
 * @returns {number} -2^31..2^31-1
 */
export function timestampDistance(from, to) {
  return (to - from) | 0;
}
