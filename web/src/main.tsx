// Reads the data out of the page and shows it; what cannot be read is said.

import { render } from "preact";
import { readData } from "./data.ts";
import { App } from "./views/app.tsx";

async function start(): Promise<void> {
  const root = document.getElementById("app");
  if (!root) return;
  try {
    const data = await readData(document);
    root.textContent = "";
    render(<App data={data} />, root);
  } catch (error) {
    root.textContent = error instanceof Error ? error.message : String(error);
  }
}

void start();
