/** What the agent chose for all their consoles, as the server keeps it. Pure. */

/** @import {State} from "./state.js" */

/** @type {Record<string, (state: State, action: any) => State>} */
export const PREFERENCE_REDUCERS = {
  preferences: (state, { preferences }) => ({ ...state, preferences }),
};
