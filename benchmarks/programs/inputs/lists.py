# SPDX-License-Identifier: MIT
"""JSON out and in, and a sort, of many small records: what a data script does all day."""
import json

RECORDS = 150_000

rows = [{"id": i, "name": f"row {i * 7919 % RECORDS}", "tags": [f"t{i % k}" for k in (3, 5, 7)]}
        for i in range(RECORDS)]
text = json.dumps(rows)
back = json.loads(text)
back.sort(key=lambda row: row["name"])
print(len(text), back[0]["id"])
