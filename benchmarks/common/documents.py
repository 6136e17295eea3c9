# SPDX-License-Identifier: MIT
"""madvisor's result documents, as rows of Markdown."""

import json
import pathlib
import textwrap

# A verdict says who is better; of memory and counts a reader wants to know who has more.
AMOUNTS = ("peak_rss_bytes", "minor_faults", "refaults")
MORE_OR_LESS = {"slower": "more", "faster": "less"}


def paragraph(text):
    """In lines that fit an editor."""
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def load(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def summary(document, contender, metric, case=None):
    """The summary, or None where it was not measured."""
    for item in document["summaries"]:
        if (item["contender"], item["metric"]) == (contender, metric) and case in (None, item["case"]):
            return item
    return None


def names(document):
    """The baseline first, then who was compared with it."""
    order = ("baseline", "contender")
    return [contender["name"] for role in order for contender in document["contenders"]
            if contender["role"] == role and not contender["withdrawn"]]


def title(contender):
    """`mimalloc 3.3.2`; of the program as it is also what serves it."""
    version = " ".join(filter(None, (contender["allocator"], contender["version"])))
    if contender["name"] == "self":
        return f"self ({version})"
    if contender["name"].startswith("self["):
        return contender["name"]
    return f"{contender['name']} {contender['version']}" if contender["version"] else contender["name"]


def ratio_text(item):
    """`0.90 (0.85–0.95) faster`."""
    if item is None or item["ratio"] is None:
        return "-"
    text = f"{item['ratio']:.2f}"
    if item["ratio_low"] is not None and item["ratio_high"] is not None:
        text += f" ({item['ratio_low']:.2f}–{item['ratio_high']:.2f})"
    verdict = item["verdict"] or ""
    if item["metric"] in AMOUNTS:
        verdict = MORE_OR_LESS.get(verdict, verdict)
    return f"{text} {verdict}".rstrip()


def estimate_text(item):
    """In a unit for people."""
    if item is None or item["estimate"] is None:
        return "-"
    value, metric = item["estimate"], item["metric"]
    if metric.endswith("_ns"):
        return f"{value / 1e6:,.0f} ms" if value < 1e10 else f"{value / 1e9:,.1f} s"
    if metric.endswith("_bytes"):
        return f"{value / 2 ** 20:,.1f} MiB" if value < 2 ** 30 else f"{value / 2 ** 30:,.2f} GiB"
    return f"{value:,.0f}"


def machine(document):
    """What the figures depend on, in a line."""
    host = document["host"]
    virtual = f", virtual machine ({host['virtualization']})" if host.get("virtualization") else ""
    return (f"{host['cpus']} CPUs ({host['cpu_model']}{virtual}), Linux {host['kernel'].split('-')[0]}, "
            f"{host['os']}, {host['libc']}")
