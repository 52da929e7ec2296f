/**
 * Read the first byte of an Opus packet (RFC 6716, 3.1). Nothing here decodes.
 */

const SILK_SAMPLES = [480, 960, 1920, 2880];
const HYBRID_SAMPLES = [480, 960];
const CELT_SAMPLES = [120, 240, 480, 960];
/** RFC 6716, 3.2.5: no packet holds more than 120 ms. */
const PACKET_SAMPLES_MAX = 5760;

/** An Opus packet of 20 ms silence: what a packet-loss probe begins with. */
export const OPUS_SILENCE = new Uint8Array([0xf8, 0xff, 0xfe]);

/** @param {number} toc the packet's first byte @returns {number} 48 kHz samples */
export function opusFrameSamples(toc) {
  const config = toc >> 3;
  if (config < 12) return SILK_SAMPLES[config & 3];
  if (config < 16) return HYBRID_SAMPLES[config & 1];
  return CELT_SAMPLES[config & 3];
}

/**
 * @param {Uint8Array} packet
 * @returns {number} 48 kHz samples in the packet; 0 when it contradicts itself
 */
export function opusPacketSamples(packet) {
  if (packet.length === 0) return 0;
  const samples = opusFrameSamples(packet[0]) * opusFrameCount(packet);
  return samples > PACKET_SAMPLES_MAX ? 0 : samples;
}

/** @param {Uint8Array} packet */
function opusFrameCount(packet) {
  const code = packet[0] & 3;
  if (code === 0) return 1;
  if (code < 3) return 2;
  return packet.length > 1 ? packet[1] & 0x3f : 0;
}

/**
 * A decoder takes a lone first byte for a lost frame and conceals it, which is the only
 * way WebCodecs offers (w3c/webcodecs, discussion 558).
 *
 * @param {Uint8Array} previous the last packet that arrived
 * @returns {Uint8Array<ArrayBuffer>} decodes to one concealed frame of the same length
 */
export function lostFramePacket(previous) {
  return new Uint8Array([previous[0] & 0xfc]);
}
