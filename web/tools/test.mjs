// Runs the tests with node's own runner; they are in TypeScript, so they are bundled first, into build/web.
//
//     node tools/test.mjs [unit|browser] [--tap] [--screenshots DIR]

import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const WEB = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = process.argv.slice(2);
const screenshots = words.includes("--screenshots") ? words[words.indexOf("--screenshots") + 1] : "";
const kinds = ["unit", "browser"].filter((kind) => words.includes(kind));
const out = join(WEB, "../build/web/tests", kinds.join("-") || "all"); // apart, since suites run beside each other

// The tools know their place in the tree, so they stay where they are.
const tools = {
  name: "tools",
  setup(building) {
    building.onResolve({ filter: /\/tools\/\w+\.mjs$/ }, ({ path }) => ({ path: pathToFileURL(join(WEB, "tools", basename(path))).href, external: true }));
  },
};

async function bundledTests(kind) {
  const folder = join(WEB, "tests", kind);
  const files = readdirSync(folder).filter((name) => /\.test\.tsx?$/.test(name));
  await build({
    entryPoints: files.map((name) => join(folder, name)), outdir: join(out, kind), bundle: true, platform: "node", format: "esm", target: "node18", packages: "external",
    outExtension: { ".js": ".mjs" }, sourcemap: "inline", jsx: "automatic", jsxImportSource: "preact", logLevel: "error", plugins: [tools], define: { WEB_FOLDER: JSON.stringify(WEB) },
  });
  return files.map((name) => join(out, kind, name.replace(/\.tsx?$/, ".mjs")));
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
symlinkSync(join(WEB, "node_modules"), join(out, "node_modules"));
const files = (await Promise.all((kinds.length ? kinds : ["unit", "browser"]).map(bundledTests))).flat();
const options = ["--enable-source-maps", "--test", ...(words.includes("--tap") ? ["--test-reporter=tap"] : [])];
const done = spawnSync(process.execPath, [...options, ...files], { stdio: "inherit", env: { ...process.env, ...(screenshots ? { ASSAY_TEST_SCREENSHOTS: screenshots } : {}) } });
process.exitCode = done.status ?? 1;
