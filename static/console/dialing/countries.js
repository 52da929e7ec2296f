import { locale } from "../shell/i18n.js";

/**
 * Return a country's name in the agent's language: "Germany" for "DE"; the code itself
 * where the browser has no name, nothing for none.
 * @param {string} code as ISO 3166 has it
 */
export function countryName(code) {
  if (!/^[A-Z]{2}$/.test(code)) {
    return code;
  }
  const names = new Intl.DisplayNames([locale()], { type: "region" });
  return names.of(code) ?? code;
}
