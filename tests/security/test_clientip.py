"""Where a request comes from: what proxies say is believed, and what anybody else says is not."""

import time
from ipaddress import ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tripkit.config.networks import UNIX
from tripkit.security.clientip import LONGEST, NOBODY, Origin, Resolver, host

PROXY, SECOND, SIX, CLIENT, SPOOFED = "10.0.0.1", "10.0.0.2", "fd00::1", "203.0.113.7", "198.51.100.9"
TRUSTED = ("10.0.0.0/8", "fd00::/8", "192.0.2.80")

XFF, XFP, XFH, FORWARDED = "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"


def resolve(peer: str, *headers: tuple[str, str], trusted: tuple[str, ...] = TRUSTED) -> Origin:
    resolver = Resolver(trusted)
    return resolver.resolve(resolver.peer(peer), [("Host", "trips.example.org"), *headers])


# --- nobody else is believed ----------------------------------------------------------------------------------------

CLAIMS = [
    (XFF, SPOOFED),
    (XFF, f"{SPOOFED}, {PROXY}"),
    (XFF, "127.0.0.1"),
    (XFF, "::1"),
    (FORWARDED, f"for={SPOOFED};proto=https;host=evil.example"),
    (FORWARDED, f'for="[2001:db8::1]:80", for={PROXY}'),
    ("X-Real-IP", SPOOFED),
    ("X-Client-IP", SPOOFED),
    ("True-Client-IP", SPOOFED),
    ("CF-Connecting-IP", SPOOFED),
    ("X-Cluster-Client-IP", SPOOFED),
    ("Via", f"1.1 {SPOOFED}"),
    (XFP, "https"),
    (XFH, "evil.example"),
    ("Host", "evil.example"),
]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim[0]}: {claim[1]}")
@pytest.mark.parametrize("peer", [CLIENT, "2001:db8:1:2::7", "127.0.0.1", "11.0.0.1", "192.0.2.81", UNIX, ""])
def test_what_an_untrusted_peer_sends_changes_nothing(peer: str, claim: tuple[str, str]) -> None:
    assert resolve(peer, claim) == resolve(peer)
    assert (resolve(peer, claim).scheme, resolve(peer, claim).host) == (None, None)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim[0]}: {claim[1]}")
def test_without_trusted_proxies_nothing_counts(claim: tuple[str, str]) -> None:
    assert resolve(PROXY, claim, trusted=()) == Origin(PROXY, PROXY)


@pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS if claim[0] not in (XFF, FORWARDED)], ids=lambda claim: f"{claim[0]}"
)
def test_no_other_header_names_the_client_not_even_from_a_proxy(claim: tuple[str, str]) -> None:
    assert resolve(PROXY, claim).address == PROXY
    assert resolve(PROXY, claim, (XFF, CLIENT)).address == CLIENT


# --- lists of hops --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # what a proxy appends to what the client sent
        (CLIENT, CLIENT),
        (f"{SPOOFED}, {CLIENT}", CLIENT),
        (f"{SPOOFED},{SPOOFED},{SPOOFED} ,{CLIENT}", CLIENT),
        (f"127.0.0.1, {CLIENT}", CLIENT),
        (f"{PROXY}, {CLIENT}", CLIENT),
        (f"garbage, {CLIENT}", CLIENT),
        (f'"\\, for=", {CLIENT}', CLIENT),
        (f",,, {CLIENT}", CLIENT),
        (f"\x00\r\n, {CLIENT}", CLIENT),
        (f"{SPOOFED}\t,\t{CLIENT}\t", CLIENT),
        # chains of proxies
        (f"{CLIENT}, {SECOND}", CLIENT),
        (f"{SPOOFED}, {CLIENT}, {SECOND}", CLIENT),
        (f"{CLIENT}, {SIX}, {SECOND}, 192.0.2.80", CLIENT),
        (f"{CLIENT}, 192.0.2.81, {SECOND}", "192.0.2.81"),
        (f"{CLIENT}, 11.0.0.1", "11.0.0.1"),
        (f"{SECOND}, {PROXY}", SECOND),
        # a hop that cannot be read ends it: the last hop that could be is the client
        (f"{SPOOFED}, unknown", PROXY),
        (f"{SPOOFED}, _hidden, {SECOND}", SECOND),
        (f"{SPOOFED}, garbage, {SECOND}", SECOND),
        (f"{SPOOFED}, , {SECOND}", SECOND),
        (f"{SPOOFED},", PROXY),
        (f"{SPOOFED}, unix:", PROXY),
        (f"{SPOOFED} {CLIENT}", PROXY),
        (f"{SPOOFED};{CLIENT}", PROXY),
        ("", PROXY),
        (" ", PROXY),
        (",", PROXY),
        ("localhost", PROXY),
        ("1.2.3", PROXY),
        ("1.2.3.4.5", PROXY),
        ("256.1.1.1", PROXY),
        ("01.2.3.4", PROXY),
        ("0x7f.0.0.1", PROXY),
        ("2130706433", PROXY),
        ("١.٢.٣.٤", PROXY),
        ("1.2.3.4\udcff", PROXY),
        ("1.2.3.4/32", PROXY),
        ("http://1.2.3.4", PROXY),
        (f'"{CLIENT}"', PROXY),
        (f"for={CLIENT}", PROXY),
        # ports
        (f"{CLIENT}:4711", CLIENT),
        (f"{CLIENT}:_http", CLIENT),
        (f"{CLIENT}:", PROXY),
        (f"{CLIENT}:port", PROXY),
        (f"{CLIENT}:123456", PROXY),
        (f"{CLIENT}, {SECOND}:80", CLIENT),
        # IPv6
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        (f"{CLIENT}, [fd00::2]:80", CLIENT),
        ("[2001:db8::1", PROXY),
        ("2001:db8::1]", PROXY),
        ("[[2001:db8::1]]", PROXY),
        ("[2001:db8::1]4711", PROXY),
        ("2001:db8:::1", PROXY),
        ("1:2:3:4:5:6:7:8:9", PROXY),
        (f"[{CLIENT}]", PROXY),
        # IPv4 in the form of IPv6 is IPv4, also where trust is asked
        (f"::ffff:{CLIENT}", CLIENT),
        ("::ffff:cb00:7107", CLIENT),
        (f"[::ffff:{CLIENT}]:80", CLIENT),
        (f"{CLIENT}, ::ffff:{SECOND}", CLIENT),
        # zones are of the proxy's own machine
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
        (f"{CLIENT}, fd00::2%eth0", CLIENT),
        ("fe80::1%", PROXY),
        ("fe80::1%a b", PROXY),
        ("fe80::1%\n", PROXY),
        (f"{CLIENT}%eth0", PROXY),
    ],
)
def test_x_forwarded_for_is_read_from_the_right(value: str, expected: str) -> None:
    assert resolve(PROXY, (XFF, value)).address == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"for={CLIENT}", CLIENT),
        (f"For={CLIENT}; PROTO=https ;by=_edge", CLIENT),
        (f'for="{CLIENT}:4711"', CLIENT),
        (f"for={CLIENT}:4711", CLIENT),
        ('for="[2001:db8::1]:4711"', "2001:db8::1"),
        ('for="[2001:db8::1]"', "2001:db8::1"),
        (f'for="[::ffff:{CLIENT}]"', CLIENT),
        (f"for={SPOOFED}, for={CLIENT}", CLIENT),
        (f"for={CLIENT}, for={SECOND};by={PROXY}", CLIENT),
        (f'for={CLIENT},for="[fd00::2]:80"', CLIENT),
        (f"for={CLIENT};", CLIENT),
        # what the client left open does not reach over what the proxy adds
        (f'for="{SPOOFED}, for={CLIENT}', CLIENT),
        (f'for="{SPOOFED}, for="{CLIENT}"', CLIENT),
        (f'for={SPOOFED};host="\\, for="{CLIENT}"', CLIENT),
        (f"for=,;;==, for={CLIENT}", CLIENT),
        # no address
        (f"for={SPOOFED}, for=unknown", PROXY),
        (f"for={SPOOFED}, for=_hidden, for={SECOND}", SECOND),
        (f'for={SPOOFED}, for="_gazonk"', PROXY),
        (f"for={SPOOFED}, proto=https", PROXY),
        # what cannot be read, or could be read in two ways
        ("", PROXY),
        (f"for={SPOOFED},", PROXY),
        (CLIENT, PROXY),
        ("for", PROXY),
        ("for=", PROXY),
        ('for=""', PROXY),
        (f"for= {CLIENT}", PROXY),
        (f"for ={CLIENT}", PROXY),
        (f"for={CLIENT};for={SPOOFED}", PROXY),
        (f"for={CLIENT};For={SPOOFED}", PROXY),
        (f'for="{CLIENT}', PROXY),
        (f'for={CLIENT}"', PROXY),
        (f"for='{CLIENT}'", PROXY),
        (f'for="{CLIENT}\\"', PROXY),
        (f'for="{CLIENT}"x', PROXY),
        (f'for="{SPOOFED}, {CLIENT}"', PROXY),
        (f'for={CLIENT};host="x, for={SPOOFED}"', PROXY),
        (f'for={CLIENT};host="x, for={SPOOFED};a=\\""', PROXY),
        (f'for={CLIENT};host="x, for={SPOOFED};a="', PROXY),
    ],
)
def test_forwarded_is_read_from_the_right(value: str, expected: str) -> None:
    assert resolve(PROXY, (FORWARDED, value)).address == expected


@pytest.mark.parametrize("name", [XFF, FORWARDED])
def test_repeated_lines_are_one_list(name: str) -> None:
    lines = [SPOOFED, CLIENT, SECOND]
    if name == FORWARDED:
        lines = [f"for={line}" for line in lines]
    assert resolve(PROXY, *((name, line) for line in lines)).address == CLIENT
    assert resolve(PROXY, (name, ""), (name.lower(), lines[1]), (name.upper(), lines[2])).address == CLIENT
    assert resolve(PROXY, (name, lines[1]), (name, "")).address == PROXY


@pytest.mark.parametrize(
    ("x_forwarded_for", "forwarded", "expected"),
    [
        (CLIENT, f"for={CLIENT}", CLIENT),
        (f"{SPOOFED}, {CLIENT}", f'for="{CLIENT}:80", for={SECOND}', CLIENT),
        (CLIENT, f"for={SPOOFED}", PROXY),
        (SPOOFED, f"for={CLIENT}", PROXY),
        (CLIENT, "", PROXY),
        ("", f"for={CLIENT}", PROXY),
        (CLIENT, "garbage", PROXY),
        (CLIENT, "for=unknown", PROXY),
    ],
)
def test_of_two_kinds_of_header_only_what_both_say_counts(x_forwarded_for: str, forwarded: str, expected: str) -> None:
    assert resolve(PROXY, (XFF, x_forwarded_for), (FORWARDED, forwarded)).address == expected


@pytest.mark.parametrize("name", [XFP, XFH])
def test_a_client_cannot_be_its_own_witness_beside_a_proxy_that_says_forwarded(name: str) -> None:
    """Nor can it put a host into links that way: nothing is left of what only one kind of header says."""
    said = resolve(PROXY, (FORWARDED, f"for={CLIENT};proto=http;host=trips.example.org"), (name, "evil.example"))
    assert said == Origin(PROXY, PROXY, None, "trips.example.org")


# --- peers and what limits count by ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "address", "network"),
    [
        (CLIENT, CLIENT, CLIENT),
        (f"::ffff:{CLIENT}", CLIENT, CLIENT),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%2", "fe80::1", "fe80::/64"),
        ("::1", "::1", "::/64"),
        (UNIX, UNIX, UNIX),
        ("", "", ""),
        ("garbage", "", ""),
    ],
)
def test_a_peer_is_shown_in_full_and_counted_by_its_network(peer: str, address: str, network: str) -> None:
    assert resolve(peer) == Origin(address, network)
    if address and peer != UNIX:
        behind = resolve(PROXY, (XFF, peer))
        assert (behind.address, behind.network) == (address, network)


def test_neighbours_in_one_network_of_ipv6_are_one_client() -> None:
    first, second, other = (
        resolve(PROXY, (XFF, text)).network for text in ("2001:db8:0:1::a", "2001:db8:0:1:b::", "2001:db8:0:2::a")
    )
    assert first == second != other


@pytest.mark.parametrize("peer", [f"::ffff:{PROXY}", SIX, "fd00::7%eth0", "192.0.2.80"])
def test_a_proxy_is_known_in_every_form_of_its_address(peer: str) -> None:
    assert resolve(peer, (XFF, CLIENT)).address == CLIENT


@pytest.mark.parametrize("trusted", ["::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "10.0.0.1/32", "0.0.0.0/0"])
def test_a_network_may_be_written_in_several_ways(trusted: str) -> None:
    assert resolve(PROXY, (XFF, f"{CLIENT}, garbage, {CLIENT}"), trusted=(trusted,)).address == CLIENT


def test_trust_in_all_of_ipv6_is_no_trust_in_ipv4() -> None:
    assert resolve(PROXY, (XFF, CLIENT), trusted=("::/0",)).address == PROXY
    assert resolve(f"::ffff:{PROXY}", (XFF, CLIENT), trusted=("::/0",)).address == PROXY


def test_a_proxy_on_a_unix_socket_is_trusted_when_it_is_said() -> None:
    assert resolve(UNIX, (XFF, f"{SPOOFED}, {CLIENT}"), trusted=(UNIX,)).address == CLIENT
    assert resolve(UNIX, (XFF, "unknown"), trusted=(UNIX,)).address == UNIX
    assert resolve(UNIX, (XFF, f"{CLIENT}, {SECOND}"), trusted=(UNIX, "10.0.0.0/8")).address == CLIENT


def test_a_peer_that_nobody_knows_is_no_unix_socket() -> None:
    """A connection that was reset before it was asked has no address either."""
    resolver = Resolver([UNIX, "0.0.0.0/0", "::/0"])
    assert resolver.peer("") is NOBODY
    assert resolver.resolve(resolver.peer(""), [(XFF, SPOOFED)]).address == ""


@pytest.mark.parametrize(
    ("peer", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True), (CLIENT, False),
     ("::ffff:10.0.0.1", False), (UNIX, False), ("", False)],
)  # fmt: skip
def test_loopback_is_known_in_every_form(peer: str, expected: bool) -> None:
    assert Resolver([UNIX]).peer(peer).is_loopback is expected


# --- scheme and host ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], (None, "trips.example.org")),
        ([(XFP, "https")], ("https", "trips.example.org")),
        ([(XFP, "HTTPS"), (XFH, "Trips.Example.Org:8443")], ("https", "trips.example.org:8443")),
        ([(XFH, "[2001:DB8::1]:80")], (None, "[2001:db8::1]:80")),
        # only the nearest proxy's word
        ([(XFP, "http, https"), (XFH, "evil.example, home.example")], ("https", "home.example")),
        ([(XFP, "http"), (XFP, "https"), (XFH, "evil.example"), (XFH, "home.example")], ("https", "home.example")),
        # what is neither a scheme nor a host
        ([(XFP, "javascript"), (XFH, "evil.example/path")], (None, "trips.example.org")),
        ([(XFP, "https:"), (XFH, "user@evil.example")], (None, "trips.example.org")),
        ([(XFP, ""), (XFH, "")], (None, "trips.example.org")),
        ([(XFH, "evil.example, ")], (None, "trips.example.org")),
        # of Forwarded, the element of the one who saw the client
        ([(FORWARDED, f"for={CLIENT};proto=https;host=home.example")], ("https", "home.example")),
        ([(FORWARDED, f'for={CLIENT};host="home.example:8443"')], (None, "home.example:8443")),
        (
            [(FORWARDED, f"for={CLIENT};proto=https;host=home.example, for={SECOND};proto=http;host=inner.example")],
            ("https", "home.example"),
        ),
        (
            [(FORWARDED, f"for={SPOOFED};host=evil.example, for={CLIENT};proto=https;host=home.example")],
            ("https", "home.example"),
        ),
        ([(FORWARDED, "for=_hidden;proto=https;host=home.example")], ("https", "home.example")),
        ([(FORWARDED, f"for={SPOOFED};host=evil.example, garbage")], (None, "trips.example.org")),
        ([(FORWARDED, "proto=gopher;host=evil_/x")], (None, "trips.example.org")),
        # both kinds: what both say
        (
            [(FORWARDED, f"for={CLIENT};proto=https;host=evil.example"), (XFF, CLIENT), (XFP, "https")],
            ("https", "trips.example.org"),
        ),
        (
            [(FORWARDED, f"for={CLIENT};proto=https;host=evil.example"), (XFP, "http"), (XFH, "home.example")],
            (None, "trips.example.org"),
        ),
        (
            [(FORWARDED, "proto=https;host=home.example"), (XFP, "https"), (XFH, "home.example")],
            ("https", "home.example"),
        ),
    ],
)
def test_a_proxy_says_scheme_and_host(headers: list[tuple[str, str]], expected: tuple[str | None, str]) -> None:
    found = resolve(PROXY, *headers)
    assert (found.scheme, found.host) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trips.example.org", "trips.example.org"),
        (" Trips.Example.Org:8443\t", "trips.example.org:8443"),
        ("trips.example.org:", "trips.example.org"),
        ("trips.example.org.", "trips.example.org."),
        ("my_app:8000", "my_app:8000"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        *((text, None) for text in (
            "", " ", ":80", "a b", "a,b", "a:b", "a:80:80", "a:123456", "a/b", "a?b", "a#b", "a\\b", "u@a", "a%2fb",
            "a'b", "a\"b", "<a>", "a;b", "a\nb", "a\x00", ".a", "bücher.example", "a\udcff", "[::::", "[::::]",
            "[1.2.3.4]", "2001:db8::1", "[fe80::1%25eth0]", "[]", "x" * 256, "http://a",
        )),
    ],
)  # fmt: skip
def test_a_host_is_a_name_or_an_address_with_a_port_at_most(text: str, expected: str | None) -> None:
    assert host(text) == expected


# --- any header -----------------------------------------------------------------------------------------------------

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
hops = st.one_of(
    addresses.map(str),
    st.sampled_from([PROXY, SECOND, SIX, "unknown", "_hidden", "", "garbage", '"', "\\", "for=", ";"]),
    st.text(max_size=20).filter(lambda text: "," not in text),
)
values = st.one_of(st.text(), st.lists(hops).map(", ".join), st.lists(hops).map(lambda found: ",for=".join(found)))
headers = st.lists(st.tuples(st.sampled_from([XFF, XFP, XFH, FORWARDED, "X-Real-IP", "Via", "Host"]), values))


@given(peer=addresses, sent=headers)
def test_headers_of_an_untrusted_peer_never_matter(peer: object, sent: list[tuple[str, str]]) -> None:
    resolver = Resolver(TRUSTED)
    assume(not resolver.peer(str(peer)).is_proxy)
    assert resolver.resolve(resolver.peer(str(peer)), sent) == resolver.peer(str(peer)).origin


@given(peer=addresses, sent=headers)
def test_whatever_is_sent_gives_an_address_and_a_host_that_can_be_used(
    peer: object, sent: list[tuple[str, str]]
) -> None:
    found = resolve(str(peer), *sent, trusted=("0.0.0.0/0", "::/1"))
    assert str(ip_address(found.address)) == found.address
    assert found.network == Resolver().peer(found.address).origin.network
    assert found.scheme in ("http", "https", None)
    assert found.host is None or host(found.host) == found.host


@given(
    client=addresses.map(str),
    proxies=st.lists(st.sampled_from([PROXY, SECOND, SIX, "192.0.2.80"])),
    left=values,
    as_line=st.booleans(),
)
def test_nothing_on_the_left_of_the_client_changes_who_it_is(
    client: str, proxies: list[str], left: str, as_line: bool
) -> None:
    resolver = Resolver(TRUSTED)
    assume(not resolver.peer(client).is_proxy)
    expected = resolver.peer(client).origin
    chain = [client, *proxies]
    quoted = [f'for="[{hop}]"' if ":" in hop else f"for={hop}" for hop in chain]
    for name, value in ((XFF, ", ".join(chain)), (FORWARDED, ", ".join(quoted))):
        sent = [(name, left), (name, value)] if as_line else [(name, f"{left}, {value}")]
        found = resolver.resolve(resolver.peer(PROXY), sent)
        assert (found.address, found.network) == (expected.address, expected.network)


# --- size -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["," * 65_536, f"{SECOND}," * 6_000 + SECOND, "[" * 65_536, ":" * 65_536, "1" * 65_536, "for=" * 16_384,
     '"' * 65_536, "\\" * 65_536, "=" * 65_536, ";" * 65_536, "a" * 65_536, f"for={SECOND}," * 5_000 + f"for={SECOND}",
     "for=;" * 13_000, 'for="' * 13_000, "fe80::1%" + "a" * 65_536],
    ids=lambda value: f"{value[:8]}…",
)  # fmt: skip
@pytest.mark.parametrize("name", [XFF, FORWARDED, XFP, XFH])
def test_a_huge_header_is_read_in_no_time(name: str, value: str) -> None:
    """Eight times what the server takes as a head."""
    began = time.process_time()
    found = resolve(PROXY, (name, value))
    assert time.process_time() - began < 0.5
    assert found.address in (PROXY, SECOND)


def test_every_hop_of_a_long_chain_is_followed() -> None:
    assert resolve(PROXY, (XFF, f"{SPOOFED}, {CLIENT}" + f", {SECOND}" * 600)).address == CLIENT


def test_nothing_long_is_remembered() -> None:
    assert resolve(PROXY, (XFF, "fe80::1%" + "a" * LONGEST)).address == PROXY
