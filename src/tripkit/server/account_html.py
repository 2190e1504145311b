"""The looks of the pages that links in mail lead to: plain HTML, without script. All that is shown is escaped here."""

import html
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from string import Template
from typing import Final

from msgspec import Struct
from sanic import Request
from sanic.response import HTTPResponse

from tripkit.server.answer import Answer

CONTENT_TYPE: Final = "text/html"
STYLE_PATH: Final = "/account/style.css"
CSP: Final = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


class Field(Struct, frozen=True):
    """Something to fill in."""

    name: str
    label: str
    autocomplete: str
    hint: str = ""
    kind: str = "password"
    value: str = ""


class Form(Struct, frozen=True):
    """What a button sends, to the address of the page itself."""

    button: str
    token: str
    #: Whose account it is, so that programs that keep passwords know.
    account: str = ""
    fields: tuple[Field, ...] = ()
    errors: Mapping[str, Sequence[str]] = {}


def page(
    request: Request, title: str, paragraphs: Iterable[str], form: Form | None = None, *, status: int = 200
) -> HTTPResponse:
    """A page of a title, paragraphs and perhaps a form."""
    body = [f"<p>{html.escape(each)}</p>" for each in paragraphs]
    if form:
        body += _form(form)
    text = _template().substitute(
        title=html.escape(title), style=html.escape(request.app.ctx.base_path + STYLE_PATH), body="\n".join(body)
    )
    return Answer(text.encode(), status, {"content-security-policy": CSP}, f"{CONTENT_TYPE}; charset=utf-8")


def style() -> bytes:
    """The style sheet of the pages."""
    return resources.files("tripkit").joinpath("data/account.css").read_bytes()


@cache
def _template() -> Template:
    return Template(resources.files("tripkit").joinpath("data/account.html").read_text("utf-8"))


def _form(form: Form) -> Iterable[str]:
    yield '<form method="post" action="?">'  # this page, wherever it is, without the token in its address
    yield f'<input type="hidden" name="token" value="{html.escape(form.token)}">'
    if form.account:
        yield '<label for="account">Account</label>'
        yield f'<input id="account" type="email" value="{html.escape(form.account)}" autocomplete="username" readonly>'
    for field in form.fields:
        yield from _field(field, form.errors.get(field.name, ()))
    yield f'<button type="submit">{html.escape(form.button)}</button></form>'


def _field(field: Field, errors: Sequence[str]) -> Iterable[str]:
    about = [f"{field.name}-hint"] * bool(field.hint) + [f"{field.name}-wrong"] * bool(errors)
    described = f' aria-describedby="{" ".join(about)}"' if about else ""
    invalid = ' aria-invalid="true"' if errors else ""
    yield f'<label for="{field.name}">{html.escape(field.label)}</label>'
    yield (
        f'<input id="{field.name}" name="{field.name}" type="{field.kind}" value="{html.escape(field.value)}" '
        f'autocomplete="{field.autocomplete}" required{described}{invalid}>'
    )
    if field.hint:
        yield f'<p class="hint" id="{field.name}-hint">{html.escape(field.hint)}</p>'
    if errors:
        said = html.escape(" ".join(f"It {each}" if each[:1].islower() else each for each in errors))
        yield f'<p class="wrong" id="{field.name}-wrong" role="alert">{said}</p>'
