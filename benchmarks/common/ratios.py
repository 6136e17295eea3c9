# SPDX-License-Identifier: MIT
"""Ratios of interleaved runs: medians over the rounds, and their intervals."""

import math
import pathlib
import platform
import statistics


def median_interval(values):
    """The narrowest symmetric pair of order statistics that covers the median at 95%, or None.

    Assumes nothing of the distribution.
    """
    ordered, count = sorted(values), len(values)
    tail, rank = 0.0, 0
    while rank < count // 2:
        step = math.comb(count, rank) / 2 ** count
        if tail + step > 0.025:
            break
        tail += step
        rank += 1
    if rank == 0:
        return None
    return ordered[rank - 1], ordered[count - rank]


def median_text(ratios):
    interval = median_interval(ratios)
    text = f"{statistics.median(ratios):.2f}"
    if interval is None:
        return text + " (too few rounds for an interval)"
    return f"{text} [{interval[0]:.2f}, {interval[1]:.2f}]"


def machine():
    """What the figures depend on, in a line."""
    cpu = platform.machine()
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
    except OSError:
        pass
    return cpu, f"Linux {platform.release().split('-')[0]}", " ".join(platform.libc_ver())
