"""A real nginx on loopback, over TLS: the built site under its own name, and Gitea's under another."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_need import need
from loopback import Authority
from sshd import connects, free_port

SITE, GIT = "archicratie.example", "git.archicratie.example"
_CONFIG = """user root; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    types {{ text/html html; text/javascript js; application/xml xml; }}
    gzip on; gzip_types text/javascript;
    access_log off; {temporary}
    ssl_certificate {certificate}; ssl_certificate_key {certificate};
    server {{
        listen 127.0.0.1:{port} ssl; server_name {site}; root {root}; error_page 404 /404.html;
        absolute_redirect off;
    }}
    server {{
        listen 127.0.0.1:{port} ssl; server_name {git};
        location / {{ proxy_pass {gitea}; proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https; }}
    }}
}}
"""


@dataclass(frozen=True)
class SiteNginx:
    """What the auditor is told, so that both names lead here and are believed."""

    ca: Path
    port: int

    @property
    def options(self) -> list[str]:
        """The options of `auditor proposer`."""
        names = (f"{name}:443=127.0.0.1:{self.port}" for name in (SITE, GIT))
        return ["--ca", str(self.ca), *(word for name in names for word in ("--connect", name))]


@contextmanager
def run_site(folder: Path, root: Path, gitea: str) -> Iterator[SiteNginx]:
    """Serves the files below `root`, and hands Gitea's requests to `gitea`, until the block ends."""
    nginx = need("nginx", "nginx-light")
    authority = Authority(folder)
    authority.context(SITE, GIT)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    port = free_port()
    (folder / "nginx.conf").write_text(
        _CONFIG.format(
            folder=folder,
            temporary=" ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds),
            certificate=folder / f"{SITE}30.pem",
            port=port,
            site=SITE,
            git=GIT,
            root=root,
            gitea=gitea,
        )
    )
    command = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"), "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 10
            while not connects(port):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"nginx did not start: {(folder / 'error.log').read_text()}")
                time.sleep(0.01)
            yield SiteNginx(authority.file, port)
        finally:
            process.terminate()
            process.communicate(timeout=10)
