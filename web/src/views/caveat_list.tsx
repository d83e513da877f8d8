// The caveats that the small numbers refer to.

import type { Caveats } from "../caveats.ts";
import { Name } from "./pieces.tsx";

export function CaveatList({ caveats }: { caveats: Caveats }) {
  if (caveats.list.length === 0) return null;
  return (
    <section aria-labelledby="caveats-title">
      <h2 id="caveats-title">Caveats</h2>
      <ol class="caveat-list">
        {caveats.list.map(({ number, text, of }) => (
          <li key={number} value={number}><Name name={of.join(", ")} />: <span dir="auto">{text}</span></li>
        ))}
      </ol>
    </section>
  );
}
