// Reads the data out of the page and shows it; what cannot be read is said.

import { render } from "preact";
import { isIndex, readData } from "./data.ts";
import { App } from "./views/app.tsx";
import { SiteIndex } from "./views/site_index.tsx";

async function start(): Promise<void> {
  const root = document.getElementById("app");
  if (!root) return;
  try {
    const data = await readData(document);
    root.textContent = "";
    render(isIndex(data) ? <SiteIndex data={data} /> : <App data={data} />, root);
  } catch (error) {
    root.textContent = error instanceof Error ? error.message : String(error);
  }
}

void start();
