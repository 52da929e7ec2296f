/**
 * The state of the console's page: its shape, and its beginning. The code that
 * changes it stands beside: reducer.js, and a module for each part.
 *
 * @typedef {"idle" | "connecting" | "connected" | "lost" | "replaced" | "ended"} AudioState
 * @typedef {{verb: string, request: number, at: number, value?: any}} Asked
 * @typedef {{id: number, at: number, who: string, text: string,
 *   tone: "info" | "problem"}} Notice
 * @typedef {{id: string, name: string, text: string, isWhole: boolean,
 *   seconds: number | null}} LastCall the talk time of the whole call, or how long this
 *   agent was on it
 *
 * @typedef {object} State
 * @property {Connection} connection
 * @property {boolean} loaded whether the server has told everything once
 * @property {Agent | null} agent
 * @property {Record<string, Call>} calls by id, those that concern this agent now
 * @property {Record<string, number>} versions newest seen, also of calls that are over
 * @property {Record<string, Asked>} asked what was asked for a call and not yet done
 * @property {string | null} audioHere id of the call whose audio belongs in this page
 * @property {AudioState} audio
 * @property {boolean} hadAudio whether that call was connected before
 * @property {boolean} open whether microphone and speaker are open
 * @property {string} audioProblem why they are not, a sentence
 * @property {{muted: boolean, sent: number}} mute what this page wants, and how many
 *   requests the server has not answered yet
 * @property {Notice[]} notices
 * @property {LastCall | null} lastCall
 * @property {Dialing} dialing
 * @property {Shift} shift
 * @property {Transfer} transfer
 * @property {CallerCard} card
 * @property {AudioCheck} check
 * @property {Rewind} rewind
 * @property {MyCalls} myCalls
 * @property {People} people
 * @property {Floor} floor
 * @property {GuidedCheck} guided
 * @property {Preferences} preferences
 * @property {FloorMessage[]} messages of supervisors, that the agent has not read
 *
 * @typedef {{id: Id, from: string, to: string, text: string, sent_at: string}} FloorMessage
 *
 * @typedef {object} OwnCall a row of the agent's own calls
 * @property {string} id
 * @property {"missed" | "answered" | "placed"} kind
 * @property {string} at
 * @property {"inbound" | "outbound"} direction
 * @property {{id: Id | null, name: string, number: string}} contact
 * @property {string} queue
 * @property {string} result
 * @property {string} agent who answered a call that was missed here
 * @property {number | null} seconds of talk time
 * @property {boolean} rang_here
 * @property {string} disposition
 * @property {string} notes the agent's own
 * @property {{at: string, direction: string, agent: string,
 *   answered: boolean} | null} called_back
 * @property {boolean} to_call_back whether nobody has called back yet
 * @property {Id | null} line to call back from
 * @property {Permission | null} call
 * @property {Permission | null} ask
 * @property {string} chat
 *
 * @typedef {"" | "missed" | "answered" | "placed"} OwnCallKind
 * @typedef {object} MyCalls
 * @property {OwnCallKind} kind empty: all
 * @property {OwnCall[]} calls newest first
 * @property {boolean} more
 * @property {boolean} isLoaded
 * @property {number} request 0 while nothing is asked
 * @property {boolean} isNext whether the next page is asked for
 *
 * @typedef {object} FoundPerson
 * @property {Id} id
 * @property {string} name
 * @property {string} number
 * @property {string} username
 * @property {Id} line
 * @property {Permission} call
 * @property {Permission} ask
 * @property {{at: string, direction: string, agent: string, result: string}
 *   | null} last_call
 * @property {string} chat
 *
 * @typedef {object} ContactForm
 * @property {Id | null} contact null: a new one
 * @property {string} name
 * @property {string} number
 * @property {string} problem
 * @property {Reading[]} readings
 * @property {number} request 0 while nothing is asked
 *
 * @typedef {object} People
 * @property {FoundPerson[]} options
 * @property {string} text what they were found by
 * @property {string} asked what is being looked for
 * @property {number} request 0 while nothing is asked
 * @property {boolean} more whether there are others
 * @property {boolean} isOpen whether the list is shown
 * @property {number} active the place that the keys are at; -1 for none
 * @property {ContactForm | null} form
 *
 * @typedef {{id: Id, name: string, waiting: number | null,
 *   waiting_since: string | null, ready: number | null}} FloorQueue
 * @typedef {{calls: number, talk: number, average_handle: number | null,
 *   breaks: {name: string, allowed: number, used: number}[]}} OwnDay
 *
 * @typedef {object} Floor
 * @property {FloorQueue[]} queues this agent's
 * @property {{id: Id, name: string, state: string, can_take: boolean}[]} agents
 * @property {number} signedIn how many there are, this agent among them
 * @property {number} ended counts the calls that change lists of calls
 * @property {boolean} isKnown whether the figures are there
 * @property {OwnDay | null} day
 * @property {number} dayRequest
 *
 * @typedef {{keys: KeyMode, notifies: string[]}} Preferences what the agent chose
 *
 * @typedef {"call" | "ask" | "call_plan" | "drop_plan"} DialVerb
 * @typedef {{verb: DialVerb, request: number, at: number, contact: Id, line: Id,
 *   plan: Id | null, isAside?: boolean}} DialRequest isAside: from a list, not from the field
 *
 * @typedef {object} Dialing
 * @property {Line[]} lines
 * @property {Id | null} line the chosen one
 * @property {string} number as typed
 * @property {number} lookUp request of the newest look-up; 0 when the field has changed
 * @property {number | null} lookingSince while its reply is missing, monotonic ms
 * @property {Person | null} person
 * @property {Reading[]} readings the numbers that the field may mean, to be chosen from
 * @property {number} personAt when that was told, monotonic ms
 * @property {string} problem a sentence about the number or the person
 * @property {Id | null} done the plan that was made from what the field read last
 * @property {DialRequest[]} asked what was asked and not yet done
 * @property {ScheduledCall[]} plans oldest first
 * @property {Id[]} later proposed calls that the agent put aside
 * @property {ScheduledCall[]} gone plans that ended without a doing of this page
 *
 * @typedef {"saved" | "saving" | "unsaved"} Saved
 * @typedef {{call: string, text: string, saved: Saved}} Written
 *
 * @typedef {object} Callback the form of a call back, as far as it is filled in
 * @property {boolean} open whether it is shown
 * @property {string} at as a date field writes it: "2026-01-05T14:30"
 * @property {boolean} mine whether the same agent calls
 * @property {string} text why
 * @property {string} done what was planned, a sentence
 *
 * @typedef {object} Shift
 * @property {boolean} primary whether this window is the one that rings
 * @property {RingingWindow | null} window the one that does, as far as it is known
 * @property {string} since as the server told it, to be told back
 * @property {string} echoUrl of the audio check's websocket
 * @property {boolean} training whether training calls can be asked for
 * @property {Break[]} breaks
 * @property {Work | null} work what is to be written about a call
 * @property {Written | null} written the notes as they stand in this page
 * @property {Callback} callback
 *
 * @typedef {object} Transfer hold, transfer and consult
 * @property {string | null} open the call for which the list of targets is open
 * @property {string} filter what the agent typed to find one
 * @property {Targets | null} targets
 * @property {string | null} back the call to resume, as the colleague has gone
 * @property {string} problem why the last request was refused, shown in the list
 *
 * @typedef {object} CallerCard
 * @property {string | null} call whose person is shown
 * @property {ContactDetails | null} person
 * @property {string | null} naming what stands in the field for the name, while open
 *
 * @typedef {object} Rewind
 * @property {number} kept seconds that could be heard again
 * @property {number} length seconds that are heard again now; 0: only the call is heard
 * @property {number} left seconds of that which are still to come
 * @property {boolean} mono whether both are in the same ear
 *
 * @typedef {object} Measured
 * @property {number | null} networkMs to the server and back
 * @property {number} bufferMs how long audio waits here, to come out evenly
 * @property {number} sent frames of 20 ms
 * @property {number} returned
 * @property {number} lost
 * @property {number} loudest level of the microphone, root mean square
 *
 * @typedef {object} AudioCheck
 * @property {"idle" | "running" | "over"} phase
 * @property {number} left seconds until it stops by itself
 * @property {Measured | null} measured
 */

import { noGuidedCheck } from "./guided-check.js";

/** @import {KeyMode} from "../shell/keyboard.js" */
/** @import {Connection} from "../shell/socket.js" */
/** @import {GuidedCheck} from "./guided-check.js" */
/** @import {Agent, Break, Call, ContactDetails, Id, Line, Permission, Person, Reading, RingingWindow, ScheduledCall, Targets, Work} from "./snapshot.js" */

export const CHECK_SECONDS = 15;

/** @type {Dialing} */
export const nothingDialed = Object.freeze({
  lines: [],
  line: null,
  number: "",
  lookUp: 0,
  lookingSince: null,
  person: null,
  readings: [],
  personAt: 0,
  problem: "",
  done: null,
  asked: [],
  plans: [],
  later: [],
  gone: [],
});

/** @type {Callback} */
export const noCallback = Object.freeze({
  open: false,
  at: "",
  mine: true,
  text: "",
  done: "",
});

/** @type {Shift} */
const newShift = Object.freeze({
  primary: true,
  window: null,
  since: "",
  echoUrl: "",
  training: false,
  breaks: [],
  work: null,
  written: null,
  callback: noCallback,
});

/** @type {Transfer} */
export const noTransfer = Object.freeze({
  open: null,
  filter: "",
  targets: null,
  back: null,
  problem: "",
});

/** @type {CallerCard} */
export const noCard = Object.freeze({ call: null, person: null, naming: null });

/** @type {AudioCheck} */
export const noCheck = Object.freeze({
  phase: "idle",
  left: CHECK_SECONDS,
  measured: null,
});

/** @type {Rewind} */
export const noRewind = Object.freeze({ kept: 0, length: 0, left: 0, mono: false });
/** @type {MyCalls} */
const noCallsYet = Object.freeze({
  kind: "",
  calls: [],
  more: false,
  isLoaded: false,
  request: 0,
  isNext: false,
});

/** @type {People} */
const nobodyFound = Object.freeze({
  options: [],
  text: "",
  asked: "",
  request: 0,
  more: false,
  isOpen: false,
  active: -1,
  form: null,
});

/** @type {Floor} */
const emptyFloor = Object.freeze({
  queues: [],
  agents: [],
  signedIn: 0,
  ended: 0,
  isKnown: false,
  day: null,
  dayRequest: 0,
});

/**
 * Until the server has told: no key, and every notification.
 * @type {Preferences}
 */
const unknownPreferences = Object.freeze({
  keys: "off",
  notifies: ["calls", "scheduled", "trouble"],
});

/** @type {State} */
export const initialState = Object.freeze({
  connection: "connecting",
  loaded: false,
  agent: null,
  calls: {},
  versions: {},
  asked: {},
  audioHere: null,
  audio: "idle",
  hadAudio: false,
  open: false,
  audioProblem: "",
  mute: { muted: false, sent: 0 },
  notices: [],
  lastCall: null,
  dialing: nothingDialed,
  shift: newShift,
  transfer: noTransfer,
  card: noCard,
  check: noCheck,
  rewind: noRewind,
  myCalls: noCallsYet,
  people: nobodyFound,
  floor: emptyFloor,
  guided: noGuidedCheck,
  preferences: unknownPreferences,
  messages: [],
});
