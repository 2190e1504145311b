"""Documents that people edit: read back, they say what was written."""

from datetime import UTC, datetime

import msgspec
import tomlkit
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tripkit.cli import documents
from tripkit.schemas.items import ItemOut, Place
from tripkit.schemas.plans import PlanOut

NOW = datetime(2027, 1, 2, tzinfo=UTC)
PLAN = PlanOut(
    1, "ada", "owner", "T", "D", "", None, None, None, "EUR", "draft", Raw(b"{}"), [], None, 1, NOW, NOW, None
)  # fmt: skip
#: What the boundary takes: no NUL and no lone surrogates.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


def round_trip(record: PlanOut | ItemOut, fields: dict[str, str]) -> dict[str, object]:
    return documents.read(tomlkit.parse(documents.write(record, fields, "Head.")).unwrap(), fields, record)


@given(TEXTS, TEXTS.map(lambda text: text or "x"), st.lists(TEXTS, max_size=3))
def test_texts_of_a_plan_come_back_as_they_were(description: str, title: str, tags: list[str]) -> None:
    plan = msgspec.structs.replace(PLAN, description=description, title=title, tags=tags)
    found = round_trip(plan, documents.PLAN)
    assert (found["description"], found["title"], found["tags"]) == (description, title, tags)
    assert found["plan_data"] == "{}"
    assert found["budget"] is None


def test_a_name_that_was_changed_leaves_the_old_coordinates_behind() -> None:
    known = msgspec.convert(dict.fromkeys(ItemOut.__struct_fields__) | {"warnings": [], "filled_in": []}, dict)
    place = Place("Kyoto", "1 Street", 35.0, 135.8, "JP", "Asia/Tokyo")
    item = ItemOut(**(known | {"place": place, "title": "Tea", "kind": "food", "status": "idea"}))
    values = tomlkit.parse(documents.write(item, documents.ITEM, "Head.")).unwrap()
    assert values["place"] == {
        "name": "Kyoto", "address": "1 Street", "lat": 35.0, "lon": 135.8, "country": "JP", "timezone": "Asia/Tokyo",
    }  # fmt: skip
    values["place"] |= {"name": "Osaka", "country": "KR"}
    found = documents.read(values, documents.ITEM, item)
    assert found["place"] == {"name": "Osaka", "address": "1 Street", "country": "KR"}
