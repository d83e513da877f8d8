// Builds web/report.html, the page that `assay report` fills: all script and style in one file.
//
//     node tools/build.mjs            writes report.html
//     node tools/build.mjs --check    changes nothing; exit code 1 when report.html is not what the sources make

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WEB = join(dirname(fileURLToPath(import.meta.url)), "..");
const PAGE = join(WEB, "report.html");
const TARGET = ["chrome105", "firefox113", "safari16.4"]; // what the page needs: DecompressionStream and :has()
const MOST_BYTES = 300_000;

async function bundled(entry, options = {}) {
  const done = await build({
    entryPoints: [join(WEB, "src", entry)], bundle: true, minify: true, write: false, charset: "utf8", target: TARGET, format: "iife", legalComments: "none",
    jsx: "automatic", jsxImportSource: "preact", logLevel: "error", absWorkingDir: WEB, ...options,
  });
  return done.outputFiles[0].text.trim();
}

// Script and style must not end their own element.
function inlined(text, element) {
  if (new RegExp(`</${element}|<!--`, "i").test(text)) throw new Error(`the ${element} holds what would end it`);
  return text;
}

const NOTICE = "<!-- Built by web/tools/build.mjs: change web/src and build again. -->";

// Of the libraries inside, as their licences ask for.
async function licences() {
  const texts = await Promise.all(["preact", "uplot"].map(async (name) => `${name}:\n\n${(await readFile(join(WEB, "node_modules", name, "LICENSE"), "utf8")).trim()}`));
  return texts.join("\n\n").replaceAll("--", "- -");
}

export async function page() {
  const skeleton = await readFile(join(WEB, "src/page.html"), "utf8");
  const parts = { "@STYLE@": inlined(await bundled("style/page.css"), "style"), "@SCRIPT@": inlined(await bundled("main.tsx"), "script"), "@LICENCES@": await licences() };
  const filled = Object.entries(parts).reduce((text, [mark, part]) => text.replace(mark, () => part), skeleton);
  const html = filled.replace("<!doctype html>\n", () => `<!doctype html>\n${NOTICE}\n`);
  if (html.split("@ASSAY_DATA@").length !== 2) throw new Error("the place for the data must occur once");
  if (Buffer.byteLength(html) > MOST_BYTES) throw new Error(`the page has ${Buffer.byteLength(html)} bytes, more than ${MOST_BYTES}`);
  return html;
}

async function main() {
  const html = await page();
  if (!process.argv.includes("--check")) {
    await writeFile(PAGE, html);
    console.log(`report.html: ${(Buffer.byteLength(html) / 1000).toFixed(1)} kB`);
  } else if ((await readFile(PAGE, "utf8").catch(() => "")) !== html) {
    console.log("report.html is not what web/src makes: npm run build in web/");
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
