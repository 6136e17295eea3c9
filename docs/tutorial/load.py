# SPDX-License-Identifier: MIT
"""Asks 150 times, and says how often a second."""
import time, urllib.request
start = time.monotonic()
for _ in range(150):
    urllib.request.urlopen("http://127.0.0.1:8123/").read()
print("rate: %.1f a second" % (150 / (time.monotonic() - start)))
