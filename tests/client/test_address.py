import pytest

from tripkit.client.address import address
from tripkit.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://trips.example.org/", "https://trips.example.org"),
        ("trips.example.org", "https://trips.example.org"),
        ("HTTPS://Trips.Example.ORG:443", "https://trips.example.org"),
        (" https://example.org:8443/trips/ ", "https://example.org:8443/trips"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_has_one_form(text: str, url: str) -> None:
    assert address(text) == url
    assert address(url) == url


@pytest.mark.parametrize(
    "text", ["", "https://", "ftp://example.org", "https://exa mple.org", "https://example.org:99999", "http://[::1",
             "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no address of a server"):
        address(text)


def test_nothing_but_the_place_is_in_an_address() -> None:
    for text in ("https://ada:secret@example.org", "https://example.org/?a=b", "https://example.org/#a"):
        with pytest.raises(InvalidInput) as error:
            address(text)
        assert "secret" not in str(error.value)


def test_plain_http_stays_on_this_machine_unless_that_is_wanted() -> None:
    with pytest.raises(InvalidInput, match="is not encrypted"):
        address("http://trips.example.org")
    assert address("http://trips.example.org", insecure=True) == "http://trips.example.org"
