"""What `tripkit help TOPIC` explains: a line about it, and the text, in plain Markdown.

`docs/cli.md` is made of the same texts.
"""

from typing import Final

from msgspec import Struct


class Topic(Struct, frozen=True):
    """Something that many commands share."""

    summary: str
    text: str


TOPICS: Final = {
    "names": Topic(
        "How plans, items and the rest are named.",
        """\
A plan is named by its number, by its title, or by a piece of it that no other
plan of yours has. Letter case does not matter. So are items, expenses,
travellers and checklists, within their plan.

```
tripkit plan show 7
tripkit plan show kyoto
tripkit item show kyoto 'tea cer'
```

When several match, all are listed, and nothing is done. When none does, those
that you may have meant are.""",
    ),
    "dates": Topic(
        "How dates and times are typed.",
        """\
- Days: `2027-04-01`, `today`, `tomorrow`, `fri` (the next one), `1 apr`, `apr
  1 2027`.
- From today: `+3d`, `+2w`, `+1m`, `+1y`. Those of an end count from the
  start.
- Times of day follow a day: `fri 9:30`, `tomorrow 2pm`. A time alone, as an
  end, is on the day of the start.
- A time zone may follow a time: `2027-04-01 09:30 Asia/Tokyo`. Without one it
  is that of the place.

Days are counted from today on this machine. What was understood is told on
standard error.""",
    ),
    "output": Topic(
        "What is printed on a terminal, in a pipe, and for scripts.",
        """\
- On a terminal: tables, as wide as it is. `--color`, `NO_COLOR`, `TERM=dumb`
  and the character set are heeded, and what is longer than the screen goes
  through `PAGER`.
- In a pipe: lines with tabs between the fields, without a header, in which
  line breaks become spaces. The help of each command says which fields. What
  was made is named by its number.
- `--json`: one line of JSON.
- `--fields id,title`: only these, as columns, or with `--json` as JSON.
  `place.name` is a field inside of another.
- `--format '{id:>4} {title}'`: a line of your own for each. `\\t` and `\\n`
  are a tab and a line break.
- `--quiet`: nothing beside the answer but errors and warnings. Those go to
  standard error in any case.

```
tripkit plan list --json | jq -r '.[] | select(.budget != null) | .title'
tripkit plan list --fields id,title --status draft
tripkit item add kyoto - < items.json
```""",
    ),
    "undo": Topic(
        "How a mistake is taken back.",
        """\
`tripkit undo` takes back what you did last, in whichever plan that was; once
more, and it takes back what you did before that. `tripkit plan log` lists
what was done with a plan, and `tripkit plan undo --version` takes back any of
it. (A plan that was made goes into the trash, and once more brings it back.)
What others changed since stays: where they changed the same, they are
named, and nothing is done.

The reminder after each change can be left out: `cli.hints = false` in the
configuration.

What is deleted goes to a trash first, for 30 days unless `plans.trash_days`
says otherwise. Commands that change many things at once take `--dry-run`,
which says what they would do.""",
    ),
    "editing": Topic(
        "How an editor is used for plans and items.",
        """\
`tripkit plan edit` and `tripkit item edit` open `VISUAL`, else `EDITOR`, with
a commented TOML document. A mistake opens it again with the error below its
line; close it without a change to give up. What you typed stays in a file
until it is saved, and when something goes wrong its path is told.""",
    ),
    "accounts": Topic(
        "Whose plans commands work on.",
        """\
Who acts is `--user`, else the variable `TRIPKIT_USER`, else the setting
`cli.user`, else the only account there is. On the local database commands ask
for no password: whoever can open the file may do everything. Passwords are
asked for, or read from standard input with `--password-stdin`, and codes with
`--code-stdin`. They are never arguments.""",
    ),
    "servers": Topic(
        "How commands work on a server.",
        """\
`tripkit login URL` signs in, and from then on commands work there; `tripkit
logout` ends that. `--server URL`, or the name of a profile in the settings,
chooses a server for one command, and `--server local` the database of this
machine. `tripkit status` says where commands work, and who said so.""",
    ),
    "database": Topic(
        "Where plans are kept.",
        """\
In one file, in the data directory of your platform; `tripkit config show`
says where. It is made, and brought up to date, when a command needs it. A
server may run on it at the same time. Mail that a command causes is sent
before it ends; what cannot be sent then waits in the outbox for the server.""",
    ),
    "completion": Topic(
        "How the shell completes commands, plans, places and the rest.",
        """\
`tripkit --install-completion` sets it up for bash, zsh or fish. Beside
commands and options it completes numbers of plans and of what is in them
(type a number or a piece of a title), time zones, currencies, airports and
towns, statuses, fields, topics and servers.""",
    ),
    "exit-codes": Topic(
        "What the exit code of a command says.",
        """\
- 0: done.
- 1: it failed, or a question was answered with no.
- 2: it was called wrongly, or a value is not right.
- 3: there is no such thing.
- 4: you may not do that, or have to sign in.
- 5: something is in the way: it has changed meanwhile, is there already, or
  several match.
- 6: a check did its work, and found something.
- 130: Ctrl-C. Nothing is left half done.""",
    ),
}
