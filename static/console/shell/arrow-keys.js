/** Arrow keys among rows of buttons with a field above them. */

/** @type {Record<string, [number, number]>} rows and buttons that a key moves by */
const MOVES = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
};

/**
 * Return where an arrow key leads among rows of buttons; null is the field above them.
 * @param {number[]} rows how many buttons each row has that can be pressed
 * @param {{row: number, column: number} | null} at
 * @param {string} key
 * @returns {{row: number, column: number} | null | undefined} undefined: another key
 */
export function nextTarget(rows, at, key) {
  const move = MOVES[key];
  if (move === undefined || (at === null && key !== "ArrowDown")) {
    return undefined;
  }
  const [down, right] = move;
  let row = (at?.row ?? -1) + down;
  while (down !== 0 && rows[row] === 0) {
    row += down;
  }
  if (row < 0) {
    return null;
  }
  if (row >= rows.length) {
    return at ?? undefined;
  }
  const column = Math.max(0, (at?.column ?? 0) + right);
  return { row, column: Math.min(column, rows[row] - 1) };
}
