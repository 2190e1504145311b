import json
import stat
from pathlib import Path

import pytest

from tripkit.cli.config import masked
from tripkit.config import OPTIONS, load


def rows(run, *args):
    return {line.split("\t")[0]: tuple(line.split("\t")[1:]) for line in run(*args).stdout.splitlines()}


def test_show_lists_every_setting_with_its_value_and_source(run, monkeypatch, home):
    Path("tripkit.toml").write_text('[server]\nport = 9000\n[plans]\ncurrency = "JPY"\n')
    monkeypatch.setenv("TRIPKIT_PLANS__CURRENCY", "USD")
    found = rows(run, "config", "show")
    assert found.keys() == OPTIONS.keys()
    assert found["server.port"] == ("9000", str(Path("tripkit.toml").absolute()))
    assert found["plans.currency"] == ("USD", "TRIPKIT_PLANS__CURRENCY")
    assert found["server.host"] == ("127.0.0.1", "default")
    assert found["data_dir"] == (f"{home}/data", "TRIPKIT_DATA_DIR")


def test_show_masks_secrets_and_not_their_absence(run, monkeypatch, tmp_path):
    secret = "s3cret" * 8
    monkeypatch.setenv("TRIPKIT_SECURITY__SECRET_KEY", secret)
    monkeypatch.setenv("TRIPKIT_SECURITY__PREVIOUS_KEYS", f"{secret}a,{secret}b")
    (tmp_path / "token").write_text("metrics-secret")
    monkeypatch.setenv("TRIPKIT_METRICS__TOKEN_FILE", str(tmp_path / "token"))
    done = run("config", "show")
    assert "s3cret" not in done.output
    assert "metrics-secret" not in done.output
    found = rows(run, "config", "show")
    assert found["security.secret_key"] == ("********", "TRIPKIT_SECURITY__SECRET_KEY")
    assert found["security.previous_keys"][0] == "********, ********"
    assert found["metrics.token"] == ("********", "TRIPKIT_METRICS__TOKEN_FILE")
    monkeypatch.delenv("TRIPKIT_SECURITY__SECRET_KEY")
    assert rows(run, "config", "show")["security.secret_key"] == ("", "default")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/trips.sqlite3", "sqlite:////srv/trips.sqlite3"),
        ("postgresql://ada:pw@db.example.org/trips", "postgresql://ada:********@db.example.org/trips"),
        ("postgresql://ada:p@w:x@db/trips?sslmode=require", "postgresql://ada:********@db/trips?sslmode=require"),
        ("postgresql://:pw@db/trips", "postgresql://:********@db/trips"),
        ("postgresql://db/trips?user=ada&password=pw&x=1", "postgresql://db/trips?user=ada&password=********&x=1"),
        ("postgresql://ada@db:5432/trips", "postgresql://ada@db:5432/trips"),
        ("postgresql://ada:p/w@db/trips", "postgresql://ada:********@db/trips"),
    ],
)
def test_of_the_databases_url_only_the_password_is_masked(url, shown):
    assert masked(OPTIONS["database.url"], url) == shown


def test_show_in_json_is_an_array_of_settings(run):
    found = {each["key"]: each for each in json.loads(run("config", "show", "--json").stdout)}
    assert found["server.port"] == {"key": "server.port", "value": 8000, "source": "default"}
    assert found["logs.access"]["value"] is True
    assert found["server.cors_origins"]["value"] == ["http://localhost:3000"]


def test_show_is_a_table_on_a_terminal_in_which_keys_are_whole(run, terminal):
    lines = run("config", "show").stdout.splitlines()
    assert lines[0].split() == ["Key", "Value", "From"]
    assert any(line.startswith("security.argon2_parallelism ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_check_is_ok_or_lists_every_problem(run, monkeypatch):
    assert run("config", "check").stdout == "ok\n"
    assert json.loads(run("config", "check", "--json").stdout) == {"ok": True, "problems": []}
    Path("tripkit.toml").write_text('[server]\nport = "high"\nhots = "x"\n')
    done = run("config", "check")
    assert (done.exit_code, done.stdout) == (6, "")
    assert len(done.stderr.splitlines()) == 2
    assert "server.port" in done.stderr
    assert "server.hots" in done.stderr
    answer = run("config", "check", "--json")
    assert answer.exit_code == 6
    assert [len(json.loads(answer.stdout)["problems"]), json.loads(answer.stdout)["ok"]] == [2, False]


def test_a_wrong_setting_stops_any_command_with_exit_code_1(run, monkeypatch):
    monkeypatch.setenv("TRIPKIT_SERVER__PORT", "x")
    done = run("plan", "list")
    assert done.exit_code == 1
    assert done.stderr.startswith("tripkit: server.port: 'x' is wrong (from TRIPKIT_SERVER__PORT)")


def test_path_is_the_file_in_use_or_where_it_would_be_looked_for(run, home):
    done = run("config", "path")
    assert done.stdout == f"{home}/config/tripkit/tripkit.toml\n"
    assert "There is no configuration file" in done.stderr
    Path("tripkit.toml").write_text("not toml =")
    assert run("config", "path").stdout == f"{Path('tripkit.toml').absolute()}\n"
    (home / "other.toml").touch()
    done = run("--config", home / "other.toml", "config", "path", "--json")
    assert json.loads(done.stdout) == {"path": f"{home}/other.toml", "exists": True}


def test_a_named_file_that_is_not_there_is_a_failure(run):
    for args in (("config", "path"), ("config", "show"), ("plan", "list")):
        done = run("--config", "nowhere.toml", *args)
        assert done.exit_code == 1
        assert "--config: there is no file nowhere.toml" in done.stderr


def test_init_writes_a_file_that_changes_nothing_and_only_its_owner_reads(run, home):
    done = run("config", "init")
    target = home / "config" / "tripkit" / "tripkit.toml"
    assert (done.exit_code, done.stdout) == (0, f"{target}\n")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert run("config", "path").stdout == f"{target}\n"
    assert load().settings == load(file=target).settings
    assert "# port = 8000" in target.read_text()


def test_init_writes_where_it_is_told(run, home, monkeypatch):
    assert json.loads(run("config", "init", "deep/er.toml", "--json").stdout)["path"].endswith("deep/er.toml")
    run("--config", home / "a.toml", "config", "init")
    monkeypatch.setenv("TRIPKIT_CONFIG", str(home / "b.toml"))
    run("config", "init")
    assert (home / "a.toml").is_file()
    assert (home / "b.toml").is_file()


def test_init_refuses_to_overwrite(run):
    Path("tripkit.toml").write_text("# mine\n")
    done = run("config", "init", "tripkit.toml")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "is there already" in done.stderr
    assert Path("tripkit.toml").read_text() == "# mine\n"


def test_show_lists_configured_providers_with_their_secrets_masked(run, monkeypatch):
    monkeypatch.setenv("TRIPKIT_OAUTH__GOOGLE__CLIENT_ID", "id")
    monkeypatch.setenv("TRIPKIT_OAUTH__GOOGLE__CLIENT_SECRET", "hunter2")
    found = rows(run, "config", "show")
    assert found["oauth.google.client_id"] == ("id", "TRIPKIT_OAUTH__GOOGLE__CLIENT_ID")
    assert found["oauth.google.client_secret"] == ("********", "TRIPKIT_OAUTH__GOOGLE__CLIENT_SECRET")
    assert found["oauth.google.timeout"] == ("5", "default")
    assert "hunter2" not in run("config", "show", "--json").output
