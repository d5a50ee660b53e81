"""A Docker daemon of the lab's own, and images without download: busybox, Debian's nginx, a stand-in for alpine/git.

    with run_dockerd() as docker:                # skipped, with the reason, where none can start
        docker.run("build", "-t", "web:1", folder)
It lies in a folder and on a bridge of its own, and leaves nothing: no file, no link, no container.
"""

import io
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from re import findall

from lab_need import lack, need, need_root

BASE, STOCK_NGINX, GIT = "lab/busybox:1", "lab/nginx:1", "alpine/git:latest"
_START_SECONDS = 60
_NGINX = """user root; worker_processes 1; pid /run/nginx.pid; error_log /var/log/nginx/error.log;
events { worker_connections 64; }
http { include /etc/nginx/mime.types; access_log /var/log/nginx/access.log;
  server { listen 8082; root /usr/share/nginx/html; error_page 404 /404.html; } }
"""


@dataclass
class Docker:
    """A running daemon; `host` is for DOCKER_HOST."""

    folder: Path
    images: set[str] = field(default_factory=set)

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"unix://{self.folder}/docker.sock"

    def run(self, *arguments: str | Path, stdin: bytes = b"", check: bool = True) -> str:
        """Runs the client and gives what it printed on standard output."""
        done = subprocess.run([_client(), *arguments], env=self._environment(), input=stdin, capture_output=True)
        if check and done.returncode:
            raise RuntimeError(f"docker {arguments[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
        return done.stdout.decode("utf-8", "replace").strip()

    def build(self, context: Path, tag: str, arguments: Mapping[str, str], *, dockerfile: str = "Dockerfile") -> str:
        """Builds the image `tag` of a folder by its Dockerfile, and gives its id."""
        given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        self.run("build", "-q", "-t", tag, *given, "-f", context / dockerfile, context)
        return self.image_id(tag)

    def image_id(self, tag: str) -> str:
        """What a tag means now."""
        return self.run("inspect", "--type", "image", "--format", "{{.Id}}", tag)

    def inspect(self, container: str, template: str) -> str:
        """One field of a container; empty where there is none of that name."""
        return self.run("inspect", "--type", "container", "--format", template, container, check=False)

    def need_image(self, name: str) -> str:
        """Makes one of the lab's own images, once."""
        if name not in self.images:
            head = {BASE: [], STOCK_NGINX: [], GIT: ["-c", 'ENTRYPOINT ["/usr/bin/git"]']}[name]
            self.run("import", *head, "-", name, stdin=_MAKERS[name]())
            self.images.add(name)
        return name

    def _environment(self) -> dict[str, str]:
        # a builder that needs no plugin: the legacy one of the same client takes seconds for each image
        return {
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.folder / "client"),
            "DOCKER_BUILDKIT": "1",
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
        }


@contextmanager
def run_dockerd() -> Iterator[Docker]:
    """A daemon until the block ends."""
    need_root("a Docker daemon")
    program = need("dockerd", "docker.io")
    _client()
    left = [path for path in map(Path, ("/etc/docker/key.json", "/run/docker", "/run/containerd")) if not path.exists()]
    # the socket's path must stay short
    with tempfile.TemporaryDirectory(prefix="auditor-dockerd-", dir="/tmp", ignore_cleanup_errors=True) as name:
        docker = Docker(Path(name))
        try:
            with _bridge() as bridge, _daemon(program, docker, bridge):
                yield docker
        finally:
            for path in left:
                _forget(path)


@contextmanager
def _bridge() -> Iterator[str]:
    """A bridge with the first of the lab's networks that nobody has."""
    ip = need("ip", "iproute2")
    for number in range(200, 250):
        name = f"auditor{number}"
        if subprocess.run([ip, "link", "add", name, "type", "bridge"], capture_output=True).returncode == 0:
            break
    else:
        lack("no network bridge can be made here")
    try:
        subprocess.run([ip, "addr", "add", f"10.232.{number}.1/24", "dev", name], check=True, capture_output=True)
        subprocess.run([ip, "link", "set", name, "up"], check=True, capture_output=True)
        yield name
    finally:
        subprocess.run([ip, "link", "del", name], check=False, capture_output=True)


@contextmanager
def _daemon(program: str, docker: Docker, bridge: str) -> Iterator[None]:
    folder = docker.folder
    command = [
        *(program, "--data-root", f"{folder}/root", "--exec-root", f"{folder}/exec", "--host", docker.host),
        *("--pidfile", f"{folder}/pid", "--storage-driver=vfs", "--iptables=false", "--ip6tables=false"),
        *("--ip-forward=false", "--ip-masq=false", f"--bridge={bridge}", "--userland-proxy=true"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _await(docker, process)
        yield
    finally:
        with suppress(RuntimeError):
            if ids := docker.run("ps", "-aq").split():
                docker.run("rm", "-f", *ids)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _unmount(folder)


def _await(docker: Docker, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if docker.run("version", "--format", "{{.Server.Version}}", check=False):
            return
        time.sleep(0.05)
    tail = (docker.folder / "log").read_text("utf-8", "replace").strip().splitlines()[-1:]
    lack(f"no Docker daemon can start here: {' '.join(tail)[-300:]}")


def _unmount(folder: Path) -> None:
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for point in sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", point], check=False, capture_output=True)


def _forget(path: Path) -> None:
    """Takes away what the daemon made outside its folder, unless another one uses it by now."""
    if path.is_dir():
        with suppress(OSError):
            for below in sorted(path.rglob("*"), reverse=True):
                below.rmdir() if below.is_dir() else below.unlink()
            path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _client() -> str:
    # Debian's client brings its builder along, a newer one wants a plugin
    return "/usr/bin/docker" if Path("/usr/bin/docker").exists() else need("docker", "docker.io")


def _busybox() -> bytes:
    program = need("busybox", "busybox-static")
    names = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    return _tar([Path(program)], {f"bin/{name}": "busybox" for name in names if name != "busybox"}, {}, {})


def _nginx() -> bytes:
    """Debian's own nginx with its folders; the html comes by a Dockerfile."""
    program = Path(need("nginx", "nginx"))
    files = [Path(need("busybox", "busybox-static")), program, *_libraries(program), Path("/etc/nginx/mime.types")]
    folders = ("run", "tmp", "var/log/nginx", "var/lib/nginx", "usr/share/nginx/html")
    texts = {"etc/nginx/nginx.conf": _NGINX, "etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\n"}
    return _tar(files, {"bin/sh": "busybox"}, texts, dict.fromkeys(folders, 0o755))


def _alpine_git() -> bytes:
    program = Path(need("git", "git"))
    core = Path(subprocess.run([program, "--exec-path"], check=True, capture_output=True, text=True).stdout.strip())
    helpers = [path for path in core.iterdir() if path.is_file() and path.name.startswith("git-remote-http")]
    more = sorted({library for one in (program, *helpers) for library in _libraries(one)})
    files = [Path(need("busybox", "busybox-static")), program, *helpers, *more]
    links = {"bin/sh": "busybox", f"{str(core).lstrip('/')}/git": str(program)}
    return _tar(files, links, {"etc/passwd": "root:x:0:0::/root:/bin/sh\n"}, {"git": 0o755, "tmp": 0o777})


def _libraries(program: Path) -> list[Path]:
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [Path(name) for name in findall(r"(/\S+)", told)]


def _tar(
    files: Sequence[Path], links: Mapping[str, str], texts: Mapping[str, str], folders: Mapping[str, int]
) -> bytes:
    """An archive of files of this machine at their own places, but busybox, which is in /bin."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as archive:
        for name, mode in folders.items():
            archive.addfile(_entry(name, tarfile.DIRTYPE, mode))
        for path in _once(files):
            data = path.resolve().read_bytes()
            name = "bin/busybox" if path.name == "busybox" else str(path).lstrip("/")
            archive.addfile(_entry(name, tarfile.REGTYPE, 0o755, len(data)), io.BytesIO(data))
        for name, text in texts.items():
            archive.addfile(_entry(name, tarfile.REGTYPE, 0o644, len(text)), io.BytesIO(text.encode()))
        for name, target in links.items():
            link = _entry(name, tarfile.SYMTYPE, 0o777)
            link.linkname = target
            archive.addfile(link)
    return into.getvalue()


def _once(files: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(files))


def _entry(name: str, kind: bytes, mode: int, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.mtime = kind, mode, size, 1_700_000_000
    return entry


_MAKERS = {BASE: _busybox, STOCK_NGINX: _nginx, GIT: _alpine_git}
