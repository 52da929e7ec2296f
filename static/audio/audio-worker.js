/**
 * The audio worker: wires the page, the two worklets and the call together.
 * In: start, connect, disconnect, mute, keep, rewind, close. Out: ready, state, levels,
 * report, rewound, problem.
 */
import { CallAudio, TICK_MS } from "./call-audio.js";
import { concealsLosses, supportsOpus } from "./opus-codec.js";

let audio = /** @type {CallAudio | null} */ (null);
let ticker = /** @type {ReturnType<typeof setInterval> | undefined} */ (undefined);

/** @param {object} message @param {Transferable[]} [transfer] */
const tell = (message, transfer = []) => self.postMessage(message, { transfer });

/** @param {"auto" | "pcm16"} codec */
async function findSupport(codec) {
  const opus = codec === "auto" && (await supportsOpus());
  return { opus, conceals: opus && (await concealsLosses()) };
}

/** @param {{codec: "auto" | "pcm16", capture: MessagePort, playout: MessagePort}} order */
async function start({ codec, capture, playout }) {
  const support = await findSupport(codec);
  const started = new CallAudio({ player: playout, tell, support });
  capture.onmessage = ({ data }) =>
    started.captured(data.frame, Date.now() - data.time);
  playout.onmessage = ({ data }) => started.played(data);
  self.addEventListener("online", () => started.retryNow());
  ticker = setInterval(() => started.tick(), TICK_MS);
  audio = started;
  tell({ type: "ready", codec: support.opus ? "opus" : "pcm16" });
}

function close() {
  clearInterval(ticker);
  audio?.close();
  self.close();
}

self.onmessage = ({ data }) => {
  if (data.type === "start") start(data);
  else if (data.type === "connect") audio?.connect(data.url, data.echo);
  else if (data.type === "disconnect") audio?.disconnect();
  else if (data.type === "mute") audio?.mute(data.muted);
  else if (data.type === "keep") audio?.keep(data.keeping);
  else if (data.type === "rewind") audio?.rewind(data.replay);
  else if (data.type === "close") close();
};
