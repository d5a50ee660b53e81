"""The rules that no drift of the demo's world breaks, each with the reason; a test knows of no other."""

_DOCKER = "there is no Docker here"
_NIGHTS = "it takes nights"

LIMITS = {
    "nas-hotfix-kept": "the gate alone judges it",
    "nas-hotfix-temporary": f"{_NIGHTS}: a hotfix must have waited in its pull request for a week",
    "nas-image-of-commit": _DOCKER,
    "nas-container-current": _DOCKER,
    "nas-container-unmodified": _DOCKER,
    "nas-slots-on-loopback": _DOCKER,
    "nas-slots-agree": _DOCKER,
    "secrets-none-in-images": _DOCKER,
    "audit-sources-observed": "it is UNKNOWN where something was not seen, and never a failure",
}
