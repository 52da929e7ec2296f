/**
 * Ears for a page under test, put in before its own scripts: `window.ears.microphone`
 * hears what the microphone gives, `speaker` what comes out (an <audio> element's
 * stream, or the call at the loudspeaker), `left` and `right` its sides, `ringer` the
 * ring tone.
 */
(() => {
  const LOUD = 0.01;
  const PAUSE_MS = 200;
  const LOOK_EVERY_MS = 100;
  const { connect } = AudioNode.prototype;

  /** @param {BaseAudioContext} context @param {number} size of the window, samples */
  function analyser(context, size) {
    const node = context.createAnalyser();
    node.fftSize = size;
    node.smoothingTimeConstant = 0;
    return node;
  }

  /** Hears a node of an audio graph. */
  class Ear {
    /** When a tone set in after a pause, milliseconds of the wall clock. */
    onsets = [];
    /** Whether there was any sound at all. */
    isHeard = false;
    #context;
    #spectrum;
    #loudAt = Date.now();

    /** @param {AudioNode} source */
    constructor(source) {
      this.#context = source.context;
      this.#spectrum = analyser(source.context, 8192);
      connect.call(source, this.#spectrum);
      this.listen(source);
    }

    /** Whether the context of the sound still runs. */
    get isOpen() {
      return this.#context.state === "running";
    }

    /** How long nothing was heard, in milliseconds. */
    get quietMs() {
      return Date.now() - this.#loudAt;
    }

    /** @returns {{hertz: number, decibel: number}} the loudest frequency just now */
    get loudest() {
      const bins = new Float32Array(this.#spectrum.frequencyBinCount);
      this.#spectrum.getFloatFrequencyData(bins);
      let best = 0;
      for (let i = 1; i < bins.length; i += 1) {
        if (bins[i] > bins[best]) best = i;
      }
      const width = this.#context.sampleRate / this.#spectrum.fftSize;
      return { hertz: best * width, decibel: Math.max(-200, bins[best]) };
    }

    /**
     * @param {number[]} frequencies
     * @returns {number[]} how loud each is just now, in decibels
     */
    levels(frequencies) {
      const bins = new Float32Array(this.#spectrum.frequencyBinCount);
      this.#spectrum.getFloatFrequencyData(bins);
      const width = this.#context.sampleRate / this.#spectrum.fftSize;
      return frequencies.map((hertz) => {
        const at = Math.round(hertz / width);
        return Math.max(-200, bins[at - 1], bins[at], bins[at + 1]);
      });
    }

    /** Looks at a long window now and then, since a busy page may come late. */
    listen(source) {
      const { context } = source;
      const recent = analyser(context, 32_768);
      const samples = new Float32Array(recent.fftSize);
      connect.call(source, recent);
      let lookedAt = context.currentTime;
      const timer = setInterval(() => {
        if (context.state === "closed") clearInterval(timer);
        const { currentTime, sampleRate } = context;
        const fresh = Math.round((currentTime - lookedAt) * sampleRate);
        lookedAt = currentTime;
        recent.getFloatTimeDomainData(samples);
        this.hear(samples.subarray(-Math.max(1, fresh)), Date.now(), sampleRate);
      }, LOOK_EVERY_MS);
    }

    /**
     * @param {Float32Array} samples what is new
     * @param {number} end of the last one, milliseconds of the wall clock
     * @param {number} rate
     */
    hear(samples, end, rate) {
      for (let i = 0; i < samples.length; i += 1) {
        if (Math.abs(samples[i]) <= LOUD) continue;
        const at = end - ((samples.length - i) / rate) * 1000;
        if (at - this.#loudAt > PAUSE_MS) this.onsets.push(at);
        this.#loudAt = Math.max(at, this.#loudAt);
        this.isHeard = true;
      }
    }
  }

  /** Hears a stream where it begins: an audio graph would delay it by up to 100 ms. */
  class StreamEar extends Ear {
    async listen({ mediaStream }) {
      const [track] = mediaStream.getAudioTracks();
      const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
      // The frames tell when they were made by a clock of their own.
      let clock = Number.POSITIVE_INFINITY;
      for (;;) {
        const { done, value: frame } = await reader.read();
        if (done) return;
        const samples = new Float32Array(frame.numberOfFrames);
        frame.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        const end = (frame.timestamp + frame.duration) / 1000;
        clock = Math.min(clock, Date.now() - end);
        this.hear(samples, clock + end, frame.sampleRate);
        frame.close();
      }
    }
  }

  /** One channel of what goes to the loudspeaker. */
  function sideOf(source, channel) {
    const splitter = source.context.createChannelSplitter(2);
    connect.call(source, splitter);
    const side = source.context.createGain();
    connect.call(splitter, side, channel);
    return new Ear(side);
  }

  const ears = { microphone: null, speaker: null, ringer: null, microphones: [] };
  window.ears = ears;
  let context = null;

  /**
   * @param {"microphone" | "speaker"} name
   * @param {MediaStream | null} stream
   */
  function listen(name, stream) {
    if (!stream?.getAudioTracks().length) return;
    context ??= new AudioContext({ sampleRate: 48_000, sinkId: { type: "none" } });
    ears[name] = new StreamEar(context.createMediaStreamSource(stream));
  }

  AudioNode.prototype.connect = function (...to) {
    const result = connect.apply(this, to);
    if (to[0] !== this.context.destination) return result;
    if (this instanceof AudioBufferSourceNode) ears.ringer = new Ear(this);
    else if (this instanceof ChannelMergerNode) {
      ears.speaker = new Ear(this);
      ears.left = sideOf(this, 0);
      ears.right = sideOf(this, 1);
    }
    return result;
  };

  const { mediaDevices } = navigator;
  if (mediaDevices) {
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      listen("microphone", stream);
      ears.microphones.push(...stream.getAudioTracks());
      return stream;
    };
  }

  const element = HTMLMediaElement.prototype;
  const { get, set } = Object.getOwnPropertyDescriptor(element, "srcObject");
  Object.defineProperty(element, "srcObject", {
    configurable: true,
    get,
    set(stream) {
      set.call(this, stream);
      listen("speaker", stream);
    },
  });

  document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`${event.violatedDirective} forbids ${event.blockedURI}`),
  );
})();
