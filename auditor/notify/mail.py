"""A digest by mail: over TLS whose certificate was verified, or not at all."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from auditor.config import MailNotice
from auditor.notation import host_port
from auditor.notify import letter
from auditor.notify.digest import Digest
from auditor.notify.fault import NoticeError
from auditor.text import parse_time
from auditor.transports.http.call import Clock

_IMPLICIT_TLS_PORT = 465
_LONGEST_SECONDS = 20.0


def send(notice: MailNotice, digest: Digest, clock: Clock) -> None:
    """Send the digest; raises NoticeError where the server did not take it."""
    host, port = host_port(notice.smtp)
    seconds = max(1.0, min(_LONGEST_SECONDS, clock.remaining()))
    try:
        with _connected(host, port, seconds) as server:
            if notice.user is not None and notice.password is not None:
                server.login(notice.user, notice.password.resolve().reveal())
            refused = server.send_message(_message(notice, digest))
    except ssl.SSLError as error:
        raise NoticeError(f"{host}:{port}: its certificate is not trusted ({error.reason}): mend it") from None
    except smtplib.SMTPNotSupportedError:
        raise NoticeError(f"{host}:{port} offers no STARTTLS or no login: use one that does, or port 465") from None
    except smtplib.SMTPResponseException as error:
        # the server's own words may repeat what was sent to it
        raise NoticeError(f"{host}:{port} refused with {error.smtp_code}: check user, password, from and to") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NoticeError(f"{host}:{port} could not be used ({type(error).__name__}): is it reachable?") from None
    if refused:
        raise NoticeError(f"{host}:{port} refused {', '.join(sorted(refused))}: correct 'to'")


def _connected(host: str, port: int, seconds: float) -> smtplib.SMTP:
    trust = ssl.create_default_context()
    if port == _IMPLICIT_TLS_PORT:
        return smtplib.SMTP_SSL(host, port, timeout=seconds, context=trust)
    server = smtplib.SMTP(host, port, timeout=seconds)
    try:
        server.starttls(context=trust)
    except BaseException:
        server.close()
        raise
    return server


def _message(notice: MailNotice, digest: Digest) -> EmailMessage:
    run = digest.report.run
    message = EmailMessage()
    message["From"], message["To"] = notice.sender, ", ".join(notice.to)
    message["Subject"] = f"[auditor] {letter.subject(digest)}"
    message["Date"] = format_datetime(parse_time(run.finished_at))
    message["Message-ID"] = f"<{run.id}@auditor.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body(digest))
    return message
