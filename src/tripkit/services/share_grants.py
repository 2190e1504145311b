"""What stands for the password of a link for a while, so that it need not be hashed for each view.

A grant is signed, and kept nowhere: it says when it ends, and is good for one link with one password only. Another
password, or none, makes it worthless.
"""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from tripkit.schemas.share_links import LinkGrant
from tripkit.security.keys import KeyRing
from tripkit.services.clock import Clock

PURPOSE: Final = "share grant"
#: How long a grant is good for.
LIFETIME: Final = timedelta(hours=1)
_GRANT: Final = re.compile(r"([1-9][0-9]{0,11})\.([A-Za-z0-9_-]{43})", re.ASCII)


class ShareGrants:
    """Issues and checks grants."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def issue(self, link_id: int, password_hash: str | None) -> LinkGrant:
        """A grant for a link whose password was given."""
        expires = int((self._clock() + LIFETIME).timestamp())
        mac = _mac(self._keys.signing(PURPOSE), link_id, password_hash, expires)
        return LinkGrant(f"{expires}.{mac}", datetime.fromtimestamp(expires, UTC))

    def holds(self, grant: str, link_id: int, password_hash: str | None) -> bool:
        """Whether this grant was issued for the link with this password, and is still good."""
        found = _GRANT.fullmatch(grant)
        if found is None or int(found[1]) <= self._clock().timestamp():
            return False
        macs = [_mac(key, link_id, password_hash, int(found[1])) for key in self._keys.all(PURPOSE)]
        return any(hmac.compare_digest(mac, found[2]) for mac in macs)


def _mac(key: bytes, link_id: int, password_hash: str | None, expires: int) -> str:
    # Numbers hold no spaces, and the hash stands last: no two of these read the same.
    signed = f"{link_id} {expires} {password_hash or ''}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, signed, hashlib.sha256)).decode().rstrip("=")
