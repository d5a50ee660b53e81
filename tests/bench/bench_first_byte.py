"""How long `auditor gate` takes from its start to its first connection, against an interpreter that does nothing.

Run by hand: `python tests/bench/bench_first_byte.py [REPEATS]`. It prints the medians and the least of both, and exits
1 where the least differ by more than 200 ms. The environment of the tests costs more than an installation: httpx
imports rich where it finds it.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

LIMIT_MS = 200


def to_the_end(environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True, env=environment)
    return (time.perf_counter() - began) * 1000


def to_the_first_connection(server: socket.socket, policy: Path, environment: dict[str, str]) -> float:
    command = [sys.executable, "-m", "auditor", "gate", "-q", "-c", policy]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as gate:
        server.settimeout(60)
        server.accept()[0].close()
        took = (time.perf_counter() - began) * 1000
        gate.kill()
    server.setblocking(False)
    with suppress(BlockingIOError):  # what it asked besides
        while True:
            server.accept()[0].close()
    return took


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as base, socket.create_server(("127.0.0.1", 0)) as server:
        policy = Path(base, "policies.yaml")
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        policy.write_text(f"schema: 1\nid: bench\ngitea: {{base: '{address}', owner: Acme, repo: site}}\n")
        # compiled modules are kept, as an installation has them
        environment = {**os.environ, "XDG_CACHE_HOME": base, "HOME": base, "PYTHONPYCACHEPREFIX": f"{base}/pyc"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        to_the_first_connection(server, policy, environment)  # compiles rules and modules
        # in turn, so that what else the machine does meets both alike
        rounds = [
            (to_the_end(environment), to_the_first_connection(server, policy, environment)) for _ in range(repeats)
        ]
    nothing, gate = zip(*rounds, strict=True)
    for name, times in (("python -c pass", nothing), ("auditor gate", gate)):
        print(f"{name}: median {statistics.median(times):.0f} ms, least {min(times):.0f} ms")
    difference = min(gate) - min(nothing)
    print(f"difference of the least: {difference:.0f} ms (at most {LIMIT_MS})")
    return int(difference > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
