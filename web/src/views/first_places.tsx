// Who comes first how often, as bars: what is alone in blue, what is shared in grey, both in words beside it.

import { counted } from "../format.ts";
import type { FirstPlaces } from "../site.ts";
import { Contestant } from "./pieces.tsx";

const MOST_SHOWN = 10;

function Row({ one, most }: { one: FirstPlaces; most: number }) {
  const share = (number: number) => `${(100 * number) / most}%`;
  const words = [one.alone ? `${one.alone} alone` : "", one.shared ? `${one.shared} shared` : ""].filter(Boolean).join(", ");
  return (
    <li class="places-row">
      <span class="places-name"><Contestant name={one.name} /></span>
      <span class="places-track" aria-hidden="true">
        {one.alone ? <i class="places-alone" style={{ width: share(one.alone) }} /> : null}
        {one.shared ? <i class="places-shared" style={{ width: share(one.shared) }} /> : null}
      </span>
      <span class="places-words">{words}</span>
    </li>
  );
}

export function FirstPlacesList({ places }: { places: readonly FirstPlaces[] }) {
  if (places.length === 0) return null;
  const most = Math.max(...places.map((one) => one.alone + one.shared));
  const left = places.length - MOST_SHOWN;
  return (
    <section aria-labelledby="places-title">
      <h2 id="places-title">First places</h2>
      <p class="muted note">In how many cells each comes first: alone, being faster than every other one, or shared with those that are equally fast or not told apart.</p>
      <ol class="places-list">{places.slice(0, MOST_SHOWN).map((one) => <Row key={one.name} one={one} most={most} />)}</ol>
      {left > 0 ? <p class="muted note">{counted(left, "other")} with fewer.</p> : null}
    </section>
  );
}
