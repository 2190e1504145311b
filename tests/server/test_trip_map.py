"""Maps of trips: which part of the world they show, and what is on them."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.server.map_view import HEIGHT, WIDTH, Point, View, turn, view_of
from tripkit.server.trip_map import TripMap, draw
from tripkit.server.trip_stops import Leg, Visit

LISBON, LONDON, PARIS, TOKYO, KYOTO = (38.7, -9.1), (51.5, -0.1), (48.9, 2.4), (35.7, 139.7), (35.0, 135.8)
HONOLULU, SAN_FRANCISCO, SYDNEY, NEW_YORK = (21.3, -157.9), (37.8, -122.4), (-33.9, 151.2), (40.7, -74.0)
WORLD = [LISBON, TOKYO, SAN_FRANCISCO, NEW_YORK, LISBON]
points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def trip(*stops: Point, by_air: bool = True) -> list[Visit]:
    legs = [
        None,
        *(Leg(here, there, by_air) if here != there else None for here, there in itertools.pairwise(stops)),
    ]
    return [Visit(point, f"place {number}", leg) for number, (point, leg) in enumerate(zip(stops, legs, strict=True))]


def drawn(*stops: Point, by_air: bool = True) -> TripMap:
    found = draw(trip(*stops, by_air=by_air))
    assert found is not None
    return found


def view(*stops: Point) -> View:
    return view_of(stops, list(itertools.pairwise(stops)))


@given(st.lists(points, min_size=1, max_size=8))
def test_every_place_is_on_the_map(stops: list[Point]) -> None:
    found = view(*stops)
    assert -540 <= found.west < found.east <= 540
    assert found.east - found.west <= 360 + 1e-9
    assert (found.east - found.west) / (found.north - found.south) > 0
    for lat, lon in stops:
        assert 0 <= found.x(lon) <= WIDTH
        assert 0 <= found.y(lat) <= HEIGHT


@given(st.lists(points, min_size=1, max_size=8), st.booleans())
def test_a_map_is_numbers_and_nothing_else(stops: list[Point], by_air: bool) -> None:
    found = drawn(*stops, by_air=by_air)
    for path in (found.land, found.borders, found.flights, found.ways):
        assert re.fullmatch(r"(M-?\d+ -?\d+[lLQ](-?\d+ ?)+z?)*", path), path[:200]
    assert [mark.number for mark in found.marks] == list(range(1, len(found.marks) + 1))
    assert set(found.numbers) == set(stops)


def test_the_pacific_does_not_break_the_world() -> None:
    found = view(TOKYO, HONOLULU, SAN_FRANCISCO)
    assert found.east - found.west < 150
    assert found.x(TOKYO[1]) < found.x(HONOLULU[1]) < found.x(SAN_FRANCISCO[1])


def test_a_leg_goes_the_shorter_way() -> None:
    """Eastwards the three places are nearer to each other; but one flies from New York to Lisbon over the Atlantic."""
    assert view_of([LISBON, SYDNEY, NEW_YORK], []).west > 0
    found = view(SYDNEY, LISBON, NEW_YORK)
    assert found.x(NEW_YORK[1]) < found.x(LISBON[1]) < found.x(SYDNEY[1])


def test_around_the_world_a_way_leaves_at_one_side_and_comes_in_at_the_other() -> None:
    found = drawn(*WORLD)
    assert view(*WORLD).is_world
    assert found.flights.count("M") == 5  # four legs, and that over the antimeridian twice
    ends = [int(number) for number in re.findall(r"Q\S+ \S+ (-?\d+) ", found.flights)]
    assert min(ends) < 0 or max(ends) > WIDTH


@pytest.mark.parametrize("lat", [-90, -78, 0, 71, 90])
def test_a_single_place_is_in_the_middle_of_its_surroundings(lat: float) -> None:
    found = drawn((lat, 25.0))
    assert (len(found.marks), found.flights, found.ways) == (1, "", "")
    assert found.marks[0].x == WIDTH // 2
    assert 0 < found.marks[0].y < HEIGHT
    around = view((lat, 25.0))
    assert around.north - around.south < 2


def test_what_is_near_shares_a_mark() -> None:
    found = drawn(LISBON, LONDON, PARIS, TOKYO, KYOTO, LISBON)
    assert [mark.names for mark in found.marks] == [
        ["place 0", "place 5"],
        ["place 1", "place 2"],
        ["place 3", "place 4"],
    ]
    assert found.numbers[PARIS] == found.numbers[LONDON] == 2
    assert found.flights.count("M") == 3
    near = drawn(TOKYO, KYOTO)
    assert len(near.marks) == 2


def test_of_many_places_under_a_mark_some_are_named() -> None:
    twice = draw([Visit(LISBON, "Lisbon"), Visit(LISBON, "Lisbon"), Visit(TOKYO, "Tokyo")])
    assert twice is not None
    assert [mark.label for mark in twice.marks] == ["Lisbon", "Tokyo"]
    many = draw([Visit(LISBON, name) for name in ("Alfama", "Belém", "Chiado", "Graça", "")])
    assert many is not None
    assert many.marks[0].label == "Alfama, Belém, Chiado and more"


def test_there_and_back_is_one_line() -> None:
    assert drawn(TOKYO, KYOTO, TOKYO, by_air=False).ways.count("M") == 1
    assert drawn(TOKYO, KYOTO).flights.count("Q") == 1


def test_without_places_there_is_no_map() -> None:
    assert draw([]) is None


@pytest.mark.parametrize(("start", "end", "degrees"), [(170, -170, 20), (-170, 170, -20), (0, 90, 90), (10, 10, 0)])
def test_turns_are_the_shorter_ones(start: float, end: float, degrees: float) -> None:
    assert turn(start, end) == degrees
