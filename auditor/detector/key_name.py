"""Whether the name of a variable says that its value is a secret; the value itself is never looked at."""

import re
from functools import lru_cache

# a word that is a secret's wherever it stands
_STRONG = (
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "PW",
    "CREDENTIAL",
    "PRIVATE",
    "APIKEY",
    "SALT",
    "PEPPER",
    "HMAC",
    "JWT",
    "BEARER",
    "COOKIE",
    "DSN",
    "WEBHOOK",
)
# a word that is a secret's unless the name says that it is public
_WEAK = ("KEY", "AUTH", "PAT", "SIGNATURE", "SIGNING", "CERT")
# what may be published though the words above occur in it
_HARMLESS = re.compile(
    r"PUBLIC_KEY|PUBLICKEY|PUBKEY|PUBLISHABLE_KEY|SITE_KEY|PROJECT_KEY|KEY_ID|KEY_NAME|(TOKEN|SECRET|PASSWORD|KEY|COOKIE)S?_"
    r"(URL|URI|ENDPOINT|NAME|TTL|LIFETIME|EXPIRY|EXPIRES|EXPIRES_IN|LENGTH|TYPE|ISSUER|ALGORITHM|HEADER|DOMAIN)$"
    r"|^PWD$|^OLDPWD$|AUTHOR|_(FILE|PATH|DIR)$"
)
_PUBLIC = re.compile(r"^(?:[A-Z0-9]+_)?PUBLIC_")


@lru_cache(maxsize=4096)
def looks_secret(key: str) -> bool:
    """Whether a key names a secret; a `PUBLIC_*` key only if it says so outright (`PUBLIC_API_TOKEN`)."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", key).upper().strip("_")
    if _HARMLESS.search(name):
        return False
    words = {word.removesuffix("S") if word not in ("PASS", "AWS") else word for word in name.split("_")}
    if words.intersection(_STRONG) or any(name.endswith(word) for word in _STRONG[:4]):
        return True
    return not _PUBLIC.match(name) and bool(words.intersection(_WEAK))
