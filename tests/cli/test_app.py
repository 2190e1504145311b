"""The root command: help, version, exit codes, and what is never shown."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from tripkit import __version__
from tripkit.cli.app import COMMANDS, app
from tripkit.errors import Busy, Forbidden

GROUPS = ("plan", "item", "checklist", "user", "db", "mail", "oauth", "config")
#: What works on a server as on the local database.
REMOTE = (
    "plan", "item", "link", "checklist", "traveller", "expense", "search", "agenda", "token", "whoami", "status",
    "undo",
)  # fmt: skip


def commands():
    root = typer.main.get_command(app)
    for name in COMMANDS:
        _, command, _ = root.resolve_command(typer.Context(root), [name])
        yield from below((name,), command)


def below(path, command):
    if not hasattr(command, "commands"):
        yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from below((*path, name), each)


every_command = pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*found, id=" ".join(found[0])) for found in commands()]
)


def test_version(run):
    assert run("--version").stdout == f"tripkit {__version__}\n"


def test_help_lists_the_commands_in_the_order_of_use(run):
    shown = run("--help").stdout
    assert [shown.index(f" {name} ") for name in COMMANDS] == sorted(shown.index(f" {name} ") for name in COMMANDS)


@pytest.mark.parametrize("group", GROUPS)
def test_the_help_of_a_group_begins_as_the_root_says(run, group):
    assert COMMANDS[group] in run(group, "--help").stdout


def test_a_group_without_a_command_shows_its_help(run):
    done = run("plan")
    assert done.exit_code == 2
    assert "Usage: tripkit plan" in done.output


@every_command
def test_every_command_has_a_line_of_help_and_an_example_of_itself(path, command):
    first = command.help.splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 110
    assert command.epilog.startswith(f"Example: tripkit {' '.join(path)}") or f" {' '.join(path)}" in command.epilog
    assert all(param.help for param in command.params)


@every_command
def test_every_command_that_answers_takes_the_options_of_scripts(path, command):
    options = {option for param in command.params for option in param.opts}
    if path not in (("serve",), ("help",)):
        assert {"--json", "--quiet", "--fields", "--format"} <= options
    assert ("--user" in options) == (path[0] in (*REMOTE, "factor"))
    assert ("--server" in options) == (path[0] in REMOTE)


def test_usage_errors_are_plain_lines_with_where_to_find_help(run):
    done = run("plan", "list", "--colour")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0].startswith("tripkit: No such option: --colour")
    assert done.stderr.splitlines()[-1] == "Try `tripkit plan list --help`."
    assert "Did you mean 'plan'" in run("plna").stderr
    assert "Did you mean 'list'" in run("plan", "lits").stderr


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (RuntimeError("boom"), 1, "tripkit: unexpected error: RuntimeError: boom; run with --debug\n"),
        (Busy("The queue is full."), 1, "tripkit: The queue is full. Try again in 1 s.\n"),
        (Forbidden(), 4, "tripkit: You may not do this.\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "tripkit: Permission denied: /x\n"),
        (RuntimeError("a\x1b[31mb"), 1, "tripkit: unexpected error: RuntimeError: a\ufffd[31mb; run with --debug\n"),
    ],
)
def test_failures_are_one_line(run, ada, monkeypatch, error, code, message):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("tripkit.services.plans.Plans.page", fail)
    done = run("plan", "list")
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", message)


def test_debug_shows_the_traceback(run, ada, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("boom")

    monkeypatch.setattr("tripkit.services.plans.Plans.page", fail)
    done = run("--debug", "plan", "list")
    assert done.exit_code == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.endswith("boom; run with --debug\n")


def test_ctrl_c_is_silent_and_exit_code_130(run, ada, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("tripkit.services.plans.Plans.page", interrupt)
    done = run("plan", "list")
    assert (done.exit_code, done.output) == (130, "")


def test_the_installed_program_runs():
    program = Path(sys.executable).with_name("tripkit")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"tripkit {__version__}\n"


def test_a_process_has_the_exit_codes_and_keeps_its_streams_apart(process, ada):
    done = process("plan", "new", "A", "--destination", "B")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1\n", b'Made plan 1 "A".\n')
    assert process("plan", "show", "2").returncode == 3
    assert process("plan", "show", "1", "--user", "x").returncode == 4
    wrong = process("plan", "set", "1", "--budget", "x")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert b"Traceback" not in wrong.stderr


def test_no_command_loads_what_it_does_not_need(process, ada):
    code = (
        "import sys\nfrom tripkit.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*(name for name in ('rich', 'pydantic', 'argon2', 'jwt', 'sanic', 'email_validator',"
        " 'playhouse.migrations') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, "plan", "list"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_a_terminal_gets_a_table_and_a_pipe_gets_tabs(converse, process, run, ada):
    run("plan", "new", "Kyoto", "--destination", "Japan")
    code, screen = converse("plan", "list")
    assert code == 0
    assert "Title" in screen
    assert "\t" not in screen
    assert process("plan", "list").stdout.startswith(b"1\tKyoto\tJapan\t")


def test_a_reader_that_goes_away_is_no_failure_worth_a_word(run, ada, tripkit):
    run("plan", "new", "A", "--destination", "B", "--description", "x" * 20_000, "--quiet")
    for _ in range(10):
        run("plan", "new", "A", "--destination", "B", "--description", "x" * 20_000, "--quiet")
    reader, writer = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "tripkit", "plan", "list", "--json"], stdout=writer, stderr=subprocess.PIPE
    ) as child:
        os.close(writer)
        os.close(reader)
        assert child.stderr
        assert child.stderr.read() == b""


def test_a_full_disk_is_one_line_and_exit_code_1(run, ada):
    run("plan", "new", "A", "--destination", "B")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tripkit", "plan", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "tripkit: No space left on device\n")


def test_without_a_standard_output_nothing_breaks(ada):
    line = 'exec "$0" -m tripkit user list >&-'
    done = subprocess.run(["sh", "-c", line, sys.executable], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_text_that_the_terminal_cannot_show_is_escaped(run, process, ada):
    run("plan", "new", "Kyōto", "--destination", "B")
    done = process("plan", "list", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.stdout.startswith(b"1\tKy\\u014dto\tB")


def test_completion_offers_commands_statuses_zones_and_plans(run, ada, tripkit):
    run("plan", "new", "Kyoto in April", "--destination", "B")

    def complete(line):
        words = line.split(" ")
        env = {"_TRIPKIT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
        return run(env=env).stdout.split()

    assert {"plan", "user"} <= set(complete("tripkit "))
    assert complete("tripkit plan publ") == ["publish"]
    assert complete("tripkit plan list --status p") == ["published"]
    assert complete("tripkit plan set 1 --timezone Europe/Lis") == ["Europe/Lisbon"]
    assert complete("tripkit plan show ") == ["1"]


def test_completion_makes_no_database_and_is_silent_about_failures(run, home, monkeypatch):
    env = {"_TRIPKIT_COMPLETE": "complete_bash", "COMP_WORDS": "tripkit plan show ", "COMP_CWORD": "3"}
    assert run(env=env).output.strip() == ""
    monkeypatch.setenv("TRIPKIT_SERVER__PORT", "wrong")
    assert run(env=env).output.strip() == ""
    assert not (home / "data").exists()


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("plan", "list", "--limit", "0"), "'0' is not a whole number of at least 1."),
        (("plan", "list", "--limit", "٣"), "'٣' is not a whole number of at least 1."),
        (("plan", "log", "1", "--limit", "1.5"), "'1.5' is not a whole number of at least 1."),
        (("plan", "diff", "1", "x"), "'x' is not a whole number."),
        (("serve", "--workers", "65"), "'65' is not a whole number from 1 to 64."),
    ],
)
def test_a_wrong_number_is_shown_with_what_it_must_be(run: Any, words: tuple[str, ...], refusal: str) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{refusal}\nTry `tripkit {words[0]}" in done.stderr
