# SPDX-License-Identifier: MIT
"""pandas: groups and copies of 1.5 million rows, eight times."""
import numpy
import pandas

frame = pandas.DataFrame({"key": numpy.arange(1_500_000) % 3000, "value": numpy.arange(1_500_000, dtype=float)})
for i in range(8):
    frame["share"] = frame["value"] / frame.groupby("key")["value"].transform("sum")
    frame = frame.copy()
