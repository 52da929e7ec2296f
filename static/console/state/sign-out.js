import { t } from "../shell/i18n.js";

/** @import {State} from "./state.js" */

/**
 * Say what a sign-out costs now. In a window that stands in, the server asks: there is
 * nothing in it that would break off.
 * @param {State} state
 */
export function signOutCosts({ agent, shift }) {
  if (!shift.primary) {
    return "";
  }
  switch (agent?.state) {
    case "in_call":
    case "reconnecting":
      return t("You are on a call. If you sign out, you lose it.");
    case "wrap_up":
      return t("You are in wrap-up. If you sign out, it ends unfinished.");
    default:
      return "";
  }
}
