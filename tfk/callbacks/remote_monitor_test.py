# Copyright 2026 The tfk Authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     https://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""Tests for logs that are sent to a server."""

import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

from tfk import callbacks


@pytest.fixture
def server():
    """A server that keeps what it is sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            self.server.received.append(
                (self.path, dict(self.headers), self.rfile.read(size).decode())
            )
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("localhost", 0), Handler)
    server.received, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


LOGS = {"loss": 0.5, "iou": np.array([0.25, 1.0]), "acc": np.float32(0.5)}
MESSAGE = {"epoch": 3, "loss": 0.5, "iou": [0.25, 1.0], "acc": 0.5}


class RemoteMonitorTest:
    def test_sends_forms_and_json(self, server):
        root = f"http://localhost:{server.server_port}"
        callbacks.RemoteMonitor(root).on_epoch_end(3, LOGS)
        callbacks.RemoteMonitor(
            root, "/here/", headers={"X-Key": "1"}, send_as_json=True
        ).on_epoch_end(3, LOGS)
        (path, _, form), (other, headers, text) = server.received
        assert (path, other) == ("/publish/epoch/end/", "/here/")
        (field,) = urllib.parse.parse_qs(form)["data"]
        assert json.loads(field) == json.loads(text) == MESSAGE
        assert headers["Content-Type"] == "application/json"
        assert headers["X-Key"] == "1"

    def test_failures_are_warnings(self, server):
        root = f"http://localhost:{server.server_port}"
        server.status = 500
        with pytest.warns(UserWarning, match="epoch 3.*500"):
            callbacks.RemoteMonitor(root).on_epoch_end(3, LOGS)
        with pytest.warns(UserWarning, match="could not send"):
            callbacks.RemoteMonitor("http://localhost:1").on_epoch_end(0)
