"""The page of the reference: whatever stands in the document stays text."""

from html.parser import HTMLParser
from typing import Any

from tripkit.server import docs, openapi
from tripkit.server.routes import ENDPOINTS

HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


class Tags(HTMLParser):
    """The tags of a page, with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {tag, *(f"{tag} {name}" for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(value: Any) -> Any:
    """The document with something else in all that is written for people."""
    if isinstance(value, dict):
        told = ("summary", "description", "title", "version")
        return {key: HOSTILE if key in told and isinstance(each, str) else hostile(each) for key, each in value.items()}
    return [hostile(each) for each in value] if isinstance(value, list) else value


def test_text_of_the_document_makes_no_tags() -> None:
    document = openapi.document(ENDPOINTS, server_url="")
    fine, attacked = Tags(docs.page(document).decode()), Tags(docs.page(hostile(document)).decode())
    assert attacked.tags == fine.tags
    assert attacked.text.count(HOSTILE) > len(ENDPOINTS)
