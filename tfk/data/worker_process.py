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
"""What a worker process of a `Sequence` runs: a script without imports of tfk.

So a worker holds the interpreter and what the user's own module imports, and
starts in a tenth of a second where that leaves TensorFlow out. It talks with
`worker_pool` over a socket; its standard input ends when its parent does.
"""

import contextlib
import importlib.util
import io
import mmap
import os
import pickle
import random
import signal
import socket
import struct
import sys
import threading
import traceback
import types
from multiprocessing import spawn

# Buffers of arrays travel as they are, without a copy, from this size on.
_MIN_BUFFER = 1 << 15
_ALIGNMENT = 64


def pack(value, pickler=pickle.Pickler):
    """Pickles a value; the buffers of its arrays stay apart, not copied.

    Arguments:
        value: Any object that can be pickled.
        pickler: Class of the pickler.

    Returns:
        A list: the pickled bytes, and views of the buffers.
    """
    buffers = []

    def stays_in(buffer):
        view = buffer.raw()
        return view.nbytes < _MIN_BUFFER or buffers.append(view)

    stream = io.BytesIO()
    pickler(stream, 5, buffer_callback=stays_in).dump(value)
    return [stream.getbuffer(), *buffers]


def send(connection, parts):
    """Sends what `pack` gave.

    Arguments:
        connection: Socket.
        parts: List of bytes and buffers.
    """
    sizes = [len(parts), *(len(part) for part in parts)]
    connection.sendall(struct.pack(f"!{len(sizes)}Q", *sizes))
    for part in parts:
        connection.sendall(part)


def receive(connection):
    """Receives the value that the other side sent.

    Arguments:
        connection: Socket.

    Raises:
        EOFError: If the other side is gone.
    """
    (count,) = struct.unpack("!Q", _read(connection, 8))
    sizes = struct.unpack(f"!{count}Q", _read(connection, 8 * count))
    stream, *buffers = [_read(connection, size) for size in sizes]
    return pickle.loads(stream, buffers=buffers)


def _read(connection, size):
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = connection.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return data


def write_parts(file, parts):
    """Writes what `pack` gave into a file, for `_read_parts`.

    Arguments:
        file: File open for binary writing, at its start.
        parts: List of bytes and buffers.
    """
    for part in parts:
        file.write(part)
        file.write(bytes(-len(part) % _ALIGNMENT))
    file.flush()


def _read_parts(handle, sizes):
    """Maps a file into memory: all workers share it until they write to it."""
    view = memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_COPY))
    os.close(handle)
    start = 0
    for size in sizes:
        yield view[start : start + size]
        start += size + -size % _ALIGNMENT


class _Worker:
    """Loads the sequence and computes the batches that are asked for."""

    def __init__(self, connection):
        self._connection = connection
        self._main = {}
        self._sequence = None

    def run(self):
        """Serves until the parent closes the connection."""
        with contextlib.suppress(EOFError, ConnectionError):
            self._serve()

    def _serve(self):
        settings = receive(self._connection)
        sys.path[:] = settings["path"]
        sys.argv[:] = settings["argv"]
        self._main = settings["main"]
        _import_tfk_lazily()
        while True:
            kind, *content = receive(self._connection)
            send(self._connection, self._reply(kind, content))

    def _reply(self, kind, content):
        try:
            if kind == "sequence":
                self._load(*content)
                return pack(("ready",))
            ticket, index, seed = content
            _set_seed(seed)
            return pack(("batch", ticket, self._sequence[index]))
        except BaseException as error:
            ticket = content[0] if kind == "batch" else None
            return pack(("error", ticket, *_described(error)))

    def _load(self, sizes):
        _, handles, _, _ = socket.recv_fds(self._connection, 1, 1)
        stream, *buffers = _read_parts(handles[0], sizes)
        self._sequence = None
        unpickler = _Unpickler(io.BytesIO(stream), buffers=buffers)
        unpickler.main = self._main
        self._sequence = unpickler.load()


class _Unpickler(pickle.Unpickler):
    """Imports the script of the parent only if something of it is needed."""

    main = None

    def find_class(self, module, name):
        if module in ("__main__", "__mp_main__") and self.main:
            main, self.main = self.main, None
            # Runs the script under another name, once.
            spawn.prepare(main)
        return super().find_class(module, name)


def _described(error):
    """Returns the error (None if it can't travel), its name and traceback."""
    # The first entries are of this file.
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    text = "".join(
        traceback.format_exception(
            type(error), error, trace or error.__traceback__
        )
    )
    name = "".join(traceback.format_exception_only(type(error), error)).strip()
    copy = None
    # A generator can't raise `StopIteration`.
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        try:
            copy = pickle.dumps(error)
            pickle.loads(copy)
        except Exception:
            copy = None
    return copy, name, text


def _set_seed(seed):
    """Lets random draws follow from the batch, whichever worker computes it."""
    random.seed(seed)
    number = random.getrandbits(32)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(number)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(number)


class _LazyPackage(types.ModuleType):
    """`tfk`, which is imported once more than its `utils` is asked for.

    So a module with a subclass of `tfk.utils.Sequence` can be imported without
    TensorFlow.
    """

    def __getattr__(self, name):
        if name == "utils":
            return importlib.import_module("tfk.utils")
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        self.__class__ = types.ModuleType
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def _import_tfk_lazily():
    spec = importlib.util.find_spec("tfk")
    if spec is not None and "tfk" not in sys.modules:
        package = importlib.util.module_from_spec(spec)
        package.__class__ = _LazyPackage
        sys.modules["tfk"] = package


def _end_with_parent():
    """Ends the process, busy or not, as soon as the parent is gone."""
    while os.read(0, 1):
        pass
    sys.stdout.flush()
    os._exit(1)


def _main():
    # The parent blocked the signal until here. Ctrl-C ends a worker at once,
    # which wakes the parent.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        _Worker(connection).run()


if __name__ == "__main__":
    _main()
