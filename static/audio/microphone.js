/** Opens the microphone, and says in a sentence why it cannot. */

/**
 * @typedef {"microphone-denied" | "microphone-missing" | "microphone-busy" | "unsupported"
 *   | "insecure"} AudioErrorCode
 */

export class AudioError extends Error {
  /**
   * @param {AudioErrorCode} code
   * @param {string} message for the agent
   * @param {unknown} cause what the browser said
   */
  constructor(code, message, cause = undefined) {
    super(message, { cause });
    this.name = "AudioError";
    this.code = code;
  }
}

/** @throws {AudioError} "insecure" or "unsupported" */
export function requireAudio() {
  if (!window.isSecureContext) {
    throw new AudioError(
      "insecure",
      "The browser gives the microphone only to pages opened with https.",
    );
  }
  const complete =
    navigator.mediaDevices !== undefined &&
    typeof AudioWorkletNode !== "undefined" &&
    typeof Worker !== "undefined";
  if (!complete) {
    throw new AudioError("unsupported", "This browser is too old for calls.");
  }
}

/**
 * @param {string | undefined} id a microphone that has gone is replaced by the default one
 * @returns {Promise<MediaStream>}
 * @throws {AudioError} "microphone-denied", "microphone-missing" or "microphone-busy"
 */
export async function openMicrophone(id) {
  try {
    return await request(id);
  } catch (error) {
    if (id && isMissing(error)) return openMicrophone(undefined);
    throw explained(error);
  }
}

/** @param {MediaStream | null} stream */
export function stopStream(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** @param {string | undefined} id */
function request(id) {
  // "all" also removes what the worklet plays; browsers that do not know it read true.
  const echoCancellation = /** @type {ConstrainBoolean} */ (
    /** @type {unknown} */ ("all")
  );
  return navigator.mediaDevices.getUserMedia({
    audio: {
      deviceId: id ? { exact: id } : undefined,
      channelCount: 1,
      sampleRate: 48_000,
      echoCancellation,
      noiseSuppression: true,
      autoGainControl: true,
    },
  });
}

/** @param {unknown} error */
function isMissing(error) {
  const name = error instanceof Error ? error.name : "";
  return name === "OverconstrainedError" || name === "NotFoundError";
}

/** @param {unknown} error @returns {AudioError} */
function explained(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return new AudioError(
      "microphone-denied",
      "The microphone is blocked. Allow it in the browser's address bar.",
    );
  }
  if (name === "NotReadableError" || name === "AbortError") {
    return new AudioError(
      "microphone-busy",
      "The microphone cannot be opened; another program may be using it.",
    );
  }
  return new AudioError("microphone-missing", "No microphone was found.");
}
