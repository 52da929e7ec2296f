/** Phone numbers as people read them. */

const TWO_DIGIT_CODES = new Set(
  (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 " +
    "60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
  ).split(" "),
);

/** @param {string} digits */
function codeLength(digits) {
  if (digits[0] === "1" || digits[0] === "7") {
    return 1;
  }
  return TWO_DIGIT_CODES.has(digits.slice(0, 2)) ? 2 : 3;
}

/**
 * Groups of three, the last one of two to four.
 * @param {string} digits
 */
function grouped(digits) {
  const groups = [];
  let rest = digits;
  while (rest.length > 4) {
    groups.push(rest.slice(0, 3));
    rest = rest.slice(3);
  }
  return [...groups, rest].join(" ");
}

/**
 * "447700900123" -> "+44 770 090 0123". What is no international number (a withheld
 * one, an id) comes back as it is.
 * @param {string} number digits, with or without a plus
 */
export function formatNumber(number) {
  const digits = number.replace(/^\+/, "");
  if (!/^[1-9]\d{6,14}$/.test(digits)) {
    return number;
  }
  const length = codeLength(digits);
  return `+${digits.slice(0, length)} ${grouped(digits.slice(length))}`;
}
