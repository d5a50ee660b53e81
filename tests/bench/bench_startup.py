"""How long the program takes to say its help, and the gate to send its first byte, against `python -c pass`.

Run by hand: `python tests/bench/bench_startup.py [REPEATS]`. It prints the minima and their differences (at most 60 ms
and 200 ms), and exits 1 beyond a limit.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELP_MS, GATE_MS = 60, 200


def measure(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd="/", env=environment)
    return (time.perf_counter() - began) * 1000


def first_byte(policy: Path, listener: socket.socket, environment: dict[str, str]) -> float:
    """Until a server has the first byte of the gate."""
    command = [sys.executable, "-m", "auditor", "gate", "-q", "--timeout", "60", "-c", str(policy)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        listener.settimeout(60)
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            took = (time.perf_counter() - began) * 1000
            process.kill()
    return took


def site(folder: Path, port: int) -> Path:
    api = f"http://127.0.0.1:{port}"
    gitea = {"base": "https://git.example.net", "api": api, "owner": "Acme", "repo": "site"}
    data = {"schema": 1, "extends": "standard", "id": "bench", "gitea": gitea, "history": {"path": "state"}}
    file = folder / "policies.yaml"
    file.write_text(json.dumps(data))
    return file


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        # compiled modules and rules are kept, as an installation has them
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/compiled", "XDG_CACHE_HOME": f"{folder}/cache"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        policy = site(Path(folder), listener.getsockname()[1])
        measure(["-m", "auditor", "--help"], environment)
        for _ in range(2):
            first_byte(policy, listener, environment)
        # in turn, so that what else the machine does meets all alike
        rounds = [
            (
                measure(["-c", "pass"], environment),
                measure(["-m", "auditor", "--help"], environment),
                first_byte(policy, listener, environment),
            )
            for _ in range(repeats)
        ]
    nothing, help_, gate = (min(column) for column in zip(*rounds, strict=True))
    print(f"pass {nothing:.0f} ms, --help {help_:.0f} ms, difference {help_ - nothing:.0f} ms (at most {HELP_MS})")
    print(f"the gate's first byte {gate:.0f} ms, difference {gate - nothing:.0f} ms (at most {GATE_MS})")
    return int(help_ - nothing > HELP_MS or gate - nothing > GATE_MS)


if __name__ == "__main__":
    sys.exit(main())
