# SPDX-License-Identifier: MIT
"""A small service: each request builds a report of 20,000 rows, and drops it."""
from http.server import BaseHTTPRequestHandler, HTTPServer

class Report(BaseHTTPRequestHandler):
    def do_GET(self):
        rows = [bytes(2000) for _ in range(20000)]
        body = b"%d rows\n" % len(rows)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", 8123), Report).serve_forever()
