"""Names of towns on maps: the largest, beside each other and beside what the trip marks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.server.map_towns import Town, towns
from tripkit.server.map_view import HEIGHT, WIDTH, Point, view_of

VIENNA, BOLZANO, VERONA, SUVA, TAVEUNI = (48.2, 16.37), (46.5, 11.35), (45.44, 10.99), (-18.14, 178.44), (-16.85, -180)
places = st.tuples(st.floats(-60, 70), st.floats(-180, 180))


def named(*places: Point) -> dict[str, Town]:
    view = view_of(places, [])
    marks = [(round(view.x(lon)), round(view.y(lat))) for lat, lon in places]
    return {town.name: town for town in towns(view, marks)}


def test_the_largest_towns_are_named_and_no_district_of_them() -> None:
    found = named(VIENNA)
    assert 3 < len(found) <= 8
    assert {"Vienna", "Bratislava"} <= found.keys()
    assert not {"Favoriten", "Donaustadt", "Petržalka"} & found.keys()


def test_a_town_under_a_mark_has_no_dot_of_its_own() -> None:
    found = named(BOLZANO, VERONA)
    assert found["Bolzano"].dot is None
    assert found["Trento"].dot == found["Trento"].x - 14
    assert [found[name].anchor for name in ("Bolzano", "Trento")] == ["start", "start"]


def test_across_the_antimeridian_both_sides_are_looked_at() -> None:
    assert any(town.x > WIDTH / 2 for town in named(SUVA, TAVEUNI).values())
    assert "Levuka" in named(SUVA, TAVEUNI)


@pytest.mark.parametrize("far", [(38.7, -9.1), (56.0, 37.0)])
def test_maps_of_more_than_a_region_name_none(far: Point) -> None:
    assert not named(VIENNA, far)


def test_where_nobody_lives_there_is_nothing_to_name() -> None:
    assert not named((-89.0, 10.0))


@given(places, st.floats(-1, 1), st.floats(-1, 1))
def test_names_are_on_the_map_and_beside_each_other(place: Point, north: float, east: float) -> None:
    marks = (place, (place[0] + north, (place[1] + east + 180) % 360 - 180))
    view = view_of(marks, [])
    found = named(*marks)
    boxes = []
    for town in found.values():
        assert 0 <= town.y <= HEIGHT
        end = town.x + 25 * len(town.name) * (1 if town.anchor == "start" else -1)
        assert min(town.x, end) >= 0
        assert max(town.x, end) <= WIDTH
        boxes.append((min(town.x, end), max(town.x, end), town.y))
        for lat, lon in marks:
            x, y = view.x(lon), view.y(lat)
            assert math.dist((x, y), (min(max(x, boxes[-1][0]), boxes[-1][1]), town.y)) > 27
    for number, (left, right, y) in enumerate(boxes):
        for other_left, other_right, other_y in boxes[:number]:
            assert right <= other_left or other_right <= left or abs(y - other_y) >= 56
