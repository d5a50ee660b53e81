"""The demo's NAS: a real SSH server in this process that runs what it is told with `sh`, in a folder of its own."""

import logging
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from auditor.demo.tool import translated

_PIECE_BYTES = 1 << 16
_HANG_UP_SECONDS = 20


class _Listener(ThreadingTCPServer):
    daemon_threads = True


def _handler(serve: Callable[[socket.socket], None]) -> type[BaseRequestHandler]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            serve(self.request)

    return Handler


class SshServer:
    """Listens on loopback and lets one key in; each session runs one command.

    `tools` is a folder of commands for a machine that has not those of a NAS.
    """

    def __init__(self, host_key: paramiko.PKey, client: paramiko.PKey, home: Path, tools: Path | None = None) -> None:
        self._host_key, self._client, self._home, self._tools = host_key, client, home, tools
        self._listener = _Listener(("127.0.0.1", 0), _handler(self._serve))
        self.port: int = self._listener.server_address[1]
        # what a client does to its connection is told there, and belongs on nobody's screen
        logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        # a thread that still waited in `accept` would later take connections of the server that gets this descriptor
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()

    def _serve(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        transport.add_server_key(self._host_key)
        interface = _Interface(self._client)
        try:
            transport.start_server(server=interface)
            channel = transport.accept(20)
            if channel is None or not interface.asked.wait(20):
                return
            self._run(channel, interface.command)
            # the client hangs up: to do it here could cut off what is still on its way
            transport.join(_HANG_UP_SECONDS)
        except (paramiko.SSHException, OSError, EOFError):
            pass
        finally:
            transport.close()

    def _run(self, channel: paramiko.Channel, command: str) -> None:
        shell = shutil.which("sh") or "/bin/sh"
        process = subprocess.Popen(
            [shell, "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._home,
            env={"PATH": os.defpath, "HOME": str(self._home)},
        )
        with process:
            feeder = threading.Thread(target=_feed, args=(channel, process, self._tools), daemon=True)
            feeder.start()
            while process.stdout is not None and (piece := os.read(process.stdout.fileno(), _PIECE_BYTES)):
                channel.sendall(piece)
            channel.send_exit_status(process.wait())
            channel.close()
            feeder.join()


class _Interface(paramiko.ServerInterface):
    """One login with the one key, one session, one command."""

    def __init__(self, client: paramiko.PKey) -> None:
        self._client = client
        self.asked = threading.Event()
        self.command = ""

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 -- the parent's
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:  # noqa: ARG002 -- the parent's
        return AUTH_SUCCESSFUL if key == self._client else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 -- the parent's
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:  # noqa: ARG002 -- as above
        self.command = command.decode("utf-8", "replace")
        self.asked.set()
        return True


def _feed(channel: paramiko.Channel, process: subprocess.Popen[bytes], tools: Path | None) -> None:
    """What the client sends becomes the command's standard input."""
    if process.stdin is None:
        return
    with suppress(OSError, EOFError), process.stdin as stream:
        pieces = iter(lambda: channel.recv(_PIECE_BYTES), b"")
        if tools is None:
            stream.writelines(pieces)
        else:
            stream.write(translated(b"".join(pieces), tools))
