"""Who sent a request, and to which address: by the connection, and by the word of proxies that are trusted.

A proxy says for whom it speaks in `X-Forwarded-*` or in `Forwarded` (RFC 7239). Each adds its own peer on the right, so
these lists are read from there, hop by hop: the first hop that is not a trusted proxy is the client. What is left of it
are the client's own words, and nobody looks at them. A hop that is no IP address (`unknown`, `_hidden`, garbage) ends
the reading at the hop before it.

A proxy passes on the headers that it does not know, and a client may send those. So where a request has both kinds of
header, only what both say counts; where they differ, the proxy is the client.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import msgspec

from tripkit.config.networks import UNIX, parse

#: Addresses of peers and hops that are remembered, since clients come again.
REMEMBERED: Final = 4096
#: No address, with port, brackets and zone, is longer.
LONGEST: Final = 100

_X: Final = frozenset(("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"))
_READ: Final = _X | {"forwarded", "host"}

_PORT: Final = r"(?::(?:[0-9]{1,5}|_[\w.-]{1,32}))?"
_SIX: Final = r"([0-9A-Fa-f:.]{2,45})(?:%[\w.~-]{1,32})?"
#: What a hop may be: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`, with a zone if need be.
_HOP: Final = re.compile(rf"([0-9.]{{7,15}}){_PORT}|\[{_SIX}\]{_PORT}|{_SIX}", re.ASCII)
#: `name=value` of Forwarded. Quotes hold no comma, semicolon or backslash: from the right it cannot be known which
#: quote opens and which closes, and no address, scheme or host needs them.
_PAIR: Final = re.compile(r'([\w!#$%&\'*+.^`|~-]+)=(?:"([^"\\]*)"|([^"\\ \t]+))', re.ASCII)
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[\w-][\w.-]{0,254})(?::([0-9]{0,5}))?", re.ASCII)


class Origin(msgspec.Struct, frozen=True):
    """Where a request comes from, and what it was sent to."""

    #: The client in full and in canonical form, for logs, sessions and audit. `unix` for a peer on a unix socket; empty
    #: when nobody knows, since a connection that was reset cannot be asked.
    address: str
    #: What limits count by: an IPv4 address, or the /64 of an IPv6 address, which is the least that one customer has.
    network: str
    #: `http` or `https`; None when no trusted proxy says it.
    scheme: str | None = None
    #: `name` or `name:port`; None when no trusted proxy says it.
    host: str | None = None


class Peer(msgspec.Struct, frozen=True):
    """Whoever is at the other end of a connection, ours or that of a proxy."""

    origin: Origin
    #: It is trusted to say for whom it speaks.
    is_proxy: bool = False
    is_loopback: bool = False


NOBODY: Final = Peer(Origin("", ""))


class Resolver:
    """Finds out where requests come from."""

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        """`trusted_proxies` as in the setting `server.trusted_proxies`; raises `ValueError` for what is no network."""
        trusted = [parse(text) for text in trusted_proxies]
        self._trusts_unix = None in trusted
        self._networks = [network for network in trusted if network is not None]
        self._remembered = lru_cache(REMEMBERED)(self._look_at)

    def peer(self, address: str) -> Peer:
        """Who is at the other end of a connection: an IP address, `UNIX`, or nothing when it is not known."""
        if address == UNIX:
            return Peer(Origin(UNIX, UNIX), is_proxy=self._trusts_unix)
        return self._hop(address) or NOBODY

    def resolve(self, peer: Peer, headers: Iterable[tuple[str, str]]) -> Origin:
        """Where a request comes from that `peer` sent with these headers (repeated lines in their order)."""
        if not peer.is_proxy:
            return peer.origin
        lines: dict[str, list[str]] = {}
        for name, value in headers:
            if (name := name.lower()) in _READ:
                lines.setdefault(name, []).append(value)
        said = {name: ",".join(values) for name, values in lines.items()}
        found = self._x_forwarded(peer, said) if said.keys() & _X else None
        if "forwarded" in said:
            by_standard = self._forwarded(peer, said["forwarded"])
            found = by_standard if found is None else _agreed(peer.origin, found, by_standard)
        if found is None or found.host is None:
            # What the proxy asks us for is what it was asked for, or our name in its configuration.
            found = msgspec.structs.replace(found or peer.origin, host=host(said.get("host", "")))
        return found

    def _x_forwarded(self, peer: Peer, said: Mapping[str, str]) -> Origin:
        nearest = {name: next(_from_the_right(said.get(f"x-forwarded-{name}", ""))) for name in ("proto", "host")}
        return self._walk(peer, ((hop, nearest) for hop in _from_the_right(said.get("x-forwarded-for", ""))))

    def _forwarded(self, peer: Peer, value: str) -> Origin:
        """By RFC 7239: the element that names the client was written by who saw it, and says what it asked for."""
        elements = map(_pairs, _from_the_right(value))
        return self._walk(peer, ((pairs.get("for", ""), pairs) for pairs in elements))

    def _walk(self, peer: Peer, hops: Iterable[tuple[str, Mapping[str, str]]]) -> Origin:
        """From hop to hop, away from `peer`: the client, with the scheme and host that are said of the last hop."""
        said: Mapping[str, str] = {}
        for text, said in hops:  # noqa: B007 - used after the loop
            hop = self._hop(text)
            if hop is None:
                break
            peer = hop
            if not hop.is_proxy:
                break
        scheme = said.get("proto", "").lower()
        return Origin(
            peer.origin.address,
            peer.origin.network,
            scheme if scheme in ("http", "https") else None,
            host(said.get("host", "")),
        )

    def _hop(self, text: str) -> Peer | None:
        return self._remembered(text) if len(text) <= LONGEST else None

    def _look_at(self, text: str) -> Peer | None:
        ip = _ip(text)
        if ip is None:
            return None
        trusted = any(ip in network for network in self._networks)
        return Peer(Origin(str(ip), _network_of(ip)), trusted, ip.is_loopback)


@lru_cache(256)
def host(text: str) -> str | None:
    """`name` or `name:port` in lower case, from a header such as Host; None for what is none (RFC 9110, 7.2).

    Stricter than the grammar of RFC 3986, which allows characters that no name has and that do harm in links.
    """
    found = _HOST.fullmatch(text.strip(" \t"))
    if found is None or (found[1][0] == "[" and not _is_six(found[1][1:-1])):
        return None
    return (f"{found[1]}:{found[2]}" if found[2] else found[1]).lower()


def network(address: str) -> str:
    """What an address counts as, given as it is shown: `Origin.network` of `Origin.address`."""
    ip = _ip(address)
    return _network_of(ip) if ip else address


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    """The address of a hop, without port, brackets and zone; IPv4 in the form of IPv6 is IPv4."""
    found = _HOP.fullmatch(text)
    if found is None:
        return None
    try:
        if found[1]:
            return IPv4Address(found[1])
        six = IPv6Address(found[2] or found[3])
    except AddressValueError:
        return None
    return six.ipv4_mapped or six


def network_of(address: str) -> str | None:
    """What an address that somebody typed counts as; None when it is none."""
    ip = _ip(address)
    return _network_of(ip) if ip else None


def _network_of(ip: IPv4Address | IPv6Address) -> str:
    """What an address counts as: `192.0.2.1`, `2001:db8:1:2::/64`."""
    return str(ip) if isinstance(ip, IPv4Address) else f"{IPv6Address(int(ip) >> 64 << 64)}/64"


def _is_six(text: str) -> bool:
    try:
        return bool(IPv6Address(text))
    except AddressValueError:
        return False


def _from_the_right(value: str) -> Iterator[str]:
    """The parts of a list, last first, each looked for only when it is asked for."""
    end = len(value)
    while end >= 0:
        start = value.rfind(",", 0, end)
        yield value[start + 1 : end].strip(" \t")
        end = start


def _pairs(element: str) -> dict[str, str]:
    """The parameters of one element of Forwarded; none when it cannot be read, or says something twice."""
    found: dict[str, str] = {}
    for part in filter(None, (text.strip(" \t") for text in element.split(";"))):
        pair = _PAIR.fullmatch(part)
        if pair is None or (name := pair[1].lower()) in found:
            return {}
        found[name] = pair[2] or pair[3] or ""
    return found


def _agreed(peer: Origin, one: Origin, other: Origin) -> Origin:
    """What two kinds of header both say; about what only one says, neither is believed."""
    client = one if one.address == other.address else peer
    return Origin(
        client.address,
        client.network,
        one.scheme if one.scheme == other.scheme else None,
        one.host if one.host == other.host else None,
    )
