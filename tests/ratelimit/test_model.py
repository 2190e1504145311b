"""The memory limiter against the simplest thing that could be right, on made-up sequences."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tripkit.metrics import REGISTRY
from tripkit.ratelimit import Charge, Counter, Decision, Rule, Window

from .limited import Limited

LENGTHS = (1, 7, 3600)


class Model:
    """Every counter in one list, without a limit on their number."""

    def __init__(self) -> None:
        self.counters: dict[str, tuple[int, float]] = {}

    def running(self, now: float) -> dict[str, tuple[int, float]]:
        self.counters = {name: found for name, found in self.counters.items() if found[1] > now}
        return self.counters

    def spend(self, charges: Iterable[Charge], now: float) -> tuple[bool, float, list[int], list[tuple[str, float]]]:
        before = {
            name: (window, *self.running(now).get(name, (0, now + window.seconds)))
            for charge in charges
            for name, window in charge.counters()
        }
        waits = [ends - now for window, count, ends in before.values() if count >= window.limit]
        charged = 0 if waits else 1
        if charged:
            self.counters |= {name: (count + 1, ends) for name, (_, count, ends) in before.items()}
        remaining = [max(window.limit - count - charged, 0) for window, count, _ in before.values()]
        return not waits, max(waits, default=0), remaining, [(name, ends) for name, (_, _, ends) in before.items()]

    def refund(self, receipt: Iterable[tuple[str, float]], now: float) -> None:
        for name, ends in receipt:
            count, running = self.running(now).get(name, (0, 0))
            if running == ends:
                self.counters[name] = (count - 1, ends)


@st.composite
def rules(draw: st.DrawFn) -> list[Rule]:
    windows = st.builds(Window, st.integers(1, 3), st.sampled_from(LENGTHS))
    several = st.lists(windows, min_size=1, max_size=3, unique_by=lambda window: window.seconds).map(tuple)
    return [Rule(name, draw(several)) for name in ("login", "user")]


#: What may happen: a charge or two, a refund of what was allowed before, a reset, or time that passes.
steps = st.lists(
    st.one_of(
        st.tuples(st.just("spend"), st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), min_size=1, unique=True)),
        st.tuples(st.just("refund"), st.integers(0, 20)),
        st.tuples(st.just("forget"), st.integers(0, 20)),
        st.tuples(st.just("wait"), st.sampled_from([0.25, 0.75, 1, 6, 7, 3599, 3600, 9999])),
    ),
    max_size=60,
)


@given(rules(), steps)
def test_decisions_are_those_of_the_model(rules: list[Rule], steps: list[tuple]) -> None:
    limited, model = Limited(), Model()
    allowed: list[tuple[Decision, list[Charge]]] = []
    for what, how in steps:
        if what == "wait":
            limited.now += how
        elif what == "spend":
            charges = [Charge(rules[rule], str(key)) for rule, key in how]
            decision = limited.spend(*charges)
            remaining = [state.remaining for state in decision.states]
            expected = model.spend(charges, limited.now)
            assert (decision.allowed, decision.retry_after, remaining) == expected[:3]
            assert list(decision.receipt) == (expected[3] if decision.allowed else [])
            if decision.allowed:
                allowed.append((decision, charges))
        elif what == "refund" and allowed:
            decision, charges = allowed.pop(how % len(allowed))
            limited.refund(decision, charges[:1])
            names = {name for name, _ in charges[0].counters()}
            model.refund([each for each in decision.receipt if each[0] in names], limited.now)
        elif what == "forget" and (names := list(model.running(limited.now))):
            name = names[how % len(names)]
            assert limited.forget(name)
            del model.counters[name]
    found = {counter.name: (counter.count, counter.ends) for counter in limited.counters()}
    assert found == model.running(limited.now)


@given(
    st.lists(
        st.tuples(st.sampled_from(LENGTHS), st.integers(0, 30), st.sampled_from([0, 0, 0.5, 3, 3000])), max_size=80
    ),
    st.integers(1, 6),
    st.integers(1, 2),
)
def test_room_is_made_in_the_order_that_is_promised(steps: list[tuple], room: int, limit: int) -> None:
    limited = Limited(max_entries=room)
    rules = {seconds: Rule("r", (Window(limit, seconds),)) for seconds in LENGTHS}
    for seconds, key, pause in steps:
        limited.now += pause
        before, counted = {each.name: each for each in limited.counters()}, _evictions()
        limited.spend(Charge(rules[seconds], str(key)))
        after = {each.name for each in limited.counters()}
        assert len(after) <= room
        gone = [each for name, each in before.items() if name not in after]
        _check(gone, list(before.values()), room, _evictions() - counted)


def _check(gone: list[Counter], before: list[Counter], room: int, counted: float) -> None:
    """`gone` had to go, and rightly so: only when it was full, and not before one unspent."""
    assert len(gone) <= (len(before) == room)
    unspent = [each for each in before if each.count < each.limit]
    for each in gone:
        assert each in unspent if unspent else each.ends == min(other.ends for other in before)
    assert counted == (len(gone) if not unspent else 0)


def _evictions() -> float:
    return REGISTRY.get_sample_value("tripkit_ratelimit_evictions_total") or 0


@given(steps, st.lists(st.integers(0, 60), max_size=5))
def test_what_is_saved_is_what_was_there_however_often_it_was_saved(steps: list[tuple], saves: list[int]) -> None:
    """Rows that follow the changes, with room for few counters, are in the end the counters that last."""
    limited, rows = Limited(max_entries=4), dict[str, Counter]()
    rule = Rule("signup", (Window(2, 7), Window(3, 3600)))
    for number, (what, how) in enumerate(steps):
        if what == "wait":
            limited.now += how
        elif what == "spend":
            limited.spend(*(Charge(rule, str(key)) for key in {key for _, key in how}))
        if number in saves:
            _save(limited, rows)
    _save(limited, rows)
    lasting = {each.name: each for each in limited.counters() if each.seconds >= 3600}
    assert {name: row for name, row in rows.items() if row.ends > limited.now} == lasting


def _save(limited: Limited, rows: dict[str, Counter]) -> None:
    for name, counter in limited.changes(2).items():
        if counter:
            rows[name] = counter
        else:
            rows.pop(name, None)
