// Reading the data out of the page: plain JSON where it is small, gzip in base64 where it is large.

import type { IndexData, ReportData } from "./schema.ts";

export const PLAIN_ID = "data";
export const PACKED_ID = "data-gz";

async function unpacked(base64: string): Promise<string> {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser cannot unpack the data of the page; one from 2023 or later can.");
  }
  const letters = atob(base64.trim());
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < letters.length; index += 1) bytes[index] = letters.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

export function isIndex(data: ReportData | IndexData): data is IndexData {
  return !("runs" in data);
}

function checked(data: unknown): ReportData | IndexData {
  const read = data as Partial<ReportData & IndexData> | null;
  const whole = [["runs"], ["machines", "models", "cells"]] as const;
  if (!read || read.schema !== 1 || !whole.some((keys) => keys.every((key) => Array.isArray(read[key])))) throw new Error("The data of the page is not of schema 1.");
  return read as ReportData | IndexData;
}

// Throws with a sentence for the reader when there is no data or it cannot be read.
export async function readData(page: Document): Promise<ReportData | IndexData> {
  const packed = page.getElementById(PACKED_ID);
  const plain = page.getElementById(PLAIN_ID);
  if (!packed && !plain) throw new Error("The page has no data in it.");
  const text = packed ? await unpacked(packed.textContent ?? "") : (plain?.textContent ?? "");
  try {
    return checked(JSON.parse(text));
  } catch (error) {
    throw error instanceof SyntaxError ? new Error("The page was not filled: this is the empty template of `assay report`.") : error;
  }
}
