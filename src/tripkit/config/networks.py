"""Networks as they are written in settings."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

#: Instead of a network: whoever connects through a unix socket, and so has no address.
UNIX: Final = "unix"
#: `::ffff:0:0/96`, IPv4 as IPv6 shows it (RFC 4291, 2.5.5.2).
_MAPPED: Final = 96


def parse(text: str) -> Network | None:
    """The network of a CIDR (RFC 4632, RFC 4291) or of one address; None for `UNIX`.

    IPv4 in the form of IPv6 (`::ffff:10.0.0.0/104`) is taken as IPv4, as addresses are where they are compared. Raises
    `ValueError`, which says what to write instead.
    """
    if text == UNIX:
        return None
    address, _, zone = text.partition("/")[0].partition("%")
    try:
        network = ip_network("" if zone else text, strict=False)
    except ValueError:
        raise ValueError("write an address or a network, like 10.0.0.7, 10.0.0.0/8 or fd00::/8, or unix") from None
    if network.network_address != ip_address(address):
        raise ValueError(f"write {network} for the whole network, or {address} for this one address")
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED:
        mapped = network.network_address.ipv4_mapped
        return IPv4Network((mapped, network.prefixlen - _MAPPED)) if mapped else network
    return network
