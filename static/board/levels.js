/** How bad a figure is, by the thresholds of its queue. */

/** @import {Agent, Call, Figure, Levels, Queue} from "./snapshot.js" */

/** @typedef {"" | "warn" | "alarm"} Level */

/** Worse the lower they are. */
const FALLING = new Set(["service", "available"]);
const ORDER = ["", "warn", "alarm"];
/** An agent who wants calls and gets none for so long is more than a hiccup. */
const UNREACHABLE_SECONDS = 60;

/**
 * @param {Figure} figure shares in percent, times in seconds
 * @param {number | null} value null: there is nothing to judge
 * @param {Levels | undefined} levels of which 0 is off
 * @returns {Level}
 */
export function levelOf(figure, value, levels) {
  if (value === null || levels === undefined) {
    return "";
  }
  const [warn, alarm] = levels;
  const falls = FALLING.has(figure);
  const reaches = (/** @type {number} */ limit) =>
    limit > 0 && (falls ? value < limit : value >= limit);
  if (reaches(alarm)) {
    return "alarm";
  }
  return reaches(warn) ? "warn" : "";
}

/**
 * @param {Level[]} levels
 * @returns {Level}
 */
export function worst(levels) {
  return levels.reduce(
    (one, other) => (ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one),
    "",
  );
}

/**
 * Tell how bad it is that a call is as it is, for so long.
 * @param {Call} call
 * @param {number} seconds in its state
 * @param {Map<number, Queue>} queues
 * @returns {Level}
 */
export function callLevel(call, seconds, queues) {
  if (call.unheard !== "" || call.console_lost_until !== null) {
    return "alarm";
  }
  if (call.figure === "" || call.queue === null) {
    return "";
  }
  return levelOf(call.figure, seconds, queues.get(call.queue)?.thresholds[call.figure]);
}

/**
 * Tell how bad an agent's state is. In a call it is the call's time that counts.
 * @param {Agent} agent
 * @param {number} seconds in the state
 * @param {number} now milliseconds of the epoch, by the server's clock
 * @param {Map<number, Queue>} queues
 * @param {Level} ofCall
 * @returns {Level}
 */
export function agentLevel(agent, seconds, now, queues, ofCall) {
  switch (agent.state) {
    case "cannot_ring":
      return seconds >= UNREACHABLE_SECONDS ? "alarm" : "warn";
    case "reconnecting":
      return "alarm";
    case "in_call":
      return ofCall;
    case "wrap_up":
      return levelOf("wrap_up", seconds, mostPatient("wrap_up", agent, queues));
    case "on_break":
      return agent.until !== null && Date.parse(agent.until) < now ? "alarm" : "";
    default:
      return "";
  }
}

/**
 * Of an agent in several queues the one counts that allows the most.
 * @param {Figure} figure
 * @param {Agent} agent
 * @param {Map<number, Queue>} queues
 * @returns {Levels | undefined}
 */
function mostPatient(figure, agent, queues) {
  const all = agent.queues.flatMap((id) => queues.get(id)?.thresholds[figure] ?? []);
  const [warns, alarms] = [0, 1].map((which) =>
    all.filter((_, place) => place % 2 === which),
  );
  return all.length === 0 ? undefined : [longest(warns), longest(alarms)];
}

/** @param {number[]} limits of which 0 is off, which allows the most of all */
function longest(limits) {
  return limits.includes(0) ? 0 : Math.max(...limits);
}
