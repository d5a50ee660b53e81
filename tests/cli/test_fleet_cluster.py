"""A fleet on a real Dask cluster: what travels, what stays, who is refused, and what a lost worker costs."""

import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import LocalCluster
from distributed.security import Security
from loopback import Handler, Server

from auditor.config.trust import state_folder
from auditor.history.store import History
from tests.cli.conftest import AddSite, interrupted

# the worker's own, and what the client has under the same name
TOKEN, OTHER = "11223344556677889900aabbccddeeff00112233", "ffeeddccbbaa99887766554433221100ffeeddcc"
FEW_SECONDS = 20


def local_cluster(**options: Any) -> LocalCluster:
    return LocalCluster(processes=True, threads_per_worker=2, dashboard_address=":0", **options)


@pytest.fixture(scope="module")
def workers_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker")


@pytest.fixture(scope="module")
def cluster(workers_home: Path) -> Iterator[LocalCluster]:
    """One worker process with a home and a token of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "AUDITOR_", "XDG_"))]:
            patch.delenv(name)
        patch.setenv("HOME", str(workers_home))
        patch.setenv("SITE_TOKEN", TOKEN)
        with local_cluster(n_workers=1) as running:
            yield running


@pytest.fixture
def stuck(serve: Callable[..., Server]) -> Iterator[Server]:
    """A Gitea that takes requests and never answers one while the test runs."""
    over = threading.Event()

    def wait(_handler: Handler) -> None:
        over.wait(60)

    yield serve(wait)
    over.set()


def told(done: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def add_gitea(file: Path, server: Server) -> Path:
    gitea = f"{{base: 'http://127.0.0.1:{server.port}', owner: Acme, repo: site, token: {{env: SITE_TOKEN}}}}"
    file.write_text(f"{file.read_text()}gitea: {gitea}\n")
    return file


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + FEW_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill_worker(cluster: LocalCluster) -> None:
    """End the one worker by force, and wait for the one that takes its place."""
    [before] = cluster.scheduler.workers
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    until(lambda: bool(cluster.scheduler.workers) and before not in cluster.scheduler.workers)


class Relay(socketserver.BaseRequestHandler):
    """Carries what comes to the server's `port` and back, and keeps all of it in the server's `passed`."""

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.port)) as far:
            back = threading.Thread(target=self.carry, args=(far, self.request))
            back.start()
            self.carry(self.request, far)
            back.join()

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.server.passed.extend(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def relay(port: int) -> Iterator[tuple[int, bytearray]]:
    """Another port that leads to this one, and everything that passes it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        server.port, server.passed = port, bytearray()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1], server.passed
        server.shutdown()


def test_a_cluster_gives_the_lines_that_threads_give(
    inside: Any, add_site: AddSite, cluster: LocalCluster, tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text("schema: 1\nrules: [{id: local-main-fresh, severity: critical}]\n")
    broken, heir = tmp_path / "broken.yaml", add_site("heir")
    broken.write_text("schema: 1\nid: broken\nmoon: 1\n")
    heir.write_text(f"{heir.read_text()}extends: ../base.yaml\n")
    snapshot = tmp_path / "s.json"
    inside("collect", "-c", heir, "-o", snapshot)
    (tmp_path / "policies.yaml").write_text(heir.read_text().replace("../base", "base"))
    paths = (add_site("clean"), add_site("dirty", dirty=True), broken, heir, snapshot, tmp_path / "none.yaml")
    here = told(inside("fleet", *paths, "--no-store", "--format", "json"))
    there = told(inside("fleet", *paths, "--no-store", "--format", "json", "--dask", cluster.scheduler_address))
    for line in (*here["sites"], *there["sites"]):
        del line["finished_at"]
    assert here == there
    assert here["verdicts"] == {"compliant": 3, "non_compliant": 1, "inconclusive": 0, "not_judged": 2}


def test_whole_reports_come_back_where_a_format_shows_them(
    inside: Any, add_site: AddSite, cluster: LocalCluster
) -> None:
    file = add_site("dirty", dirty=True)
    done = inside("fleet", file, "--format", "sarif", "--dask", cluster.scheduler_address)
    [run] = told(done)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["secrets-env-files-private"]


def test_the_history_of_a_site_stays_with_the_worker(
    inside: Any, add_site: AddSite, cluster: LocalCluster, workers_home: Path, home: Path
) -> None:
    assert inside("fleet", add_site("stored"), "--dask", cluster.scheduler_address).returncode == 0
    own, workers = state_folder(), workers_home / state_folder().relative_to(home)
    assert not (own / "history.sqlite").exists()
    with History.open(workers) as history:
        assert history.latest("stored", mode="audit") is not None


def test_the_names_of_secrets_travel_and_never_a_value(
    inside: Any,
    add_site: AddSite,
    cluster: LocalCluster,
    serve: Callable[..., Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITE_TOKEN", OTHER)
    server = serve(lambda handler: handler.json(b"{}", 404))
    file = add_gitea(add_site("forge"), server)
    with relay(int(cluster.scheduler_address.rsplit(":", 1)[1])) as (port, passed):
        done = inside("fleet", file, "--no-store", "--dask", f"127.0.0.1:{port}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert {asked.headers.get("authorization") for asked in server.asked} >= {f"token {TOKEN}"}
    assert not any(OTHER in asked.headers.get("authorization", "") for asked in server.asked)
    assert b"SITE_TOKEN" in passed
    assert b"secrets" in passed
    assert TOKEN.encode() not in passed
    assert OTHER.encode() not in passed


def test_an_interrupt_takes_back_what_was_sent_and_writes_nothing(
    add_site: AddSite, cluster: LocalCluster, stuck: Server, tmp_path: Path, home: Path
) -> None:
    hung = [add_gitea(add_site(f"hung{number}"), stuck) for number in range(3)]
    words = ["fleet", *map(str, hung), "--dask", cluster.scheduler_address, "--format", f"json:{tmp_path}/f.json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until(lambda: bool(stuck.asked))
    assert interrupted(process) == (130, b"", b"")
    assert not (tmp_path / "f.json").exists()
    until(lambda: not cluster.scheduler.tasks)
    kill_worker(cluster)  # its threads would wait on, in the way of the next test


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://192.0.2.7:8786", "use tls://"),
        ("192.0.2.7:8786", "use tls://"),
        ("ws://127.0.0.1:8786", "not known here"),
        ("inproc://127.0.0.1:8786", "not known here"),
        ("tls://scheduler", "write tls://HOST:PORT"),
        ("tls://127.0.0.1:none", "write tls://HOST:PORT"),
        ("127.0.0.1", "write tls://HOST:PORT"),
    ],
)
def test_an_address_that_can_not_be_or_is_heard_by_others_is_refused(
    inside: Any, add_site: AddSite, address: str, says: str
) -> None:
    done = inside("fleet", add_site("clean"), "--dask", address)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_scheduler_that_is_not_there_is_told_before_anything_runs(
    inside: Any, add_site: AddSite, unused_port: int, home: Path
) -> None:
    done = inside("fleet", add_site("clean"), "--dask", f"tcp://127.0.0.1:{unused_port}", "--format", "json:f.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"'tcp://127.0.0.1:{unused_port}' can't be reached" in done.stderr
    assert "is it running there?" in done.stderr
    assert not (home / ".local").exists()


def test_tls_is_spoken_with_the_certificates_that_dask_is_configured_with(
    inside: Any, add_site: AddSite, tmp_path: Path
) -> None:
    security = Security.temporary()
    file, names = add_site("clean"), {"ca-file": "tls_ca_file", "cert": "tls_client_cert", "key": "tls_client_key"}
    for name, field in names.items():
        (tmp_path / name).write_text(getattr(security, field))
    own = {"ca-file": str(tmp_path / "ca-file"), "client": {name: str(tmp_path / name) for name in ("cert", "key")}}
    with local_cluster(n_workers=1, security=security, protocol="tls://") as running:
        refused = inside("fleet", file, "--dask", running.scheduler_address)
        with dask.config.set({"distributed.comm.tls": {**dask.config.get("distributed.comm.tls"), **own}}):
            done = inside("fleet", file, "--no-store", "--dask", running.scheduler_address)
    assert running.scheduler_address.startswith("tls://")
    assert refused.returncode == 2
    assert "DASK_DISTRIBUTED__COMM__TLS__" in refused.stderr
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "1 site: 1 compliant"), done.stderr


def test_a_cluster_without_a_worker_is_told(inside: Any, add_site: AddSite) -> None:
    with local_cluster(n_workers=0) as running:
        done = inside("fleet", add_site("clean"), "--dask", running.scheduler_address)
    assert done.returncode == 2
    assert "has no worker" in done.stderr


def test_a_worker_of_another_version_is_told_with_both(
    inside: Any, add_site: AddSite, cluster: LocalCluster, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "auditor-99.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: auditor\nVersion: 99.1\n")
    words = ["-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--no-nanny", "--nthreads", "1"]
    command = [sys.executable, *words, "--no-dashboard", "--local-directory", str(tmp_path)]
    worker = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(other.parent)}, stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(cluster.scheduler.workers) == 2)
        done = inside("fleet", add_site("clean"), "--dask", cluster.scheduler_address)
    finally:
        worker.terminate()
        worker.wait()
    until(lambda: len(cluster.scheduler.workers) == 1)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a worker has auditor 99.1: install the same on both" in done.stderr


def test_a_worker_that_dies_takes_its_site_alone_with_it(
    inside: Any, add_site: AddSite, cluster: LocalCluster, stuck: Server
) -> None:
    hung, clean = add_gitea(add_site("hung"), stuck), add_site("clean")
    scheduler = cluster.scheduler
    scheduler.allowed_failures = 0

    def kill() -> None:
        until(lambda: bool(stuck.asked) and len(scheduler.tasks) == 1)
        kill_worker(cluster)

    killer = threading.Thread(target=kill)
    killer.start()
    done = inside("fleet", hung, clean, "--no-store", "--format", "json", "--dask", cluster.scheduler_address)
    killer.join()
    lines = {Path(line["file"]).stem: line for line in told(done)["sites"]}
    assert done.returncode == 70, done.stderr
    assert (lines["hung"]["verdict"], lines["hung"]["exit_code"]) == (None, 70)
    assert "the cluster lost it (KilledWorker)" in lines["hung"]["error"]
    assert lines["clean"]["verdict"] == "compliant"
