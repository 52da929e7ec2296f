import assert from "node:assert/strict";
import { test } from "node:test";
import { MicrophoneKeeper } from "../../../static/audio/microphone-keeper.js";
import { SpeakerKeeper } from "../../../static/audio/speaker-keeper.js";
import { deviceText } from "../../../static/console/audio-devices/device-notices.js";

const HEADSET = { kind: "audioinput", deviceId: "h1", label: "Headset" };
const BUILT_IN = { kind: "audioinput", deviceId: "default", label: "Built-in" };
const HEADPHONES = { kind: "audiooutput", deviceId: "p1", label: "Headphones" };
const SPEAKERS = { kind: "audiooutput", deviceId: "default", label: "Speakers" };

/** A microphone's track, until somebody pulls the plug. */
class Track extends EventTarget {
  readyState = "live";

  /** @param {typeof HEADSET} device */
  constructor(device) {
    super();
    this.device = device;
    this.label = device.label;
  }

  getSettings() {
    return { deviceId: this.device.deviceId };
  }

  stop() {
    this.readyState = "ended";
  }

  unplug() {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

/** What the browser does when asked for a microphone, and the keeper that asks. */
class Bench {
  plugged = [HEADSET, BUILT_IN];
  tracks = /** @type {Track[]} */ ([]);
  news = /** @type {any[]} */ ([]);
  failed = /** @type {string[]} */ ([]);
  busy = false;

  /** @param {string} id */
  constructor(id) {
    const parts = {
      open: (/** @type {string} */ wanted) => this.#open(wanted),
      list: async () => this.plugged,
      attach: () => {},
      tell: (/** @type {any} */ news) => this.news.push(news),
      fail: (/** @type {Error} */ { message }) => this.failed.push(message),
    };
    const stream = this.#stream(id);
    this.keeper = new MicrophoneKeeper(/** @type {any} */ (parts), stream, id);
  }

  /** @param {string} wanted @returns {Promise<any>} */
  async #open(wanted) {
    if (this.busy)
      throw Object.assign(new Error("In use."), { code: "microphone-busy" });
    if (this.plugged.length === 0) {
      throw Object.assign(new Error("None."), { code: "microphone-missing" });
    }
    return this.#stream(wanted);
  }

  /** @param {string} wanted @returns {any} the default one, where the wanted is gone */
  #stream(wanted) {
    const found = this.plugged.find(({ deviceId }) => deviceId === wanted);
    const track = new Track(found ?? this.plugged[this.plugged.length - 1]);
    this.tracks.push(track);
    return { getTracks: () => [track], getAudioTracks: () => [track] };
  }

  get used() {
    return this.keeper.stream?.getAudioTracks()[0].label;
  }

  /** Pulls the plug of what is in use. */
  async unplug() {
    const track = /** @type {Track} */ (this.tracks.at(-1));
    this.plugged = this.plugged.filter((device) => device !== track.device);
    track.unplug();
    await this.keeper.follow();
  }

  /** @param {typeof HEADSET} device */
  async plug(device) {
    this.plugged = [device, ...this.plugged];
    await this.keeper.follow();
  }

  get words() {
    return this.news.map((news) => deviceText(news).text);
  }
}

test("an unplugged headset gives way to the default at once, and takes over again", async () => {
  const bench = new Bench("h1");
  await bench.unplug();
  assert.equal(bench.used, "Built-in");
  await bench.plug(HEADSET);
  assert.equal(bench.used, "Headset");
  assert.deepEqual(bench.words, [
    "“Headset” was disconnected. You now speak through “Built-in”.",
    "“Headset” is back. You speak through it again.",
  ]);
});

test("a headset that comes back under another id is known by its name", async () => {
  const bench = new Bench("h1");
  await bench.unplug();
  await bench.plug({ ...HEADSET, deviceId: "h2" });
  assert.equal(bench.used, "Headset");
  assert.equal(bench.news.at(-1).code, "microphone-back");
  await bench.keeper.follow();
  assert.equal(bench.news.length, 2);
});

test("without any microphone the agent reads it once, and is heard again without a click", async () => {
  const bench = new Bench("h1");
  bench.plugged = [HEADSET];
  await bench.unplug();
  await bench.keeper.follow();
  assert.equal(bench.used, "Headset");
  await bench.plug(BUILT_IN);
  assert.equal(bench.used, "Built-in");
  await bench.plug(HEADSET);
  assert.deepEqual(
    bench.news.map(({ code }) => code),
    ["microphone-none", "microphone-found", "microphone-back"],
  );
  assert.match(bench.words[0], /Plug one in/);
  assert.equal(deviceText(bench.news[0]).isMissing, true);
});

test("other devices that come and go do not touch the microphone in use", async () => {
  const bench = new Bench("");
  await bench.plug({ ...HEADSET, deviceId: "h9" });
  await bench.keeper.follow();
  assert.equal(bench.tracks.length, 1);
  assert.deepEqual(bench.news, []);
});

test("a microphone that another program uses is reported as such", async () => {
  const bench = new Bench("h1");
  bench.busy = true;
  await bench.unplug();
  await bench.keeper.follow();
  assert.deepEqual(bench.failed, ["In use."]);
  bench.busy = false;
  await bench.keeper.follow();
  assert.equal(bench.used, "Built-in");
});

test("a choice during the call is taken without a gap, and a failed one changes nothing", async () => {
  const bench = new Bench("h1");
  await bench.keeper.use("default");
  assert.equal(bench.used, "Built-in");
  assert.deepEqual(
    bench.tracks.map(({ readyState }) => readyState),
    ["ended", "live"],
  );
  bench.busy = true;
  await assert.rejects(bench.keeper.use("h1"));
  assert.equal(bench.used, "Built-in");
  assert.equal(bench.tracks[1].readyState, "live");
});

test("after closing no microphone is opened and none is left open", async () => {
  const bench = new Bench("h1");
  bench.keeper.close();
  await bench.unplug();
  assert.equal(bench.keeper.stream, null);
  assert.equal(bench.tracks.length, 1);
  assert.equal(bench.tracks[0].readyState, "ended");
});

/** A speaker of the agent's choice; `used` is where the sound goes. */
function speaker() {
  const news = /** @type {any[]} */ ([]);
  const output = {
    id: "",
    use: async (/** @type {string} */ id) => {
      output.id = id;
    },
  };
  const keeper = new SpeakerKeeper(output, (one) => news.push(one));
  const follow = (/** @type {any[]} */ ...devices) =>
    keeper.follow([...devices, BUILT_IN]);
  return { keeper, output, news, follow };
}

test("an unplugged speaker gives way to the default, and takes over again", async () => {
  const { keeper, output, news, follow } = speaker();
  await keeper.start("p1");
  await follow(HEADPHONES, SPEAKERS);
  await follow(SPEAKERS);
  await follow(SPEAKERS);
  assert.equal(output.id, "");
  await follow({ ...HEADPHONES, deviceId: "p7" }, SPEAKERS);
  assert.equal(output.id, "p7");
  assert.deepEqual(
    news.map((one) => deviceText(one).text),
    [
      "“Headphones” was disconnected. You now hear through “Speakers”.",
      "“Headphones” is back. You hear through it again.",
    ],
  );
});

test("a missing speaker is reported, and so is its return", async () => {
  const { keeper, news, follow } = speaker();
  await keeper.start("");
  await follow(SPEAKERS);
  await follow();
  await follow();
  await follow(SPEAKERS);
  assert.deepEqual(
    news.map(({ code }) => code),
    ["speaker-none", "speaker-found"],
  );
});

test("a browser that lists no speakers may still have one", async () => {
  const { keeper, output, news, follow } = speaker();
  await keeper.start("p1");
  await follow();
  assert.equal(output.id, "p1");
  assert.deepEqual(news, []);
});
