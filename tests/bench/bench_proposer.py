"""The Proposer link of a site of 50 pages and 2 MB of scripts behind nginx on loopback, against curl.

Run by hand: `python tests/bench/bench_proposer.py [REPEATS]`. Reading everything (tiers attribute, folded, literal, and
the search for secrets) takes at most 1.5 × what one curl a file takes, one after another; the command's first request
leaves at most 250 ms after `python -c pass` would have ended (`--help`, which may take 60, tells a busy machine); the
whole command keeps within 200 MB, on a page of 200 MB too. It exits 1 beyond a limit.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))

from site_server import SiteServer
from sshd import connects, free_port

PAGES, SCRIPTS, SCRIPT_BYTES = 50, 40, 52_500
RATIO_LIMIT, START_LIMIT_MS, MEMORY_LIMIT_MB = 1.5, 250, 200
BUILT = Path(__file__).parents[1] / "data" / "site" / "astro" / "built" / "right"
EXPECT = ("https://git.archicratie.example", "Archicratia", "archicratie-edition")
READ = """
import sys, time
from auditor.collectors.site.crawl import Crawl
from auditor.collectors.site.gap import GapList
from auditor.detector.judgement import SecretJudge
from auditor.extraction.reading import Reading
from auditor.extraction.term import Terms
from auditor.interfaces import Deadline
from auditor.transports.http import HttpClient
import auditor.transports.http.courier, auditor.transports.http.exchange, selectolax.lexbor, tree_sitter_javascript
url, base, owner, repo, count = sys.argv[1:]
pages = ("/", *(f"/p{number}.html" for number in range(1, int(count))))
began = time.perf_counter()
deadline, gaps = Deadline.after(300), GapList()
reading = Reading(origin="public", address=url, judge=SecretJudge(b"k" * 32),
                  terms=Terms(base=base, owner=owner, repo=repo, site=url))
with HttpClient(deadline=deadline) as http:
    crawl = Crawl(http, url, deadline, gaps)
    assert crawl.read(reading, crawl.pages(pages, lambda _text: None), lambda _text: None)
serving = reading.serving()
print(time.perf_counter() - began)
assert not gaps.result() and not reading.faults, (gaps.result(), reading.faults)
assert {(one.base, one.owner, one.repo) for one in serving.links} == {(base, owner, repo)}, serving.links
assert {one.tier for one in serving.links} == {"attribute", "folded"}
"""


_PORT_TEXT = re.compile(r"(?:^|;)(?:import|export)\s*\{[^}]*\}(?:from\"[^\"]*\")?")
_NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    types {{ text/html html; text/javascript js; }}
    server {{ listen 127.0.0.1:{port}; root {folder}/site; gzip on; gzip_types text/javascript; }}
}}
"""


def make_site(folder: Path) -> list[str]:
    """Writes the site: minified chunks that load each other, the link in a lazy one; the paths of all that is read."""
    library = "".join(_PORT_TEXT.sub("", file.read_text()) for file in sorted(BUILT.glob("_astro/*.module.*.js")))
    (folder / "_astro").mkdir(parents=True)
    names = [f"chunk{number}.Ab{number:02}cdEf.js" for number in range(SCRIPTS)]
    for number, name in enumerate(names):
        blocks = SCRIPT_BYTES // len(library)
        body = "".join(f"function b{number}_{block}(){{{library}}}" for block in range(blocks))
        if number == 0:
            body = "".join(f'import"./{other}";' for other in names[1:10]) + body
            lazy = ",".join(f'()=>import("./{other}")' for other in names[10:])
            body += f"const load=[{lazy}];"
        if number == SCRIPTS - 1:
            base, owner, repo = EXPECT
            body += f'const o="{owner}",r="{repo}";export const go=()=>open(`{base}/${{o}}/${{r}}/issues/new?title=x`);'
        (folder / "_astro" / name).write_text(body)
    link = "/".join((*EXPECT, "issues/new?title=page"))
    prose = "<section><h2>Titre</h2><p>Une phrase de plus, <em>ni vraie ni fausse</em>.</p></section>" * 250
    pages = ["", *(f"p{number}.html" for number in range(1, PAGES))]
    for page in pages:
        head = f'<!doctype html><title>{page}</title><script type="module" src="/_astro/{names[0]}"></script>'
        (folder / (page or "index.html")).write_text(f'{head}<body>{prose}<a href="{link}">Proposer</a>')
    return [*pages, *(f"_astro/{name}" for name in names)]


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    port = free_port()
    (folder / "conf").write_text(_NGINX.format(folder=folder, port=port))
    process = subprocess.Popen(["nginx", "-c", str(folder / "conf"), "-p", str(folder)])
    try:
        while not connects(port):
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def curl(url: str, paths: list[str]) -> float:
    """The seconds of one curl a file."""
    began = time.perf_counter()
    for path in paths:
        subprocess.run(["curl", "-sf", "--compressed", "-o", os.devnull, url + path], check=True)
    return time.perf_counter() - began


def read(url: str) -> float:
    """The seconds of reading everything, as the collector does once the program is there."""
    command = [sys.executable, "-c", READ, url, *EXPECT, str(PAGES)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def command(url: str) -> tuple[float, float]:
    """Start of `auditor proposer` on the wall clock, and the most memory in MB that it held."""
    began = time.time()
    arguments = ["-m", "auditor", "proposer", "--no-browser", "--url", url, "--expect", *EXPECT]
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return began, usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def start_ms() -> tuple[float, float, float]:
    """From the start of the command to its first request; an interpreter that does nothing; `--help`."""
    asked: list[float] = []

    def first(handler: BaseHTTPRequestHandler) -> None:
        asked.append(time.time())
        handler.send_error(404)

    with SiteServer(pages={"/": first}) as site:
        began, _ = command(site.url)
    return (asked[0] - began) * 1000, plain("-c", "pass"), plain("-m", "auditor", "--help")


def plain(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return (time.perf_counter() - began) * 1000


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"<p>x" * (1 << 18))


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name, nginx(Path(name)) as url:
        Path(name).chmod(0o755)
        paths = make_site(Path(name) / "site")
        # in turn, so that what else the machine does meets both alike
        rounds = [(read(url), curl(url, paths)) for _ in range(repeats)]
        memory = command(url)[1]
    ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    with SiteServer(pages={"/": endless}) as site:
        large = command(site.url)[1]
    # the least of each: what else the machine does can only add
    first, nothing, help_ = (min(column) for column in zip(*(start_ms() for _ in range(2 * repeats)), strict=True))
    start, help_ = first - nothing, help_ - nothing
    print(f"reading {ours:.2f} s, curl {theirs:.2f} s: {ours / theirs:.2f} x (at most {RATIO_LIMIT})")
    print(f"start to first request {start:.0f} ms over `pass` (at most {START_LIMIT_MS}); --help {help_:.0f} ms")
    print(f"memory {memory:.0f} MB, on a page of 200 MB {large:.0f} MB (at most {MEMORY_LIMIT_MB})")
    return int(ours / theirs > RATIO_LIMIT or start > START_LIMIT_MS or max(memory, large) > MEMORY_LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
