"""The outbox and the courier: nothing is lost, nothing is sent twice that was noted, and what fails comes again."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notices import NOON, Clock, notice, until

from collab.delivery import Courier, Message, Outbox, OutboxInUse, Plan, Undelivered
from collab.delivery.retries import Retries
from collab.rules import Severity

PLAN = msgspec.convert(
    {
        "targets": {"desk": {"kind": "app"}, "head": {"kind": "app"}},
        "routes": [{"to": ["desk"], "within_s": 30, "then": [{"after_s": 600, "to": ["head"]}]}],
        "retries": {"tries": 4, "first_s": 10},
    },
    Plan,
)


class Receiver:
    """Takes messages, after failing as often as it is told."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.got = list(errors), list[Message]()

    def send(self, message: Message) -> None:
        """Take it, or fail."""
        if self.errors:
            raise self.errors.pop(0)
        self.got.append(message)

    @property
    def notices(self) -> list[str]:
        """The ids of what came."""
        return [one.id for message in self.got for one in message.notices]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox" / "demo.db")
    yield made
    made.close()


def courier(outbox: Outbox, plan: Plan = PLAN, **channels: Receiver) -> tuple[Courier, Clock]:
    clock = Clock()
    both = {"desk": Receiver(), "head": Receiver()} | channels
    return Courier(outbox, plan, both, clock=clock, chance=random.Random(7)), clock


def test_a_thousand_notices_at_once_are_one_message_and_each_is_told_once(outbox: Outbox) -> None:
    desk = Receiver()
    one, clock = courier(outbox, desk=desk)
    many = [notice(n, "critical" if n == 500 else "high") for n in range(1000)]
    assert one.notify(*many) == 2000  # the desk now, the head later
    assert one.notify(*many) == 0
    assert one.step() == 0
    clock.on(1)
    assert one.step() == 1
    (message,) = desk.got
    assert len(message.notices) == 1000
    assert message.notices[0].severity is Severity.critical
    clock.on(300)
    assert one.notify(*many) == one.step() == 0
    assert outbox.counts() == {"due": 1000, "failed": 0, "sent": 1, "dead": 0}


def test_what_comes_within_the_window_goes_along_and_what_comes_later_goes_later(outbox: Outbox) -> None:
    desk = Receiver()
    one, clock = courier(outbox, desk=desk)
    for number in range(3):
        one.notify(notice(number, at=clock.now))
        assert one.step() == 0
        clock.on(14)
    assert one.step() == 1  # 42 s after the first one came, the window of the others is open
    one.notify(notice(3, at=clock.now))
    assert one.step() == 0
    clock.on(30)
    one.step()
    assert [len(message.notices) for message in desk.got] == [3, 1]


def test_more_than_a_message_holds_goes_in_several_the_critical_ones_first(outbox: Outbox) -> None:
    desk = Receiver()
    one, clock = courier(outbox, desk=desk)
    one.notify(*[notice(n, "critical" if n > 2400 else "low") for n in range(2500)])
    clock.on(60)
    one.step()
    assert sorted(len(message.notices) for message in desk.got) == [500, 1000, 1000]
    assert {one.severity for one in desk.got[0].notices[:99]} == {Severity.critical}
    assert sorted(desk.notices) == sorted(f"n-{n}" for n in range(2500))


def test_a_message_that_fails_waits_longer_each_time_and_is_dead_in_the_end(outbox: Outbox) -> None:
    desk = Receiver(*[Undelivered("answered 503")] * 4)
    one, clock = courier(outbox, desk=desk)
    one.notify(notice())
    clock.on(30)
    waits = []
    for tries in range(1, 5):
        assert one.step() == 1
        (row,) = outbox.messages().to_dict("records")
        assert (row["tries"], row["reason"]) == (tries, "answered 503")
        assert row["state"] == ("failed" if tries < 4 else "dead")
        wait = (row["due"] - row["changed"]).total_seconds()
        waits.append(wait)
        clock.on(wait - 0.01)
        assert one.step() == 0
        clock.on(0.02)
    assert all(10 * 3**n / 2 <= wait <= 10 * 3**n for n, wait in enumerate(waits))
    assert one.step() == 0
    dead = outbox.dead()
    assert dead[["target", "severity", "notices", "tries"]].to_numpy().tolist() == [["desk", "high", 1, 4]]
    one.again(dead["id"][0])
    assert one.step() == 1
    assert [message.id for message in desk.got] == [dead["id"][0]]
    assert outbox.dead().empty
    with pytest.raises(ValueError, match=f"message is '{dead['id'][0]}', which is no dead one"):
        one.again(dead["id"][0])


def test_what_another_try_would_not_change_is_dead_at_once(outbox: Outbox) -> None:
    one, clock = courier(outbox, desk=Receiver(Undelivered("answered 400", again=False)))
    one.notify(notice())
    clock.on(30)
    one.step()
    assert outbox.dead()["reason"].to_list() == ["answered 400"]


def test_a_receiver_that_names_a_time_is_left_alone_until_then(outbox: Outbox) -> None:
    one, clock = courier(outbox, desk=Receiver(Undelivered("answered 429", after_s=120)))
    one.notify(notice())
    clock.on(30)
    one.step()
    assert outbox.next_due() == clock.now + timedelta(seconds=120)


def test_a_channel_that_breaks_is_tried_again_and_its_words_are_not_kept(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    one, clock = courier(outbox, desk=Receiver(KeyError("token=secret-77")))
    one.notify(notice())
    clock.on(30)
    one.step()
    (row,) = outbox.messages("failed").to_dict("records")
    assert row["reason"] == "the channel raised KeyError"
    assert "secret-77" not in caplog.text


def test_a_target_that_was_taken_out_of_the_plan_is_told_so(outbox: Outbox) -> None:
    one, clock = courier(outbox)
    one.notify(notice())
    del one.channels["desk"]
    clock.on(30)
    one.step()
    assert "no target 'desk' any more" in outbox.dead()["reason"][0]


def test_who_was_yet_to_hear_of_an_alert_that_was_taken_up_does_not(outbox: Outbox) -> None:
    desk, head = Receiver(), Receiver()
    one, clock = courier(outbox, desk=desk, head=head)
    both = msgspec.structs.replace(notice(1), id="n-both", alerts=(*notice(1).alerts, *notice(2).alerts))
    one.notify(notice(1), both)
    clock.on(30)
    one.step()
    assert desk.notices == ["n-1", "n-both"]
    assert one.settle("alert-1") == 1  # n-both has an alert that is open
    assert one.settle("alert-1") == 0
    clock.on(600)
    one.step()
    assert head.notices == ["n-both"]
    states = outbox.deliveries().set_index(["notice", "step"])["state"].to_dict()
    assert states == {("n-1", 0): "sent", ("n-1", 1): "dropped", ("n-both", 0): "sent", ("n-both", 1): "sent"}


def test_an_alert_that_comes_back_is_told_of_again(outbox: Outbox) -> None:
    desk = Receiver()
    one, clock = courier(outbox, desk=desk)
    one.notify(notice(1))
    one.settle("alert-1")
    one.notify(msgspec.structs.replace(notice(1), id="n-returned"))
    assert one.settle("alert-other") == 0
    clock.on(30)
    one.step()
    assert desk.notices == ["n-returned"]


def test_what_was_sent_is_forgotten_after_a_month_and_what_is_dead_is_not(outbox: Outbox) -> None:
    one, clock = courier(outbox, desk=Receiver(Undelivered("answered 400", again=False)))
    one.notify(notice(1))
    one.settle("alert-2")
    clock.on(30)
    one.step()
    one.notify(notice(2, at=clock.now))
    one.settle("alert-1")
    clock.on(700)
    one.step()
    assert outbox.counts() == {"due": 0, "failed": 0, "sent": 2, "dead": 1}
    clock.on(31 * 86400)
    one.step()
    assert outbox.counts() == {"due": 0, "failed": 0, "sent": 0, "dead": 1}
    assert outbox.deliveries()["state"].to_list() == ["dead"]


def test_a_second_courier_of_an_outbox_is_refused_until_the_first_stops(outbox: Outbox) -> None:
    first, second = (courier(outbox)[0] for _ in range(2))
    first.start()
    with pytest.raises(OutboxInUse, match=r"demo\.db"):
        second.start()
    other = threading.Thread(target=first.stop)  # than the one that started it
    other.start()
    other.join()
    second.start().stop()


def test_the_next_process_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    path, desk = tmp_path / "demo.db", Receiver(Undelivered("answered 503"))
    before = Outbox(path)
    one, clock = courier(before, desk=desk)
    one.notify(notice(1))
    clock.on(30)
    one.step()
    one.notify(notice(2, at=clock.now))
    known = before.messages()["id"].to_list()
    before.close()
    after = Outbox(path)
    one, clock = courier(after, desk=desk)
    clock.on(100)
    one.step()
    assert desk.notices == ["n-1", "n-2"]
    assert desk.got[0].id in known
    after.close()


def test_a_slow_target_holds_up_no_other(outbox: Outbox) -> None:
    let_go, head = threading.Event(), Receiver()

    class Slow:
        def send(self, message: Message) -> None:
            assert let_go.wait(20)

    routes = {"targets": {"desk": {"kind": "app"}, "head": {"kind": "app"}}, "routes": [{"to": ["desk", "head"]}]}
    one = Courier(outbox, msgspec.convert(routes, Plan), {"desk": Slow(), "head": head}).start()
    for number in range(5):
        one.notify(notice(number))  # long due by the clock of the machine, or not yet: each comes all the same
        until(lambda: outbox.counts()["sent"] > 0 or bool(head.got), "the head was told")
    until(lambda: len(set(head.notices)) == 5, "all five came")
    let_go.set()
    until(lambda: outbox.counts()["due"] == 0, "the slow one has them, too")
    one.stop()
    assert sorted(head.notices) == [f"n-{number}" for number in range(5)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("notify"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.sampled_from([1, 15, 40, 700])),
        st.tuples(st.just("settle"), st.integers(0, 9)),
        st.tuples(st.just("fail"), st.sampled_from([True, False])),
    ),
    max_size=40,
)


@settings(max_examples=50)
@given(STEPS)
def test_whatever_happens_each_delivery_ends_once(steps: list[tuple[str, int]]) -> None:
    outbox, desk, head = Outbox(":memory:"), Receiver(), Receiver()
    one, clock = courier(outbox, desk=desk, head=head)
    told: set[int] = set()
    for what, number in steps:
        if what == "notify":
            told.add(number)
            one.notify(notice(number, at=NOON))
        elif what == "wait":
            clock.on(number)
            one.step()
        elif what == "settle":
            one.settle(f"alert-{number}")
        else:
            desk.errors.append(Undelivered("answered 500", again=bool(number)))
    for _ in range(30):
        clock.on(3600)
        one.step()
    for message_id in outbox.dead()["id"]:
        desk.errors.clear()
        one.again(message_id)
    one.step()
    frame = outbox.deliveries()
    assert set(frame["state"]) <= {"sent", "dropped"}
    assert len(frame) == 2 * len(told)
    for target, receiver in (("desk", desk), ("head", head)):
        sent = frame.loc[(frame["target"] == target) & (frame["state"] == "sent"), "notice"]
        assert sorted(receiver.notices) == sorted(sent)
    outbox.close()


def test_retries_that_shrink_are_refused() -> None:
    with pytest.raises(ValueError, match="first_s is 60, above most_s, 30"):
        Retries(first_s=60, most_s=30)
