// Figures as text: three significant digits, a unit beside each. A figure that is not known is a dash. The same words as the core's (src/report/figures.cc).

export const UNKNOWN = "–";
const NARROW = "\u202f"; // between a figure and its unit, so that they are never torn apart

export function threeDigits(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? "0" : UNKNOWN;
  const before = Math.floor(Math.log10(Math.abs(value))) + 1;
  const text = value.toFixed(Math.min(12, Math.max(0, 3 - Math.max(before, 0))));
  return text.replace("-", "−");
}

function known(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function withUnit(value: number, unit: string): string {
  return threeDigits(value) + NARROW + unit;
}

export function milliseconds(ms: number | null | undefined): string {
  if (!known(ms)) return UNKNOWN;
  if (ms >= 10_000) return withUnit(ms / 1000, "s");
  return ms < 1 ? withUnit(ms * 1000, "µs") : withUnit(ms, "ms");
}

export function seconds(s: number | null | undefined): string {
  if (!known(s)) return UNKNOWN;
  if (s >= 120) return `${Math.floor(Math.round(s) / 60)}${NARROW}min ${Math.round(s) % 60}${NARROW}s`;
  return s < 0.0995 ? milliseconds(s * 1000) : s.toFixed(s < 9.95 ? 1 : 0) + NARROW + "s";
}

function scaled(value: number, units: readonly string[]): string {
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit + 1 < units.length) {
    value /= 1000;
    unit += 1;
  }
  return withUnit(value, units[unit] ?? "");
}

export function bytes(count: number | null | undefined): string {
  return known(count) ? scaled(count, ["B", "kB", "MB", "GB", "TB"]) : UNKNOWN;
}

export function rate(perSecond: number | null | undefined, what: string): string {
  return known(perSecond) ? scaled(perSecond, [what, `k${what}`, `M${what}`, `G${what}`, `T${what}`]) : UNKNOWN;
}

export function percent(share: number | null | undefined): string {
  if (!known(share)) return UNKNOWN;
  const hundredths = share * 100;
  return (Math.abs(hundredths) < 9.95 && hundredths !== 0 ? hundredths.toFixed(1) : hundredths.toFixed(0)) + NARROW + "%";
}

export function times(factor: number | null | undefined): string {
  if (!known(factor)) return UNKNOWN;
  return (factor < 100 ? factor.toFixed(2) : threeDigits(factor)) + "×";
}

// At an axis: seconds from one on, so that a scale does not change its unit in the middle.
export function millisecondsAtTick(ms: number): string {
  return ms === 0 ? "0" : atTick(ms >= 1000 ? withUnit(ms / 1000, "s") : milliseconds(ms));
}

// Of a round figure at an axis, without zeros behind the point: "50 ms", not "50.0 ms".
export function atTick(text: string): string {
  return text.replace(/^(\d+\.\d*?)0+(?!\d)/, "$1").replace(/^(\d+)\.(?!\d)/, "$1");
}

// "[1.10, 1.30]"; nothing without an interval.
export function interval(low: number | null, high: number | null): string {
  return low === null || high === null ? "" : `[${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

export function accuracy(timesF32: number | null | undefined): string {
  if (!known(timesF32) || timesF32 <= 0) return UNKNOWN;
  return (timesF32 < 1000 ? timesF32.toFixed(1) : timesF32.toExponential(0).replace("e+", "e")) + "×";
}

// "2026-11-26 18:56" of an ISO time; the text itself when it is none.
export function when(iso: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(iso) ? iso.slice(0, 16).replace("T", " ") : iso;
}

// "one", "one and two", "one, two and three"
export function joined(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

export function counted(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
