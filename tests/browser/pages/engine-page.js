/**
 * An audio engine without a console, and ears at both of its ends. What happens is kept
 * in `window.seen`; tests read it from outside.
 */

const { dataset } = document.body;
const query = new URLSearchParams(location.search);

class Ear {
  onsets = [];
  #analyser;

  /** @param {AudioNode} source */
  constructor(source) {
    const { context } = source;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 8192;
    this.#analyser.smoothingTimeConstant = 0;
    connect.call(source, this.#analyser);
    this.#probe(source);
  }

  /** @returns {{hertz: number, decibel: number}} the loudest frequency just now */
  get loudest() {
    const spectrum = new Float32Array(this.#analyser.frequencyBinCount);
    this.#analyser.getFloatFrequencyData(spectrum);
    let best = 0;
    for (let i = 1; i < spectrum.length; i += 1) {
      if (spectrum[i] > spectrum[best]) best = i;
    }
    const width = this.#analyser.context.sampleRate / this.#analyser.fftSize;
    return { hertz: best * width, decibel: Math.max(-200, spectrum[best]) };
  }

  /** @param {AudioNode} source */
  async #probe(source) {
    const { context } = source;
    await context.audioWorklet.addModule(dataset.probeWorkletUrl);
    const probe = new AudioWorkletNode(context, "probe", { outputChannelCount: [1] });
    probe.port.onmessage = ({ data }) => this.onsets.push(data.onset);
    connect.call(source, probe);
    connect.call(probe, context.destination);
  }
}

const seen = {
  states: [],
  codes: [],
  reports: [],
  problems: [],
  levels: [],
  streams: [],
  violations: [],
};
window.seen = seen;
window.ears = { microphone: null, speaker: null };

const { connect } = AudioNode.prototype;
AudioNode.prototype.connect = function (...to) {
  const result = connect.apply(this, to);
  if (this instanceof MediaStreamAudioSourceNode)
    window.ears.microphone = new Ear(this);
  else if (this instanceof AudioWorkletNode && this.numberOfInputs === 0)
    window.ears.speaker = new Ear(this);
  return result;
};

const getUserMedia = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (getUserMedia) {
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    seen.streams.push(stream);
    return stream;
  };
}
document.addEventListener("securitypolicyviolation", ({ blockedURI }) =>
  seen.violations.push(blockedURI),
);

const { AudioEngine } = await import(dataset.engineUrl);
const engine = new AudioEngine({
  workerUrl: dataset.workerUrl,
  captureWorkletUrl: dataset.captureWorkletUrl,
  playoutWorkletUrl: dataset.playoutWorkletUrl,
  codec: query.get("codec") ?? "auto",
});
engine.addEventListener("state", ({ detail }) => {
  seen.states.push(detail.state);
  seen.codes.push(detail.code);
});
engine.addEventListener("report", ({ detail }) => seen.reports.push(detail));
engine.addEventListener("problem", ({ detail }) => seen.problems.push(detail.code));
engine.addEventListener("levels", ({ detail }) => seen.levels.push(detail));
window.engine = engine;
if (query.has("talk")) {
  await engine.open();
  engine.connect("/ws/echo/");
}
