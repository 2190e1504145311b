"""Where a server is."""

from urllib.parse import urlsplit

from tripkit.config.oauth import is_private_enough
from tripkit.errors import InvalidInput


def address(text: str, *, insecure: bool = False) -> str:
    """The address of a server in its one form: `https://trips.example.org`, without a slash at the end.

    Without a scheme it is https, or http on this machine. Raises `InvalidInput`; for plain http to another machine
    unless that is `insecure`: everybody on the way could read the password and the plans, and change them.
    """
    given = text.strip()
    url = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong(text) from None
    if parts.scheme not in ("http", "https") or not host or " " in url:
        raise _wrong(text)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InvalidInput(f"The address of a server has no name, password, ? or #, as in https://{host}.")
    scheme = parts.scheme
    if "://" not in given and is_private_enough(f"http://{parts.netloc}"):
        scheme = "http"
    where = f"[{host}]" if ":" in host else host
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        where += f":{port}"
    found = f"{scheme}://{where}{parts.path.rstrip('/')}"
    if not insecure and not is_private_enough(found):
        raise InvalidInput(
            f"{found} is not encrypted: everybody on the way could read your password and your plans. Use https://, or "
            "say --insecure to `tripkit login` if nobody else is on that network."
        )
    return found


def _wrong(text: str) -> InvalidInput:
    return InvalidInput(f"{text!r} is no address of a server: write it like https://trips.example.org.")
