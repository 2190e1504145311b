"""`tripkit undo`, wherever it works."""

from collections.abc import Callable

from .conftest import Do
from .test_sharing import bob, me

__all__ = ["bob", "me"]


def test_what_was_done_last_is_taken_back_step_by_step(do: Do) -> None:
    kyoto, nara = do.plan(), do.plan("Nara")
    do("item", "add", "kyoto", "Tea")
    do("plan", "set", "nara", "--title", "Uji")
    do("item", "rm", "kyoto", "tea")
    for summary, plan in (
        ('Put "Tea" into the trash.', kyoto),
        ("Changed title of the plan.", nara),
        ('Added "Tea".', kyoto),
    ):
        would = do.json("undo", "--dry-run")
        assert (would["plan_id"], would["summary"]) == (int(plan), summary)
        assert do.said.startswith("This would be taken back in plan ")
        assert do.json("undo") == would
    assert do("item", "list", "kyoto") == ""
    assert [plan["title"] for plan in do.json("plan", "list", "--ordering", "title")] == ["Kyoto in April", "Nara"]


def test_a_plan_comes_back_and_goes_again(do: Do) -> None:
    number = do.plan()
    do("plan", "set", "kyoto", "--title", "Nara")
    do("plan", "rm", "nara")
    do("undo")
    assert do.said == f'Took this back in plan {number} "Nara": Put the plan into the trash.\n'
    do("undo")
    assert do.json("plan", "show", number)["title"] == "Kyoto in April", "the trash was undone, and is not again"
    do("undo")
    assert do("plan", "list") == ""


def test_without_anything_to_take_back_it_says_so(do: Do) -> None:
    do("undo", code=5)
    assert do.said == "tripkit: You have changed nothing that could be taken back.\n"


def test_only_what_one_did_oneself_is_taken_back(
    do: Do, me: Callable[..., str], bob: tuple[str, Callable[..., str]]
) -> None:
    name, as_bob = bob
    plan = me("plan", "new", "Kyoto", "Kyoto").strip()
    me("plan", "share", plan, name, "--role", "editor")
    me("plan", "set", plan, "--description", "mine")
    as_bob("plan", "set", plan, "--title", "Ours")
    me("undo")
    assert "Changed description of the plan." in do.said
    as_bob("undo")
    assert "Changed title of the plan." in do.said
    as_bob("undo", code=5)
    me("undo", code=5)
    assert "which no undo changes: change members or links instead." in do.said


def test_what_others_have_changed_since_stays(
    do: Do, me: Callable[..., str], bob: tuple[str, Callable[..., str]]
) -> None:
    name, as_bob = bob
    plan = me("plan", "new", "Kyoto", "Kyoto").strip()
    me("plan", "share", plan, name, "--role", "editor")
    me("plan", "set", plan, "--title", "Nara")
    as_bob("plan", "set", plan, "--title", "Uji")
    me("undo", code=5)
    assert f"was changed in version 4 by {name}." in do.said
    assert "Uji" in me("plan", "show", plan)
