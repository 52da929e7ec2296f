/** The profile page: devices and notifications, which belong to this browser. */

import { Devices } from "../../audio/devices.js";
import { chimeSamples, Ringer, ringSamples } from "../../audio/ringer.js";
import { render } from "../../vendor/lit-html.js";
import { TestRing } from "../audio-devices/test-ring.js";
import { loadCatalogue } from "../shell/i18n.js";
import { devicesSection } from "./devices-section.js";
import { notificationsSection } from "./notifications-section.js";

/** @import {Role} from "../../audio/devices.js" */

const elementOf = (/** @type {string} */ id) =>
  /** @type {HTMLElement} */ (document.querySelector(`#${id}`));

loadCatalogue(document.querySelector("#catalogue")?.textContent);
const devices = new Devices();
const ring = new TestRing(new Ringer(ringSamples, false), () => devices.ringerId);
const tone = new TestRing(new Ringer(chimeSamples, false), () => devices.speakerId);
let problem = "";

const remember = {
  microphone: (/** @type {string} */ id) => devices.rememberMicrophone(id),
  speaker: (/** @type {string} */ id) => devices.rememberSpeaker(id),
  ringer: (/** @type {string} */ id) => devices.rememberRinger(id),
};

function draw() {
  const commands = {
    useDevice: (/** @type {Role} */ role, /** @type {string} */ id) => {
      remember[role](id);
      draw();
    },
    testRing: ring,
    testTone: tone,
    show,
  };
  render(devicesSection(devices, problem, commands), elementOf("devices"));
}

/** In the handler of a press: names are told to pages that may use the microphone. */
async function show() {
  problem = "";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) {
      track.stop();
    }
  } catch (error) {
    problem = /** @type {Error} */ (error).name;
  }
  await devices.refresh();
}

/** @param {string} [told] */
function drawNotifications(told = "") {
  const section = notificationsSection(
    globalThis.Notification?.permission,
    told,
    drawNotifications,
  );
  render(section, elementOf("notification-permission"));
}

devices.addEventListener("change", draw);
devices.refresh();
drawNotifications();
