"""What a person compares: the NAS's host key, and the certificates that servers show now."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from auditor.cli.checkup import Check
from auditor.config import Config
from auditor.errors import AuditorError
from auditor.notation import ssh_target
from auditor.text import span_text, time_text
from auditor.transports.http.certificate import ShownCertificate, shown_by

_RENEWAL_SECONDS = 14 * 86_400


def certificate_checks(config: Config, asked: Collection[str]) -> Iterator[Check]:
    """The certificates of the https addresses of those sources that are `asked`, each host once."""
    connect = {one.source: one.target for one in config.connect}
    for source, address in dict.fromkeys(_addresses(config, asked)):
        parts = urlsplit(address)
        if parts.scheme != "https" or parts.hostname is None:
            continue
        try:
            shown = shown_by(parts.hostname, parts.port or 443, connect)
        except AuditorError as error:
            yield Check(source=source, state="broken", text=f"{parts.hostname} shows no certificate: {error}")
        else:
            yield certificate_check(source, parts.hostname, shown, datetime.now(UTC))


def certificate_check(source: str, host: str, shown: ShownCertificate, now: datetime) -> Check:
    """What one certificate says; its end draws near where less than two weeks are left."""
    if shown.ends_at is None:
        return Check(source=source, state="ok", text=f"{host} shows key pin {shown.pin}")
    left = (shown.ends_at - now).total_seconds()
    until = f"good for {span_text(left)}, until {time_text(shown.ends_at)}" if left > 0 else "expired"
    text = f"{host} shows a certificate of {shown.issuer}, {until}; key pin {shown.pin}"
    if left < _RENEWAL_SECONDS:
        return Check(source=source, state="unknown", text=text, remedy="renew the certificate")
    return Check(source=source, state="ok", text=text)


def host_key_text(config: Config) -> str:
    """The host key that is pinned, and the commands that show it: on the NAS itself, and as the network has it."""
    if config.nas is None or config.nas.ssh is None:
        return ""
    _, host, port = ssh_target(config.nas.ssh)
    pinned = config.nas.host_key or (f"those of {config.nas.known_hosts}" if config.nas.known_hosts else "none")
    return (
        f"host key pinned: {pinned}\n"
        f"  compare on the NAS itself:    for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done\n"
        f"  with what the network shows:  ssh-keyscan -p {port} {host} 2>/dev/null | ssh-keygen -lf -\n"
    )


def _addresses(config: Config, asked: Collection[str]) -> Iterator[tuple[str, str]]:
    if config.gitea is not None and "gitea" in asked:
        yield from (("gitea", config.gitea.base), ("gitea", config.gitea.address))
    if config.site is not None and "site" in asked:
        yield "site", config.site.url
