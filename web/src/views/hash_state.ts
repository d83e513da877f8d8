// The reader's choices, kept in the hash of the address.

import { useEffect, useState } from "preact/hooks";
import { type State, fromHash, toHash } from "../state.ts";
import type { Controls } from "./controls.ts";

// The state is the hash: a change is a step in the browser's history.
export function useHashState(): [State, Controls["update"]] {
  const [state, setState] = useState(() => fromHash(location.hash));
  useEffect(() => {
    const read = () => setState(fromHash(location.hash));
    addEventListener("hashchange", read);
    addEventListener("popstate", read);
    return () => {
      removeEventListener("hashchange", read);
      removeEventListener("popstate", read);
    };
  }, []);
  const update: Controls["update"] = (change, replace = false) => {
    const next = { ...fromHash(location.hash), ...change };
    const hash = toHash(next);
    const address = hash ? `#${hash}` : location.pathname + location.search;
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    setState(next);
  };
  return [state, update];
}
