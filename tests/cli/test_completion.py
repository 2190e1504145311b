"""What shells complete, and that nothing of it is run by them."""

import subprocess

import pytest


@pytest.fixture
def complete(run):
    """What a shell is given for a line."""

    def call(line, shell="bash"):
        words = line.split(" ")
        env = {"_TRIPKIT_COMPLETE": f"complete_{shell}", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1),
               "_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # fmt: skip
        done = run(env=env)
        assert (done.exit_code, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return call


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyoto in April", "Kyoto")
    run("item", "add", "1", "Tea ceremony")
    run("checklist", "new", "1", "Packing", "Passport")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("tripkit und", ["undo"]),
        ("tripkit help da", ["dates", "database"]),
        ("tripkit plan show ", ["1"]),
        ("tripkit plan show kyo", [r"kyoto\ in\ April"]),
        ("tripkit item show 1 tea", [r"tea\ ceremony"]),
        ("tripkit checklist show 1 pack", ["packing"]),
        ("tripkit checklist check 1 1 Pass", ["Passport"]),
        ("tripkit plan new A B --currency JP", ["JPY"]),
        ("tripkit plan new A B --timezone Europe/Lis", ["Europe/Lisbon"]),
        ("tripkit item add 1 A --from NR", ["NRT"]),
        ("tripkit item list 1 --status bo", ["booked"]),
        ("tripkit plan list --fields id,bud", ["id,budget"]),
        ("tripkit plan list --server lo", ["local"]),
    ],
)
def test_bash_is_offered(complete, kyoto, line, offered):
    assert set(offered) <= set(complete(line))


def test_zsh_and_fish_are_offered_titles_beside_numbers(complete, kyoto):
    assert complete("tripkit plan show ", "zsh") == ["""_arguments '*: :(("1":"Kyoto in April"))'"""]
    assert complete("tripkit plan show kyo", "zsh") == ["""_arguments '*: :(("kyoto in April":"1"))'"""]
    assert complete("tripkit plan show ", "fish") == ["1\tKyoto in April"]
    assert complete("tripkit plan show kyo", "fish") == ["kyoto in April\t1"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("title", [r"a\$(touch owned)", "a`touch owned`", "a';touch owned;'", 'a";touch owned;"', "a*"])
def test_titles_are_not_run(complete, run, kyoto, shell, title, home):
    run("plan", "new", title, "B")
    for typed in ("", "a"):
        for line in complete(f"tripkit plan show {typed}", shell):
            # zsh reads it twice, and takes both for what stands between quotes.
            for script in (line, line.removeprefix("_arguments '*: :((").removesuffix("))'")):
                text = script if shell == "zsh" else f'"{script}"' if shell == "bash" else ":"
                subprocess.run(["bash", "-c", f"echo {text}"], capture_output=True, check=False)
        assert title not in complete(f"tripkit plan show {typed}", shell)
    assert not (home / "here" / "owned").exists()
