# SPDX-License-Identifier: MIT
"""The kernel's share of a program's CPU time for memory, by perf and by explain, in percent."""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

CALL = re.compile(r"^__(?:x64|ia32|arm64|do)_sys_(madvise|mmap|munmap|mremap|brk|mprotect|mlock\w*)$")
START = re.compile(r"^__(?:x64|ia32|arm64|do)_sys_(execve|execveat|fork|vfork|clone|clone3)$")
CALL_METRICS = ("madvise_dontneed_ns", "madvise_free_ns", "munmap_ns", "brk_ns", "mmap_ns", "mremap_ns", "mprotect_ns",
                "populate_ns")
START_METRICS = ("exec_ns", "fork_ns")


def perf_shares(command, scratch):
    """Faults, calls and starts in percent of all samples."""
    data = f"{scratch}/perf.data"
    subprocess.run(["perf", "record", "-q", "-F", "1999", "-e", "cpu-clock", "-g", "-o", data, *command], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    text = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym"], check=True, capture_output=True,
                          text=True, errors="replace").stdout
    counts = {"faults": 0, "calls": 0, "starts": 0}
    samples = [part for part in text.split("\n\n") if part.strip()]
    for sample in samples:
        names = [line.split(None, 1)[1] for line in sample.splitlines() if len(line.split(None, 1)) == 2]
        if "asm_exc_page_fault" in names:
            counts["faults"] += 1
        elif any(CALL.match(name) for name in names):
            counts["calls"] += 1
        elif any(START.match(name) for name in names):
            counts["starts"] += 1
    return {key: 100 * count / len(samples) for key, count in counts.items()}


def explain(command, scratch, *options):
    """The document of explain."""
    path = f"{scratch}/explain.json"
    subprocess.run([ROOT / "build/madvisor", "explain", "--probe", "bpf", "--quiet", *options, "--json", path, "--", *command],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def shares_of(document):
    """The same as of perf from what explain saw, and the error of the faults."""
    run = next(run for run in document["runs"] if run["observed"])
    metrics = run["metrics"]
    cpu_ns = metrics["cpu_ns"] - metrics["observer_ns"]

    def percent(*names):
        return 100 * sum(metrics[name] or 0 for name in names) / cpu_ns

    return {"faults": percent("fault_ns"), "calls": percent(*CALL_METRICS), "starts": percent(*START_METRICS),
            "error": None if metrics["fault_error_ns"] is None else percent("fault_error_ns")}


def error_text(shares):
    """Where too few of the faults that bring huge pages were timed, the error is not known."""
    return "error not known" if shares["error"] is None else f"±{shares['error']:.0f}"


def total(shares):
    return shares["faults"] + shares["calls"] + shares["starts"]
