"""Templates of checklists: one's own, and those that come with tripkit."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Ambiguous, Conflict, NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.checklist_templates import TemplateIn, TemplateOut, TemplatePatch
from tripkit.schemas.checklists import ChecklistIn, ChecklistRef, EntryIn
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import checklist_templates, packing
from tripkit.services.checklist_templates import ChecklistTemplates


@pytest.fixture
def templates(tripkit: Tripkit) -> ChecklistTemplates:
    return tripkit.checklist_templates


@pytest.fixture
def cabin(templates: ChecklistTemplates, ada: Actor) -> TemplateOut:
    return templates.create(ada, TemplateIn(name=" Cabin bag ", entries=["Passport", " Headphones "]))


def wrong(work: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        work()
    return failed.value.errors


def test_a_template_comes_back_as_it_was_made(
    templates: ChecklistTemplates, cabin: TemplateOut, ada: Actor, clock: Any
) -> None:
    assert cabin == TemplateOut(cabin.id, "Cabin bag", ["Passport", "Headphones"], 1, clock.now, clock.now)
    assert templates.get(ada, cabin.id) == cabin
    found = templates.all(ada)
    assert found.results == [cabin]
    assert [each.key for each in found.built_in] == list(packing.templates())


def test_a_template_is_made_from_a_checklist(
    tripkit: Tripkit, templates: ChecklistTemplates, make_plan: Callable[..., PlanOut], ada: Actor, bob: Actor
) -> None:
    plan = make_plan(ada)
    form = ChecklistIn(name="Packing", entries=[EntryIn("Passport", done=True), EntryIn("Tent")])
    source = ChecklistRef(plan.id, tripkit.checklists.create(ada, plan.id, form).id)
    made = templates.create(ada, TemplateIn(copy_of=source, entries=["Rope"]))
    assert (made.name, made.entries) == ("Packing", ["Passport", "Tent", "Rope"])
    assert templates.create(ada, TemplateIn(name="Mine", copy_of=source)).name == "Mine"
    with pytest.raises(NotFound):
        templates.create(bob, TemplateIn(copy_of=source))
    assert templates.all(bob).results == []


def test_names_and_entries_say_something(templates: ChecklistTemplates, cabin: TemplateOut, ada: Actor) -> None:
    assert wrong(lambda: templates.create(ada, TemplateIn())) == {
        "name": ["is required, unless it is made from a checklist."]
    }
    assert set(wrong(lambda: templates.create(ada, TemplateIn(name=" ")))) == {"name"}
    assert wrong(lambda: templates.edit(ada, cabin.id, TemplatePatch(entries=["a", " ", "b\nc"]))) == {
        "entries": ["item 1 must not be blank.", "item 2 must be one line without control characters."]
    }
    with pytest.raises(Conflict, match="may have 300 entries, not 301"):
        templates.edit(ada, cabin.id, TemplatePatch(entries=["x"] * 301))
    assert templates.get(ada, cabin.id) == cabin


def test_a_template_is_changed_and_deleted_by_its_version(
    templates: ChecklistTemplates, cabin: TemplateOut, ada: Actor, clock: Any
) -> None:
    clock.advance(minutes=1)
    changed = templates.edit(ada, cabin.id, TemplatePatch(entries=["Passport"]), expected=1)
    assert (changed.name, changed.entries, changed.version, changed.updated_at) == (
        "Cabin bag", ["Passport"], 2, clock.now,
    )  # fmt: skip
    assert templates.get(ada, cabin.id) == changed
    for work in (
        lambda: templates.edit(ada, cabin.id, TemplatePatch(name="x"), expected=1),
        lambda: templates.delete(ada, cabin.id, expected=1),
    ):
        with pytest.raises(StaleVersion):
            work()
    assert templates.delete(ada, cabin.id, expected=2) == changed
    assert templates.all(ada).results == []


def test_nobody_knows_of_the_templates_of_others(
    templates: ChecklistTemplates, cabin: TemplateOut, ada: Actor, bob: Actor
) -> None:
    for work in (
        lambda: templates.get(bob, cabin.id),
        lambda: templates.edit(bob, cabin.id, TemplatePatch(name="x")),
        lambda: templates.delete(bob, cabin.id),
        lambda: templates.resolve(bob, "cabin"),
    ):
        with pytest.raises(NotFound):
            work()
    assert templates.get(ada, cabin.id) == cabin


def test_templates_are_named_by_number_name_or_key(
    templates: ChecklistTemplates, cabin: TemplateOut, ada: Actor
) -> None:
    assert templates.resolve(ada, str(cabin.id)) == cabin.id
    assert templates.resolve(ada, "CABIN") == cabin.id
    assert templates.resolve(ada, "Beach") == "beach"
    own = templates.create(ada, TemplateIn(name="beach"))
    assert templates.resolve(ada, "beach") == own.id, "one's own comes first"
    with pytest.raises(Ambiguous):
        templates.resolve(ada, "b")
    with pytest.raises(NotFound):
        templates.resolve(ada, "moon")


def test_so_many_and_no_more_also_at_the_same_moment(
    tripkit: Tripkit, templates: ChecklistTemplates, ada: Actor, in_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checklist_templates, "MOST", 3)
    outcomes = in_threads(6, lambda: templates.create(ada, TemplateIn(name="T")), tripkit)
    assert sum(isinstance(each, Conflict) for each in outcomes) == 3
    assert len(templates.all(ada).results) == 3
