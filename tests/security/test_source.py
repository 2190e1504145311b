"""What the source may not contain, read from the source itself: these are mistakes that no request would show."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

N = TypeVar("N", bound=ast.AST)

SOURCE = Path(__file__).parents[2] / "src/tripkit"

#: Modules of the standard library that run programs, revive objects from bytes, guess, or read XML.
FORBIDDEN = {
    "subprocess": "it runs commands",
    "pickle": "it runs what it reads",
    "marshal": "it runs what it reads",
    "shelve": "it runs what it reads",
    "dill": "it runs what it reads",
    "yaml": "it may run what it reads",
    "random": "it can be predicted: use secrets",
    "xml": "it resolves entities: use defusedxml",
    "lxml": "it resolves entities: use defusedxml",
    "crypt": "its hashes are weak",
    "ldap3": "nothing here asks a directory",
}
#: Functions that run text, or commands.
RUNNERS = {"eval", "exec", "compile", "__import__", "system", "popen", "spawnv", "execv"}
HASHES = {"sha256"}
#: Its format strings are values of tables of its own.
SENTENCES = "services/change_records.py"
#: Of the library `cryptography`: AES-256 in an approved mode, and nothing else (ASVS 5.0, appendix C).
CIPHERS = {"cryptography.exceptions.InvalidTag", "cryptography.hazmat.primitives.ciphers.aead.AESGCM"}
#: The engines run what `statements.py` has compiled, with each value bound; what is in the package is read as it is.
RUN_STATEMENTS = ("database/", "migrations/", "services/coastlines.py", "services/gazetteer.py")
#: Random text that is no secret: it tells files, processes, items and people of one name apart.
NO_SECRETS = {"client/http.py", "security/keys.py", "server/request.py", "services/item_copies.py", "services/items.py",
              "services/shared_view.py", "services/usernames.py"}  # fmt: skip
#: Who opens connections to others, and to whom; docs/security/design.md says more.
CONNECTIONS = {
    "client/http.py": {"httpx2", "ssl"},
    "database/postgres.py": {"psycopg"},
    "mail/smtp.py": {"smtplib", "socket", "ssl"},
    "oauth/": {"authlib", "httpx2", "ssl"},
    "ratelimit/redis.py": {"redis"},
    "server/bus.py": {"redis"},
    "server/process.py": {"socket"},
    "server/run.py": {"socket", "webbrowser"},
    "server/workers.py": {"socket"},
}
NETWORK = {"aiohttp", "authlib", "ftplib", "http.client", "httpx", "httpx2", "imaplib", "poplib", "psycopg", "redis",
           "requests", "smtplib", "socket", "ssl", "telnetlib", "urllib.request", "urllib3", "webbrowser"}  # fmt: skip


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its path below the package."""
    paths = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    return {name: ast.parse(path.read_text("utf-8"), name) for name, path in paths.items()}


def every(kind: type[N]) -> Iterator[tuple[str, N]]:
    """Every node of this kind, with where it stands."""
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield f"{name}:{node.lineno}", node


def imports() -> Iterator[tuple[str, str]]:
    """What each module imports from outside of the package: `("server/run.py", "urllib.request")`."""
    for where, node in every(ast.Import):
        for alias in node.names:
            yield where.partition(":")[0], alias.name
    for where, node in every(ast.ImportFrom):
        if node.module and not node.level:
            for alias in node.names:
                yield where.partition(":")[0], node.module
                yield where.partition(":")[0], f"{node.module}.{alias.name}"


def called(call: ast.Call) -> str:
    """The last name of what is called: `run` of `subprocess.run()`."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def test_the_whole_source_is_looked_at() -> None:
    assert len(modules()) > 80
    assert {"security/keys.py", "server/routing.py", "migrations/0001_initial.py"} <= modules().keys()
    assert ("services/accounts.py", "tripkit.services.policy") in set(imports())


def test_nothing_runs_commands_revives_objects_or_reads_xml() -> None:
    found = {(name, module) for name, module in imports() if module.partition(".")[0] in FORBIDDEN}
    found.discard(("cli/editor.py", "subprocess"))  # the editor of whoever sits there, as they have set it
    assert not found, {FORBIDDEN[module.partition(".")[0]] for _, module in found}


def test_no_text_is_run() -> None:
    runs = [where for where, call in every(ast.Call) if called(call) in RUNNERS]
    # `re.compile` makes patterns; those are checked below.
    patterns = [where for where, call in every(ast.Call) if ast.unparse(call.func) == "re.compile"]
    assert sorted(runs) == sorted(patterns)


def is_constant(node: ast.AST) -> bool:
    """Text that is written in the source, put together of such text at most."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return node.id.strip("_").isupper()
    if isinstance(node, ast.JoinedStr):
        return all(is_constant(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return is_constant(node.value)
    if isinstance(node, ast.BinOp):
        return is_constant(node.left) and is_constant(node.right)
    return isinstance(node, ast.Tuple) and all(map(is_constant, node.elts))


def test_patterns_are_written_in_the_source() -> None:
    functions = {f"re.{name}" for name in ("compile", "search", "match", "fullmatch", "split", "sub", "findall")}
    calls = [(where, call) for where, call in every(ast.Call) if ast.unparse(call.func) in functions]
    assert len(calls) > 20
    assert not [where for where, call in calls if not is_constant(call.args[0])]


def test_format_strings_are_written_in_the_source() -> None:
    calls = [(where, call) for where, call in every(ast.Call) if called(call) in ("format", "format_map")]
    texts = [(where, call.func.value) for where, call in calls if isinstance(call.func, ast.Attribute)]
    found = [where for where, text in texts if not (is_constant(text) or ast.unparse(text) == "msgspec.json")]
    assert not [where for where in found if not where.startswith(SENTENCES)]


def test_statements_are_compiled_or_written_in_the_source() -> None:
    for where, call in every(ast.Call):
        made = called(call) in ("execute", "execute_sql") and call.args and not is_constant(call.args[0])
        assert not made or where.startswith(RUN_STATEMENTS), where


def test_only_approved_hashes_are_used() -> None:
    names = {node.attr for _, node in every(ast.Attribute) if ast.unparse(node.value) == "hashlib"}
    names |= {module.removeprefix("hashlib.") for _, module in imports() if module.startswith("hashlib.")}
    assert names == HASHES


def test_no_legacy_cryptography_is_used() -> None:
    found = {module for _, module in imports() if module.startswith(("cryptography.", "Crypto.", "nacl."))}
    assert {module for module in found if not any(each.startswith(module) for each in CIPHERS)} == set()
    keys = {ast.unparse(call.args[0]) for _, call in every(ast.Call) if called(call) == "AESGCM"}
    assert keys == {"key"}, "each key is one of the 256-bit keys of `KeyRing`"


def test_secrets_are_long_enough() -> None:
    """128 bits at least."""
    made = [(where, call) for where, call in every(ast.Call) if called(call) in ("token_hex", "token_urlsafe")]
    named = {name for name, module in imports() if module.partition(".")[0] == "uuid"}
    assert named <= NO_SECRETS, "a UUID has 122 bits at most"
    short = {where.partition(":")[0] for where, call in made if call.args[0].value < 16}
    assert len(made) > 5
    assert short <= NO_SECRETS


def test_only_named_modules_open_connections() -> None:
    for name, module in imports():
        if module in NETWORK or module.partition(".")[0] in NETWORK:
            allowed = next((kinds for path, kinds in CONNECTIONS.items() if name.startswith(path)), set())
            assert allowed & {module, module.partition(".")[0]}, f"{name} imports {module}: say to whom it talks"
