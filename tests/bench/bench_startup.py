"""How long the program takes to say its help, against an interpreter that does nothing.

Run by hand: `python tests/bench/bench_startup.py [REPEATS]`. It prints both minima and their difference (at most
60 ms), and exits 1 beyond the limit.
"""

import os
import subprocess
import sys
import tempfile
import time

LIMIT_MS = 60


def measure(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd="/", env=environment)
    return (time.perf_counter() - began) * 1000


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as compiled:
        # compiled modules are kept, as an installation has them
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        measure(["-m", "auditor", "--help"], environment)
        # in turn, so that what else the machine does meets both alike
        rounds = [
            (measure(["-c", "pass"], environment), measure(["-m", "auditor", "--help"], environment))
            for _ in range(repeats)
        ]
    nothing, help_ = (min(column) for column in zip(*rounds, strict=True))
    print(f"pass {nothing:.0f} ms, --help {help_:.0f} ms, difference {help_ - nothing:.0f} ms (at most {LIMIT_MS})")
    return int(help_ - nothing > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
