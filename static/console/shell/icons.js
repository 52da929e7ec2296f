/** Pictures drawn in the text's colour; a word always stands beside them. */

import { html } from "../../vendor/lit-html.js";

/** @param {string} path in a 24 x 24 box, drawn as a line */
function icon(path) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d=${path}></path>
  </svg>`;
}

const HANDSET =
  "M6.6 3.5 9 3l1.8 4.3-2 1.6a12.5 12.5 0 0 0 6.3 6.3l1.6-2L21 15l-.5 2.4a3 3 0 0 1-3 2.4" +
  "A15.3 15.3 0 0 1 4.2 6.5a3 3 0 0 1 2.4-3Z";
const MICROPHONE =
  "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21";

export const handset = () => icon(HANDSET);
export const microphone = () => icon(MICROPHONE);
export const microphoneOff = () => icon(`${MICROPHONE}M4 4l16 16`);
export const speaker = () =>
  icon(
    "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5ZM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
  );
export const clock = () =>
  icon("M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 8v4.5l3 2");
export const check = () => icon("M5 12.5 10 17.5 19.5 7");
export const barred = () =>
  icon("M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6.2 6.2l11.6 11.6");
export const chevron = () => icon("M6 9.5l6 6 6-6");
export const pencil = () => icon("M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19ZM13.5 7l3.5 3.5");
export const warning = () => icon("M12 4 21 20H3ZM12 10v4.5M12 17.3v.2");
export const cross = () => icon("M6 6l12 12M18 6 6 18");
export const headset = () =>
  icon(
    "M4 14v-2a8 8 0 0 1 16 0v2M4 14v3a2 2 0 0 0 2 2h1v-7H6a2 2 0 0 0-2 2ZM20 14a2 2 0 0 " +
      "0-2-2h-1v7h1a2 2 0 0 0 2-2ZM19 19c0 1.5-1.5 2-3.5 2H13",
  );
export const cup = () =>
  icon(
    "M5 9h11v5a5 5 0 0 1-5 5h-1a5 5 0 0 1-5-5ZM16 10h1.5a2.5 2.5 0 0 1 0 5H16M8.5 6V4M12.5 6V4",
  );
export const bell = () =>
  icon("M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15ZM10 20.5a2.2 2.2 0 0 0 4 0");
export const circling = () => icon("M19.5 8.5A8.5 8.5 0 1 0 20.5 12M20.5 4v4.5H16");
export const power = () => icon("M12 4v8M7 6.5a8 8 0 1 0 10 0");
export const pause = () => icon("M8.5 5v14M15.5 5v14");
export const play = () => icon("M8 5v14l11-7Z");
export const backwards = () => icon("M11.5 6v12L4 12ZM20 6v12l-7.5-6Z");
export const arrow = () => icon("M4 12h15M13 6l6 6-6 6");
export const people = () =>
  icon(
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 " +
      "0 6.4M18 13.8a6.5 6.5 0 0 1 3.5 6.2",
  );
export const inward = () => icon("M19 5 8 16M8 8v8h8");
export const outward = () => icon("M5 19 16 8M16 16V8H8");
export const missed = () => icon("M4 7l8 8 8-8M20 13V7h-6");
