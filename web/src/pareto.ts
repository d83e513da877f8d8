// The Pareto front of a trade-off: those of which nobody is better in one figure and no worse in the other. Less is better in both.

export interface Point {
  name: string;
  x: number;
  y: number;
}

export function dominates(one: Point, other: Point): boolean {
  return one.x <= other.x && one.y <= other.y && (one.x < other.x || one.y < other.y);
}

// Names on the front, the fastest first.
export function front(points: readonly Point[]): string[] {
  return points
    .filter((point) => !points.some((other) => dominates(other, point)))
    .sort((a, b) => a.x - b.x || a.y - b.y)
    .map((point) => point.name);
}
