"""What a text is searched for, and what is left alone; the values are made here and are nobody's."""

import base64
import hashlib
import hmac
import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.detector.catalogue import KINDS
from auditor.detector.search import MOST_CANDIDATES, Search, Secret, search

KEY = b"k" * 32
_DICE = random.Random(7)
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def find_secrets(text: bytes | str, *, place: str, key: bytes) -> tuple[Secret, ...]:
    return search(text, place=place, key=key).secrets


def made(alphabet: str, count: int) -> str:
    return "".join(_DICE.choice(alphabet) for _ in range(count))


TOKEN, SHA = made(HEX, 40), made(HEX, 40)
VALUE = "q" * 12 + "7" * 12
PASSWORD = made(ALNUM, 20)
BASE32 = made("abcdefghijklmnopqrstuvwxyz234567", 52)


def _part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def jwt(claims: str, signature: str | None = None) -> str:
    head = '{"alg":"HS256","typ":"JWT"}'
    return f"{_part(head)}.{_part(claims)}.{signature or made(ALNUM, 43)}"


JWT = jwt('{"nbf":1700000000}')


def pem(body: str, kind: str = "OPENSSH ") -> str:
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----\n"


def looked(text: str | bytes) -> Search:
    return search(text, place="p", key=KEY)


def kinds(text: str) -> list[tuple[str, str]]:
    """Kind and value of what is found."""
    raw = text.encode()
    return [(one.kind, raw[one.start : one.end].decode()) for one in find_secrets(text, place="p", key=KEY)]


PREFIXED = {
    "ghp_" + made(ALNUM, 36): "github-token",
    "github_pat_" + made(ALNUM, 22) + "_" + made(ALNUM, 59): "github-token",
    "glpat-" + made(ALNUM, 20): "gitlab-token",
    "xoxb-" + made(string.digits, 12) + "-" + made(ALNUM, 24): "slack-token",
    "AKIA" + made("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16): "aws-access-key",
    "sk_live_" + made(ALNUM, 24): "stripe-key",
    "npm_" + made(ALNUM, 36): "npm-token",
    "pypi-AgEIcHlwaS5vcmc" + made(ALNUM, 80): "pypi-token",
    "AIza" + made(ALNUM, 35): "google-api-key",
    "hf_" + made(ALNUM, 34): "huggingface-token",
    "sk-ant-api03-" + made(ALNUM, 90): "anthropic-key",
    "gto_" + BASE32: "gitea-oauth-secret",
    "gta_" + BASE32: "gitea-oauth-code",
    "dckr_pat_" + made(ALNUM, 27): "docker-token",
    "AGE-SECRET-KEY-1" + made(string.ascii_uppercase, 58): "age-key",
    JWT: "jwt",
    "sb_secret_" + made(ALNUM, 31): "supabase-token",
    "mdb_sa_sk_" + made(ALNUM, 40): "mongodb-atlas-secret",
    "ramp_sec_" + made(ALNUM, 48): "ramp-secret",
    "AIK_SECRET_" + made(ALNUM, 64): "aikido-secret",
    "packagist_acs_" + made(HEX, 64): "packagist-token",
    made(ALNUM, 3) + "8Q~" + made(ALNUM, 34): "azure-secret",
}


@pytest.mark.parametrize(
    "frame", ["{}", "a = '{}'", "MY_TOKEN={}", "x {}, y", 'token: "{}"', "Authorization: Bearer {}"]
)
@pytest.mark.parametrize("value", PREFIXED)
def test_a_public_prefix_tells_the_kind_wherever_it_stands(value: str, frame: str) -> None:
    assert kinds(frame.format(value)) == [(PREFIXED[value], value)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"url = https://me:{VALUE}@git.example/x.git", ("url-credential", VALUE)),
        (f"https://{SHA}@git.elsewhere/x.git", ("url-credential", SHA)),
        (f"https://user:{TOKEN}@gitea.site/x.git", ("gitea-token", TOKEN)),
        (f"postgres://app:p@ss-{PASSWORD}@db:5432/x", ("url-credential", f"p@ss-{PASSWORD}")),
        (f"GITEA_TOKEN={TOKEN}", ("gitea-token", TOKEN)),
        (f"curl -H 'Authorization: token {TOKEN}'", ("gitea-token", TOKEN)),
        (f'{{"Authorization": "token {TOKEN}"}}', ("gitea-token", TOKEN)),
        (f"http://git/api/v1/user?token={TOKEN}", ("gitea-token", TOKEN)),
        (f"http://git/api/v1/user?access_token={TOKEN}&x=1", ("gitea-token", TOKEN)),
        (f"logins:\n- name: site\n  token: {TOKEN}\n", ("gitea-token", TOKEN)),
        (f"{TOKEN}  # gitea, deploy", ("gitea-token", TOKEN)),
        (f'gitea_token = "{TOKEN}"', ("gitea-token", TOKEN)),
        (f"act_runner register --token {made(ALNUM, 39)}Z", None),
        (f"INTERNAL_TOKEN = {JWT}", ("gitea-app-secret", JWT)),
        (f"LFS_JWT_SECRET = {made(ALNUM, 43)}", None),
        (f"GITEA__security__SECRET_KEY={made(ALNUM, 64)}", None),
        (f'db_password: "{VALUE}"', ("named-value", VALUE)),
        (f"RUN |1 API_KEY={VALUE} npm run build", ("named-value", VALUE)),
        ("DB_PASSWORD=Sommer2024!", ("named-value", "Sommer2024!")),
        (f"Server=db;Password={PASSWORD};Database=x", ("named-value", PASSWORD)),
        (f'{{\\"client_secret\\": \\"{PASSWORD}\\"}}', ("named-value", PASSWORD)),
        (f"secretKey: '{PASSWORD}',", ("named-value", PASSWORD)),
        (f"AWS_SECRET_ACCESS_KEY={made(ALNUM + '+/', 39)}9", None),
        (f"https://x/cb?client_secret={PASSWORD}", ("query-credential", PASSWORD)),
        (f"Authorization: Basic {base64.b64encode(f'u:{PASSWORD}'.encode()).decode()}", None),
        ("ADMIN_PASSWORD=$2b$12$" + made(ALNUM, 53), None),
    ],
)
def test_a_secret_is_found_by_its_place(text: str, expected: tuple[str, str] | None) -> None:
    found = kinds(text)
    assert len(found) == 1
    assert expected is None or found == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "https://git.example/x.git",
        "https://gitea@git.example/x.git",
        "https://continuous-integration-robot-of-the-site@git.example/x.git",
        "ARG GITEA_TOKEN",
        "GITEA_TOKEN=",
        "GITEA_TOKEN=${GITEA_TOKEN}",
        "GITEA_TOKEN=$TOKEN",
        "GITEA_TOKEN=<your token>",
        "GITEA_TOKEN=changeme",
        "GITEA_TOKEN=xxxxxxxxxxxxxxxxxxxx",
        "GITEA_TOKEN=" + "0" * 40,
        "GITEA_TOKEN=" + (HEX * 3)[:40],
        "GITEA_TOKEN=your-token-here",
        "password: {{ secrets.PASSWORD }}",
        "password = example",
        "PASSWORD=password123",
        f"GIT_SHA={TOKEN}",
        f"PUBLIC_GITEA_COMMIT={TOKEN}",
        f"uses: https://gitea.com/actions/checkout@{SHA}",
        f'"gitea-js": "git+https://gitea.com/x/y.git#{SHA}"',
        f"https://gitea.site/o/r/commit/{SHA}",
        f"HEAD is now at {SHA}",
        f"GITEA_TOKEN=${{X}}\nCOMMIT={SHA}",
        "PUBLIC_GITEA_BASE=https://git.example",
        "https://${USER}:${PASSWORD}@git.example/",
        "https://user:password@git.example/",
        "https://user:<token>@git.example/",
        "const token = await getToken(request)",
        "const token = request.headers.authorization",
        "password: string;",
        "token?: string",
        "secret: process.env.SECRET",
        "cache_key: " + made(HEX, 64),
        "SSH_KEY_PATH=/home/x/.ssh/id_ed25519",
        "PASSWORD_FILE=/run/secrets/db",
        "SECRET_DIR: ./secrets/of/site",
        "TOKEN_TTL=86400",
        "label.password = Please type the password again",
        "-----BEGIN PRIVATE KEY-----",
        "grep -- '-----BEGIN OPENSSH PRIVATE KEY-----' file",
        pem("..."),
        "ghp_" + "x" * 36,
        "AKIAIOSFODNN7" + "EXAMPLE",
        jwt('{"sub":"1234567890","name":"John Doe"}'),
        "Authorization: token $TOKEN",
        "Authorization: Bearer <token>",
        "<input name='password' type='password'>",
        f'<a class="api-key">{PASSWORD}</a>',
        f'<api-key">{PASSWORD}</api-key>',
        "?token=YOUR_TOKEN",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_what_is_suppressed_is_counted_with_its_reason() -> None:
    text = "GITEA_TOKEN=changeme\nDB_PASSWORD=changeme\nA_SECRET=${X}\n" + "ghp_" + "x" * 36
    assert looked(text).suppressed == (
        ("github-token", "repetition", 1),
        ("named-value", "placeholder", 2),
        ("named-value", "reference", 1),
    )


def test_a_private_key_is_its_body_however_it_is_broken() -> None:
    body = made(ALNUM, 140)
    lines = pem("\n".join(body[at : at + 70] for at in (0, 70)))
    escaped = lines.replace("\n", "\\n")
    one, other = (find_secrets(text, place="p", key=KEY) for text in (lines, f'KEY="{escaped}"'))
    assert [each.kind for each in (*one, *other)] == ["private-key"] * 2
    assert one[0].hmac == other[0].hmac != find_secrets(pem(made(ALNUM, 140)), place="p", key=KEY)[0].hmac


def test_a_secret_is_told_by_its_mark_line_and_public_prefix_alone() -> None:
    token = "ghp_" + made(ALNUM, 36)
    text = f"\xe9\n\nTOKEN={token}\n"
    (found,) = find_secrets(text, place="x.env", key=KEY)
    assert (found.kind, found.place, found.hint, found.line) == ("github-token", "x.env", "ghp_", 3)
    assert text.encode()[found.start : found.end].decode() == token
    assert found.hmac == hmac.new(KEY, token.encode(), hashlib.sha256).hexdigest()
    assert token[4:] not in repr(looked(text))
    assert find_secrets(text.encode(), place="x.env", key=KEY) == (found,)
    assert find_secrets(text, place="x.env", key=b"other")[0].hmac != found.hmac


def test_a_password_of_a_url_has_the_mark_of_its_plain_text() -> None:
    (found,) = find_secrets("https://u:p%40ss-W0rd@h/", place="p", key=KEY)
    (plain,) = find_secrets("DB_PASSWORD=p@ss-W0rd", place="p", key=KEY)
    assert found.hmac == plain.hmac


def test_several_secrets_of_a_text_come_in_their_order() -> None:
    text = f"A_PASSWORD={PASSWORD}\nGITEA_TOKEN={TOKEN} GIT_SHA={SHA} NPM={'npm_' + made(ALNUM, 36)}\n"
    assert [(one.kind, one.line) for one in find_secrets(text, place="p", key=KEY)] == [
        ("named-value", 1),
        ("gitea-token", 2),
        ("npm-token", 2),
    ]


@given(st.text() | st.binary())
def test_any_text_is_searched_without_a_fault(text: str | bytes) -> None:
    assert looked(text).complete


@given(st.text(alphabet=" \t\n\"'=:@/.-_aZ0$", max_size=60), st.text(alphabet=" \n;\"'", min_size=1, max_size=3))
def test_a_token_is_found_in_any_surroundings(before: str, after: str) -> None:
    token = "glpat-" + TOKEN[:20]
    assert token in [value for _, value in kinds(f"{before} {token}{after}")]


UNITS = {
    "a word of many kinds": "token=",
    "a prefix in its own class": "glpat-",
    "another": "sk-ant-",
    "a path": "/api/webhooks/",
    "hexadecimal": HEX,
    "tokens": f"token={TOKEN} ",
    "distinct": "token: aZ3",
    "urls": "://a:",
    "users": "://a@",
    "an open quote": 'my_password = "',
    "three quotes": "key=\"key='key=`",
    "spaces": "token                ",
    "web tokens": "-eyJ" + "a" * 20 + ".",
    "dots": "token.",
    "headers of keys": "-----BEGIN PRIVATE KEY-----",
    "slashes": "PASSWORD=/a/a/a/a",
    "assignments": "SECRET_KEY=",
    "a letter that grows in lower case": "\u0130token=",
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_no_text_of_five_megabytes_takes_long(unit: str) -> None:
    raw = unit.encode()
    text = raw * (5_000_000 // len(raw))
    began = time.process_time()
    looked(text)
    # about half a second on an idle machine; a pattern that backtracks takes minutes
    assert time.process_time() - began < 5


def test_a_text_that_every_kind_has_to_be_asked_about_takes_no_more_than_its_length() -> None:
    unit = " ".join(word for kind in KINDS for word in kind.words).encode()
    took = []
    for size in (500_000, 2_000_000):
        began = time.process_time()
        looked(unit * (size // len(unit)))
        took.append(time.process_time() - began)
    assert took[1] < 16 * took[0]  # four times the text, on a machine that may be busy


def test_a_text_with_too_many_candidates_says_that_it_was_not_searched_whole() -> None:
    text = "".join(f"TOKEN=abcZ{number:06}\n" for number in range(MOST_CANDIDATES + 5))
    result = looked(text)
    assert not result.complete
    assert len(result.secrets) == MOST_CANDIDATES


def test_kinds_are_in_the_syntax_of_re2_and_name_the_words_that_they_need() -> None:
    for kind in KINDS:
        source = kind.form.pattern
        assert "(?<!" not in source
        assert "(?<=" not in source
        assert "(?=" not in source
        assert "(?!" not in source
        assert not any(f"\\{digit}" in source for digit in range(1, 10))
        assert kind.words
        assert all(word == word.lower() for word in kind.words)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"<password>{PASSWORD}</password>", "named-value"),
        (f'<add key="DbPassword" value="{PASSWORD}"/>', "named-value"),
        (f"- name: DB_PASSWORD\n  value: {PASSWORD}\n", "named-value"),
        (f"ENV DB_PASSWORD {PASSWORD}", "given-value"),
        (f"define('DB_PASSWORD', '{PASSWORD}');", "given-value"),
        (f"mc admin --password {PASSWORD}", "argument-value"),
        (f"vault login --token {PASSWORD}x", "argument-value"),
        (f"sshpass -p {PASSWORD} ssh nas", "command-password"),
        (f"curl -s -u admin:{PASSWORD} http://nas/", "command-password"),
        (f"synouser --setpw auditor {PASSWORD}", "command-password"),
        (f"machine git.example\nlogin me\npassword {PASSWORD}\n", "netrc"),
        (f"db:5432:site:app:{PASSWORD}\n", "pgpass"),
        (f"http://nas:5000/webapi/auth.cgi?account=a&passwd={PASSWORD}", "query-credential"),
        ("root:$6$abcdefgh$" + made(ALNUM + "./", 86) + ":19000:0:99999:7:::", "password-hash"),
        ("site:$apr1$" + made(ALNUM, 8) + "$" + made(ALNUM, 22), "password-hash"),
        (f"act_runner register --token {made(ALNUM, 40)}", "gitea-runner-token"),
        (f"AccountKey={made(ALNUM, 86)}==;EndpointSuffix=x", "azure-key"),
        (f"{made(string.digits, 10)}:AA{made(ALNUM, 33)}", "telegram-token"),
        (f"https://hooks.slack.com/services/T{made(ALNUM, 8)}/B{made(ALNUM, 8)}/{made(ALNUM, 24)}", "slack-webhook"),
    ],
)
def test_a_secret_is_found_in_every_notation_that_gives_a_value(text: str, kind: str) -> None:
    assert [one for one, _ in kinds(text)] == [kind]
    assert [one for one, _ in kinds(f"x\n\t{text}\ny")] == [kind]


def test_prose_commands_and_code_without_values_are_left_alone() -> None:
    text = """curl -u "$USER:$PASSWORD" https://x/  docker login -p "$P"  mysql -u root -p site
    --token $TOKEN --password <password> --secret "$(cat x)" login as root password required
    ENV PASSWORD_FILE /run/secrets/x   <label>Password</label> <password></password>"""
    assert kinds(text) == []
