"""A page of metrics for a process that serves none yet."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        from okr_api.operations.metrics import exposition

        body, media = exposition()
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def serves_one_itself() -> bool:
    from okr_api.settings import Settings

    return "operations_port" in Settings.model_fields


if (port := os.environ.get("OKR_OPERATIONS_PORT")) and not serves_one_itself():
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
