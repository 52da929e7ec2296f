import { PhoneOff } from "./api.js";
import { CallMedia } from "./call-media.js";

/** @import {PhoneApi, Snapshot} from "./api.js" */
/** @import {Screen} from "./screen.js" */

const RETRY_MS = 1000;
const FIRST_MEDIA_LIMIT_MS = 20_000;
const MEDIA_GAP_LIMIT_MS = 30_000;
const NO_MEDIA = 138021;

/** A phone: follows the simulator's snapshots and holds the media of one call. */
export class Phone {
  #api;
  #screen;
  #audio;
  /** @type {Snapshot|undefined} */
  #snapshot;
  /** @type {CallMedia|null} */
  #media = null;
  #muted = false;
  #packets = 0;
  #heardAt = 0;
  #mine = { waid: "", name: "" };
  #following = false;
  #generation = 0;

  /**
   * @param {PhoneApi} api
   * @param {Screen} screen
   * @param {HTMLAudioElement} audio
   */
  constructor(api, screen, audio) {
    this.#api = api;
    this.#screen = screen;
    this.#audio = audio;
  }

  /** @returns {Snapshot|undefined} */
  get snapshot() {
    return this.#snapshot;
  }

  /**
   * Switch on under a number, and again under another one.
   * @param {string} waid
   * @param {string} name
   */
  async open(waid, name) {
    if (this.#mine.waid === waid && this.#mine.name === name) {
      return;
    }
    const opened = await this.#api.open(waid, name);
    this.#mine = { waid, name };
    await this.#start(opened);
    if (!this.#following) {
      this.#following = true;
      this.#follow();
    }
  }

  async call() {
    await this.#withMedia(async (media) => {
      await this.act("call", { sdp: await media.offer() });
    });
  }

  async answer() {
    const offer = this.#snapshot?.offer ?? "";
    await this.#withMedia(async (media) => {
      await this.act("answer", { sdp: await media.answer(offer) });
    });
  }

  async hangUp(error = 0) {
    await this.act("hang_up", { error });
  }

  toggleMute() {
    this.#muted = !this.#muted;
    this.#media?.mute(this.#muted);
    this.#screen.showMuted(this.#muted);
  }

  /**
   * Tell the simulator something, and show what it makes of it.
   * @param {string} action
   * @param {object} [details]
   */
  async act(action, details) {
    await this.#take(await this.#api.act(action, details));
  }

  /** Once a second: the timer, the level, and WhatsApp's patience with silence. */
  async tick() {
    this.#screen.tick();
    if (this.#snapshot?.state !== "in_call" || !this.#media) {
      return;
    }
    const { packets, level } = await this.#media.measure();
    this.#screen.showLevel(level);
    const now = performance.now();
    if (packets > this.#packets) {
      this.#packets = packets;
      this.#heardAt = now;
    }
    const limit = this.#packets ? MEDIA_GAP_LIMIT_MS : FIRST_MEDIA_LIMIT_MS;
    if (now - this.#heardAt > limit) {
      await this.hangUp(NO_MEDIA);
    }
  }

  /** @param {(media: CallMedia) => Promise<void>} use */
  async #withMedia(use) {
    this.#closeMedia();
    this.#media = await CallMedia.open(this.#audio);
    try {
      await use(this.#media);
    } catch (error) {
      this.#closeMedia();
      throw error;
    }
  }

  /** @param {Snapshot} opened */
  async #start(opened) {
    this.#generation += 1;
    this.#snapshot = undefined;
    this.#closeMedia();
    await this.#take(opened);
  }

  async #follow() {
    for (;;) {
      const generation = this.#generation;
      try {
        const snapshot = await this.#api.state(this.#snapshot?.version ?? 0);
        if (generation === this.#generation) {
          await this.#take(snapshot);
        }
      } catch (error) {
        await this.#recover(error, generation);
      }
    }
  }

  /**
   * @param {unknown} error
   * @param {number} generation
   */
  async #recover(error, generation) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (error instanceof PhoneOff && generation === this.#generation) {
      const { waid, name } = this.#mine;
      const opened = await this.#api.open(waid, name).catch(() => undefined);
      if (opened) {
        await this.#start(opened);
      }
    }
  }

  /** @param {Snapshot} snapshot */
  async #take(snapshot) {
    const last = this.#snapshot;
    if (last && snapshot.version < last.version) {
      return;
    }
    this.#snapshot = snapshot;
    this.#screen.show(snapshot);
    if (snapshot.state === "in_call" && last?.state !== "in_call") {
      this.#packets = 0;
      this.#heardAt = performance.now();
    }
    if (snapshot.answer && this.#media) {
      await this.#media.take(snapshot.answer);
    }
    const over = snapshot.state === "ended" || snapshot.state === "idle";
    if (over && last && last.state !== snapshot.state) {
      this.#closeMedia();
    }
  }

  #closeMedia() {
    this.#media?.close();
    this.#media = null;
    this.#muted = false;
    this.#screen.showMuted(false);
    this.#screen.showLevel(0);
  }
}
