// The head of the page: what it is, when it was made, how it looks.

import { when } from "../format.ts";
import { useControls } from "./controls.ts";
import { CopyButton } from "./pieces.tsx";
import { Choice } from "./toolbar.tsx";

export function Header({ made, what }: { made: string; what: readonly string[] }) {
  const { state, update } = useControls();
  return (
    <header class="top">
      <a class="skip" href="#results" onClick={(event) => {
        event.preventDefault(); // the hash is the reader's view
        document.getElementById("results")?.focus();
      }}>skip to the results</a>
      <p class="brand"><b>Assay</b> <span class="muted">{[`report of ${when(made)} UTC`, ...what].join(" · ")}</span></p>
      <div class="top-tools">
        <CopyButton text={() => location.href} what="link to this view" />
        <Choice label="Colours" value={state.scheme} options={[["", "system"], ["light", "light"], ["dark", "dark"]]} choose={(scheme) => update({ scheme })} />
      </div>
    </header>
  );
}
