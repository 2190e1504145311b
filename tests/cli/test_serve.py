import pytest

from tripkit.errors import CannotServe


@pytest.fixture
def served(monkeypatch):
    calls = []
    monkeypatch.setattr("tripkit.server.run.serve", lambda config, **options: calls.append((config, options)))
    return calls


def test_serve_passes_the_settings_and_only_the_options_that_were_given(run, served, monkeypatch):
    monkeypatch.setenv("TRIPKIT_SERVER__HOST", "0.0.0.0")
    assert run("serve", "--port", "0", "--workers", "2").exit_code == 0
    [(config, options)] = served
    server = config.settings.server
    assert (server.host, server.port, server.workers) == ("0.0.0.0", 0, 2)
    assert config.sources["server.port"] == "the command line"
    assert config.sources["server.host"] == "TRIPKIT_SERVER__HOST"
    assert options == {"open_browser": False, "migrate": False}


def test_serve_opens_and_migrates_when_told(run, served):
    run("serve", "--open", "--migrate")
    assert served[0][1] == {"open_browser": True, "migrate": True}


@pytest.mark.parametrize("options", [("--port", "70000"), ("--port", "x"), ("--workers", "0")])
def test_wrong_options_are_usage_errors(run, served, options):
    done = run("serve", *options)
    assert (done.exit_code, served) == (2, [])
    assert options[0] in done.stderr


def test_a_server_that_cannot_start_is_one_line_and_exit_code_1(run, monkeypatch):
    def refuse(*_, **__):
        raise CannotServe("Cannot listen on 127.0.0.1 port 8000: the port is in use.")

    monkeypatch.setattr("tripkit.server.run.serve", refuse)
    done = run("serve")
    assert (done.exit_code, done.stderr) == (1, "tripkit: Cannot listen on 127.0.0.1 port 8000: the port is in use.\n")
