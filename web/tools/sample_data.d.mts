import type { ReportData, Run } from "../src/schema.ts";

export const ONE: string;
export function readRun(file: string): Run;
export function everyRun(): Run[];
export function report(runs: Run[]): ReportData;
