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
"""RemoteMonitor: the logs of every epoch, sent to a server."""

import json
import urllib.parse
import urllib.request
import warnings

import numpy as np

from tfk.callbacks.callback import Callback

# A server that does not answer must not hold up the training.
_TIMEOUT = 5.0


class RemoteMonitor(Callback):
    """Sends the logs of every epoch to a server, as HTTP POST requests.

    Use it to watch a training from elsewhere: the server gets the epoch and
    the logs as JSON. A server that can't be reached costs a warning, and the
    training goes on.

    Arguments:
        root: The address of the server. Defaults to "http://localhost:9000".
        path: The path on it. Defaults to "/publish/epoch/end/".
        field: The field of the form that holds the JSON text, if it is sent as
            a form. Defaults to "data".
        headers: A dict of HTTP headers. Defaults to None.
        send_as_json: Whether to send the text as such, of the type
            "application/json", and not in a form. Defaults to False.

    Example:

    >>> monitor = tfk.callbacks.RemoteMonitor(
    ...     root="http://localhost:9000", send_as_json=True
    ... )
    """

    def __init__(
        self,
        root="http://localhost:9000",
        path="/publish/epoch/end/",
        field="data",
        headers=None,
        send_as_json=False,
    ):
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch, logs=None):
        message = {"epoch": epoch}
        for name, value in (logs or {}).items():
            if isinstance(value, (np.ndarray, np.generic)):
                value = value.tolist()
            message[name] = value
        request = self._request(json.dumps(message))
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT):
                pass
        # Whatever the network does, the training goes on.
        except Exception as error:
            warnings.warn(
                f"`RemoteMonitor` could not send the logs of epoch {epoch} to "
                f"{request.full_url!r}: {error}.",
                stacklevel=2,
            )

    def _request(self, text):
        if self.send_as_json:
            body, kind = text, "application/json"
        else:
            body = urllib.parse.urlencode({self.field: text})
            kind = "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **(self.headers or {})}
        return urllib.request.Request(
            self.root + self.path, body.encode("utf-8"), headers
        )
