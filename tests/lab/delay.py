"""A TCP proxy on loopback that delays both ways and can cut what comes back: latency, and connections that break.

with delay_proxy(port, seconds_each_way=0.02) as proxy:      # connect to proxy.port
"""

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 1 << 16


@dataclass
class DelayProxy:
    """A running proxy; `cut_after` ends a connection after so many bytes of the server, `connections` counts them."""

    target_port: int
    seconds_each_way: float = 0.0
    cut_after: int | None = None
    port: int = 0
    connections: int = 0
    bytes_back: int = 0
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        """Takes connections until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.append(end)
            self._pump(client, server, None)
            self._pump(server, client, self.cut_after)

    def _pump(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        waiting: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self._start(self._take, source, waiting)
        self._start(self._give, sink, waiting, limit)

    def _take(self, source: socket.socket, waiting: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
        piece = b"?"
        while piece:
            try:
                piece = source.recv(_PIECE)
            except OSError:
                piece = b""
            waiting.put((time.monotonic() + self.seconds_each_way, piece))

    def _give(self, sink: socket.socket, waiting: "queue.SimpleQueue[tuple[float, bytes]]", limit: int | None) -> None:
        """Sends each piece when it is due; an empty one is the end."""
        left = limit
        while True:
            due, piece = waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if left is not None:
                self.bytes_back += len(piece[:left])
                piece, left = piece[:left], left - len(piece)
            with suppress(OSError):
                sink.sendall(piece)
            if not piece or (left is not None and left <= 0):
                break
        if left is not None and left <= 0:
            self.end()
        else:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)

    def end(self) -> None:
        """Cuts every connection at once."""
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        """Waits for the threads and frees the sockets."""
        self.end()
        for thread in self._threads:
            thread.join(5)
        for end in self._open:
            end.close()

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()


@contextmanager
def delay_proxy(
    target_port: int, *, seconds_each_way: float = 0.0, cut_after: int | None = None, port: int = 0
) -> Iterator[DelayProxy]:
    """Runs a proxy before `target_port` of loopback until the block ends; on `port`, or any that is free."""
    proxy = DelayProxy(target_port, seconds_each_way, cut_after)
    listener = socket.create_server(("127.0.0.1", port))
    proxy.port = listener.getsockname()[1]
    acceptor = threading.Thread(target=proxy.serve, args=(listener,), daemon=True)
    acceptor.start()
    try:
        yield proxy
    finally:
        # a close alone does not wake accept
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        proxy.join()
