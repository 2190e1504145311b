"""Full text on both databases: the words of documents, and which documents have them.

The table `search_words` is an FTS5 index on SQLite, and `tsvector` under a GIN index on Postgres. Both are given words
that were folded already, and no text, so that the same is found on both. Each word is preceded by the number of the
scope it is searched in: what a search reads is as large as the scope, whatever else there is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import peewee

from tripkit.database.engine import Engine
from tripkit.database.statements import Param

#: Where words of a document stand, what counts most first; the weights of Postgres, or the columns of FTS5.
Part = Literal["title", "place", "text"]
_WEIGHTS: Final[Mapping[Part, str]] = {"title": "A", "place": "B", "text": "C"}
PARTS: Final[tuple[Part, ...]] = tuple(_WEIGHTS)
Words = Mapping[Part, Iterable[str]]
_WRITE: Final = {
    "sqlite": "INSERT OR REPLACE INTO search_words (rowid, title, place, text) VALUES (?, ?, ?, ?)",
    "postgres": "INSERT INTO search_words (document_id, words) VALUES (%s, CAST(%s AS tsvector)) "
    "ON CONFLICT (document_id) DO UPDATE SET words = excluded.words",
}
#: Each scope is asked by itself: of all together, Postgres expects so many matches that it reads whole tables.
_ANY: Final = {
    "sqlite": "SELECT 1 FROM search_words WHERE search_words MATCH ? LIMIT 1",
    "postgres": "SELECT scope FROM unnest(CAST(%s AS bigint[]), CAST(%s AS text[])) AS asked (scope, expression) "
    "WHERE EXISTS (SELECT 1 FROM search_words WHERE words @@ CAST(expression AS tsquery))",
}
#: Pages of 4 KiB that are written anew at once.
_PAGES: Final = 200
_FOUND: Final = {
    "?": "(SELECT rowid FROM search_words WHERE search_words MATCH ",
    "%s": "(SELECT document_id FROM search_words WHERE words @@ CAST(",
}
_END: Final = {"?": ")", "%s": " AS tsquery))"}


class Matching(peewee.Node):
    """In queries: the numbers of the documents that an `expression`, which is the parameter `name`, matches."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __sql__(self, ctx: peewee.Context) -> peewee.Context:
        mark = ctx.state.param or "?"
        return ctx.literal(_FOUND[mark]).sql(Param(self._name)).literal(_END[mark])


def write(db: Engine, document: int, scope: int, words: Words) -> None:
    """Keep the words of a document, in the place of those that it had. They go when the document does."""
    if db.dialect == "sqlite":
        texts = [" ".join(_scoped(scope, word) for word in words[part]) for part in PARTS]
        db.execute(_WRITE["sqlite"], (document, *texts))
        return
    weights: dict[str, list[str]] = {}
    for number, part in enumerate(PARTS, 1):
        for word in words[part]:
            weights.setdefault(word, []).append(f"{number}{_WEIGHTS[part]}")
    vector = " ".join(f"'{_scoped(scope, word)}':{','.join(found)}" for word, found in weights.items())
    db.execute(_WRITE["postgres"], (document, vector))


def expression(db: Engine, scope: int, words: Sequence[tuple[str, bool]], parts: Sequence[Part] = PARTS) -> str:
    """What matches documents of this scope that have all words in these parts.

    A word with True is meant as it is; one with False also stands for all that begin with it.
    """
    if db.dialect == "sqlite":
        every = " AND ".join(f'"{_scoped(scope, word)}"{"" if whole else " *"}' for word, whole in words)
        return f"{{{' '.join(parts)}}} : ({every})"
    weights = "".join(_WEIGHTS[part] for part in parts) if len(parts) < len(PARTS) else ""
    return " & ".join(f"'{_scoped(scope, word)}':{'' if whole else '*'}{weights}".rstrip(":") for word, whole in words)


def scopes_with(db: Engine, scopes: Sequence[int], words: Sequence[tuple[str, bool]]) -> list[int]:
    """Those of these scopes in which a document has all words, which are meant as in `expression`."""
    asked = {scope: expression(db, scope, words) for scope in scopes}
    if db.dialect == "sqlite":
        return [scope for scope, each in asked.items() if db.execute(_ANY["sqlite"], (each,)).fetchone()]
    found = db.execute(_ANY["postgres"], (list(asked), list(asked.values())))
    return [scope for (scope,) in found.fetchall()]


def clear(db: Engine) -> None:
    """Make the table anew, which leaves nothing of what was in it. The documents have to go as well."""
    if db.dialect != "sqlite":
        db.execute("DELETE FROM search_words")
        return
    [(made,)] = db.execute("SELECT sql FROM sqlite_master WHERE name = 'search_words'").fetchall()
    db.execute("DROP TABLE search_words")
    db.execute(made)


def tidy(db: Engine, *, begin: bool) -> bool:
    """Write some of the index anew, without the words of documents that went; whether there is more to write.

    FTS5 marks them as deleted, and keeps them until then. Postgres removes them when it vacuums.
    """
    if db.dialect != "sqlite":
        return False
    before = db.database.connection().total_changes
    # A negative number begins to merge all there is; see "The 'merge' Command" in the documentation of FTS5.
    db.execute("INSERT INTO search_words (search_words, rank) VALUES ('merge', ?)", (-_PAGES if begin else _PAGES,))
    changes: int = db.database.connection().total_changes - before
    return changes > 1  # one is the command itself


def _scoped(scope: int, word: str) -> str:
    # No number goes on in an x, so that no scope is the beginning of another.
    return f"{scope}x{word}"
