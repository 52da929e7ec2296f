/** Loudness of a piece of sound. */

/** @param {Float32Array} samples @returns {number} root mean square, 0..1 */
export function rootMeanSquare(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i] * samples[i];
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

const FLOOR_DECIBEL = -60;

/**
 * @param {number} rms root mean square, 0..1
 * @returns {number} for a meter: 0 at -60 dB and below, 1 at full scale, even in decibel
 */
export function meterLevel(rms) {
  if (rms <= 0) return 0;
  const decibel = 20 * Math.log10(rms);
  return Math.max(0, Math.min(1, 1 - decibel / FLOOR_DECIBEL));
}
