// The commands that measure again what is shown.

import type { Cell } from "./cells.ts";
import type { Run } from "./schema.ts";

// What a run was asked for and a repetition is asked for too; each takes a value.
const KEPT = ["--rounds", "--budget", "--target", "--deadline", "--memory-limit", "--weights"];

// A word as a POSIX shell reads it back.
export function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

// The words of a command line, without the quotation marks of a shell around them.
export function shellWords(command: string): string[] {
  const words = command.match(/(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/gs) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, (_, single, double, escaped) => single ?? double?.replace(/\\(.)/gs, "$1") ?? escaped));
}

// The options of KEPT that the run's own command had.
function keptOptions(command: string): string[] {
  const words = shellWords(command);
  return words.flatMap((word, index) => {
    const [option = "", ...rest] = word.split("=");
    if (!KEPT.includes(option)) return [];
    const value = rest.length > 0 ? rest.join("=") : words[index + 1];
    return value === undefined ? [] : [option, shellWord(value)];
  });
}

// One cell with some of its contestants, as the run measured it.
export function cellCommand(cell: Cell, run: Run, contestants: readonly string[]): string {
  const words = ["./run", "-m", shellWord(cell.model), "-w", shellWord(cell.workload)];
  if (cell.size !== "full") words.push("--size", shellWord(cell.size));
  words.push("--threads", String(run.threads), ...keptOptions(run.command));
  if (run.seed) words.push("--seed", String(run.seed));
  for (const name of Object.keys(run.kept_environment ?? {})) words.push("--keep-env", shellWord(name));
  for (const name of contestants) words.push("-f", shellWord(name));
  return words.join(" ");
}
