"""The two slots of the lab's NAS: real containers, kept from one test to the next while they are as they must be.

slots.start("blue", "web-blue:1")            # recreates the container only if something about it differs
slots.spoil("blue"); docker.run("exec", …)   # what was changed by hand is made anew for the next test
"""

import http.client
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from nas_docker import Docker
from sshd import free_port

SLOTS = ("blue", "green")
_READY_SECONDS = 60


@dataclass(frozen=True)
class Wish:
    """How a container is to be started."""

    tag: str
    image: str
    options: tuple[str, ...]


@dataclass
class Slots:
    """The containers `web_blue` and `web_green` on two ports of this machine."""

    docker: Docker
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in SLOTS})
    known: dict[str, Wish] = field(default_factory=dict)

    def start(
        self,
        slot: str,
        tag: str,
        *,
        address: str = "127.0.0.1",
        more: Sequence[str] = (),
        network: str | None = None,
        command: Sequence[str] = (),
        health: str | None = "healthy",
    ) -> None:
        """The slot's container from the image that `tag` means now; waits until it answers, and until its health."""
        published = [] if network else ["-p", f"{address}:{self.ports[slot]}:8082"]
        options = (*(("--network", network) if network else published), *more, tag, *command)
        wish = Wish(tag, self.docker.image_id(tag), options)
        if self.known.get(slot) != wish:
            self.remove(slot)
            labels = [f"com.docker.compose.{key}={value}" for key, value in _labels(slot).items()]
            given = [word for label in labels for word in ("--label", label)]
            self.docker.run("run", "-d", "--name", f"web_{slot}", "--restart", "unless-stopped", *given, *options)
            self.known[slot] = wish
        self.wait(slot)
        if health:
            self.await_health(slot, health)

    def remove(self, slot: str) -> None:
        """Takes the container away."""
        self.known.pop(slot, None)
        self.docker.run("rm", "-f", f"web_{slot}", check=False)

    def stop(self, slot: str) -> None:
        """Stops the container; the next test gets a new one."""
        self.spoil(slot)
        self.docker.run("stop", "-t", "0", f"web_{slot}")

    def spoil(self, slot: str) -> None:
        """Notes that a test changes the container by hand."""
        self.known.pop(slot, None)

    def execute(self, slot: str, *command: str) -> str:
        """`docker exec`, which spoils the container."""
        self.spoil(slot)
        return self.docker.run("exec", f"web_{slot}", *command)

    def get(self, slot: str, path: str = "/") -> tuple[int, bytes]:
        """What the slot answers on its port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[slot], timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def wait(self, slot: str) -> None:
        """Waits until the slot answers."""
        for _ in _patience(f"the slot {slot} does not answer"):
            try:
                self.get(slot)
            except (OSError, http.client.HTTPException):
                continue
            return

    def await_health(self, slot: str, health: str) -> None:
        """Waits for a state of the health check; an image without one has none."""
        template = "{{if .State.Health}}{{.State.Health.Status}}{{end}}"
        for _ in _patience(f"the slot {slot} does not become {health}"):
            if self.docker.inspect(f"web_{slot}", template) in ("", health):
                return


@contextmanager
def run_slots(docker: Docker) -> Iterator[Slots]:
    """The slots until the block ends."""
    slots = Slots(docker)
    try:
        yield slots
    finally:
        for slot in SLOTS:
            slots.remove(slot)


def _labels(slot: str) -> dict[str, str]:
    """What compose v2 writes; Debian has none to do it."""
    return {"project": "app", "service": f"web_{slot}", "oneoff": "False", "container-number": "1"}


def _patience(fault: str) -> Iterator[None]:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)
    raise RuntimeError(fault)
