// Bundles the scripts of the staff pages: each file of desk/pwa/entries becomes one file of desk/pwa/dist.
//
// The bundle has no address of another host. The decoder of symbols stays a file of its own
// (zxing_reader.wasm), because pages load it only when a camera is opened.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const home = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "desk", "pwa");
const entries = path.join(home, "entries");
const output = path.join(home, "dist");
const resolveFile = createRequire(import.meta.url).resolve;

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
await build({
  entryPoints: readdirSync(entries)
    .filter((name) => name.endsWith(".js") || name.endsWith(".css"))
    .map((name) => path.join(entries, name)),
  outdir: output,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome90", "firefox90", "safari15"],
  charset: "utf8",
  legalComments: "eof",
  logLevel: "warning",
});
copyFileSync(
  resolveFile("zxing-wasm/reader/zxing_reader.wasm"),
  path.join(output, "zxing_reader.wasm"),
);
