const GATHERING_LIMIT_MS = 3000;

/** The sound of one call: the microphone out, the far end to an audio element. */
export class CallMedia {
  #connection;
  #microphone;
  #audio;
  #closed = false;

  /**
   * @param {HTMLAudioElement} audio
   * @param {MediaStream} microphone
   */
  constructor(audio, microphone) {
    this.#audio = audio;
    this.#microphone = microphone;
    this.#connection = new RTCPeerConnection({
      iceServers: [],
      bundlePolicy: "max-bundle",
    });
    this.#connection.addEventListener("track", (event) => {
      audio.srcObject = new MediaStream([event.track]);
      audio.play().catch(() => {});
    });
  }

  /**
   * Ask for the microphone.
   * @param {HTMLAudioElement} audio
   * @returns {Promise<CallMedia>}
   */
  static async open(audio) {
    if (!navigator.mediaDevices) {
      throw new Error("The microphone needs https or localhost in the address.");
    }
    return new CallMedia(
      audio,
      await navigator.mediaDevices.getUserMedia({ audio: true }),
    );
  }

  /** @returns {Promise<string>} a whole offer, candidates inside */
  async offer() {
    this.#addMicrophone();
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#describe();
  }

  /**
   * @param {string} offer
   * @returns {Promise<string>} a whole answer
   */
  async answer(offer) {
    await this.#connection.setRemoteDescription({ type: "offer", sdp: offer });
    this.#addMicrophone();
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#describe();
  }

  /** @param {string} answer */
  async take(answer) {
    if (this.#connection.signalingState === "have-local-offer") {
      await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
    }
  }

  /** @param {boolean} muted */
  mute(muted) {
    for (const track of this.#microphone.getAudioTracks()) {
      track.enabled = !muted;
    }
  }

  /** @returns {Promise<{packets: number, level: number}>} what comes in */
  async measure() {
    const heard = { packets: 0, level: 0 };
    for (const report of (await this.#connection.getStats()).values()) {
      if (report.type === "inbound-rtp") {
        heard.packets = report.packetsReceived ?? 0;
        heard.level = report.audioLevel ?? 0;
      }
    }
    return heard;
  }

  close() {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#connection.close();
    for (const track of this.#microphone.getTracks()) {
      track.stop();
    }
    this.#audio.srcObject = null;
  }

  #addMicrophone() {
    for (const track of this.#microphone.getAudioTracks()) {
      this.#connection.addTrack(track, this.#microphone);
    }
    const opus = (RTCRtpReceiver.getCapabilities("audio")?.codecs ?? []).filter(
      (codec) => codec.mimeType.toLowerCase() === "audio/opus",
    );
    for (const transceiver of this.#connection.getTransceivers()) {
      transceiver.setCodecPreferences(opus);
    }
  }

  async #describe() {
    await this.#gathered();
    return this.#connection.localDescription?.sdp ?? "";
  }

  /** @returns {Promise<void>} */
  #gathered() {
    return new Promise((resolve) => {
      const check = () => {
        if (this.#connection.iceGatheringState === "complete") {
          resolve();
        }
      };
      this.#connection.addEventListener("icegatheringstatechange", check);
      setTimeout(resolve, GATHERING_LIMIT_MS);
      check();
    });
  }
}
