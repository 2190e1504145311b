"""Networks in settings: what is one, and what is taken for a mistake."""

import pytest

from tripkit.config.networks import UNIX, parse


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.7", "10.0.0.7/32"),
        ("10.0.0.7/32", "10.0.0.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("fd00::/8", "fd00::/8"),
        ("FD00:0::/8", "fd00::/8"),
        ("::1", "::1/128"),
        ("::/0", "::/0"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:10.0.0.7", "10.0.0.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/95", "::/95"),
    ],
)
def test_addresses_and_networks(text: str, network: str) -> None:
    assert str(parse(text)) == network


def test_unix_is_no_network() -> None:
    assert parse(UNIX) is None


@pytest.mark.parametrize(
    "text",
    ["", "*", "all", "localhost", "proxy.example.org", "UNIX", "unix:/run/tripkit.sock", "10.0.0", "10.0.0.0/33",
     "10.0.0.0/-1", "10.0.0.0/", "/8", "10.0.0.0/8/8", "10.0.0.256", "010.0.0.1", "10.0.0.0 /8", "10.0.0.0-10.0.0.9",
     "fd00::/129", "fd00:::1", "fe80::%eth0/64", "fe80::1%eth0", "[::1]", "127.0.0.1:80", "١٠.0.0.0/8"],
)  # fmt: skip
def test_what_is_no_network_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"write an address or a network, like 10\.0\.0\.7, 10\.0\.0\.0/8"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "network", "address"),
    [("10.0.0.1/8", "10.0.0.0/8", "10.0.0.1"), ("fd00::1/8", "fd00::/8", "fd00::1"), ("1.2.3.4/0", "0.0.0.0/0", "1")],
)
def test_an_address_inside_of_a_network_may_be_either_so_it_is_refused(text: str, network: str, address: str) -> None:
    with pytest.raises(ValueError, match=f"write {network} for the whole network, or {address}"):
        parse(text)
