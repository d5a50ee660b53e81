"""A thousand stored snapshots summed up: `python tests/bench/bench_fleet.py [SNAPSHOTS]`, as one whole process.

Each is of a site with Gitea, a NAS and two slots, judged by every rule. It prints the time of each, by the clock and of
the processor, and the peak memory for a tenth of them and for all, also where every whole report is shown (SARIF); it
exits 1 beyond 10 ms each, or where the memory grows by more than 10 MB.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from auditor.pipeline.evaluation import snapshot_text

SNAPSHOTS, LIMIT_MS, LIMIT_MB = 1_000, 10.0, 10.0
WORLD = Path(__file__).parent.parent / "derive" / "nas" / "conftest.py"
POLICY = """
schema: 1
id: site
gitea: {base: "https://git.example.net", owner: Acme, repo: site}
nas:
  ssh: auditor@nas.lan
  key: {agent: true}
  host_key: SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
  root: /volume2/site
  slots:
  - {name: blue, port: 8081, container: web_blue}
  - {name: green, port: 8082, container: web_green}
site: {url: "https://www.example.net/"}
"""


def world() -> ModuleType:
    """The made-up site of the tests."""
    spec = importlib.util.spec_from_file_location("nas_world_of_tests", WORLD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def write(folder: Path, count: int) -> None:
    folder.mkdir()
    first = world().snapshot()
    for number in range(count):
        snapshot = replace(first, id=f"00000000-0000-7000-8000-{number:012x}")
        (folder / f"{number}.json").write_text(snapshot_text(snapshot))


def summed_up(base: Path, folder: Path, count: int, form: str = "json") -> tuple[float, float, float]:
    """Seconds by the clock, of the processor, and the peak in MB."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(base), "HOME": str(base)}
    words = ["fleet", "-c", base / "policies.yaml", folder, "--format", f"{form}:{base}/r.json"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", *map(str, words)], env=environment, stderr=subprocess.PIPE, text=True
    )
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    report = json.loads((base / "r.json").read_text())
    sites = report["sites"] if form == "json" else report["runs"]
    assert len(sites) == count, status
    assert all(one.get("verdict", "") is not None for one in sites), sites[0]["error"]
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SNAPSHOTS
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "policies.yaml").write_text(POLICY)
        write(base / "few", count // 10)
        write(base / "all", count)
        summed_up(base, base / "few", count // 10)  # the first run compiles
        _, _, little = summed_up(base, base / "few", count // 10)
        took, busy, much = summed_up(base, base / "all", count)
        _, _, shown_little = summed_up(base, base / "few", count // 10, "sarif")
        _, _, shown_much = summed_up(base, base / "all", count, "sarif")
    each, work = took / count * 1000, busy / count * 1000
    print(f"{count} snapshots: {each:.1f} ms each, {work:.1f} ms of a processor (at most {LIMIT_MS:.0f} ms)")
    print(f"peak: {little:.0f} MB for {count // 10}, {much:.0f} MB for {count} (at most {LIMIT_MB:.0f} MB more)")
    print(f"peak with every report: {shown_little:.0f} MB, {shown_much:.0f} MB (at most {LIMIT_MB:.0f} MB more)")
    # it only reckons: its own time, not that of what else the machine does
    return int(work > LIMIT_MS or max(much - little, shown_much - shown_little) > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
