// SPDX-License-Identifier: MIT
// usage: node bundle.mjs OUTPUT.c
// Bundles chart.js and what it imports into one script, as a C array with the hash that the page's
// Content-Security-Policy names.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const bundled = await build({
	entryPoints: ["chart.js"],
	bundle: true,
	minify: true,
	format: "iife",
	target: "es2020",
	charset: "ascii",
	legalComments: "eof",
	write: false,
});
// Nothing in a script element may look like its end, nor open a comment that hides it.
const script = bundled.outputFiles[0].text.replaceAll("</", "<\\/").replaceAll("<!--", "<\\!--");
const bytes = Buffer.from(script, "utf-8");
const hash = createHash("sha256").update(bytes).digest("base64");
const rows = [];
for (let i = 0; i < bytes.length; i += 32) rows.push(bytes.subarray(i, i + 32).join(",") + ",");
writeFileSync(
	process.argv[2],
	'#include "report/chart.h"\n\n' +
		`const char chart_script[] = {\n${rows.join("\n")}\n0\n};\n` +
		`const char chart_script_hash[] = "sha256-${hash}";\n`,
);
