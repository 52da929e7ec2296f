/** Texts of the queue that a short key puts into the notes: "/tx " becomes its text. */

/** @typedef {{key: string, text: string}} CannedNote */

/** The key that was just finished with a blank, at the caret. */
const JUST_TYPED = /(?:^|\s)\/([\p{L}\p{N}-]{1,20})[ \n]$/u;

/**
 * Return the notes with the text in place of its key, and where the caret is then; null
 * when what was just typed is no key.
 * @param {string} notes
 * @param {number} caret
 * @param {CannedNote[]} canned
 * @param {number} longest
 * @returns {{notes: string, caret: number} | null}
 */
export function expanded(notes, caret, canned, longest) {
  const before = notes.slice(0, caret);
  const key = JUST_TYPED.exec(before)?.[1].toLowerCase();
  const found = canned.find((one) => one.key.toLowerCase() === key);
  if (key === undefined || found === undefined) {
    return null;
  }
  const kept = before.slice(0, -(key.length + 2));
  return joined(kept, `${found.text}${before.at(-1)}`, notes.slice(caret), longest);
}

/**
 * Return the notes with a text put in at the caret, apart from the word before it.
 * @param {string} notes
 * @param {number} caret
 * @param {string} text
 * @param {number} longest
 */
export function inserted(notes, caret, text, longest) {
  const before = notes.slice(0, caret);
  const space = before === "" || /\s$/.test(before) ? "" : " ";
  return joined(before, `${space}${text} `, notes.slice(caret), longest);
}

/**
 * @param {string} before
 * @param {string} text
 * @param {string} after
 * @param {number} longest
 * @returns {{notes: string, caret: number} | null} nothing when it would be too long
 */
function joined(before, text, after, longest) {
  const notes = `${before}${text}${after}`;
  return notes.length > longest ? null : { notes, caret: before.length + text.length };
}
