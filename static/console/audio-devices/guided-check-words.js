/** What each step of the guided check says. Pure. */

import { t } from "../shell/i18n.js";

/** @import {CheckStep, StepVerdict} from "../state/guided-check.js" */

/** @typedef {{text: string, advice: string}} StepWords */

/** @param {CheckStep} step */
export function stepTitle(step) {
  const titles = {
    microphone: () => t("Microphone"),
    speaker: () => t("Speaker"),
    ringer: () => t("Ring tone"),
    notifications: () => t("Notifications"),
    echo: () => t("Through the server"),
  };
  return titles[step]();
}

/**
 * Say what happens in this step, or what is wrong and what to do about it.
 * @param {CheckStep} step
 * @param {StepVerdict} verdict
 * @param {{microphone: string, speaker: string, ringer: string}} names
 * @param {string} problem why the microphone does not open
 * @returns {StepWords}
 */
export function stepWords(step, verdict, names, problem) {
  const words = {
    microphone: () => microphone(verdict, names.microphone, problem),
    speaker: () => speaker(verdict, names.speaker),
    ringer: () => ringer(verdict, names.ringer),
    notifications: () => notifications(verdict),
    echo: () => echo(verdict),
  };
  return words[step]();
}

/**
 * Say what may go wrong in a call while this is not as it should be.
 * @param {CheckStep} step
 */
export function mayFail(step) {
  const words = {
    microphone: () => t("Callers may not hear you."),
    speaker: () => t("You may not hear callers."),
    ringer: () => t("A call may ring without your hearing it, and go to a colleague."),
    notifications: () =>
      t("While you look at another window you may miss a call that rings."),
    echo: () => t("The connection may be too poor for a clear call."),
  };
  return words[step]();
}

/**
 * @param {StepVerdict} verdict
 * @param {string} name
 * @param {string} problem
 * @returns {StepWords}
 */
function microphone(verdict, name, problem) {
  switch (verdict) {
    case "good":
      return { text: t("You are heard well."), advice: "" };
    case "closed":
      return {
        text: problem || t("The microphone could not be opened."),
        advice: t(
          "Allow the microphone in the site settings beside the address, or plug one in, then try again.",
        ),
      };
    case "silent":
      return {
        text: name
          ? t("Nothing comes from “{name}”.", { name })
          : t("Nothing comes from the microphone."),
        advice: t(
          "Check for a mute switch on the headset or its cable, or choose another microphone.",
        ),
      };
    case "quiet":
      return {
        text: t("Your voice is very quiet."),
        advice: t("Bring the microphone closer, or choose another one."),
      };
    default:
      return {
        text: t("Say a sentence as you would to a caller. The bar follows your voice."),
        advice: "",
      };
  }
}

/**
 * @param {StepVerdict} verdict
 * @param {string} name
 * @returns {StepWords}
 */
function speaker(verdict, name) {
  if (verdict === "bad") {
    return {
      text: t("The tone went to “{name}”.", { name: name || t("System default") }),
      advice: t(
        "Put that headset on, turn its volume up, or choose another speaker. The tone plays again at once.",
      ),
    };
  }
  return {
    text: t("A short tone plays where you will hear callers. Do you hear it?"),
    advice: "",
  };
}

/**
 * @param {StepVerdict} verdict
 * @param {string} name
 * @returns {StepWords}
 */
function ringer(verdict, name) {
  if (verdict === "bad") {
    return {
      text: t("The ring went to “{name}”.", { name: name || t("System default") }),
      advice: t(
        "Turn its volume up, or choose where calls ring: a loudspeaker is heard without the headset.",
      ),
    };
  }
  return {
    text: t("A call rings like this, for a moment. Do you hear it?"),
    advice: "",
  };
}

/**
 * @param {StepVerdict} verdict
 * @returns {StepWords}
 */
function notifications(verdict) {
  switch (verdict) {
    case "good":
      return { text: t("This browser may show notifications."), advice: "" };
    case "denied":
      return {
        text: t("Notifications are blocked for this site."),
        advice: t(
          "Allow them in the site settings beside the address, then check again. Else keep this window in sight.",
        ),
      };
    case "unsupported":
      return {
        text: t("This browser shows no notifications."),
        advice: t("Keep this window in sight, or use another browser."),
      };
    default:
      return {
        text: t(
          "A notification tells you of a call while you look at another window. The browser asks you once.",
        ),
        advice: "",
      };
  }
}

/**
 * @param {StepVerdict} verdict
 * @returns {StepWords}
 */
function echo(verdict) {
  if (verdict === "bad") {
    return {
      text: t("You did not hear yourself."),
      advice: t(
        "Go back to the speaker, or tell your supervisor if the tone was heard and this is not.",
      ),
    };
  }
  return {
    text: t("Say something. Your voice goes to the server and back: do you hear it?"),
    advice: "",
  };
}
