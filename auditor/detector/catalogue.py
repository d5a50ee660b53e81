"""All kinds of secrets, the most particular first: a place that one of them took is not asked of the next."""

from auditor.detector.context import TOKEN_SIGNS, app_secret, gitea_token, key_file
from auditor.detector.general import GENERAL
from auditor.detector.kind import Kind, kind
from auditor.detector.service import SERVICES

_B64 = "[A-Za-z0-9_-]"

PARTICULAR: tuple[Kind, ...] = (
    kind(
        "private-key",
        "private key",
        "-----begin",
        r"(?P<value>-----BEGIN (?:[A-Z0-9]{2,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----)",
        key_file,
        anchored=True,
        invented=True,
    ),
    kind(
        "putty-key",
        "PuTTY private key",
        "putty-user-key-file",
        r"(?P<value>PuTTY-User-Key-File-[23]:)",
        key_file,
        anchored=True,
        near=True,
        invented=True,
    ),
    *SERVICES,
    kind(
        "telegram-token",
        "Telegram bot token",
        ":aa",
        rf"\b(?P<value>[0-9]{{8,10}}:AA{_B64}{{33}})",
        before=20,
        after=60,
        near=True,
    ),
    kind(
        "azure-secret",
        "Azure application secret",
        "q~",
        r"(?:\A|[\s\"'`\\>=:(,)])(?P<value>[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})(?:$|[\s\"'`\\<),])",
        anchored=True,
        lead=5,
    ),
    kind(
        "gitea-app-secret",
        "secret of Gitea's app.ini",
        "internal_token secret_key jwt_secret",
        r"\b(?P<key>(?:[A-Za-z0-9]{2,20}__?){0,4}(?:INTERNAL_TOKEN|SECRET_KEY|(?:LFS_)?JWT_SECRET))"
        r"[\"']?[ \t]{0,8}[=:][ \t]{0,8}[\"']?(?P<value>[A-Za-z0-9_.+/=-]{32,600})",
        app_secret,
    ),
    kind(
        "gitea-runner-token",
        "Gitea runner registration token",
        "--token registration_token",
        r"(?:--token|REGISTRATION_TOKEN)[\"']?[ \t]{0,4}[ =:][ \t]{0,4}[\"']?(?P<value>[A-Za-z0-9]{40})\b",
        anchored=True,
        run=40,
    ),
    kind(
        "gitea-token",
        "Gitea token",
        "gitea forgejo token authorization",
        r"\b(?P<value>[0-9a-f]{40})\b",
        gitea_token,
        run=40,
        signs=TOKEN_SIGNS,
    ),
)

KINDS: tuple[Kind, ...] = (*PARTICULAR, *GENERAL)
