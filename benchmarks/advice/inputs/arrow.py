# SPDX-License-Identifier: MIT
"""pyarrow: sums, a filter and a sort of 2 million numbers, four times."""
import pyarrow
import pyarrow.compute

table = pyarrow.table({"number": range(2_000_000)})
for i in range(4):
    column = pyarrow.compute.multiply(table["number"], 7)
    kept = table.filter(pyarrow.compute.greater(column, 1000))
    pyarrow.compute.sort_indices(kept["number"])
