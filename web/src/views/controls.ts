// What every view has at hand: the reader's choices and how to change them.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { INITIAL, type State } from "../state.ts";

export interface Controls {
  state: State;
  update: (change: Partial<State>, replace?: boolean) => void; // replace: not a step in the history of its own
  scheme: "light" | "dark"; // as it is seen
}

export const ControlsContext = createContext<Controls>({ state: INITIAL, update: () => undefined, scheme: "light" });

export function useControls(): Controls {
  return useContext(ControlsContext);
}
