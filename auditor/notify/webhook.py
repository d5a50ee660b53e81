"""A digest posted as JSON, signed, and harmless to receive twice.

The signature is `sha256=` and the hexadecimal HMAC-SHA-256 of `<X-Auditor-Timestamp>.<body>` under the secret.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from auditor.config import WebhookNotice
from auditor.model.codec import encode
from auditor.notify import letter
from auditor.notify.digest import Digest
from auditor.notify.fault import NoticeError, spoken
from auditor.transports.http.answer import is_success
from auditor.transports.http.call import Clock
from auditor.transports.http.fault import HttpError
from auditor.transports.http.retry import Patience
from auditor.transports.http.writer import THRICE, HttpWriter

SCHEMA_VERSION = 1


def send(
    notice: WebhookNotice, digest: Digest, clock: Clock, connect: Mapping[str, str], patience: Patience = THRICE
) -> None:
    """Post the digest; raises NoticeError where it did not arrive."""
    url = notice.webhook.resolve().reveal()
    content = json.dumps(_payload(digest), ensure_ascii=True, sort_keys=True).encode()
    headers = {"content-type": "application/json", "idempotency-key": digest.report.run.id}
    if notice.secret is not None:
        headers |= _signed(notice.secret.resolve().reveal().encode(), content, int(time.time()))
    try:
        with HttpWriter(deadline=clock, connect=connect, patience=patience) as writer:
            answer = writer.send("POST", url, content, headers=headers)
    except HttpError as error:
        # a cause could show the URL, which is a secret
        raise NoticeError(spoken(error, url)) from None
    if not is_success(answer.status):
        raise NoticeError(f"the webhook answered {answer.status}: is its address still right?")


def _signed(key: bytes, content: bytes, timestamp: int) -> dict[str, str]:
    mark = hmac.new(key, f"{timestamp}.".encode() + content, hashlib.sha256).hexdigest()
    return {"x-auditor-timestamp": str(timestamp), "x-auditor-signature": f"sha256={mark}"}


def _payload(digest: Digest) -> dict[str, Any]:
    report = digest.report
    return {
        "schema_version": SCHEMA_VERSION,
        # what chat services show
        "text": f"{letter.subject(digest)}\n\n{letter.body(digest)}",
        "site": report.run.site,
        "run": {"id": report.run.id, "started_at": report.run.started_at, "finished_at": report.run.finished_at},
        "verdict": report.verdict,
        "summary": encode(report.summary),
        "changes": encode(digest.changes),
    }
