"""A repository with planted secrets of every kind in every hiding place, made from a seed; no value is anybody's.

Each case is (name, value). A scanner found a case if its output names the value, or, for one that shows no value, its
HMAC or place: see bench_secrets.py. The notations were chosen by those who wrote the kinds: read the result for reach.
"""

import base64
import binascii
import gzip
import io
import os
import random
import string
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True)
class Case:
    """A planted secret."""

    name: str
    value: str


class Plants:
    """Makes values, texts that hold them, and remembers what was planted."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.cases: list[Case] = []

    def made(self, alphabet: str, size: int) -> str:
        return "".join(self.dice.choices(alphabet, k=size))

    def github(self) -> str:
        body = self.made(ALNUM, 30)
        checksum, digits = (
            binascii.crc32(body.encode()),
            string.digits + string.ascii_uppercase + string.ascii_lowercase,
        )
        tail = ""
        for _ in range(6):
            checksum, rest = divmod(checksum, 62)
            tail = digits[rest] + tail
        return f"ghp_{body}{tail}"

    def hexadecimal(self) -> str:
        return self.made(HEX, 40)

    def password(self) -> str:
        return self.made(ALNUM, 12) + self.made("!#%^*-_+", 2) + self.made(ALNUM, 4)

    def slack(self) -> str:
        upper = string.ascii_uppercase + string.digits
        return f"hooks.slack.com/services/T{self.made(upper, 9)}/B{self.made(upper, 9)}/{self.made(ALNUM, 24)}"

    def plant(self, name: str, value: str) -> str:
        self.cases.append(Case(name, value))
        return value

    def texts(self) -> dict[str, str]:
        """Files, each with one secret in its own notation."""
        hexa, word = self.hexadecimal, lambda: self.made(ALNUM, 24)
        kinds: dict[str, tuple[Callable[[], str], str]] = {
            "header.sh": (hexa, 'curl -H "Authorization: token {}" https://gitea.example/api/v1/user\n'),
            "header.py": (hexa, 'import httpx\nhttpx.get(URL, headers={{"Authorization": "token {}"}})\n'),
            "header.js": (hexa, "fetch(url, {{headers: {{Authorization: `token {}`}}}})\n"),
            "url-user.sh": (hexa, "git clone https://bot:{}@gitea.example/acme/site.git\n"),
            "url-alone.sh": (hexa, "git clone https://{}@gitea.example/acme/site.git\n"),
            "runner.sh": (
                lambda: self.made(ALNUM, 40),
                "act_runner register --instance http://g --token {}\n",
            ),
            "tea.yml": (hexa, "logins:\n- name: site\n  url: https://gitea.example\n  token: {}\n"),
            "query.txt": (hexa, "https://gitea.example/api/v1/repos/a/b?token={}\n"),
            "app.ini": (lambda: self.made(ALNUM, 64), "[security]\nINSTALL_LOCK = true\nSECRET_KEY = {}\n"),
            "oauth.txt": (lambda: "gto_" + self.made(BASE32, 52), "client secret {}\n"),
            "aws-id.ini": (lambda: "AKIA" + self.made(string.ascii_uppercase + "234567", 16), "aws_access_key_id={}\n"),
            "aws-key.ini": (lambda: self.made(ALNUM + "+/", 40), "aws_secret_access_key = {}\n"),
            "github.txt": (self.github, "the token is {}\n"),
            "slack.txt": (self.slack, "https://{}\n"),
            "npmrc": (lambda: "npm_" + self.made(ALNUM, 36), "//registry.example/:_authToken={}\n"),
            "jwt.txt": (self.jwt, "cookie {}\n"),
            "password.py": (word, 'password = "{}"\n'),
            "symbols.py": (self.password, "db_password = '{}'\n"),
            "postgres.yml": (word, "DATABASE_URL: postgres://app:{}@db.example:5432/site\n"),
            "compose.yml": (word, "environment:\n  - name: MYSQL_PASSWORD\n    value: {}\n"),
            "settings.xml": (word, "<server><password>{}</password></server>\n"),
            "wp.php": (word, "define('DB_PASSWORD', '{}');\n"),
            "netrc": (word, "machine gitea.example login bot password {}\n"),
            "Dockerfile": (word, "FROM a\nENV API_SECRET={}\n"),
            "nas.sh": (self.password, "sshpass -p '{}' ssh admin@nas\n"),
            "dsm.txt": (word, "http://nas:5000/webapi/auth.cgi?account=admin&passwd={}\n"),
            "generic.env": (word, "DEPLOY_TOKEN={}\n"),
            "camel.js": (word, 'const cfg = {{ clientSecret: "{}" }}\n'),
            "gitlab.txt": (lambda: "glpat-" + self.made(ALNUM, 20), "use {}\n"),
            "stripe.js": (lambda: "sk_live_" + self.made(ALNUM, 24), 'stripe("{}")\n'),
            "dump.sql": (lambda: "$2b$12$" + self.made(ALNUM + "./", 53), "INSERT INTO u VALUES (1,'a','{}');\n"),
            "allow.sh": (hexa, "GITEA_TOKEN={}  # gitleaks:allow\n"),
        }
        return {name: "# settings\n" + form.format(self.plant(name, make())) for name, (make, form) in kinds.items()}

    def jwt(self) -> str:
        parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"' + self.made(ALNUM, 12).encode() + b'","adm":true}')
        head, body = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        return f"{head}.{body}.{self.made(ALNUM, 43)}"

    def key(self) -> str:
        body = self.made(ALNUM + "+/", 360)
        lines = "\n".join(body[at : at + 70] for at in range(0, 360, 70))
        return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}\n-----END OPENSSH PRIVATE KEY-----\n"


# services that the catalogue does not know: a token each, told by its form alone, as it may stand in a note
_VENDORS = {
    "airtable": ("pat{0}.{1}", (ALNUM, 14), (HEX, 64)),
    "apify": ("apify_api_{0}", (ALNUM, 36)),
    "azure application": ("{0}8Q~{1}", (ALNUM, 3), (ALNUM + "_.-", 34)),
    "cerebras": ("csk-{0}", (string.ascii_lowercase + string.digits, 48)),
    "circleci project": ("CCIPRJ_{0}_{1}", (ALNUM, 22), (HEX, 40)),
    "cloudsmith": ("csa_{0}{1}", (HEX, 30), (ALNUM, 6)),
    "cockroach": ("CCDB1_{0}_{1}", (ALNUM, 22), (ALNUM, 40)),
    "datastax": ("AstraCS:{0}", (ALNUM, 24)),
    "deno": ("ddp_{0}", (ALNUM, 36)),
    "docker swarm": ("SWMTKN-1-{0}-{1}", (HEX, 50), (HEX, 25)),
    "duffel": ("duffel_live_{0}", (ALNUM, 43)),
    "frame.io": ("fio-u-{0}", (ALNUM, 64)),
    "intra42": ("s-s4t2ud-{0}", (HEX, 64)),
    "langsmith": ("lsv2_pt_{0}_{1}", (HEX, 32), (HEX, 10)),
    "llama cloud": ("llx-{0}", (ALNUM, 48)),
    "mailersend": ("mlsn.{0}", (HEX, 64)),
    "maxmind": ("{0}_{1}_mmk", (ALNUM, 6), (ALNUM, 29)),
    "mongodb atlas": ("mdb_sa_sk_{0}", (ALNUM, 40)),
    "neon": ("napi_{0}", (ALNUM, 64)),
    "nvidia": ("nvapi-{0}", (ALNUM, 64)),
    "nylas": ("nyk_{0}", (ALNUM, 67)),
    "openshift": ("sha256~{0}", (ALNUM, 43)),
    "pinecone": ("pcsk_{0}_{1}", (ALNUM, 6), (ALNUM, 63)),
    "polar": ("polar_oat_{0}", (ALNUM, 43)),
    "resend": ("re_{0}_{1}", (ALNUM.translate(str.maketrans("", "", "0OIl")), 8),
               (ALNUM.translate(str.maketrans("", "", "0OIl")), 24)),
    "rootly": ("rootly_{0}", (HEX, 64)),
    "supabase": ("sb_secret_{0}", (ALNUM, 31)),
    "terraform cloud": ("{0}.atlasv1.{1}", (ALNUM, 14), (ALNUM, 67)),
    "together": ("tgp_v1_{0}", (ALNUM, 43)),
    "vercel": ("vcp_{0}", (ALNUM, 56)),
    "weights and biases": ("wandb_v1_{0}", (ALNUM, 77)),
}  # fmt: skip


def plant_repository(folder: Path, seed: int) -> list[Case]:
    """Makes the repository and gives what was planted in it."""
    one = _Garden(folder, Plants(seed))
    one.grow()
    return one.plants.cases


def plant_vendors(folder: Path, seed: int) -> list[Case]:
    """Makes a repository with a token of many a service, each in a note that a later commit took away."""
    plants = Plants(seed)
    garden = _Garden(folder, plants)
    folder.mkdir(parents=True)
    garden.git("init", "-q", "-b", "main")
    for name, (form, *parts) in _VENDORS.items():
        token = plants.plant(name, form.format(*(plants.made(*part) for part in parts)))
        garden.write(f"notes/{name}.md", f"What we used last year:\n\n    {token}\n")
    garden.commit("Notes")
    garden.git("rm", "-rq", "notes")
    garden.commit("Without notes")
    return plants.cases


class _Garden:
    def __init__(self, folder: Path, plants: Plants) -> None:
        self.folder, self.plants = folder, plants

    def git(self, *arguments: str, data: bytes | None = None) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "a@example.net" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, env=environment, input=data
        )
        return done.stdout.decode().strip()

    def commit(self, message: str = "Change") -> None:
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def write(self, name: str, data: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    def token(self, case: str) -> str:
        """A line with a token, for a hiding place."""
        maker = self.plants.dice.choice((self.plants.github, self.plants.hexadecimal))
        return f"GITEA_TOKEN={self.plants.plant(case, maker())}\n"

    def grow(self) -> None:
        self.folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.write("README.md", "A site.\n")
        self.commit("First")
        for name, text in self.plants.texts().items():
            self.write(f"src/{name}", text)
        key = self.plants.key()
        self.plants.plant("private key", key.splitlines()[1])
        self.write("deploy/id_ed25519", key)
        self.commit("Settings")
        self.encoded()
        self.history()
        self.names()
        self.loose_ends()

    def encoded(self) -> None:
        line = self.token
        self.write("a/base64.txt", "x: " + base64.b64encode(line("base64").encode()).decode() + "\n")
        self.write("a/utf16le.txt", b"\xff\xfe" + line("UTF-16 LE").encode("utf-16-le"))
        self.write("a/utf16be.txt", b"\xfe\xff" + line("UTF-16 BE").encode("utf-16-be"))
        self.write("a/long.txt", "filler text of a log line\n" * 90_000 + line("2.5 MB text"))
        self.write("a/one-line.js", "a=1;" * 225_000 + line("900 KB one line"))
        self.write("a/binary.bin", b"\0\1\2\0" * 500 + line("binary with NULs").encode() + b"\0" * 64)
        self.write("a/archive.zip", _zip({"in/.env": line("zip")}))
        self.write("a/text.docx", _zip({"word/document.xml": f"<w:t>{line('docx')}</w:t>"}))
        self.write("a/archive.tar.gz", _tar("in/.env", line("tar.gz")))
        self.write("a/file.gz", gzip.compress(line("gz").encode()))
        for name in ("a/logo.svg", "package-lock.json", "node_modules/x/index.js", "vendor/x/y.go", "a/app.min.js"):
            self.write(name, f"// {name}\n" + line(name))
        self.commit("Files")

    def history(self) -> None:
        for name in (".env", ".env.local", ".env.production"):
            self.write(name, self.token(f"deleted {name}"))
        self.commit("Oops")
        self.git("rm", "-q", ".env", ".env.local", ".env.production")
        self.commit(f"Mend\n\n{self.token('commit message')}")
        self.git("tag", "-a", "v1", "-m", self.token("tag message"))
        self.git("switch", "-qc", "side")
        self.write("side.txt", "side\n")
        self.commit("Side")
        self.git("switch", "-q", "main")
        self.write("main.txt", "main\n")
        self.commit("Main")
        self.git("merge", "-q", "--no-commit", "--no-ff", "side")
        self.write("evil.txt", self.token("evil merge"))
        self.commit("Merge")
        self.git("rm", "-q", "evil.txt")
        self.commit("Gone")
        self.git("notes", "add", "-m", self.token("note"))
        self.write("edited.txt", "".join(f"line {number} of a longer file\n" for number in range(400)))
        self.commit("Long")
        text = (self.folder / "edited.txt").read_text().splitlines(keepends=True)
        self.write("edited.txt", "".join(text[:200]) + self.token("one new line of a delta") + "".join(text[200:]))
        self.commit("Edit")
        self.write("edited.txt", "".join(text))
        self.commit("Edit back")

    def names(self) -> None:
        self.write(f"b/{self.plants.plant('file name', self.plants.github())}.txt", "x\n")
        self.commit("Name")
        self.git("branch", f"feat/{self.plants.plant('branch name', self.plants.github())}")
        mail = self.plants.plant("author e-mail", self.plants.github())
        self.git("commit", "-q", "--allow-empty", "-m", "By", f"--author=A <{mail}@example.net>")

    def loose_ends(self) -> None:
        self.git("switch", "-qc", "lost")
        self.write("lost.txt", self.token("unreachable branch"))
        self.commit("Lost")
        self.git("switch", "-q", "main")
        self.git("branch", "-qD", "lost")
        self.write("amended.txt", self.token("amended away"))
        self.commit("Amended")
        self.git("rm", "-q", "--cached", "amended.txt")
        (self.folder / "amended.txt").unlink()
        self.git("commit", "-q", "--amend", "--allow-empty", "-m", "Clean")
        self.git("hash-object", "-w", "--stdin", data=self.token("dangling blob").encode())
        self.write("README.md", "A site.\n" + self.token("stash"))
        self.git("stash", "push", "-q")
        self.write("untracked.txt", self.token("stash -u"))
        self.git("stash", "push", "-q", "-u")
        self.git("gc", "-q", "--prune=never")
        self.write(".gitignore", ".env\n")
        self.git("add", ".gitignore")
        self.git("commit", "-qm", "Ignore")
        self.write(".env", self.token("ignored .env"))
        password = self.plants.plant(".git/config", self.plants.hexadecimal())
        self.git("config", "remote.origin.url", f"https://bot:{password}@gitea.example/a/b.git")


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _tar(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()
