import { PhoneApi } from "./api.js";
import { Phone } from "./phone.js";
import { Screen } from "./screen.js";

const REPLIES = {
  allow: "temporary",
  "allow-always": "permanent",
  refuse: "reject",
};
const REMEMBERED = "simulated-phone";
const { pages = "", forgeryToken = "" } = document.body.dataset;
const api = new PhoneApi(pages, forgeryToken);
const screen = new Screen(document);
const farEnd = /** @type {HTMLAudioElement} */ (screen.find("far-end"));
const phone = new Phone(api, screen, farEnd);

/** The number and name of the last visit, or a number of one's own. */
function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(REMEMBERED) ?? "null");
    if (kept?.waid) {
      return kept;
    }
  } catch {
    localStorage.removeItem(REMEMBERED);
  }
  const last = String(Math.floor(Math.random() * 10_000)).padStart(4, "0");
  return { waid: `1555010${last}`, name: "Carla" };
}

/** Switch the phone on under what stands in the fields. */
async function open() {
  const waid = screen.field("waid").value.replace(/[\s()+./-]/g, "");
  const name = screen.field("name").value.trim();
  await phone.open(waid, name);
  localStorage.setItem(REMEMBERED, JSON.stringify({ waid, name }));
}

/**
 * Run what a button does; what goes wrong is said on the page.
 * @param {HTMLButtonElement|HTMLInputElement} button
 * @param {() => Promise<void>} work
 */
async function press(button, work) {
  button.disabled = true;
  screen.showProblem("");
  try {
    await work();
  } catch (caught) {
    const { name, message } = /** @type {Error} */ (caught);
    screen.showProblem(
      name === "NotAllowedError"
        ? "The microphone is not allowed. Allow it in the address bar and call again."
        : message,
    );
  } finally {
    button.disabled = false;
  }
}

/**
 * @param {string} id
 * @param {() => Promise<void>} work
 */
function onPress(id, work) {
  const button = screen.button(id);
  button.addEventListener("click", () => press(button, work));
}

screen.find("dial-screen").addEventListener("submit", (event) => {
  event.preventDefault();
  press(screen.button("call"), async () => {
    await open();
    await phone.call();
  });
});
for (const id of ["waid", "name"]) {
  const field = screen.field(id);
  field.addEventListener("change", () => press(field, open));
}
onPress("answer", () => phone.answer());
onPress("decline", () => phone.act("decline"));
onPress("hang-up", () => phone.hangUp());
screen.find("mute").addEventListener("click", () => phone.toggleMute());
onPress("scripted-call", () => {
  const running = ["calling", "in_call"].includes(phone.snapshot?.companion ?? "");
  return phone.act(running ? "scripted_hang_up" : "scripted_call");
});
onPress("change-permission", () => {
  const may = phone.snapshot?.permission !== "no_permission";
  return phone.act("reply", { reply: may ? "reject" : "temporary" });
});
for (const [id, reply] of Object.entries(REPLIES)) {
  onPress(id, () => phone.act("reply", { reply, number: phone.snapshot?.asked_by }));
}

addEventListener("pagehide", () => api.close());
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    location.reload();
  }
});
setInterval(() => phone.tick().catch(() => {}), 1000);

const mine = remembered();
screen.field("waid").value = mine.waid;
screen.field("name").value = mine.name;
press(screen.button("call"), open);
