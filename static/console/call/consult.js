/** The situation during a consult, in words: who hears whom. */

import { t } from "../shell/i18n.js";
import { callerName } from "../state/labels.js";
import { consultedLeg, isWithCaller, phaseOf } from "../state/participants.js";

/** @import {Agent, Call} from "../state/snapshot.js" */

/**
 * Say in one sentence who hears whom; nothing while all is as usual.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function whoHearsWhom(call, agent) {
  const values = {
    caller: callerName(call),
    colleague: consultedLeg(call)?.agent.name ?? "",
    owner: call.agent?.name ?? "",
  };
  const isWith = isWithCaller(call, agent);
  const words = {
    none: () => "",
    talk: () => t("On call with {caller}.", values),
    held: () => t("{caller} hears music.", values),
    asking: () =>
      isWith
        ? t("{colleague} is ringing. {caller} hears you.", values)
        : t("{colleague} is ringing. {caller} hears music.", values),
    consulting: () => t("On call with {colleague}. {caller} hears music.", values),
    three_way: () => t("You, {caller} and {colleague} hear each other.", values),
    guest: () =>
      isWith
        ? t("You, {caller} and {owner} hear each other.", values)
        : t("Consult with {owner} about {caller}, who hears music.", values),
  };
  return words[phaseOf(call, agent)]();
}
