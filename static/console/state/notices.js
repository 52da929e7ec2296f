/** What is shown for a moment above the call. */

/** @import {Notice, State} from "./state.js" */

const MOST_NOTICES = 3;

/**
 * Add a notice. The same thing may be told twice, by a call and by a refusal: it is
 * shown once.
 * @param {State} state
 * @param {Omit<Notice, "id" | "at">} notice
 * @param {number} now
 * @returns {State}
 */
export function withNotice(state, notice, now) {
  const plain = (/** @type {{text: string}} */ { text }) => text.replace(/\.$/, "");
  const same = state.notices.find((one) => plain(one) === plain(notice));
  const others = state.notices.filter((one) => one !== same);
  const id = 1 + Math.max(0, ...state.notices.map((one) => one.id));
  const fresh = {
    ...same,
    ...notice,
    who: notice.who || (same?.who ?? ""),
    id,
    at: now,
  };
  return { ...state, notices: [...others, fresh].slice(-MOST_NOTICES) };
}
