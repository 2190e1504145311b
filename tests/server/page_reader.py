"""Reads a page as a browser does, far enough to say what is in it."""

from html.parser import HTMLParser

#: They have no end tag.
_VOID = {"meta", "link", "input", "br", "img", "hr"}


class PageReader(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unmatched: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        self.unmatched += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "td":
            self.text += " "
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.unmatched.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of this name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def meta(self, name: str) -> str | None:
        """What a `meta` says."""
        return next(
            (each["content"] for each in self.all("meta") if name in (each.get("name"), each.get("property"))), None
        )

    @property
    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())

    @property
    def loaded(self) -> set[str]:
        """Whatever a browser would fetch by itself."""
        names = ("src", "srcset", "data", "poster", "background", "xlink:href")
        found = {attributes[name] for _, attributes in self.elements for name in names if attributes.get(name)}
        found |= {each["href"] for each in self.all("link") if each.get("rel") != "canonical"}
        found |= {
            each["href"] for tag in ("use", "image") for each in self.all(tag) if not each["href"].startswith("#")
        }  # type: ignore[union-attr]
        return {str(each) for each in found}

    @property
    def active(self) -> list[str]:
        """Whatever could run, or be styled past the style sheet."""
        tags = [
            tag
            for tag, _ in self.elements
            if tag in ("script", "iframe", "object", "embed", "style", "base", "foreignobject")
        ]
        handlers = [
            name for _, attributes in self.elements for name in attributes if name.startswith("on") or name == "style"
        ]
        links = [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in ("href", "src", "action", "formaction")
            and (value or "").strip().lower().startswith(("javascript:", "data:"))
        ]
        return [*tags, *handlers, *(str(link) for link in links)]
