"""A digest through Apprise, for the hundred services it knows; it comes with the extra `notify`."""

import logging

from auditor.config import AppriseNotice
from auditor.notify import letter
from auditor.notify.digest import Digest
from auditor.notify.fault import NoticeError


def send(notice: AppriseNotice, digest: Digest) -> None:
    """Send the digest; raises NoticeError where Apprise says that it did not arrive (it gives no reason)."""
    try:
        import apprise
    except ImportError:
        raise NoticeError("Apprise is not installed: pip install 'auditor[notify]'") from None
    # its log shows URLs, which hold tokens
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    target = apprise.Apprise()
    if not target.add(notice.apprise.resolve().reveal()):
        raise NoticeError("Apprise does not understand the URL: correct it")
    if not target.notify(title=letter.subject(digest), body=letter.body(digest)):
        raise NoticeError("Apprise could not deliver it: is the URL still right?")
