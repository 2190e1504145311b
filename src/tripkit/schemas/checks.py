"""What is found when a plan is checked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Code = Literal[
    "overlap",
    "short-connection",
    "too-far",
    "too-fast",
    "night-without-lodging",
    "outside-dates",
    "no-reference",
    "no-zone",
    "irregular-time",
    "over-budget",
    "no-rate",
]
Severity = Literal["error", "warning", "hint"]


class Finding(Struct, frozen=True):
    """Something in a plan that will not work, or may not."""

    code: Code
    severity: Annotated[
        Severity, Meta(description="error: it cannot be so; warning: it may go wrong; hint: something is missing.")
    ]
    items: Annotated[list[int], Meta(description="Ids of the items that it is about; none for the plan as a whole.")]
    message: str
    remedy: str


class IgnoredIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The codes of findings that are ignored in a plan."""

    codes: Annotated[list[Code], Meta(max_length=50)]


class CheckOut(Struct, frozen=True):
    """A plan, checked."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    ok: Annotated[bool, Meta(description="Nothing was found but what is ignored.")]
    findings: Annotated[list[Finding], Meta(description="The gravest first.")]
    ignored_codes: list[Code]
    ignored: Annotated[int, Meta(description="Findings that were left out.")]
