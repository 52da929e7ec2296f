/** Labels of people, states and progress on the page. */

import { marked, t } from "../shell/i18n.js";

/** @import {Call} from "./snapshot.js" */

const UNKNOWN = marked("Unknown WhatsApp user");

const AGENT_STATES = new Map([
  ["available", marked("Available")],
  ["cannot_ring", marked("Not reachable")],
  ["ringing", marked("Ringing")],
  ["in_call", marked("In call")],
  ["reconnecting", marked("Reconnecting")],
  ["wrap_up", marked("Wrap-up")],
  ["on_break", marked("On break")],
  ["offline", marked("Offline")],
]);

/**
 * Return an agent's state in words, also a colleague's.
 * @param {string} state
 */
export function stateLabel(state) {
  return AGENT_STATES.get(state) ?? state;
}

/**
 * Return who is on the line, in few words. WhatsApp may withhold the name, the number,
 * or both.
 * @param {Call} call
 */
export function callerName(call) {
  return call.contact.name || call.contact.number || t(UNKNOWN);
}

/**
 * Return the name for a card, where the number stands below.
 * @param {Call} call
 */
export function callerHeading(call) {
  return call.contact.name || t(UNKNOWN);
}

/**
 * Return the first letters of a name, in place of a picture.
 * @param {string} name
 */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const letters = [words.at(0), words.length > 1 ? words.at(-1) : ""];
  return letters.map((word) => [...(word ?? "")].at(0) ?? "").join("") || "?";
}

/**
 * Return how far an outbound call has come.
 * @param {Call} call
 */
export function progressLabel(call) {
  return call.progress === "ringing" ? t("Ringing") : t("Placing the call");
}
