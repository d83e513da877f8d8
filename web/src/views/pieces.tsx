// Small pieces that many views are made of. Names and reasons come from frameworks and files: they are always text, in a direction of their own.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Phrase } from "../answer.ts";

export function Name({ name }: { name: string }) {
  return <bdi class="name">{name}</bdi>;
}

// The whole name, with its parts weighed: the framework strong, the rest quiet.
export function Contestant({ name, quiet = "" }: { name: string; quiet?: string }) {
  const shown = quiet && name.endsWith(quiet) ? name.slice(0, -quiet.length) : name;
  const slash = shown.indexOf("/");
  if (slash < 1) return <Name name={shown} />;
  const at = Math.max(shown.lastIndexOf("@"), 0) || shown.length;
  return (
    <bdi class="name">
      <b>{shown.slice(0, slash)}</b>
      <wbr />
      <span class="variant">{shown.slice(slash, at)}<wbr />{shown.slice(at)}</span>
    </bdi>
  );
}

export function Sentence({ phrase }: { phrase: Phrase }) {
  return <>{phrase.map((part) => (typeof part === "string" ? part : <bdi class="name strong">{part.name}</bdi>))}</>;
}

export function CaveatNumbers({ numbers }: { numbers: readonly number[] }) {
  if (numbers.length === 0) return null;
  return (
    <sup class="caveats">
      <span class="unseen"> caveat </span>
      {numbers.map((number, index) => (
        <>
          {index > 0 ? <span aria-hidden="true">,</span> : null}
          {index > 0 ? <span class="unseen"> and </span> : null}
          {number}
        </>
      ))}
    </sup>
  );
}

function copiedByCommand(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByCommand(text);
  }
}

export function CopyButton({ text, what }: { text: () => string; what: string }) {
  const [done, setDone] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    setDone((await copied(text())) ? "copied" : "not allowed");
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setDone(""), 2000);
  };
  return (
    <>
      <button type="button" class="quiet copy" onClick={copy}>{done || `copy ${what}`}</button>
      <span class="unseen" role="status">{done}</span>
    </>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre tabIndex={0} role="group" aria-label="command">
        <code dir="ltr">{text}</code>
      </pre>
      <CopyButton text={() => text} what="command" />
    </div>
  );
}

// A box in which a wide table scrolls by itself, by keyboard too.
export function ScrollBox({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}

// Pairs of a term and what it is.
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([term, what]) => (
        <div>
          <dt>{term}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
