"""Country codes of ISO 3166."""

import pytest

from tripkit.services import countries


@pytest.mark.parametrize(("code", "expected"), [("JP", "JP"), ("jp", "JP"), ("Xk", "XK"), ("GB", "GB")])
def test_a_code_is_kept_in_capitals(code: str, expected: str) -> None:
    assert countries.canonical(code) == expected


@pytest.mark.parametrize("code", ["", "J", "UK", "JPN", "EU", "ZZ", "AN", "YU", "日本", "ß", " JP"])
def test_what_is_no_country_of_today_has_no_code(code: str) -> None:
    assert countries.canonical(code) is None


@pytest.mark.parametrize(("code", "name"), [("JP", "Japan"), ("DE", "Germany"), ("XK", "Kosovo")])
def test_a_country_has_a_name(code: str, name: str) -> None:
    assert countries.name(code) == name
