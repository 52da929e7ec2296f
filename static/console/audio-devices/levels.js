import { marked } from "../shell/i18n.js";

/** Quietest level shown, in decibels below full scale. */
const FLOOR_DB = -60;

/**
 * Return where a level stands on a bar, from 0 to 1; even steps sound even.
 * @param {number} level root mean square, 1 is full scale
 */
export function barOf(level) {
  if (!(level > 0)) {
    return 0;
  }
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(level)) / -FLOOR_DB));
}

/**
 * Return what a screen reader says of it.
 * @param {number} bar from 0 to 1
 */
export function levelText(bar) {
  if (bar < 0.15) {
    return marked("silent");
  }
  return bar < 0.95 ? marked("audible") : marked("too loud");
}
