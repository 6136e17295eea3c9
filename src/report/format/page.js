// SPDX-License-Identifier: MIT
// What a page can do beyond being read: hover, copy, sort, filter, and enlarge the frames of flame graphs. The page is
// whole without it. It reads what stands in the page, and sends and keeps nothing.
"use strict";
(() => {
	const all = (selector, root = document) => [...root.querySelectorAll(selector)];
	const make = (name, text = "", attributes = {}) => {
		const element = document.createElement(name);
		element.textContent = text;
		for (const key in attributes) element.setAttribute(key, attributes[key]);
		return element;
	};

	// Titles as a box beside the pointer, at once and on touch; the browser's own would come late, and twice.
	const titles = new Map();
	const tip = make("div", "", { class: "tip", hidden: "" });
	document.body.append(tip);
	for (const title of all("svg g > title")) {
		titles.set(title.parentNode, title.textContent);
		title.remove();
	}
	const titled = (node) => {
		while (node && node !== document) {
			if (titles.has(node)) return node;
			node = node.parentNode;
		}
		return null;
	};
	const place = (event) => {
		const node = event.target.closest && event.target.closest("svg") ? titled(event.target) : null;
		tip.hidden = !node;
		if (!node) return;
		tip.textContent = titles.get(node);
		const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
		const below = event.clientY + 16;
		const y = below + tip.offsetHeight < innerHeight ? below : event.clientY - tip.offsetHeight - 12;
		tip.style.left = `${Math.max(x, 4)}px`;
		tip.style.top = `${Math.max(y, 4)}px`;
	};
	addEventListener("pointermove", place);
	addEventListener("pointerdown", place);
	addEventListener("scroll", () => (tip.hidden = true), { passive: true });

	// A line to paste, with a button.
	for (const code of all("pre > code")) {
		const button = make("button", "Copy", { type: "button", class: "copy" });
		const done = () => {
			button.textContent = "Copied";
			setTimeout(() => (button.textContent = "Copy"), 2000);
		};
		const select = () => {
			getSelection().selectAllChildren(code);
			if (document.execCommand("copy")) done();
		};
		button.addEventListener("click", () => {
			if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select);
			else select();
		});
		code.parentNode.append(button);
	}

	// The value of a cell in one unit for all of its column; text where it is no number.
	const units = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824, TiB: 1099511627776 };
	const rates = { "/s": 1, "k/s": 1e3, "M/s": 1e6, "G/s": 1e9 };
	const valueOf = (cell) => {
		const text = cell.textContent.trim();
		const found = /^(-?[\d,]*\.?\d+)\s*([a-zA-Z/]*)/.exec(text);
		if (!found) return text === "" || text === "-" ? null : text;
		return parseFloat(found[1].replaceAll(",", "")) * (units[found[2]] ?? rates[found[2]] ?? 1);
	};
	// What was not measured comes last, whichever way it is sorted.
	const compare = (a, b, sign) => {
		if (a === null || b === null) return (a === null) - (b === null);
		if (typeof a === typeof b) return sign * (typeof a === "number" ? a - b : a.localeCompare(b));
		return typeof a === "number" ? -1 : 1;
	};
	for (const head of all("thead th")) {
		const button = make("button", head.textContent, { type: "button", class: "sort" });
		const index = head.cellIndex;
		const table = head.closest("table");
		head.textContent = "";
		head.append(button);
		button.addEventListener("click", () => {
			const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
			for (const other of all("th", table.tHead)) other.removeAttribute("aria-sort");
			head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
			for (const body of table.tBodies) {
				const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
				rows.sort((a, b) => compare(valueOf(a.cells[index]), valueOf(b.cells[index]), sign));
				body.append(...rows);
			}
		});
	}

	// Flame graphs: a frame that is clicked takes the whole width, with what is above and below it.
	const flames = all("g.flame").map((flame) => {
		const width = flame.ownerSVGElement.viewBox.baseVal.width;
		const frames = all("g.frame", flame).map((node) => {
			const rect = node.querySelector("rect");
			const [x, y, wide] = ["x", "y", "width"].map((key) => +rect.getAttribute(key));
			return { node, rect, x, y, wide, text: node.querySelector("text"), name: (titles.get(node) || "").split("\n")[0] };
		});
		const show = (frame) => {
			for (const other of frames) {
				const above = other.y < frame.y && other.x <= frame.x + 0.1 && other.x + other.wide >= frame.x + frame.wide - 0.1;
				const x = above ? 0 : ((other.x - frame.x) / frame.wide) * width;
				const wide = above ? width : (other.wide / frame.wide) * width;
				const seen = above || (other.y >= frame.y && x > -0.5 && x < width - 0.5);
				other.node.style.display = seen ? "" : "none";
				other.node.classList.toggle("above", above);
				other.rect.setAttribute("x", x);
				other.rect.setAttribute("width", Math.min(wide, width));
				if (!other.text && seen && wide > 24) {
					other.text = document.createElementNS("http://www.w3.org/2000/svg", "text");
					other.text.setAttribute("y", other.y + 13);
					other.node.append(other.text);
				}
				if (!other.text) continue;
				const room = Math.floor((Math.min(wide, width) - 8) / 7);
				other.text.setAttribute("x", x + 4);
				other.text.textContent =
					room < 3 ? "" : other.name.length <= room ? other.name : `${other.name.slice(0, room - 1)}\u2026`;
			}
		};
		const whole = { x: 0, y: -1, wide: width };
		let shown = whole;
		for (const frame of frames)
			frame.node.addEventListener("click", () => show((shown = shown === frame ? whole : frame)));
		return frames;
	});

	// One field for all: rows of tables and charts, and frames. A share of the pages is told for frames.
	const field = make("input", "", { type: "search", placeholder: "Filter: case, contender, function", "aria-label": "Filter" });
	const told = make("output");
	const form = make("form", "", { class: "filter", role: "search" });
	form.append(field, told);
	form.addEventListener("submit", (event) => event.preventDefault());
	const first = document.querySelector("main h2, main section");
	if (first) first.before(form);
	const groups = all("tbody").map((body) => ({
		name: body.querySelector("tr.group")?.textContent.toLowerCase() ?? "",
		rows: all("tr:not(.group)", body).map((row) => [row, row.textContent.toLowerCase()]),
	}));
	const marks = [...titles].filter(([node]) => !node.classList.contains("frame")).map(([node, text]) => [node, text.toLowerCase()]);
	field.addEventListener("input", () => {
		const wanted = field.value.trim().toLowerCase();
		let rows = 0;
		for (const { name, rows: own } of groups)
			for (const [row, text] of own) {
				const seen = name.includes(wanted) || text.includes(wanted);
				row.hidden = !seen;
				rows += seen;
			}
		for (const [node, text] of marks) node.classList.toggle("faint", !text.includes(wanted));
		const shares = flames.map((frames) => {
			// Of frames within a frame that was found, only the outer one counts.
			let covered = [];
			let share = 0;
			for (const frame of frames) {
				const found = wanted !== "" && frame.name.toLowerCase().includes(wanted);
				frame.node.classList.toggle("found", found);
				if (!found || covered.some(([x, end]) => frame.x >= x - 0.1 && frame.x + frame.wide <= end + 0.1)) continue;
				covered.push([frame.x, frame.x + frame.wide]);
				share += frame.wide;
			}
			const width = frames.length ? frames[0].node.ownerSVGElement.viewBox.baseVal.width : 1;
			return (100 * share) / width;
		});
		const share = Math.max(0, ...shares);
		told.textContent = wanted === "" ? "" : `${rows} rows${share > 0 ? `, ${share.toFixed(0)}% of the pages of a flame graph` : ""}`;
	});
})();
