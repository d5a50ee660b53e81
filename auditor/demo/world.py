"""The demo's world in one folder: made in order, run on loopback, changed by drifts, audited by the real collectors.

FOLDER/policies.yaml   what the auditor is told
       clone/          a developer's clone
       gitea.git/      what Gitea holds
       nas/            releases/, current, nginx.conf: what the SSH server shows
       slots/blue/     what the blue slot serves, and green/ likewise
       state/          the auditor's own history
"""

import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko

from auditor.demo.certificate import server_context
from auditor.demo.forge import Forge
from auditor.demo.nas import SshServer
from auditor.demo.repository import Repository
from auditor.demo.tool import install, lacking
from auditor.demo.web import Server, folder_responder, forge_responder

GIT_HOST, SITE_HOST = "git.demo.example", "www.demo.example"
OWNER, REPO = "Demo", "site"
BASE, URL = f"https://{GIT_HOST}", f"https://{SITE_HOST}/"
RELEASE = "20260101-120000"
DAY = 86_400
_PAGE = """<!doctype html>
<html lang="en">
<title>Demo</title>
<p>{text}</p>
<p><a href="{base}/{owner}/{repo}/issues/new?title=A%20proposal&amp;body=What%20I%20propose">Proposer</a></p>
</html>
"""
_LOST = "<!doctype html>\n<html lang='en'>\n<title>Not found</title>\n<p>Nothing is here.</p>\n</html>\n"
VARIABLES = {"PUBLIC_GITEA_BASE": BASE, "PUBLIC_GITEA_OWNER": OWNER, "PUBLIC_GITEA_REPO": REPO}
_ENV = "".join(f"{name}={value}\n" for name, value in VARIABLES.items())
_POLICY = """# The demo's site: every address is on this machine.
schema: 1
extends: standard
id: demo
local: {{path: clone}}
gitea:
  base: {base}
  owner: {owner}
  repo: {repo}
  ca: ca.pem
  token: {{file: token}}
  checks: ["CI / build"]
  branch_names: ["feat/*", "hotfix/*"]
  owner_rights: true
nas:
  ssh: auditor@127.0.0.1:{ssh_port}
  key: {{file: nas_key}}
  host_key: "{host_key}"
  root: {root}
  slots:
    - {{name: blue, port: {blue}}}
    - {{name: green, port: {green}}}
  proxy: {{kind: nginx, files: ["{root}/nginx.conf"]}}
  docker: none
  smoke: [{{path: /, status: 200, contains: Proposer}}]
site:
  url: {url}
  ca: ca.pem
  browser: never
secrets: {{verify: true}}
connect: {{"{git_host}:443": "127.0.0.1:{gitea}", "{site_host}:443": "127.0.0.1:{site}"}}
history: {{path: state}}
"""
_NGINX = """server {{
    listen 443 ssl;
    server_name {host};
    location / {{ proxy_pass http://127.0.0.1:{port}; }}
}}
"""


class World:
    """The world of one folder; a context manager that runs its servers. Drifts change what is public here.

    Its NAS brings the commands along that this machine lacks.
    """

    def __init__(self, folder: Path, *, lacks: Sequence[str] | None = None) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.repository = Repository(self.folder / "gitea.git")
        self.forge = Forge(BASE, OWNER, REPO, secrets.token_hex(20), self.repository)
        self.forge.variables = dict(VARIABLES)
        self.active = "blue"
        self._lacks = lacking() if lacks is None else lacks
        self._servers: list[Server | SshServer] = []
        self._slots: dict[str, Server] = {}
        self._write_history()
        self._deploy()
        self.repository.check_out(self.clone, self.repository.tip("refs/heads/main"), f"{BASE}/{OWNER}/{REPO}.git")
        # of plain words, so that nothing but itself gives it away
        self.password = f"opal-garnet-{secrets.token_hex(3)}"
        self._keep_secret("clone/.env", f"{_ENV}DEPLOY_PASSWORD={self.password}\n")

    @property
    def clone(self) -> Path:
        """The developer's clone."""
        return self.folder / "clone"

    @property
    def nas(self) -> Path:
        """The site's folder on the NAS."""
        return self.folder / "nas"

    @property
    def release(self) -> Path:
        """The code that the NAS says it runs."""
        return self.nas / "releases" / RELEASE / "app"

    @property
    def policy(self) -> Path:
        """The policy file."""
        return self.folder / "policies.yaml"

    def slot(self, name: str) -> Path:
        """What a slot serves."""
        return self.folder / "slots" / name

    def __enter__(self) -> Self:
        context = server_context(self.folder, (GIT_HOST, SITE_HOST))
        gitea = Server(forge_responder(self.forge), context=context)
        site = Server(folder_responder(lambda: self.slot(self.active)), context=context)
        slots = {name: Server(folder_responder(lambda name=name: self.slot(name))) for name in ("blue", "green")}  # type: ignore[misc]
        self._slots, self.ports = slots, {name: server.port for name, server in slots.items()}
        host_key, client_key = (paramiko.ECDSAKey.generate() for _ in range(2))
        tools = self.folder / "tools"
        install(tools, self._lacks)
        ssh = SshServer(host_key, client_key, self.nas, tools if self._lacks else None)
        self._servers = [gitea, site, *slots.values(), ssh]
        self._keep_secret("token", self.forge.token)
        self._keep_secret("nas_key", client_key)
        self.point_proxy(self.ports["blue"])
        self.policy.write_text(
            _POLICY.format(
                base=BASE,
                owner=OWNER,
                repo=REPO,
                url=URL,
                git_host=GIT_HOST,
                site_host=SITE_HOST,
                root=self.nas,
                ssh_port=ssh.port,
                host_key=host_key.fingerprint,
                gitea=gitea.port,
                site=site.port,
                **self.ports,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        self.repository.close()

    def merge(self, files: Mapping[str, bytes], title: str, *, days_ago: float) -> str:
        """A branch with these changes, merged into main by a pull request with green CI; gives the merge commit."""
        at, main = time.time() - days_ago * DAY, self.repository.tip("refs/heads/main")
        whole = {**self.repository.files(main), **files}
        number = len(self.forge.pulls) + 1
        head = self.repository.commit(f"refs/heads/feat/{number}", whole, title, parents=(main,), at=at)
        pull = self.forge.open_pull(f"feat/{number}", head, main, at, title)
        merged = f"Merge pull request '{title}' (#{number})"
        commit = self.repository.commit("refs/heads/main", whole, merged, parents=(main, head), at=at + 60)
        self.forge.merge(pull, commit, at + 60)
        self.forge.report(head, "pull_request")
        self.forge.report(commit, "push")
        return commit

    def push(self, files: Mapping[str, bytes], message: str, *, days_ago: float = 0) -> str:
        """A commit straight on main, with green CI."""
        main = self.repository.tip("refs/heads/main")
        whole = {**self.repository.files(main), **files}
        at = time.time() - days_ago * DAY
        commit = self.repository.commit("refs/heads/main", whole, message, parents=(main,), at=at)
        self.forge.report(commit, "push")
        return commit

    def stop(self, slot: str) -> None:
        """The slot's server ends."""
        server = self._slots.pop(slot)
        self._servers.remove(server)
        server.close()

    def point_proxy(self, port: int) -> None:
        """The proxy's rule for the site leads to this port."""
        (self.nas / "nginx.conf").write_text(_NGINX.format(host=SITE_HOST, port=port))

    def _write_history(self) -> None:
        files = {
            ".gitignore": b"node_modules/\n.env\n.env.*\n!.env.example\n",
            ".env.example": _ENV.encode(),
            "www/index.html": page("The first page."),
            "www/404.html": _LOST.encode(),
            "README.md": b"# Demo\n",
        }
        first = time.time() - 40 * DAY
        commit = self.repository.commit("refs/heads/feat/1", files, "The site", parents=(), at=first)
        self.repository.point("refs/heads/main", commit)
        self.merge({"www/index.html": page("Welcome.")}, "A kinder page", days_ago=20)
        self.merge({"README.md": b"# Demo\n\nA small site.\n"}, "Say what it is", days_ago=3)

    def _deploy(self) -> None:
        """main, as the deployment left it two days ago."""
        tip = self.repository.tip("refs/heads/main")
        self.repository.check_out(self.release, tip, f"{BASE}/{OWNER}/{REPO}.git")
        self.nas.joinpath("current").symlink_to(Path("releases") / RELEASE / "app")
        for name in ("blue", "green"):
            shutil.copytree(self.release / "www", self.slot(name))

    def _keep_secret(self, name: str, secret: "str | paramiko.ECDSAKey") -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        if isinstance(secret, str):
            path.write_text(secret)
        else:
            secret.write_private_key_file(str(path))


def page(text: str, *, base: str = BASE, owner: str = OWNER, repo: str = REPO) -> bytes:
    """A page with the Proposer link."""
    return _PAGE.format(text=text, base=base, owner=owner, repo=repo).encode()
