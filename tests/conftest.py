"""Servers on loopback that any test may start; each answers as the test tells it."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings
from loopback import Answer, Authority, Server

# its limits are on the clock, which says nothing on a busy machine
settings.register_profile("auditor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("auditor")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session", autouse=True)
def rule_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The second engine of the secret search compiles its rules once for all processes, whatever home they have."""
    os.environ["KF_RULE_CACHE_DIR"] = str(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers: `serve(answer)`, or `serve(answer, context)` for https."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(answer: Answer, context: ssl.SSLContext | None = None) -> Server:
        server = Server(answer, context)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
