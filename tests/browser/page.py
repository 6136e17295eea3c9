#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTML page in headless Chromium, as a TAP test: on three widths, by day and by night, without its script, on paper.

    page.py            the test
    page.py FOLDER     writes pictures of every kind of page into FOLDER instead, to be looked at
    page.py FILE.png RESULT.json    a picture of the beginning of one page, as README.md shows it
"""

import base64
import copy
import gzip
import html
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import browser

SOURCE = pathlib.Path(os.environ.get("MADVISOR_SOURCE", pathlib.Path(__file__).parents[2]))
MADVISOR = os.environ.get("MADVISOR", str(SOURCE / "build/madvisor"))
DOCUMENTS = ("setting", "why", "effect", "explained", "verified", "tuned", "sweep", "modes", "hostile")
WIDTHS = (1400, 900, 390)
# Smaller text than this on a screen is not read.
LEAST_TEXT_PX = 9
LARGEST_PAGE = 3_000_000

points = 0


def point(passed, name, *notes):
    global points
    points += 1
    print(f"{'ok' if passed else 'not ok'} {points} - {name}")
    if not passed:
        for note in notes:
            print(f"# {note}")
    sys.stdout.flush()


def render(document, folder):
    page = folder / (document.stem + ".html")
    subprocess.run([MADVISOR, "report", "--html", str(page), str(document)], check=True,
                   stdout=subprocess.DEVNULL, env=os.environ | {"LC_ALL": "C.UTF-8"})
    return page


def large(folder):
    """13 cases, 8 contenders beside the baseline, its twin and the limit, 50 rounds."""
    document = json.loads((SOURCE / "tests/fixtures/results/shootout.json").read_text(encoding="utf-8"))
    chance = random.Random(1)
    model = next(c for c in document["contenders"] if c["role"] == "contender")
    names = [c["name"] for c in document["contenders"] if c["role"] == "contender"]
    for i in range(8 - len(names)):
        extra = copy.deepcopy(model)
        extra["name"] = f"{model['name']}[narenas:{i + 1}]"
        document["contenders"].append(extra)
    first_case = document["cases"][0]
    cases = [copy.deepcopy(first_case) | {"name": f"mpsc/{2 ** i}K/senders={i + 1}"} for i in range(13)]
    runs = [run for run in document["runs"] if run["case"] == first_case["name"] and not run["observed"]]
    summaries = [summary for summary in document["summaries"] if summary["case"] == first_case["name"]]
    every_run, every_summary = [], []
    for case in cases:
        for contender in document["contenders"]:
            same = contender["name"].startswith(model["name"] + "[")
            of = model["name"] if same else contender["name"]
            run = next(run for run in runs if run["contender"] == of)
            for number in range(1, 51):
                again = copy.deepcopy(run) | {"case": case["name"], "contender": contender["name"], "round": number}
                again["metrics"]["wall_ns"] = round(again["metrics"]["wall_ns"] * chance.uniform(0.9, 1.1))
                again["metrics"]["peak_rss_bytes"] += chance.randrange(1 << 20)
                every_run.append(again)
            every_summary += [copy.deepcopy(summary) | {"case": case["name"], "contender": contender["name"]}
                              for summary in summaries if summary["contender"] == of]
    document |= {"cases": cases, "runs": every_run, "summaries": every_summary}
    path = folder / "large.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def words(text):
    return re.sub(r"\s+", "", text)


LOOKS = """(() => {
    const seen = (e) => e.getClientRects().length > 0;
    const svgs = [...document.querySelectorAll("svg")];
    const texts = [...document.querySelectorAll("svg text")].filter(seen).map((t) => 12 * t.ownerSVGElement.getBoundingClientRect().width / t.ownerSVGElement.viewBox.baseVal.width);
    const outside = [...document.querySelectorAll("svg text")].filter(seen).filter((t) => {
        const own = t.getBoundingClientRect(), all = t.ownerSVGElement.getBoundingClientRect();
        return own.right > all.right + 6 || own.left < all.left - 6;
    }).map((t) => t.textContent);
    const tables = [...document.querySelectorAll(".wide")].map((box) => {
        box.scrollLeft = 9999;
        const cell = box.querySelector("th[scope=row]");
        const at = cell ? cell.getBoundingClientRect().left - box.getBoundingClientRect().left : 0;
        const moved = box.scrollLeft;
        box.scrollLeft = 0;
        return [moved, at];
    });
    return {
        across: document.documentElement.scrollWidth - innerWidth,
        svgs: svgs.filter(seen).length,
        sections: [...document.querySelectorAll("section.chart")].filter((s) => [...s.querySelectorAll(":scope > div")].filter((d) => d.querySelector("svg") && seen(d)).length !== 1).map((s) => s.id),
        text: texts.length ? Math.min(...texts) : 99, outside, tables,
        background: getComputedStyle(document.body).backgroundColor,
    };
})()"""


def looks(chromium, page, name):
    """At every width, by day and by night."""
    backgrounds = set()
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            chromium.view(width, 900, scheme)
            chromium.open(page)
            look = chromium.value(LOOKS)
            problems = [f"says: {text}" for text in chromium.complaints()]
            problems += [f"asks for {url}" for url in chromium.requests()
                         if url != f"file://{page}" and not url.startswith("data:")]
            if look["across"] > 0:
                problems.append(f"{look['across']} px wider than the window")
            if look["svgs"] == 0 or look["sections"]:
                problems.append(f"not drawn for one width and shown so: {look['sections']}")
            if look["text"] < LEAST_TEXT_PX:
                problems.append(f"letters of {look['text']:.1f} px in a chart")
            problems += [f"cut at the edge of a chart: {text}" for text in look["outside"][:3]]
            if width == 390:
                problems += ["the first column of a table does not stay" for moved, at in look["tables"]
                             if moved > 0 and abs(at) > 1]
            backgrounds.add((scheme, look["background"]))
            point(not problems, f"{name}: {width} px, {scheme}", *problems)
    point(len(backgrounds) == 2 and len({colour for _, colour in backgrounds}) == 2,
          f"{name}: day and night differ", backgrounds)


def without_script(chromium, page, name):
    chromium.view(1400, 900)
    chromium.ask("Emulation.setScriptExecutionDisabled", value=True)
    chromium.open(page)
    root = chromium.ask("DOM.getDocument", depth=0)["root"]["nodeId"]
    shown = chromium.ask("DOM.getOuterHTML", nodeId=root)["outerHTML"]
    chromium.ask("Emulation.setScriptExecutionDisabled", value=False)
    point(shown.count("<svg") == page.read_text(encoding="utf-8").count("<svg") > 0 and 'class="filter"' not in shown,
          f"{name}: its charts stand without its script")


CELLS = """[...document.querySelectorAll("th, td, h1, h2, pre code, dd")].map((cell) => cell.innerText).filter((text) => text.trim())"""


def on_paper(chromium, page, name, folder):
    """All text of the tables is on the paper, within its edges."""
    chromium.view(1400, 900)
    chromium.open(page)
    cells = chromium.value(CELLS)
    pdf = folder / "page.pdf"
    chromium.print(pdf)
    printed = words(subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True,
                                   text=True).stdout)
    # A cell may be printed in several lines; what a hyphen would break is not broken.
    missing = [cell for cell in cells for word in cell.replace("Copy", "").split() if word not in printed]
    boxes = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    width = float(re.search(r'<page width="([\d.]+)"', boxes).group(1))
    beyond = [html.unescape(text) for right, text in re.findall(r'xMax="([\d.]+)"[^>]*>([^<]*)</word>', boxes)
              if float(right) > width]
    point(cells and not missing, f"{name}: no text is missing on paper", *missing[:5])
    point(not beyond, f"{name}: nothing is cut at the edge of the paper", *beyond[:5])


def uses(chromium, folder, pages):
    """What the script adds."""
    chromium.view(1400, 900)
    chromium.open(pages["why"])
    column = """(n) => [...document.querySelector("table").tBodies[0].rows].slice(1).map((r) => r.cells[n].textContent)"""
    before = chromium.value(f"({column})(0)")
    chromium.value("document.querySelectorAll('thead th button')[1].click()")
    up = chromium.value(f"({column})(1)")
    chromium.value("document.querySelectorAll('thead th button')[1].click()")
    down = chromium.value(f"({column})(1)")
    number = lambda text: float(re.match(r"[\d.]+", text).group())
    point([number(t) for t in up] == sorted(map(number, up)) and down == up[::-1] and len(before) == len(up),
          "a click on a column's head sorts, another the other way", up, down)
    find = """(text) => { const f = document.querySelector(".filter input"); f.value = text;
        f.dispatchEvent(new Event("input")); return [...document.querySelectorAll("tr:not(.group)")].filter((r) => r.getClientRects().length && !r.closest("thead")).map((r) => r.textContent + r.parentNode.rows[0].textContent); }"""
    rows = chromium.value(f"({find})('mimalloc')")
    point(rows and all("mimalloc" in row for row in rows), "the field leaves the rows that it names", rows[:3])
    point(len(chromium.value(f"({find})('')")) > len(rows), "and all of them when it is empty")
    # Scrolling hides what was said before, a frame later.
    chromium.value("""(document.querySelector('#pareto').scrollIntoView(),
        new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))))""")
    at = chromium.value("""(() => { const r = [...document.querySelectorAll("#pareto .at-wide g > .dot.k1")][1].getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()""")
    chromium.ask("Input.dispatchMouseEvent", type="mouseMoved", x=at[0], y=at[1])
    tip = chromium.value("(() => { const t = document.querySelector('.tip'); return t.hidden ? '' : t.textContent; })()")
    point("mimalloc" in tip and "peak memory" in tip, "a mark says its figures under the pointer", tip)

    chromium.open(pages["explained"])
    frame = """(name) => { const g = [...document.querySelectorAll("#flame .at-wide g.frame")].find((g) => g.querySelector("text")?.textContent.startsWith(name)); const r = g.querySelector("rect"); return [+r.getAttribute("x"), +r.getAttribute("width")]; }"""
    small = chromium.value(f"({frame})('xfree')")
    chromium.value("""[...document.querySelectorAll("#flame .at-wide g.frame")].find((g) => g.querySelector("text")?.textContent.startsWith("xfree")).dispatchEvent(new MouseEvent("click", { bubbles: true }))""")
    wide = chromium.value(f"({frame})('xfree')")
    point(small[1] < 600 and wide == [0, 840], "a frame that is clicked takes the whole width", small, wide)
    found = chromium.value("""(() => { const f = document.querySelector(".filter input"); f.value = "serve"; f.dispatchEvent(new Event("input"));
        return [document.querySelectorAll("g.frame.found").length, document.querySelector("output").textContent]; })()""")
    point(found[0] > 0 and "% of the pages" in found[1], "frames are found by name", found)
    point(chromium.value("document.querySelectorAll('pre .copy').length") > 0, "a line to paste has a button")
    point(not chromium.complaints(), "nothing was thrown", *chromium.complaints())

    chromium.open(pages["hostile"])
    point(chromium.value("document.querySelectorAll('img, b, iframe').length") == 0
          and chromium.value("document.scripts.length") == 1, "hostile names are text")


def carries_the_document(page, document, folder):
    text = page.read_text(encoding="utf-8")
    packed = re.search(r'download="madvisor-\w+\.json\.gz" href="data:application/gzip;base64,([^"]*)"', text)
    again = folder / "again.json"
    subprocess.run([MADVISOR, "report", "--json", str(again), str(document)], check=True, stdout=subprocess.DEVNULL)
    point(packed and gzip.decompress(base64.b64decode(packed.group(1))) == again.read_bytes(),
          f"{document.stem}: the page carries the whole document")


def in_browser(chromium, folder, pages, largest):
    for name, page in pages.items():
        looks(chromium, page, name)
        without_script(chromium, page, name)
        if shutil.which("pdftotext"):
            on_paper(chromium, page, name, folder)
    uses(chromium, folder, pages)
    chromium.view(1400, 900)
    chromium.open(largest)
    point(not chromium.complaints() and chromium.value("document.querySelectorAll('svg').length") > 26,
          "the largest page opens")
    took = chromium.value("performance.timing.loadEventEnd - performance.timing.navigationStart")
    print(f"# {largest.stat().st_size} bytes, loaded in {took} ms")


def take_pictures(chromium, pages, folder):
    for name, page in pages.items():
        for width in WIDTHS:
            chromium.view(width, 900)
            chromium.open(page)
            chromium.screenshot(pathlib.Path(folder) / f"{name}-{width}.png")


def take_one_picture(chromium, document, folder, picture):
    chromium.view(900, 1085)
    chromium.open(render(document, folder))
    chromium.screenshot_of_view(picture)


def main():
    program = browser.find()
    documents = {name: SOURCE / f"tests/fixtures/results/{name}.json" for name in DOCUMENTS}
    with tempfile.TemporaryDirectory(prefix="madvisor-page.") as name:
        folder = pathlib.Path(name)
        pages = {name: render(document, folder) for name, document in documents.items()}
        if len(sys.argv) == 1:
            for name, page in pages.items():
                carries_the_document(page, documents[name], folder)
            largest = render(large(folder), folder)
            point(largest.stat().st_size < LARGEST_PAGE, "13 cases, 8 contenders, 50 rounds: below 3 MB",
                  f"{largest.stat().st_size} bytes")
        if program:
            chromium = browser.Browser(program, folder / "profile")
            try:
                if len(sys.argv) > 2:
                    take_one_picture(chromium, pathlib.Path(sys.argv[2]), folder, sys.argv[1])
                    return
                if len(sys.argv) > 1:
                    take_pictures(chromium, pages, sys.argv[1])
                    return
                in_browser(chromium, folder, pages, largest)
            finally:
                chromium.close()
        elif len(sys.argv) > 1:
            sys.exit("page.py: there is no chromium to take pictures with")
        else:
            print(f"ok {points + 1} - the pages in a browser # SKIP there is no chromium")
    print(f"1..{points + (not program)}")


main()
