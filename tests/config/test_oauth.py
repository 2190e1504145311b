"""Sections of which there may be several: sign-in providers."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from tripkit.config import Config, ConfigError, load

KEYS = 'client_id = "id"\nclient_secret = "hunter2"\n'


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """`read(toml, env)` loads with this text as ./tripkit.toml."""

    def load_text(text: str = "", env: dict[str, str] | None = None, **arguments: Any) -> Config:
        (tmp_path / "tripkit.toml").write_text(text)
        return load(cwd=tmp_path, env=env or {}, **arguments)

    return load_text


@pytest.fixture
def problems(read: Any) -> Any:
    def found(*arguments: Any, **keywords: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(*arguments, **keywords)
        return caught.value.problems

    return found


def test_there_are_no_providers_unless_they_are_configured(read: Any) -> None:
    assert read().settings.oauth == {}
    assert read("[oauth]\n[oauth.google]\n").settings.oauth == {}


def test_each_provider_is_a_section_with_a_name(read: Any) -> None:
    config = read(f'[oauth.google]\n{KEYS}[oauth.home_2]\n{KEYS}issuer = "https://auth.example.org/o/trips/"\n')
    providers = config.settings.oauth
    assert list(providers) == ["google", "home_2"]
    assert providers["home_2"].issuer == "https://auth.example.org/o/trips/"
    assert all(each.is_complete for each in providers.values())
    assert config.sources["oauth.google.client_id"].endswith("tripkit.toml")


def test_environment_files_and_overrides_reach_providers_too(read: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    env = {
        "TRIPKIT_OAUTH__GOOGLE__CLIENT_ID": "from the environment",
        "TRIPKIT_OAUTH__GOOGLE__CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "TRIPKIT_OAUTH__GOOGLE__SCOPES": "openid, email",
        "TRIPKIT_OAUTH__MY_HOME__AUTO_CREATE": "false",
    }
    overrides = {"oauth.google.label": "from the command line"}
    config = read('[oauth.google]\nclient_id = "from the file"\nlabel = "also"\n', env, overrides=overrides)
    google = config.settings.oauth["google"]
    assert (google.client_id, google.client_secret) == ("from the environment", "from a file")
    assert (google.scopes, google.label) == (("openid", "email"), "from the command line")
    assert config.settings.oauth["my_home"].auto_create is False
    assert config.sources["oauth.google.client_secret"] == "TRIPKIT_OAUTH__GOOGLE__CLIENT_SECRET_FILE"


@pytest.mark.parametrize("key", ["client_id", "client_secret"])
def test_a_provider_with_half_of_its_keys_is_not_complete(read: Any, key: str) -> None:
    settings = read(f'[oauth.google]\n{key} = "x"\n[oauth.home]\n{key} = "x"\n').settings
    assert not any(each.is_complete for each in settings.oauth.values())


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ('[oauth.google]\nclientid = "x"', "oauth.google.clientid: unknown setting"),
        ('[oauth]\nclient_id = "x"', "oauth.client_id: unknown setting"),
        ("oauth = 1", "oauth: unknown setting"),
        ("[oauth.google.deeper]\nclient_id = 1", "oauth.google.deeper: unknown setting"),
        ('[oauth."a.b"]\nclient_id = "x"', "oauth.a.b.client_id: unknown setting"),
        ('[oauth.MyHome]\nclient_id = "x"', "oauth.MyHome: a name here must be up to 32 lower-case letters"),
        ('[oauth."x/y"]\nclient_id = "x"', "oauth.x/y: a name here must be"),
        ('[oauth.a__b]\nclient_id = "x"', "oauth.a__b: a name here must be"),
        (f'[oauth.{"x" * 33}]\nclient_id = "x"', f"oauth.{'x' * 33}: a name here must be"),
        ("[oauth.google]\nclient_id = 5", "oauth.google.client_id: 5 is wrong (from "),
        ("[oauth.google]\ntimeout = 31", "oauth.google.timeout: 31 is wrong (from "),
        ('[oauth.google]\nscopes = "openid"', "oauth.google.scopes: 'openid' is wrong (from "),
        ('[oauth.google]\nscopes = ["openid email"]', "oauth.google.scopes: ['openid email'] is wrong (from "),
        ('[oauth.google]\nredirect_uris = ["/app"]', "oauth.google.redirect_uris: ['/app'] is wrong (from "),
        ('[oauth.google]\nallowed_domains = ["a@b.org"]', "oauth.google.allowed_domains: ['a@b.org'] is wrong"),
        ('[oauth.home]\nissuer = "auth.example.org"', "oauth.home.issuer: 'auth.example.org' is wrong (from "),
        ('[oauth.home]\nissuer = "http://auth.example.org"', "oauth.home.issuer: 'http://auth.example.org' is wrong"),
        ('[oauth.home]\nissuer = "http://localhost.evil.org"', "oauth.home.issuer: 'http://localhost.evil.org' is"),
        ('[oauth.home]\nissuer = "https://a@b.org"', "oauth.home.issuer: 'https://a@b.org' is wrong"),
        ('[oauth.facebook]\ngraph_url = "http://graph.facebook.com"', "oauth.facebook.graph_url: 'http://graph."),
        (f"[oauth.home]\n{KEYS}", "oauth.home.issuer: it is missing."),
    ],
)
def test_what_is_wrong_with_a_provider_is_said_with_its_key(problems: Any, text: str, beginning: str) -> None:
    [problem] = problems(text)
    assert problem.startswith(beginning)
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("TRIPKIT_OAUTH__GOOGLE__CLIENTID", "Did you mean TRIPKIT_OAUTH__GOOGLE__CLIENT_ID?"),
        ("TRIPKIT_OAUTH__GOOGLE", ""),
        ("TRIPKIT_OAUTH__google__CLIENT_ID", "Did you mean TRIPKIT_OAUTH__GOOGLE__CLIENT_ID?"),
        ("TRIPKIT_OAUTH____CLIENT_ID", ""),
    ],
)
def test_unknown_variables_are_named(problems: Any, variable: str, hint: str) -> None:
    [problem] = problems("", {variable: "x"})
    assert problem.startswith(f"{variable}: unknown setting (in the environment).")
    assert hint in problem


def test_a_secret_that_is_wrong_is_not_shown(problems: Any) -> None:
    [problem] = problems('[oauth.google]\nclient_secret = ["hunter2"]')
    assert problem.startswith("oauth.google.client_secret: this value is wrong")
    assert "hunter2" not in problem


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9000", "http://[::1]:9000/x", "http://localhost:9000"])
def test_a_provider_on_this_machine_needs_no_encryption(read: Any, issuer: str) -> None:
    assert read(f'[oauth.home]\n{KEYS}issuer = "{issuer}"\n').settings.oauth["home"].issuer == issuer


def test_settings_with_providers_can_be_handed_to_another_process(read: Any) -> None:
    settings = read(f"[oauth.google]\n{KEYS}").settings
    assert pickle.loads(pickle.dumps(settings)) == settings
