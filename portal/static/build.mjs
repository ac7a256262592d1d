// Builds the assets: Sass to CSS, modules to one script each, all named by their content.
// Reads portal/static/src, writes portal/static/build with a manifest.json from plain to hashed names.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const target = join(here, "build");
const packages = join(here, "..", "..", "node_modules");

// Leaflet's stylesheet names pictures of pins and layers that we never show; without them nothing can be missing.
const withoutPictures = (css) => css.replace(/[^;{}]*url\([^)]*\)[^;{}]*;?/g, "");

function style(name) {
  const { css } = compile(join(source, "scss", name), { style: "compressed", loadPaths: [packages], quietDeps: true });
  return css;
}

function script(name) {
  const { outputFiles } = buildSync({
    entryPoints: [join(source, "js", name)],
    bundle: true,
    charset: "utf8",
    format: "iife",
    legalComments: "none",
    minify: true,
    nodePaths: [packages],
    target: "es2019", // phones of 2019 and later
    write: false,
  });
  return outputFiles[0].text;
}

const made = {
  "app.css": style("app.scss"),
  "map.css": withoutPictures(style("map.scss")),
  "app.js": script("app.js"),
  "map.js": script("map.js"),
};
for (const name of readdirSync(join(source, "img"))) {
  made[name] = readFileSync(join(source, "img", name));
}

// Old files go only now, so that a mistake in the sources leaves the last good build alone.
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const manifest = {};
for (const [name, content] of Object.entries(made)) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  const ending = extname(name);
  manifest[name] = `${name.slice(0, -ending.length)}-${hash}${ending}`;
  writeFileSync(join(target, manifest[name]), content);
}
writeFileSync(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${Object.keys(manifest).length} assets built`);
