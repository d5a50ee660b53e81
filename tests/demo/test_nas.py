"""The demo's NAS: its SSH server is gone when it is closed."""

import socket
from pathlib import Path

import paramiko
import pytest

from auditor.demo.nas import SshServer


def test_a_closed_server_takes_no_connection_any_more(tmp_path: Path) -> None:
    key = paramiko.ECDSAKey.generate()
    server = SshServer(key, key, tmp_path)
    with socket.create_connection(("127.0.0.1", server.port), 20) as met:
        assert met.recv(4) == b"SSH-"
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 20)
