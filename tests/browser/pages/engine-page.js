/**
 * An audio engine without a console. What happens is kept in `window.seen`; tests read
 * it from outside.
 */

const { dataset } = document.body;
const query = new URLSearchParams(location.search);

const seen = {
  states: [],
  codes: [],
  reports: [],
  problems: [],
  devices: [],
  levels: [],
  streams: [],
  violations: [],
};
window.seen = seen;

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
engine.addEventListener("device", ({ detail }) => seen.devices.push(detail.code));
engine.addEventListener("levels", ({ detail }) => seen.levels.push(detail));
window.engine = engine;
if (query.has("talk")) {
  await engine.open();
  engine.connect("/ws/echo/");
}
