# SPDX-License-Identifier: MIT
"""polars: groups and a join of 2 million rows, six times."""
import polars

frame = polars.DataFrame({"key": polars.int_range(2_000_000, eager=True) % 5000,
                          "value": polars.int_range(2_000_000, eager=True)})
for i in range(6):
    means = frame.group_by("key").agg(polars.col("value").mean().alias("mean"))
    frame.join(means, on="key").select(polars.col("value") - polars.col("mean")).sum()
