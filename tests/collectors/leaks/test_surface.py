"""Files that are made to hold a secret, copies of env files among them: known by name, and searched at the tip, in the
history and in a folder alike."""

import base64
import random
import string
from pathlib import Path

import pytest

from auditor.collectors.leaks.folder import search_folder
from auditor.collectors.leaks.naming import is_env, is_noteworthy
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.task import Task
from auditor.model.missing import MISSING

from .conftest import KEY, Repo

TASK = Task(key=KEY)
HEX = "0123456789abcdef"
_DICE = random.Random(17)


def made(size: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(_DICE.choices(alphabet, k=size))


def encoded(size: int) -> str:
    return base64.b64encode(f"deploy:{made(size)}".encode()).decode()


def pem(kind: str) -> str:
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{made(64)}\n{made(64)}\n-----END {kind}PRIVATE KEY-----\n"


FILES = {
    ".env~": f'export DB_PASSWORD="{made(18)}"\n',
    ".env.swp": "b0VIM 9.0" + "\0" * 99 + f"DB_PASSWORD={made(18)}\0PUBLIC_GITEA_OWNER=Acme\0",
    "site/..env.swo": f"\0GITEA_TOKEN={made(40, HEX)}\0",
    "site/#.env#": f"GITEA_TOKEN={made(40, HEX)}\n",
    "env.txt": f"GITEA_TOKEN={made(40, HEX)}\n",
    "env.bak": f"GITEA_TOKEN={made(40, HEX)}\n",
    "tls/server.pem": pem("EC "),
    "tls/server.key": pem(""),
    "id_ed25519": pem("OPENSSH "),
    "id_rsa.bak": pem("RSA "),
    "id_deploy": pem("OPENSSH "),
    ".npmrc": f"//registry.site/:_authToken={made(36)}\n",
    ".npmrc~": f"_auth={encoded(16)}\n",
    ".pypirc": f"[pypi]\nusername = __token__\npassword = {made(30)}\n",
    ".netrc": f"machine git.site\nlogin me\naccount x\npassword {made(14)}\n",
    ".netrc.swp": f"\0password {made(14)}\0login me password {made(14)}\0",
    ".docker/config.json": f'{{"auths": {{"git.site": {{"auth": "{encoded(12)}"}}}}}}',
    ".dockercfg": f'{{"git.site": {{"auth": "{encoded(12)}"}}}}',
    ".git-credentials": f"https://me:{made(20)}@git.site\n",
    ".htpasswd": f"me:{{SHA}}{made(27)}=\n",
    "db/dump.sql": f"CREATE USER a IDENTIFIED BY PASSWORD '*{made(40, HEX.upper())}';\n",
    "db/site-backup.sql": f"ALTER ROLE app\nWITH PASSWORD 'SCRAM-SHA-256$4096:{made(22)}==${made(43)}=:{made(43)}=';",
    "db/users.dump": f"COPY u FROM stdin;\n1\tpbkdf2_sha256$600000${made(22)}${made(43)}=\n",
    "db/site.sqlite3": "SQLite format 3\0" + f"\0\1me$2y$10${made(53)}\0",
}


def test_each_is_known_by_its_name_and_so_are_no_others() -> None:
    for name in FILES:
        assert is_noteworthy(name.encode()), name
        assert is_env(name.encode()) == name.startswith(".env")
    for name in (".env.example", "id_rsa.pub", "id_token.ts", "id_map.json", "identity.md", "config.json", "Thumbs.db"):
        assert not is_noteworthy(name.encode()), name


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository that had all of them, packed, of which a branch still has them."""
    repo = Repo(tmp_path_factory.mktemp("surface") / "repo")
    repo.commit({"README.md": b"A site.\n"})
    repo.git("switch", "-qc", "side")
    repo.commit({name: text.encode() for name, text in FILES.items()})
    repo.git("switch", "-q", "main")
    repo.git("merge", "-q", "side")
    repo.commit(dict.fromkeys(FILES))
    repo.git("gc", "-q")
    return repo


def test_each_is_found_at_the_tip_of_a_branch(grown: Repo) -> None:
    found = search_repository(grown.path, TASK)
    at = {place.path for leak in found.leaks for place in leak.places if place.tips == ("refs/heads/side",)}
    assert at == set(FILES)
    assert found.named_files is not MISSING
    assert {one.path for one in found.named_files if one.tips == ("refs/heads/side",)} == set(FILES)


def test_each_is_found_in_the_history_alone(grown: Repo, tmp_path: Path) -> None:
    grown.git("clone", "-q", "--bare", "--single-branch", str(grown.path), str(tmp_path / "bare"))
    found = search_repository(tmp_path / "bare", TASK)
    places = [place for leak in found.leaks for place in leak.places]
    assert {place.path for place in places} == set(FILES)
    assert not any(place.tips for place in places)
    assert found.named_files is not MISSING
    assert {one.path for one in found.named_files if not one.tips} == set(FILES)


def test_each_is_found_in_a_folder(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = search_folder(tmp_path, TASK)
    assert {place.path for leak in found.leaks for place in leak.places} == set(FILES)
