"""The generated parts of the documentation. `python -m tests.docs.generate` writes them, from the root."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import typer

from tripkit.cli.answers import parts
from tripkit.cli.app import COMMANDS, app
from tripkit.cli.topics import TOPICS
from tripkit.config import OPTIONS, Option, Settings
from tripkit.config.document import render, toml
from tripkit.config.options import NAMED, options_of
from tripkit.config.sections import Section
from tripkit.schemas.sharing import Action, Role
from tripkit.server import openapi
from tripkit.server.problems import HTTP_KINDS, KINDS, Kind
from tripkit.server.routes import ENDPOINTS
from tripkit.services import policy

from . import terminal

ROOT: Final = Path(__file__).parents[2]
_MADE: Final = "<!-- Made by `make docs` from the source. Change it there. -->"


def main() -> None:
    """Write every generated file that is not as it should be, and pictures of what the terminal shows."""
    (ROOT / terminal.DIRECTORY).mkdir(parents=True, exist_ok=True)
    for old in set((ROOT / terminal.DIRECTORY).glob("*")) - {ROOT / name for name in terminal.pictures()}:
        old.unlink()
    for name, text in {**{name: make() for name, make in PAGES.items()}, **terminal.pictures()}.items():
        path = ROOT / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {name}")


# --- the command line -----------------------------------------------------------------------------------------------


def commands() -> dict[str, Any]:
    """Every command that does something, by what is typed to run it: `plan new`."""
    found: dict[str, Any] = {}
    for name in COMMANDS:
        found |= _below(name, typer.main.get_command(import_module(f"tripkit.cli.{name}").app))
    return found


def _below(name: str, command: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each, inner in getattr(command, "commands", {}).items():
        found |= _below(f"{name} {each}", inner)
    return found or {name: command}


def cli() -> str:
    """docs/cli.md"""
    return _page(_cli())


def _cli() -> Iterator[str]:
    root = typer.main.get_command(app)
    yield "# The command line"
    yield _MADE
    yield str(root.help)
    yield "`tripkit [OPTIONS] COMMAND …`. These options stand before the command:"
    yield _options(root.params)
    yield "## Topics"
    yield "`tripkit help TOPIC` explains these on the command line."
    for name, topic in TOPICS.items():
        yield f"### {name}"
        yield topic.summary
        yield topic.text
    yield "### Options of many commands"
    yield _shared()
    group = ""
    for name, command in commands().items():
        if name.partition(" ")[0] != group:
            group = name.partition(" ")[0]
            yield f"## tripkit {group}"
            yield COMMANDS[group]
        if " " in name:
            yield f"### tripkit {name}"
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        options = [param for param in command.params if param.param_type_name == "option"]
        shown = (_argument(param) if param.required else f"[{_argument(param)}]" for param in arguments)
        yield f"`{' '.join(['tripkit', name, '[OPTIONS]', *shown])}`"
        yield str(command.help)
        if arguments:
            yield _table("Argument", "Meaning", rows=[(f"`{_argument(param)}`", param.help) for param in arguments])
        yield _options([param for param in options if param.name not in SHARED])
        yield _of_many(command, options)
        yield f"```sh\n{command.epilog.removeprefix('Example: ')}\n```"

    yield "## JSON"
    yield JSON_RULES
    for name, schema in _of_commands_alone().items():
        yield from _schema(name, schema)


#: Options that many commands have, by their names, and what is said of them.
SHARED: Final = {
    "user": "`--user EMAIL|USERNAME`, `-u`",
    "json": "`--json`",
    "fields": "`--fields NAME,…`",
    "format": "`--format TEMPLATE`",
    "quiet": "`--quiet`, `-q`",
    "server": "`--server URL|PROFILE`",
}


def _of_many(command: Any, options: list[Any]) -> str:
    """The options that are told above for all, and what the JSON is."""
    found = [f"`{param.opts[0]}`" for param in options if param.name in SHARED and not param.hidden]
    shown = f"[Also](#options-of-many-commands): {', '.join(found)}." if found else ""
    return f"{shown} JSON: {_answer(command.answer)}." if command.answer else shown


def _answer(answer: str) -> str:
    """The types of an answer, with links to where they are described."""
    published = _published()
    found = []
    for kind, many in parts(answer):
        page = "api.md" if kind.__name__ in published else ""
        found.append(f"{'list of ' if many else ''}[{kind.__name__}]({page}#{_anchor(kind.__name__)})")
    return " or ".join(found)


@cache
def _published() -> dict[str, Any]:
    """The schemas of the API."""
    found: dict[str, Any] = openapi.document(ENDPOINTS, server_url="")["components"]["schemas"]
    return found


def _of_commands_alone() -> dict[str, Any]:
    """The schemas of what commands print and the API does not."""
    kinds = {kind for command in commands().values() if command.answer for kind, _ in parts(command.answer)}
    _, found = msgspec.json.schema_components(sorted(kinds, key=lambda kind: str(kind.__name__)))
    return {name: schema for name, schema in sorted(found.items()) if name not in _published()}


JSON_RULES: Final = """\
What a command prints with `--json` is named with it above. Most of it is as in [the API](api.md#schemas); what only
commands print follows. Fields may be added; none changes its meaning or goes away within a major version."""


def _shared() -> str:
    """The options of many commands, as the first that has each says it."""
    found: dict[str, tuple[str, str]] = {}
    for command in commands().values():
        for param in command.params:
            if param.name in SHARED and not param.hidden:
                found.setdefault(param.name, (SHARED[param.name], param.help))
    return _table("Option", "Meaning", rows=[found[name] for name in SHARED])


def _argument(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _options(params: list[Any]) -> str:
    rows = []
    for param in params:
        if param.hidden:
            continue
        value = "" if param.is_flag else f" {param.metavar or 'VALUE'}"
        names = ", ".join(f"`{name}{value}`" for name in sorted(param.opts, key=len, reverse=True))
        rows.append((names, param.help))
    return _table("Option", "Meaning", rows=rows) if rows else ""


# --- the configuration ----------------------------------------------------------------------------------------------


def configuration() -> str:
    """docs/configuration.md"""
    return _page(_configuration())


def _configuration() -> Iterator[str]:
    yield "# Configuration"
    yield _MADE
    yield CONFIGURATION_RULES
    top = [field for field in msgspec.structs.fields(Settings) if field.encode_name in OPTIONS]
    yield "## General"
    for field in top:
        yield from _option(OPTIONS[field.encode_name])
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.default, Section):
            yield f"## Section {field.encode_name}"
            yield str(type(field.default).__doc__)
            for inner in msgspec.structs.fields(type(field.default)):
                yield from _option(OPTIONS[f"{field.encode_name}.{inner.encode_name}"])
    for section, kind in NAMED.items():
        yield f"## Sections {section}.NAME"
        yield str(kind.__doc__)
        for option in options_of(section, "NAME").values():
            yield from _option(option)


CONFIGURATION_RULES: Final = """\
tripkit needs no configuration: every setting has a default. `tripkit config init` writes a file in which each is
explained, `tripkit config show` prints what is in force and where it came from, and `tripkit config check` says all
that is wrong.

Precedence, from strong to weak:

1. The command line.
2. The environment. `[section] key` is `TRIPKIT_SECTION__KEY`. A list is separated by commas.
   `TRIPKIT_SECTION__KEY_FILE` names a file that holds the value, which suits secrets.
3. One file: `--config FILE`, else the file that `TRIPKIT_CONFIG` names, else `tripkit.toml` in the working directory,
   else `tripkit.toml` in the configuration directory of your platform (`tripkit config path` prints which).
4. The defaults.

An unknown setting is an error, also in the environment. The variable `TRIPKIT_USER` is no setting: it says for whom
[commands](cli.md#accounts) act.

The settings are read once, when the program starts: restart the server after a change."""


def _option(option: Option) -> Iterator[str]:
    yield f"### {option.key}"
    yield option.description
    described = msgspec.json.schema(option.type)
    default = toml(option.default)
    rows = [
        ("Type", "path" if option.key == "data_dir" else describe(described)),
        ("Default", "the data directory of your platform" if option.key == "data_dir" else f"`{default}`"),
        ("Environment", f"`{option.environment}`"),
    ]
    if option.secret:
        rows.append(("Secret", f"yes; `{option.environment}_FILE` can name a file that holds it"))
    yield "\n".join(f"- {name}: {value}" for name, value in rows)


# --- the API --------------------------------------------------------------------------------------------------------


def api() -> str:
    """docs/api.md"""
    return _page(_api(openapi.document(ENDPOINTS, server_url="")))


def _api(document: dict[str, Any]) -> Iterator[str]:
    yield "# The API"
    yield _MADE
    yield document["info"]["description"]
    yield API_CONVENTIONS
    for tag in document["tags"]:
        yield f"## {tag['name'].capitalize()}"
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(f"{method.upper()} {path}", operation)
    yield "## Schemas"
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield "## Problems"
    yield "The `type` of a problem is `/docs#` and one of these. See [Errors](errors.md) for what each means."
    yield _table("Type", "Status", "Title", rows=[(f"`{k.slug}`", str(k.status), k.title) for k in problem_kinds()])


API_CONVENTIONS: Final = """\
A running server shows the same reference at `/docs`, and the OpenAPI 3.1 document it is made from at `/openapi.json`.
[The tutorial](tutorial.md) uses the most important routes.

- Every answer bears `X-Request-ID`. Quote it when you report a problem: the server's log has it too.
- A plan bears a `version`, and an answer with one plan bears it as `ETag`. Send that as `If-Match` with a change: when
  the plan has moved on meanwhile, nothing is changed and the answer is 412 with the current version.
- A POST outside `/api/auth/` and `/api/admin/` takes an `Idempotency-Key`, a name of your own for the request. Sent
  again by you to the same address with the same body, it is done once: the answer is the first one, with
  `Idempotency-Replayed: true`. The key is kept for 24 hours; another body or `Content-Type` with it is refused with
  409. A request that failed may be mended, and sent with the same key.
- `next` of a page leads to the next one, and is null on the last. It is relative unless `server.public_url` is set.
- The gallery is open to everybody. Signed in or not, you see the same there; a token that is sent has to be valid.
- Unknown fields and parameters are refused by name. So is a parameter that is sent twice."""


def problem_kinds() -> list[Kind]:
    """Every kind of problem once, by status."""
    kinds: dict[str, Kind] = {}
    for kind in (*KINDS.values(), *HTTP_KINDS.values()):
        kinds.setdefault(kind.slug, kind)
    return sorted(kinds.values(), key=lambda kind: kind.status)


def _operation(name: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield f"{operation['summary']}. {openapi.needs(operation)}"
    if "description" in operation:
        yield operation["description"]
    if parameters := operation.get("parameters"):
        rows = [
            (f"`{each['name']}`", each["in"], describe(each["schema"]), each.get("description", ""))
            for each in parameters
        ]
        yield _table("Parameter", "In", "Type", "Meaning", rows=rows)
    if body := operation.get("requestBody"):
        kinds = ", ".join(f"`{kind}`" for kind in body["content"])
        schema = next(iter(body["content"].values()))["schema"]
        yield f"Body: {describe(schema)}, as {kinds}."
    problems = [status for status in operation["responses"] if status.isdigit() and int(status) >= 400]
    answers = [(status, each) for status, each in operation["responses"].items() if status[0] in "23"]
    lines = [f"- {status} {answer['description']}{_content(answer)}" for status, answer in answers]
    yield "\n".join([*lines, f"- [Problems](#problems): {', '.join(problems)}"])


def _content(answer: dict[str, Any]) -> str:
    for kind, media in answer.get("content", {}).items():
        return f": {describe(media['schema'])}" if "schema" in media else f": `{kind}`"
    return ""


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield cleandoc(schema.get("description", ""))  # not every version of msgspec does that
    required = schema.get("required", [])
    rows = [
        (f"`{field}`", "required" if field in required else "", describe(inner), inner.get("description", ""))
        for field, inner in schema.get("properties", {}).items()
    ]
    yield _table("Field", "", "Type", "Meaning", rows=rows)


# --- permissions ----------------------------------------------------------------------------------------------------


def permissions() -> str:
    """docs/permissions.md"""
    return _page(_permissions())


def _permissions() -> Iterator[str]:
    roles = get_args(Role)
    yield "# Who may do what with a plan"
    yield _MADE
    yield PERMISSION_RULES
    rows = []
    for action, least in policy.NEEDED.items():
        may = ["yes" if roles.index(role) >= roles.index(least) else "no" for role in roles]
        rows.append((f"`{action}`", ACTIONS[action], *may))
    yield _table("Action", "What it is", *roles, rows=rows)
    yield PERMISSION_LIMITS


PERMISSION_RULES: Final = """\
Everybody has at most one role in a plan. The owner is whoever made it, or took it over; viewers and editors are members
whom the owner let in. An administrator has no role in the plans of others. [Sharing](sharing.md) tells how to
share a plan.

What is not allowed here is refused. To whoever has no role in a plan it does not exist: the answer is 404. Who may read
it, but not do what they ask for, gets 403."""

ACTIONS: Final[Mapping[Action, str]] = {
    "read": "Read the plan, and all that is in it.",
    "copy": "Make a copy, which is one's own.",
    "see_members": "See who else is in the plan.",
    "leave": "Leave it; the owner has to transfer it first.",
    "take_over": "Become its owner, when the owner has offered that, or decline.",
    "edit": "Change the plan and what is in it: items, checklists, rates, ignored findings.",
    "see_links": "See which links to it there are.",
    "share": "Invite people, change their roles, remove them; make links and take them back.",
    "publish": "Set its status to published, or back.",
    "trash": "Put it into the trash, and take it out again.",
    "transfer": "Offer it to a member, who becomes its owner by accepting.",
}

PERMISSION_LIMITS: Final = """\
A plan in the trash is gone for its members until the owner takes it out again. A published plan can be read in the
gallery by everybody. An API token does what its owner may do within its scopes: `plans:read` for reading, `plans:write`
for all other actions."""

# --- words and tables -----------------------------------------------------------------------------------------------

_BOUNDS: Final = (
    ("minimum", "from {}"),
    ("maximum", "to {}"),
    ("minLength", "length from {}"),
    ("maxLength", "length to {}"),
    ("maxItems", "at most {} of them"),
    ("pattern", "matching `{}`"),
)


def describe(schema: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{_anchor(name)})"
    if "enum" in schema:
        found = " or ".join("null" if value is None else f"`{value}`" for value in schema["enum"])
    elif "anyOf" in schema:
        found = " or ".join(describe(each) for each in schema["anyOf"])
    elif schema.get("type") == "array":
        found = f"list of {describe(schema.get('items', {}))}"
    else:
        found = schema.get("type", "any value") + (f" ({schema['format']})" if "format" in schema else "")
    bounds = [words.format(schema[key]) for key, words in _BOUNDS if key in schema and schema[key] != ""]
    if schema.get("default") not in (None, "", [], {}):
        bounds.append(f"default `{toml(schema['default'])}`")
    return ", ".join([found, *bounds])


def _anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _table(*headers: str, rows: list[tuple[str, ...]]) -> str:
    lines = [headers, tuple("---" for _ in headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(blocks: Iterator[str]) -> str:
    return "\n\n".join(block.strip() for block in blocks if block.strip()) + "\n"


#: Each generated file, and the function that gives its text.
PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/cli.md": cli,
    "docs/configuration.md": configuration,
    "docs/api.md": api,
    "docs/permissions.md": permissions,
    "docs/terminal.md": terminal.page,
    "tripkit.toml.example": render,
}

if __name__ == "__main__":
    main()
