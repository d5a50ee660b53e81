"""A real nginx on loopback: the built site and Gitea over TLS, each under its name, or many sites by their ports."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_need import need
from loopback import Authority
from sshd import connects, free_port

SITE, GIT = "archicratie.example", "git.archicratie.example"
_MAIN = """user root; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    types {{ text/html html; text/javascript js; application/xml xml; application/json json; }}
    default_type "text/html"; charset utf-8; gzip on; gzip_types text/javascript;
    access_log off; {temporary}
{servers}
}}
"""
_FOLDER = "    server {{ listen 127.0.0.1:{port}; root {root}; error_page 404 /404.html; absolute_redirect off; }}"
_SITE = """    ssl_certificate {certificate}; ssl_certificate_key {certificate};
    server {{
        listen 127.0.0.1:{port} ssl; server_name {site}; root {root}; error_page 404 /404.html;
        absolute_redirect off;
    }}
    server {{
        listen 127.0.0.1:{port} ssl; server_name {git};
        location / {{ proxy_pass {gitea}; proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https; }}
    }}"""


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
    authority = Authority(folder)
    authority.context(SITE, GIT)
    port = free_port()
    certificate = folder / f"{SITE}30.pem"
    servers = _SITE.format(certificate=certificate, port=port, site=SITE, git=GIT, root=root, gitea=gitea)
    with _running(folder, servers, port):
        yield SiteNginx(authority.file, port)


@contextmanager
def run_folders(folder: Path, roots: Mapping[str, Path]) -> Iterator[dict[str, str]]:
    """Serves each folder at an origin of its own, by name, all from one nginx."""
    ports = {name: free_port() for name in roots}
    servers = "\n".join(_FOLDER.format(port=ports[name], root=root) for name, root in roots.items())
    with _running(folder, servers, *ports.values()):
        yield {name: f"http://127.0.0.1:{port}/" for name, port in ports.items()}


@contextmanager
def _running(folder: Path, servers: str, *ports: int) -> Iterator[None]:
    nginx = need("nginx", "nginx-light")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, temporary=temporary, servers=servers))
    command = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"), "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 60
            while not all(connects(port) for port in ports):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"nginx did not start: {(folder / 'error.log').read_text()}")
                time.sleep(0.01)
            yield
        finally:
            process.terminate()
            process.communicate(timeout=60)
