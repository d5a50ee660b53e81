"""Kinds that are known by what stands around a value: a URL, a header, a command, the name of a variable."""

from auditor.detector.assignment import FORM, WORDS
from auditor.detector.context import argument, given_value, header, json_web_token, named_value, url_part
from auditor.detector.kind import Kind, kind

_B64 = "[A-Za-z0-9_-]"
_PLAIN = r"[^\s\"'<>|;&`]"

GENERAL: tuple[Kind, ...] = (
    kind(
        "url-credential",
        "credential in a URL",
        "://",
        r"://(?:[^\s:/?#@\"'<>\\]{0,200}:(?P<value>[^\s/?#\"'<>\\]{1,400})|(?P<user>[^\s:/?#@\"'<>\\]{20,400}))@[A-Za-z0-9\[]",
        url_part,
        anchored=True,
        invented=True,
        signs=(r"://[^\s/?#\"'<>\\]+@[A-Za-z0-9\[]",),
    ),
    kind(
        "jwt",
        "JSON web token",
        "eyj",
        rf"(?:\A|[^A-Za-z0-9_.-])(?P<value>eyJ{_B64}{{8,2000}}[.]eyJ{_B64}{{8,6000}}[.]{_B64}{{16,1000}})",
        json_web_token,
        anchored=True,
        lead=1,
        near=True,
        invented=True,
    ),
    kind(
        "authorization-header",
        "value of an Authorization header",
        "authorization",
        r"(?i:authorization)[\"']?[ \t]{0,4}[:=,][ \t]{0,4}[\"']?"
        r"(?i:token|bearer|basic)[ \t]{1,4}(?P<value>[A-Za-z0-9+/=._~-]{12,600})",
        header,
        anchored=True,
        invented=True,
    ),
    kind(
        "query-credential",
        "credential in a query",
        "token= secret= key= password= passwd= sig=",
        r"[?&](?:[A-Za-z_-]{0,40}(?i:token|secret|key|password|passwd)|sig)=(?P<value>[A-Za-z0-9%+/=._~-]{8,500})",
        header,
        before=50,
        after=510,
        invented=True,
    ),
    kind(
        "password-hash",
        "password hash",
        "$",
        r"(?P<value>\$(?:2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}|(?:apr1|[56])\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}"
        r"\$[./A-Za-z0-9]{22,86}|y\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{10,86}\$[./A-Za-z0-9]{43}"
        r"|argon2(?:id|i|d)\$v=[0-9]{1,3}\$[a-z0-9=,]{5,40}\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{20,90}))",
        before=0,
        after=240,
        invented=True,
    ),
    kind(
        "password-hash",
        "password hash",
        "{sha} {ssha} pbkdf2_",
        r"(?:\{S?SHA\}|pbkdf2_sha(?:1|256|512)\$[0-9]{3,9}\$[A-Za-z0-9+/.]{4,40}\$)(?P<value>[A-Za-z0-9+/]{27,90})",
        before=0,
        after=240,
        invented=True,
    ),
    kind(
        "sql-password",
        "password of a database account",
        "create alter grant",
        r"(?i:(?:(?:create|alter)\s{1,4}(?:role|user)|grant)\s[^;]{1,200}?\b(?:password|identified\s{1,4}(?:by"
        r"(?:\s{1,4}password)?|with\s{1,4}[^\s;]{1,60}\s{1,4}(?:as|by))))\s{1,4}'(?P<value>[^'\s]{6,300})'",
        header,
        anchored=True,
        invented=True,
    ),
    kind(
        "argument-value",
        "secret on a command line",
        "--",
        r"--(?:[a-z]{2,12}-){0,2}(?:password|passwd|passphrase|token|secret|secret-key|access-key|api-?key)[ \t]{1,4}"
        r"[\"']?(?P<value>" + _PLAIN + "{6,400})",
        argument,
        before=0,
        after=480,
        invented=True,
    ),
    kind(
        "command-password",
        "password in a command",
        "sshpass synouser curl docker mysql",
        r"(?:sshpass\s{1,4}-p\s?|synouser\s{1,4}--(?:setpw|add)\s{1,4}\S{1,64}\s{1,4}"
        r"|curl\s[^\n]{0,200}?(?:-u|--user)[ =]?[\"']?[^\s:\"'$]{1,64}:"
        r"|docker\s{1,4}login\s[^\n]{0,120}?(?:-p|--password)[ =]|mysql(?:dump|admin)?\s(?:[^\n]{0,120}?\s)?-p)"
        r"[\"']?(?P<value>" + _PLAIN + "{4,200})",
        argument,
        anchored=True,
        invented=True,
    ),
    kind(
        "netrc",
        "password of a .netrc",
        "login",
        r"login\s{1,8}\S{1,200}\s{1,8}(?:account\s{1,8}\S{1,200}\s{1,8})?password\s{1,8}(?P<value>[^\s\x00]{4,200})",
        argument,
        anchored=True,
        invented=True,
    ),
    kind(
        "pgpass",
        "password of a .pgpass",
        ":5432:",
        r"[^\s:]{1,100}:5432:[^\s:]{1,60}:[^\s:]{1,60}:(?P<value>[^\s:]{4,100})",
        argument,
        before=101,
        after=230,
        invented=True,
    ),
    kind(
        "given-value",
        "value given to a name that is a secret's",
        "define( setenv( putenv( env",
        r"(?i:(?:define|setenv|putenv)\([ \t]{0,4}[\"']|ENV[ \t]{1,4})(?P<key>[A-Za-z_][A-Za-z0-9_]{1,80})"
        r"(?:[\"'][ \t]{0,4},[ \t]{0,4}|[ \t]{1,4})[\"']?(?P<value>[^\s\"']{4,400})",
        given_value,
        anchored=True,
        invented=True,
    ),
    Kind(
        "named-value",
        "value of a variable that names a secret",
        tuple(WORDS),
        FORM,
        named_value,
        invented=True,
    ),
)
