import { loadCatalogue } from "../console/shell/i18n.js";
import { steppingInOf } from "../supervision/page.js";
import { LiveBoard } from "./board.js";
import { FloorOrders } from "./orders.js";
import { BoardSocket } from "./socket.js";

const root = /** @type {HTMLElement} */ (document.querySelector("#board"));
const address = new URL("/ws/board/", location.href);
address.protocol = address.protocol.replace("http", "ws");
address.searchParams.set("language", document.documentElement.lang);

loadCatalogue(document.querySelector("#catalogue")?.textContent);
addEventListener("keydown", ({ key }) => {
  const way = document.querySelector("#leave-wall");
  if (key === "Escape" && way instanceof HTMLAnchorElement) {
    location.assign(way.href);
  }
});
const steppingIn = steppingInOf(document.querySelector("#supervision"));
const dialogs = /** @type {HTMLElement | null} */ (document.querySelector("#orders"));
const orders = dialogs === null ? null : new FloorOrders(dialogs);
orders?.start();
new LiveBoard(root, new BoardSocket(address.href), steppingIn, orders).start();
steppingIn?.resume();
