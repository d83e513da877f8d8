// How pages look: what axe finds in them, and pictures for people in three sizes and two colour schemes.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { open } from "./open.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const SIZES = { phone: { width: 390, height: 844 }, laptop: { width: 1280, height: 800 }, wide: { width: 1920, height: 1080 } };

interface Axe {
  run: () => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
}

// Everything folded is opened first.
export async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(() => document.querySelectorAll("details").forEach((element) => (element.open = true)));
  await page.addScriptTag({ content: AXE });
  const { violations } = await page.evaluate(() => (window as unknown as { axe: Axe }).axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`));
}

export interface View {
  name: string;
  file: string;
  hash: string;
  site?: string; // the folder that it is in
}

export function photograph(folder: string, views: readonly View[]): void {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"] as const) {
      test(`pictures of ${views.map((view) => view.name).join(" and ")}, ${size}, ${colorScheme}`, async () => {
        mkdirSync(folder, { recursive: true });
        for (const view of views) {
          const { page, done } = await open(view.file, { viewport, colorScheme }, view.hash, view.site);
          await page.waitForTimeout(200); // pictures take their width from the page
          await page.screenshot({ path: join(folder, `${view.name}-${size}-${colorScheme}.png`), fullPage: true });
          await done();
        }
      });
    }
  }
}
