// Puts what is shipped into ../static: htmx as it comes, and the licences of both libraries.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";

const modules = new URL("node_modules/", import.meta.url);
const shipped = new URL("../static/", import.meta.url);

copyFileSync(new URL("htmx.org/dist/htmx.min.js", modules), new URL("htmx.js", shipped));
copyFileSync(new URL("htmx.org/dist/ext/hx-sse.min.js", modules), new URL("hx-sse.js", shipped));

const parts = [
  ["govuk-frontend", new URL("LICENCE-govuk-frontend.txt", import.meta.url)], // its package brings none
  ["htmx.org", new URL("htmx.org/LICENSE", modules)],
];
const licences = parts.map(([name, file]) => {
  const { version } = JSON.parse(readFileSync(new URL(`${name}/package.json`, modules)));
  return `${name} ${version}\n\n${readFileSync(file, "utf8").trim()}\n`;
});
writeFileSync(new URL("LICENCES.txt", shipped), licences.join("\n\n"));
