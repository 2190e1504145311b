"""What people may mean by the name of a place."""

from tripkit.schemas.places import PlaceList, PlaceQuery
from tripkit.services import gazetteer


def look_up(query: PlaceQuery) -> PlaceList:
    """Places called so, the likeliest first, then those whose names begin so; or what is called nearly so."""
    called = gazetteer.find(query.q, limit=query.limit)
    begin = gazetteer.complete(query.q, limit=query.limit)
    found = list(dict.fromkeys([*called, *begin]))[: query.limit]
    return PlaceList(found, [] if found else gazetteer.near_misses(query.q))
