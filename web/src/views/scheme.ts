// Light or dark: what the reader chose, else what the system prefers, also when that changes; on paper light.

import { useLayoutEffect, useState } from "preact/hooks";
import type { State } from "../state.ts";

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useLayoutEffect(() => {
    const media = matchMedia(query);
    const look = () => setMatches(media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [query]);
  return matches;
}

export function useScheme(chosen: State["scheme"]): "light" | "dark" {
  const dark = useMedia("(prefers-color-scheme: dark)");
  const paper = useMedia("print");
  const scheme = paper ? "light" : chosen || (dark ? "dark" : "light");
  document.documentElement.dataset.scheme = scheme; // while rendering: pictures read the colours in their first effect
  return scheme;
}
