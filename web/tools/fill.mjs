// Puts data into the page as the core does: plain where it is small, else as gzip in base64.

import { gzipSync } from "node:zlib";

const ELEMENT = '<script type="application/json" id="data">@ASSAY_DATA@</script>';
const LARGE = 200_000;

export function fill(template, data, { packed } = {}) {
  const json = JSON.stringify(data);
  const pack = packed ?? Buffer.byteLength(json) > LARGE;
  const element = pack
    ? `<script type="text/plain" id="data-gz">${gzipSync(json, { level: 9 }).toString("base64")}</script>`
    : `<script type="application/json" id="data">${json.replaceAll("<", "\\u003c")}</script>`;
  if (!template.includes(ELEMENT)) throw new Error("the template has no place for the data");
  return template.replace(ELEMENT, () => element);
}
