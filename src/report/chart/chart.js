// SPDX-License-Identifier: MIT
// Draws the charts of the HTML report from the rows that stand in the page. The page is whole without them.
import * as Plot from "@observablehq/plot";

const colours = { faster: "var(--good)", slower: "var(--bad)", tie: "var(--text)", unclear: "var(--bar)" };
const { baseline, metric, rows } = JSON.parse(document.getElementById("chart-data").textContent);
const cases = [...new Set(rows.map((row) => row.case))];
const contenders = [...new Set(rows.map((row) => row.contender))];
const common = {
	style: { background: "none", fontSize: "12px", fontFamily: "inherit", overflow: "visible" },
	width: 900,
};

function title(row) {
	const interval = row.low === null ? "" : ` (${row.low.toFixed(2)} to ${row.high.toFixed(2)})`;
	const memory = row.memory === null ? "not measured" : `${row.memory.toFixed(2)}x`;
	return `${row.case}\n${row.contender}: ${row.ratio.toFixed(2)}x${interval}, ${row.verdict}\npeak memory: ${memory}`;
}

// Very wide intervals say "unclear", and would leave no room for the others.
const shown = (ratio) => Math.min(Math.max(ratio, 1 / 16), 16);

const ticks = [0.0625, 0.125, 0.25, 0.5, 0.7, 1, 1.4, 2, 4, 8, 16];

// The ticks that a reader of ratios expects, and half as much lies as far from 1x as twice as much.
function ratioAxis(label, ratios) {
	const low = Math.min(0.7, ...ratios.map(shown));
	const high = Math.max(1.4, ...ratios.map(shown));
	return {
		type: "log",
		label,
		domain: [low, high],
		labelOffset: 40, // below the labels of the ticks
		ticks: ticks.filter((tick) => tick >= low && tick <= high),
		grid: true,
		inset: 12,
	};
}

// By text, as a tick format of a logarithmic scale leaves out the labels that it holds for too many.
const labels = ({ ticks }) => ({ ticks, text: (ratio) => `${ratio}x` });

function times() {
	const left = 20 + 7.5 * Math.max(...contenders.map((name) => name.length));
	const right = 20 + 7 * Math.max(...cases.map((name) => name.length));
	const x = ratioAxis(
		`${metric} / that under ${baseline} →`,
		rows.flatMap((row) => [row.ratio, row.low ?? 1, row.high ?? 1]),
	);
	return Plot.plot({
		...common,
		height: 60 + cases.length * (18 + 16 * contenders.length),
		marginLeft: left,
		marginRight: right,
		marginBottom: 44,
		x,
		y: { domain: contenders, label: null },
		fy: { domain: cases, label: null, padding: 0.15 },
		marks: [
			Plot.axisX(labels(x)),
			Plot.ruleX([1], { stroke: "var(--text)" }),
			Plot.ruleY(
				rows.filter((row) => row.low !== null),
				{
					fy: "case",
					y: "contender",
					x1: (row) => shown(row.low),
					x2: (row) => shown(row.high),
					stroke: (row) => colours[row.verdict],
					strokeWidth: 2,
					strokeOpacity: 0.6,
				},
			),
			Plot.dot(rows, {
				fy: "case",
				y: "contender",
				x: (row) => shown(row.ratio),
				fill: (row) => colours[row.verdict],
				r: 4,
				title,
			}),
		],
		color: { type: "identity" },
	});
}

function trade() {
	const x = ratioAxis(
		`${metric} / that under ${baseline} →`,
		rows.map((row) => row.ratio),
	);
	const y = ratioAxis(
		`↑ peak memory / that under ${baseline}`,
		rows.map((row) => row.memory ?? 1),
	);
	return Plot.plot({
		...common,
		height: 420,
		marginLeft: 60,
		marginBottom: 44,
		x,
		y,
		symbol: { domain: contenders, legend: true },
		color: { domain: contenders, scheme: "Observable10" },
		marks: [
			Plot.axisX(labels(x)),
			Plot.axisY(labels(y)),
			Plot.ruleX([1], { stroke: "var(--text)" }),
			Plot.ruleY([1], { stroke: "var(--text)" }),
			Plot.dot(
				rows.filter((row) => row.memory !== null),
				{
					x: (row) => shown(row.ratio),
					y: (row) => shown(row.memory),
					stroke: "contender",
					symbol: "contender",
					strokeWidth: 2,
					r: 4.5,
					title,
				},
			),
		],
	});
}

function add(heading, chart) {
	const h2 = document.createElement("h2");
	h2.textContent = heading;
	document.getElementById("charts").append(h2, chart);
}

if (rows.length) {
	add(`Each case: ratio of ${metric}, with its interval`, times());
	add(`Ratio of ${metric} against ratio of peak memory`, trade());
}
