"""The NAS witness over OpenSSH on loopback: a tree of 10,000 files and 118 MB, against `find` and `sha256sum` alone.

Run by hand: `python tests/bench/bench_nas.py [REPEATS]`. It prints the least seconds of a visit and of the bare command
over the same kind of connection (at most 1.15 × + 0.3 s), the memory (at most 120 MB), the cost of 40 ms of round trip
(at most 12 of them), and exits 1 beyond a limit. The three take turns, and the least counts: a busy machine only adds.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))

from delay import delay_proxy
from sshd import SshBox, run_sshd

from auditor.collectors.nas.script import Nonces, visit_input
from auditor.config import Config, Nas, Proxy, Slot
from auditor.transports.ssh.target import SshTarget
from auditor.transports.ssh.visit import visit

FILES, FOLDERS, BYTES = 10_000, 500, 118_000_000
RATIO_LIMIT, SECONDS_LIMIT, MEMORY_LIMIT_MB = 1.15, 0.3, 120
DISTANCE_SECONDS, ROUND_TRIPS = 0.04, 12
FRAME = "0f" * 16
FRAMES = Path(__file__).parents[1].joinpath("transports", "frames.sh").read_text()


def make_tree(root: Path) -> Path:
    chance = random.Random(7)
    app = root / "releases" / "20260201-120000" / "app"
    for number in range(FILES):
        path = app / f"d{number % FOLDERS}" / f"f{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(BYTES // FILES))
    (root / "current").symlink_to("releases/20260201-120000/app")
    return app


def bare(box: SshBox, app: Path) -> float:
    """The seconds of the bare command, framed so that the same transport verifies it."""
    find = f"cd '{app}' && find . -type f -exec sha256sum {{}} +"
    script = f"frame={FRAME}\n{FRAMES}\nfiles() {{ {find}; }}\nall() {{ framed files files; }}\nframed_answer all\n"
    seen = visit(SshTarget(**box.target()), stdin=script.encode(), frame=FRAME)
    assert seen.frames.complete
    assert (seen.frames.body("files") or b"").count(b"\n") == FILES
    return seen.took_seconds


def probed(box: SshBox, root: Path, port: int) -> tuple[float, int]:
    """Seconds and round trips of a visit with the probe."""
    section = Nas(root=str(root), slots=(Slot(name="blue", port=9),), docker="none", proxy=Proxy(kind="none"))
    stdin = visit_input(Config(id="bench", nas=section), Nonces("1" * 32, FRAME, "2" * 32))
    seen = visit(SshTarget(**box.target(port=port)), stdin=stdin.encode(), frame=FRAME)
    assert seen.frames.complete
    return seen.took_seconds, seen.round_trips


def memory_mb(box: SshBox, root: Path) -> float:
    """The peak of a whole `auditor audit`: collected, judged, stored."""
    policy, seen = root.with_name("policies.yaml"), root.with_name("snapshot.json")
    nas = {
        "root": str(root),
        "ssh": f"{box.user}@127.0.0.1:{box.port}",
        "key": {"file": str(box.key)},
        "host_key": next(iter(box.fingerprints.values())),
        "slots": [{"name": "blue", "port": 9}],
        "docker": "none",
        "proxy": {"kind": "none"},
    }
    policy.write_text(json.dumps({"schema": 1, "id": "bench", "history": {"path": "state"}, "nas": nas}))
    command = [sys.executable, "-m", "auditor", "audit", "-q", "-c", policy, "--snapshot-out", seen]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    assert len(json.loads(seen.read_text())["nas"]["releases"][0]["files"]) == FILES
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main(repeats: int = 5) -> int:
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder, ExitStack() as stack:
        root = Path(folder) / "web"
        app = make_tree(root)
        box = stack.enter_context(run_sshd(options=[f"SetEnv PATH=/usr/bin:/bin HOME={folder}"]))
        proxy = stack.enter_context(delay_proxy(box.port, seconds_each_way=DISTANCE_SECONDS / 2))
        bare(box, app)
        runs = [(bare(box, app), probed(box, root, box.port), probed(box, root, proxy.port)) for _ in range(repeats)]
        memory = memory_mb(box, root)
    find = min(run[0] for run in runs)
    near = min(run[1][0] for run in runs)
    far = min(run[2][0] for run in runs)
    limit, cost = RATIO_LIMIT * find + SECONDS_LIMIT, (far - near) / DISTANCE_SECONDS
    print(f"find -exec sha256sum: {find:.2f} s; visit: {near:.2f} s (at most {limit:.2f} s)")
    print(f"memory: {memory:.0f} MB (at most {MEMORY_LIMIT_MB} MB)")
    print(f"40 ms of round trip: {cost:.1f} round trips (at most {ROUND_TRIPS}; counted: {runs[0][2][1]})")
    return int(near > limit or memory > MEMORY_LIMIT_MB or cost > ROUND_TRIPS)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
