"""Settings: where they come from, who wins, and what is said about mistakes."""

from pathlib import Path
from typing import Any

import pytest

from tripkit.config import OPTIONS, Config, ConfigError, default_file, load, rates

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    return tmp_path / "here"


@pytest.fixture
def read(cwd: Path) -> Any:
    """`read(toml, env=…)` loads with this text as ./tripkit.toml."""
    cwd.mkdir()

    def load_text(text: str = "", **arguments: Any) -> Config:
        if text:
            (cwd / "tripkit.toml").write_text(text)
        return load(cwd=cwd, **({"env": {}} | arguments))

    return load_text


@pytest.fixture
def problems(read: Any) -> Any:
    """What is said about settings that cannot be used."""

    def found(*arguments: Any, **keywords: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(*arguments, **keywords)
        assert str(caught.value) == "\n".join(caught.value.problems)
        return caught.value.problems

    return found


def test_without_any_configuration_everything_is_at_its_default(read: Any) -> None:
    config = read()
    assert config.file is None
    assert config.sources == {}
    assert (config.settings.server.host, config.settings.server.port) == ("127.0.0.1", 8000)
    assert config.settings.data_dir.is_absolute()


def test_the_command_line_wins_over_the_environment_over_the_file(read: Any, cwd: Path) -> None:
    config = read(
        '[server]\nport = 1\nhost = "file"\nworkers = 3\n',
        env={"TRIPKIT_SERVER__PORT": "2", "TRIPKIT_SERVER__HOST": "env"},
        overrides={"server.port": 3},
    )
    server = config.settings.server
    assert (server.port, server.host, server.workers, server.keep_alive) == (3, "env", 3, 75)
    assert config.sources == {
        "server.port": "the command line",
        "server.host": "TRIPKIT_SERVER__HOST",
        "server.workers": str(cwd / "tripkit.toml"),
    }


def test_one_file_is_read_the_first_of_four_places(tmp_path: Path, cwd: Path) -> None:
    cwd.mkdir()
    places = [tmp_path / "option.toml", tmp_path / "variable.toml", cwd / "tripkit.toml", default_file()]
    default_file().parent.mkdir(parents=True)
    for port, place in enumerate(places, start=1):
        place.write_text(f"[server]\nport = {port}\n")
    env = {"TRIPKIT_CONFIG": str(places[1])}

    found = [load(cwd=cwd, env=env, file=places[0]), load(cwd=cwd, env=env), load(cwd=cwd, env={})]
    places[2].unlink()
    found.append(load(cwd=cwd, env={}))

    assert [config.file for config in found] == places
    assert [config.settings.server.port for config in found] == [1, 2, 3, 4]


def test_the_process_environment_is_used_when_none_is_given(monkeypatch: pytest.MonkeyPatch, read: Any) -> None:
    monkeypatch.setenv("TRIPKIT_SERVER__PORT", "81")
    assert read(env=None).settings.server.port == 81


@pytest.mark.parametrize("name", ["--config", "TRIPKIT_CONFIG"])
def test_a_configuration_file_that_is_named_must_exist(problems: Any, tmp_path: Path, name: str) -> None:
    missing = tmp_path / "missing.toml"
    named = {"file": missing} if name == "--config" else {"env": {"TRIPKIT_CONFIG": str(missing)}}
    [problem] = problems(**named)
    assert problem.startswith(f"{name}: there is no file {missing}.")


def test_a_secret_may_be_read_from_a_file(read: Any, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(f" {KEY} \r\n")
    config = read(env={"TRIPKIT_SECURITY__SECRET_KEY_FILE": str(secret)})
    assert config.settings.security.secret_key == f" {KEY} "
    assert config.sources == {"security.secret_key": "TRIPKIT_SECURITY__SECRET_KEY_FILE"}


def test_a_secret_cannot_come_from_two_places(problems: Any) -> None:
    name = "TRIPKIT_SECURITY__SECRET_KEY"
    [problem] = problems(env={name: KEY, f"{name}_FILE": "/anywhere"})
    assert problem == f"security.secret_key: both {name} and {name}_FILE are set. Unset one."


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff", "not UTF-8")])
def test_a_secret_file_that_cannot_be_read_is_named(
    problems: Any, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "key"
    if content:
        path.write_bytes(content)
    [problem] = problems(env={"TRIPKIT_METRICS__TOKEN_FILE": str(path)})
    assert problem.startswith(f"metrics.token: the file {path} named by TRIPKIT_METRICS__TOKEN_FILE cannot be read")
    assert reason in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example,http://b.example:8080", ("https://a.example", "http://b.example:8080")),
        (" https://a.example , ", ("https://a.example",)),
        ("", ()),
    ],
)
def test_lists_in_the_environment_are_comma_separated(read: Any, text: str, expected: tuple[str, ...]) -> None:
    assert read(env={"TRIPKIT_SERVER__CORS_ORIGINS": text}).settings.server.cors_origins == expected


def test_a_list_in_a_file_is_a_toml_array(read: Any) -> None:
    assert read('[server]\ncors_origins = ["https://a.example"]\n').settings.server.cors_origins == (
        "https://a.example",
    )


def test_a_syntax_error_names_the_file_and_the_line(problems: Any, cwd: Path) -> None:
    [problem] = problems("[server]\nport = 80\nhost = \n")
    assert problem.startswith(f"{cwd / 'tripkit.toml'}: not valid TOML")
    assert "line 3" in problem


def test_a_file_that_is_not_text_is_named(problems: Any, cwd: Path) -> None:
    cwd.joinpath("tripkit.toml").write_bytes(b"\xff\xfe")
    assert problems() == [f"{cwd / 'tripkit.toml'}: cannot be read: it is not UTF-8."]


@pytest.mark.parametrize(
    ("text", "key", "shown"),
    [
        ('[server]\nport = "80"', "server.port", "'80'"),
        ("[server]\nport = 65536", "server.port", "65536"),
        ("[server]\nport = true", "server.port", "True"),
        ('[database]\nsynchronous = "OFF"', "database.synchronous", "'OFF'"),
        ('[plans]\ncurrency = "euro"', "plans.currency", "'euro'"),
        ('[plans]\ncurrency = "eur"', "plans.currency", "'eur'"),
        ('[plans]\ncurrency = "EUX"', "plans.currency", "'EUX'"),
        ('[plans]\ncurrency = ""', "plans.currency", "''"),
        ('[plans]\ncurrency = "XAU"', "plans.currency", "'XAU'"),
        ('[server]\ncors_origins = ["*"]', "server.cors_origins", "['*']"),
        ('[server]\ncors_origins = "https://a.example"', "server.cors_origins", "'https://a.example'"),
        ('[server]\npublic_url = "trips.example.org"', "server.public_url", "'trips.example.org'"),
        ("[security]\nargon2_memory = 1", "security.argon2_memory", "1"),
        ("data_dir = 5", "data_dir", "5"),
    ],
)
def test_a_wrong_value_names_its_key_itself_and_the_file(
    problems: Any, cwd: Path, text: str, key: str, shown: str
) -> None:
    [problem] = problems(text)
    assert problem.startswith(f"{key}: {shown} is wrong (from {cwd / 'tripkit.toml'}): ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRIPKIT_SERVER__PORT", "http"), ("TRIPKIT_LOGS__ACCESS", "maybe"), ("TRIPKIT_SERVER__WORKERS", "0")],
)
def test_a_wrong_value_in_the_environment_names_the_variable(problems: Any, name: str, value: str) -> None:
    key = name.removeprefix("TRIPKIT_").lower().replace("__", ".")
    [problem] = problems(env={name: value})
    assert problem.startswith(f"{key}: '{value}' is wrong (from {name}): ")


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("DATABASE__SYNCHRONOUS", "normal", "it must be one of FULL, NORMAL, EXTRA."),
        ("DATABASE__BUSY_TIMEOUT", "0.5", "it must be a whole number."),
        ("SERVER__WORKERS", "0", "it must be a whole number of at least 1."),
        ("SERVER__PORT", "65536", "it must be a whole number of at most 65535."),
        ("SERVER__HOST", "", "it must have at least 1 characters."),
        ("SERVER__PUBLIC_URL", "trips", "it must be like https://trips.example.org."),
        ("SERVER__CORS_ORIGINS", "https://a.example,b", "it must be like https://app.example.org."),
        ("LOGS__ACCESS", "maybe", "it must be true or false."),
    ],
)
def test_a_wrong_value_is_told_what_it_must_be(problems: Any, name: str, value: str, remedy: str) -> None:
    [problem] = problems(env={f"TRIPKIT_{name}": value})
    assert problem.endswith(f"'{value}' is wrong (from TRIPKIT_{name}): {remedy}")


def test_a_wrong_value_on_the_command_line_is_said_to_be_from_there(problems: Any) -> None:
    [problem] = problems(overrides={"server.port": 70000})
    assert problem.startswith("server.port: 70000 is wrong (from the command line): ")


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ("[server]\nprot = 80", "server.prot", "Did you mean server.port?"),
        ("dta_dir = '.'", "dta_dir", "Did you mean data_dir?"),
        ("[zzz]\nq = 1", "zzz", "`tripkit config show` lists all settings."),
        ("server = 1", "server", "Did you mean server."),
    ],
)
def test_an_unknown_key_in_the_file_is_an_error_with_a_suggestion(
    problems: Any, cwd: Path, text: str, key: str, suggestion: str
) -> None:
    [problem] = problems(text)
    assert problem.startswith(f"{key}: unknown setting (in {cwd / 'tripkit.toml'}).")
    assert suggestion in problem


def test_an_unknown_variable_is_an_error_with_a_suggestion(problems: Any) -> None:
    [problem] = problems(env={"TRIPKIT_SERVER__PROT": "80"})
    assert problem.startswith("TRIPKIT_SERVER__PROT: unknown setting (in the environment).")
    assert "Did you mean TRIPKIT_SERVER__PORT?" in problem


def test_variables_of_other_programs_and_the_acting_user_are_no_settings(read: Any) -> None:
    assert read(env={"PATH": "/bin", "TRIPKITX": "1", "TRIPKIT_USER": "ada"}).sources == {}


@pytest.mark.parametrize(
    "text",
    [
        '[security]\nsecret_key = "hunter2"',
        "[security]\nsecret_key = 7412963",
        '[security]\nprevious_keys = ["hunter2"]',
        '[security]\nprevious_keys = "hunter2"',
        '[metrics]\ntoken = ["hunter2"]',
        '[database]\nurl = "mysql://ada:hunter2@db/trips"',
        '[database]\nurl = "host=db password=hunter2"',
        '[database]\nurl = "hunter2:x"',
    ],
)
def test_messages_never_show_a_secret(problems: Any, text: str) -> None:
    [problem] = problems(text)
    assert "hunter2" not in problem
    assert "7412963" not in problem
    assert "tripkit.toml" in problem


def test_a_short_key_is_refused_with_the_way_to_make_one(problems: Any) -> None:
    [problem] = problems(env={"TRIPKIT_SECURITY__SECRET_KEY": KEY[:31]})
    assert problem.startswith("security.secret_key: this value is wrong (from TRIPKIT_SECURITY__SECRET_KEY)")
    assert "token_urlsafe" in problem


def test_a_key_of_32_bytes_is_enough_also_in_fewer_characters(read: Any) -> None:
    assert read(env={"TRIPKIT_SECURITY__SECRET_KEY": "é" * 16}).settings.security.secret_key == "é" * 16


def test_a_database_of_another_kind_is_refused(problems: Any) -> None:
    [problem] = problems(overrides={"database.url": "mysql://db/trips"})
    assert problem.startswith("database.url: 'mysql://…' is wrong (from the command line): it must start with")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1, ::1", ("127.0.0.1", "::1")),
        ("10.0.0.0/8,fd00::/8,unix", ("10.0.0.0/8", "fd00::/8", "unix")),
        ("", ()),
    ],
)
def test_proxies_are_addresses_networks_and_unix(read: Any, text: str, expected: tuple[str, ...]) -> None:
    assert read(env={"TRIPKIT_SERVER__TRUSTED_PROXIES": text}).settings.server.trusted_proxies == expected


def test_each_proxy_that_is_none_is_named_with_the_remedy(problems: Any, cwd: Path) -> None:
    first, second = problems('[server]\ntrusted_proxies = ["127.0.0.1", "10.0.0.0/33", "10.0.0.1/8"]\n')
    start = "server.trusted_proxies: {} is wrong (from " + str(cwd / "tripkit.toml") + "): "
    assert first == start.format("'10.0.0.0/33'") + (
        "write an address or a network, like 10.0.0.7, 10.0.0.0/8 or fd00::/8, or unix."
    )
    assert second == start.format("'10.0.0.1/8'") + (
        "write 10.0.0.0/8 for the whole network, or 10.0.0.1 for this one address."
    )


def test_all_mistakes_are_reported_at_once(problems: Any) -> None:
    found = problems(
        'nope = 1\n[server]\nport = "x"\n[security]\nsecret_key = "short"\n',
        env={"TRIPKIT_SERVER__HOTS": "x", "TRIPKIT_LOGS__LEVEL": "loud"},
    )
    assert {problem.split(":")[0] for problem in found} == {
        "nope",
        "server.port",
        "security.secret_key",
        "TRIPKIT_SERVER__HOTS",
        "logs.level",
    }
    assert len(found) == 5


def test_settings_are_frozen(read: Any) -> None:
    settings = read().settings
    with pytest.raises(AttributeError):
        settings.server.port = 1
    with pytest.raises(AttributeError):
        settings.server = None


def test_the_data_directory_is_absolute_and_knows_the_home_directory(read: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert read(env={"TRIPKIT_DATA_DIR": "~/trips"}).settings.data_dir == Path("/home/ada/trips")
    assert read(overrides={"data_dir": "trips"}).settings.data_dir == Path.cwd() / "trips"


def test_the_documented_names_are_the_names_in_the_environment() -> None:
    names = {option.environment for option in OPTIONS.values()}
    assert names >= {
        "TRIPKIT_DATA_DIR",
        "TRIPKIT_DATABASE__URL",
        "TRIPKIT_SECURITY__SECRET_KEY",
        "TRIPKIT_SERVER__HOST",
        "TRIPKIT_SERVER__PORT",
        "TRIPKIT_SERVER__PUBLIC_URL",
    }


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("10/0s", "must be from 1 second to 366 days"),
        ("1/367d", "must be from 1 second to 366 days"),
        ("-1/m", "'-1/m' is no rule. Write a number, a slash and a time"),
        ("ten/day", "'ten/day' is no rule"),
        ("10/day", "'10/day' is no rule"),
        ("10", "'10' is no rule"),
        ("1.5/s", "'1.5/s' is no rule"),
        ("١/s", "is no rule"),
        ("0/m", "would refuse everything"),
        ("5/s, 6/s", "two limits for the same window"),
        ("5/m, 6/60s", "two limits for the same window"),
        ("5/s,", "'' is no rule"),
        ("", "'' is no rule"),
        ("OFF", "'OFF' is no rule"),
        ("off, 5/s", "'off' is no rule"),
    ],
)
def test_a_wrong_rule_names_its_key_and_where_it_came_from(problems: Any, cwd: Path, rule: str, reason: str) -> None:
    [problem] = problems(f'[ratelimit]\nlogin = "{rule}"')
    assert problem.startswith(f"ratelimit.login: {rule!r} is wrong (from {cwd / 'tripkit.toml'}): ")
    assert reason in problem


def test_every_rule_is_checked(problems: Any) -> None:
    keys = [option.key for option in OPTIONS.values() if option.rule]
    assert len(keys) == 15
    found = problems(overrides=dict.fromkeys(keys, "often"))
    assert [problem.partition(":")[0] for problem in found] == keys


@pytest.mark.parametrize(
    ("rule", "windows"),
    [
        ("10/30d", ["10 in 30 days"]),
        ("100/h, 5/s", ["5 in 1 second", "100 in 1 hour"]),
        (" 120/m ", ["120 in 1 minute"]),
        ("3/36h", ["3 in 36 hours"]),
        ("3/90s", ["3 in 90 seconds"]),
        ("off", []),
    ],
)
def test_a_rule_is_its_windows_the_shortest_first(rule: str, windows: list[str]) -> None:
    assert [str(window) for window in rates.parse(rule)] == windows
