/**
 * Types of the server's messages, and what follows from a call's snapshot alone.
 *
 * @typedef {number | string} Id
 * @typedef {{id: Id, name: string}} Named
 * @typedef {{state: "on_break" | "offline", reason: string}} NextState
 * @typedef {Named & {version: number, state: string, state_since: string | null,
 *   reason?: string, until?: string | null, next_state?: NextState | null,
 *   hand?: {since: string, reason: string} | null}} Agent
 * @typedef {{agent: Named, mode: "talk" | "consult", state: "ringing" | "joined",
 *   joined_at: string | null, audio?: "connecting" | "connected" | "lost"}} Leg
 * @typedef {{agent: Named, mode: "talk" | "consult", because: string, at: string,
 *   seconds: number | null}} LeftPart a part in the call that is over
 * @typedef {"queue" | "transfer" | "consult" | "sticky"} RingKind
 *
 * @typedef {object} Call
 * @property {string} id
 * @property {number} version
 * @property {"inbound" | "outbound"} direction
 * @property {"ringing" | "dialing" | "connecting" | "active" | "held" | "waiting"
 *   | "ended"} status waiting: the system has answered, music plays
 * @property {"" | "placed" | "ringing"} [progress] of an outbound call
 * @property {{id?: Id | null, name: string, number: string}} contact
 * @property {string} queue
 * @property {boolean} [rewind] whether the caller's last seconds may be heard again
 * @property {boolean} [training] a recorded voice calls, no customer
 * @property {Id[]} offered_to the agents at whose consoles it rings
 * @property {Record<string, RingKind>} [offer_kinds] by the agent's id
 * @property {Named | null} [from_agent] who transfers the call or consults about it
 * @property {Named | null} agent whose call it is
 * @property {Leg[]} [legs] all agents in the call or invited into it
 * @property {Record<string, string>} [ring_ends] by the agent's id, how ringing just ended
 * @property {LeftPart[]} [left] oldest first
 * @property {number} [agents_on_call]
 * @property {{name: string, mode: string}[]} [supervisors] who listens or speaks, as
 *   far as the agent is told
 * @property {string | null} audio_url
 * @property {boolean} muted
 * @property {string} created_at
 * @property {string | null} [queued_at] since when the caller waits
 * @property {number | null} [talk_seconds] as the call log counts, up to `talk_since`
 * @property {string | null} [talk_since]
 * @property {string | null} [held_since]
 * @property {number} [hold_seconds] holds that are over
 * @property {string | null} [console_lost_until]
 * @property {string | null} answered_at
 * @property {string | null} ended_at
 * @property {string} ended_by
 * @property {string} end_reason
 * @property {string} end_text
 * @property {string | null} [retry_at] from when a call that was not placed is possible
 *
 * @typedef {object} RingingWindow the window of this agent in which calls ring
 * @property {string} console
 * @property {string} since
 * @property {string} opened_at
 * @property {string} browser empty when unknown
 *
 * @typedef {{id: Id, name: string, number: string}} Line
 * @typedef {{allowed: boolean, sentence: string, advice: string, until: string | null,
 *   earliest: string | null}} Permission whether a person may be called, or asked to allow it
 * @typedef {{contact: Id, name: string, number: string, line: Id, call: Permission,
 *   ask: Permission, belief: Belief, checking: boolean, plan: Id | null,
 *   chat?: string}} Person
 * @typedef {{sentence: string, at: string | null, confirmed: boolean,
 *   checked_at: string | null}} Belief how we know of a permission, and since when
 * @typedef {{number: string, country: string, name: string}} Reading a number that what
 *   was typed may mean; `country` as ISO 3166 has it
 * @typedef {{id: Id, version: number, state: string, contact: Id, name: string,
 *   number: string, line: Id, kind: string, created_at: string, due_at: string | null,
 *   expires_at: string | null, sentence: string}} ScheduledCall
 *
 * @typedef {{id: Id, name: string, minutes: number | null}} Break
 * @typedef {Named & {children: Named[]}} ChoiceGroup dispositions, some with finer ones
 *
 * @typedef {object} Work
 * @property {string} call id of the call the agent is in, or has just ended
 * @property {Call} call_snapshot
 * @property {string} notes as the server has them; the page is their author
 * @property {Id | null} disposition
 * @property {boolean} required
 * @property {ChoiceGroup[]} choices
 * @property {{key: string, text: string}[]} [canned_notes] of the call's queue
 * @property {string | null} until end of the countdown; null when there is none
 * @property {boolean} over whether the call is over, so that this is the wrap-up
 *
 * @typedef {object} EarlierCall
 * @property {string} id
 * @property {string} at ISO 8601
 * @property {"inbound" | "outbound"} direction
 * @property {string} agent
 * @property {string} result
 * @property {number | null} seconds
 * @property {string} disposition
 * @property {string} notes
 *
 * @typedef {{id: Id, due_at: string | null, agent: string, sentence: string}} OpenCallback
 *
 * @typedef {object} ContactDetails
 * @property {Id | null} contact
 * @property {string} name
 * @property {string} number
 * @property {string | null} [first_seen]
 * @property {Permission | null} [permission] nothing, of a person without a WhatsApp id
 * @property {string} [chat] the link of their chat in Wati, or empty
 * @property {EarlierCall[]} calls newest first
 * @property {OpenCallback[]} callbacks
 *
 * @typedef {{id: Id, name: string, state: string, can_take: boolean}} AgentTarget
 * @typedef {{id: Id, name: string, waiting: number, ready: number}} QueueTarget
 * @typedef {{agents: AgentTarget[], queues: QueueTarget[]}} Targets who can take a transfer
 */

/**
 * @param {Named | null} one
 * @param {Named | null} other
 */
export function isSame(one, other) {
  return one !== null && other !== null && String(one.id) === String(other.id);
}

/**
 * Compare ids as text, for a server that sends numbers or strings.
 * @param {Id | null} one
 * @param {Id | null} other
 */
export function isId(one, other) {
  return one !== null && other !== null && String(one) === String(other);
}

/**
 * Tell whether it rings at this agent's console: a call without an agent, or one whose
 * agent asks for a colleague.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isRingingAt(call, agent) {
  if (agent === null || isInCall(call, agent)) {
    return false;
  }
  const isFree = call.status === "ringing" || call.status === "waiting";
  const isRunning = call.status === "active" || call.status === "held";
  return (
    ((isFree && call.agent === null) || isRunning) &&
    call.offered_to.some((id) => String(id) === String(agent.id))
  );
}

/**
 * Return what the call rings here for.
 * @param {Call} call
 * @param {Agent | null} agent
 * @returns {RingKind}
 */
export function ringKind(call, agent) {
  return call.offer_kinds?.[String(agent?.id)] ?? "queue";
}

/**
 * Tell whether this agent is in the call: it is theirs, or they have joined it as a
 * guest.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isInCall(call, agent) {
  return call.status !== "ended" && (isSame(call.agent, agent) || isGuest(call, agent));
}

/**
 * Tell whether this agent has joined another agent's call.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function isGuest(call, agent) {
  const isOwn = isSame(call.agent, agent);
  return !isOwn && legOf(call, agent)?.state === "joined";
}

/**
 * @param {Call} call
 * @param {Named | null} agent
 */
export function legOf(call, agent) {
  return call.legs?.find((leg) => isSame(leg.agent, agent)) ?? null;
}

/**
 * Tell whether the call has anything to do with this agent.
 * @param {Call} call
 * @param {Agent | null} agent
 */
export function concerns(call, agent) {
  if (call.status === "ended") {
    return false;
  }
  return (
    call.agent === null ||
    isInCall(call, agent) ||
    isRingingAt(call, agent) ||
    legOf(call, agent) !== null
  );
}

/**
 * Return since when the caller waits.
 * @param {Call} call
 */
export function waitingSince(call) {
  return call.queued_at ?? call.created_at;
}

/**
 * Tell whether it is an outbound call that is not answered yet.
 * @param {Call} call
 */
export function isDialing(call) {
  return call.direction === "outbound" && call.answered_at === null;
}
