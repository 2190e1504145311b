"""Where a browser may be sent after a sign-in: nowhere that is not ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import ValidationFailed
from tripkit.services import return_urls

ORIGINS = ("https://trips.example.org", "http://localhost:3000", "https://trips.example.org:8443", "")
GOOD = [
    "/",
    "/app/welcome?tab=plans#top",
    "https://trips.example.org",
    "https://trips.example.org/",
    "https://trips.example.org?x=1",
    "https://trips.example.org#x",
    "HTTPS://Trips.Example.ORG/app",
    "https://trips.example.org:8443/app",
    "http://localhost:3000/#/signed-in?a=b",
    "/%5Cevil.example/",
]
EVIL = [
    "",
    "evil.example",
    "app",
    "?x=1",
    "#x",
    "//evil.example",
    "///evil.example",
    "//trips.example.org",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/app\r\nLocation: https://evil.example",
    "https://evil.example",
    "https://trips.example.org.evil.example",
    "https://trips.example.orgevil.example",
    "https://trips.example.org@evil.example",
    "https://trips.example.org:443@evil.example",
    "https://trips.example.org%2f@evil.example",
    "https://trips.example.org\\@evil.example",
    "https://evil.example#https://trips.example.org",
    "https://evil.example?https://trips.example.org",
    "https://evil.example/https://trips.example.org",
    "https:trips.example.org",
    "https:/trips.example.org",
    "https:///trips.example.org",
    "https://",
    "http://trips.example.org",
    "https://trips.example.org:444",
    "https://localhost:3000",
    "http://localhost:3000.evil.example",
    "http://localhost:30000",
    "http://127.0.0.1:3000",
    "http:evil.example",
    "javascript:alert(1)",
    "javascript://trips.example.org/%0aalert(1)",
    "data:text/html,x",
    "ftp://trips.example.org",
    "//https://trips.example.org",
    "https://tríps.example.org",
    "https://trips。example。org",
    "/é",
    "/<script>",
    '/"',
    "/" + "x" * 2000,
]


@pytest.mark.parametrize("url", GOOD)
def test_paths_and_allowed_origins_are_gone_back_to(url: str) -> None:
    assert return_urls.check(url, ORIGINS) == url


@pytest.mark.parametrize("url", EVIL)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        return_urls.check(url, ORIGINS)
    assert failed.value.errors.keys() == {"next"}


@pytest.mark.parametrize("url", ["/?code=mine", "http://localhost:3000/?a=1&code=", "/?%63ode=x"])
def test_a_code_cannot_be_smuggled_in_beside_ours(url: str) -> None:
    with pytest.raises(ValidationFailed, match="code"):
        return_urls.check(url, ORIGINS)


@given(st.text(st.sampled_from("/\\:.@?#%ht ps\t\nevil")), st.sampled_from(("", "/", "//", "https://", "http:/")))
def test_nothing_made_of_odd_characters_leads_away(rest: str, start: str) -> None:
    try:
        url = return_urls.check(start + rest, ORIGINS)
    except ValidationFailed:
        return
    assert url.startswith("/")
    assert not url.startswith(("//", "/\\"))
    assert "\\" not in url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/", "/?code=a-b_c"),
        ("/app?tab=1", "/app?tab=1&code=a-b_c"),
        ("http://localhost:3000/#/in?x=1", "http://localhost:3000/?code=a-b_c#/in?x=1"),
        ("https://trips.example.org", "https://trips.example.org?code=a-b_c"),
        ("/?a=%C3%A9&b", "/?a=%C3%A9&b&code=a-b_c"),
    ],
)
def test_the_code_is_one_more_parameter(url: str, expected: str) -> None:
    assert return_urls.with_code(url, "a-b_c") == expected
