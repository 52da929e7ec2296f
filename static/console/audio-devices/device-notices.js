/** Notices for the agent when a microphone or a speaker comes or goes. */

import { t } from "../shell/i18n.js";

/** @import {DeviceNews} from "../../audio/microphone-keeper.js" */
/** @import {Store} from "../state/store.js" */

/**
 * @typedef {{text: string, device: "microphone" | "speaker", isMissing: boolean}}
 *   DeviceText
 */

export class DeviceNotices {
  #store;
  #missing = { microphone: "", speaker: "" };

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * Tell the agent; what is missing stays in sight until it is there again.
   * @param {DeviceNews} news
   */
  tell(news) {
    const { text, device, isMissing } = deviceText(news);
    this.#missing[device] = isMissing ? text : "";
    const { microphone, speaker } = this.#missing;
    const problem = [microphone, speaker].filter(Boolean).join(" ");
    this.#store.dispatch({ type: "audioProblem", text: problem });
    if (!isMissing) {
      this.#store.dispatch({ type: "notice", notice: { who: "", text, tone: "info" } });
    }
  }
}

/**
 * @param {DeviceNews} news
 * @returns {DeviceText}
 */
export function deviceText({ code, label, lost }) {
  const words = {
    "microphone-switched": () => switchedMicrophone(label, lost),
    "microphone-back": () =>
      t("“{label}” is back. You speak through it again.", { label }),
    "microphone-found": () =>
      t("You can be heard again, through “{label}”.", { label }),
    "microphone-none": () =>
      t(
        "No microphone is left, so no one can hear you. Plug one in; it is used at once.",
      ),
    "speaker-switched": () => switchedSpeaker(label, lost),
    "speaker-back": () => t("“{label}” is back. You hear through it again.", { label }),
    "speaker-found": () => t("You can hear again, through “{label}”.", { label }),
    "speaker-none": () =>
      t(
        "No speaker is left, so you cannot hear anyone. Plug one in; it is used at once.",
      ),
  };
  return {
    text: words[code](),
    device: code.startsWith("speaker") ? "speaker" : "microphone",
    isMissing: code.endsWith("-none"),
  };
}

/**
 * @param {string} label
 * @param {string} lost
 */
function switchedMicrophone(label, lost) {
  return lost === ""
    ? t("The microphone was disconnected. You now speak through “{label}”.", { label })
    : t("“{lost}” was disconnected. You now speak through “{label}”.", { lost, label });
}

/**
 * @param {string} label
 * @param {string} lost
 */
function switchedSpeaker(label, lost) {
  return lost === ""
    ? t("The speaker was disconnected. You now hear through “{label}”.", { label })
    : t("“{lost}” was disconnected. You now hear through “{label}”.", { lost, label });
}
