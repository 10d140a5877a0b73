"""The view of deliveries, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from notices import Clock, notice, until

from collab.delivery import Courier, Message, Outbox, Plan, Undelivered
from collab.views.deliveries import EMPTY, NONE, DeliveriesView

PLAN = msgspec.convert(
    {
        "targets": {"desk": {"kind": "app"}, "mail": {"kind": "app"}},
        "routes": [{"to": ["desk"], "within_s": 0}, {"to": ["mail"], "least": "high", "within_s": 0}],
    },
    Plan,
)
EVIL = "<script>alert(1)</script>"


class Mail:
    """Takes nothing until it is told to."""

    def __init__(self) -> None:
        self.open, self.got = False, list[Message]()

    def send(self, message: Message) -> None:
        """Take it, or not."""
        if not self.open:
            raise Undelivered("answered 404, which another try would not change", again=False)
        self.got.append(message)


@pytest.fixture
def mail() -> Mail:
    return Mail()


@pytest.fixture
def courier(tmp_path: Path, mail: Mail) -> Iterator[Courier]:
    outbox, desk = Outbox(tmp_path / "demo.db"), Mail()
    desk.open = True
    yield Courier(outbox, PLAN, {"desk": desk, "mail": mail}, clock=Clock())
    outbox.close()


def test_an_empty_outbox_says_what_to_do(courier: Courier) -> None:
    assert DeliveriesView(courier.outbox)._list.object == EMPTY
    view = DeliveriesView(courier.outbox, courier)
    assert "Nothing was due yet: 2 targets are told of alerts" in view._list.object
    assert not view._dead.visible
    assert view.counts == {"due": 0, "failed": 0, "sent": 0, "dead": 0}


def test_a_dead_message_is_shown_with_its_reason_and_sent_again_by_the_button(courier: Courier, mail: Mail) -> None:
    view = DeliveriesView(courier.outbox, courier)
    courier.notify(notice(1, title=EVIL), notice(2, "low"))
    courier.step()
    assert view.counts == {"due": 0, "failed": 0, "sent": 1, "dead": 1}
    assert view._dead.visible
    assert "answered 404, which another try would not change" in view._list.object
    assert EVIL not in view._list.object
    view.state = "failed"
    assert view._list.object == NONE
    view.state = "dead"
    assert view._list.object.count("<li>") == 1
    mail.open = True
    view._again.param.trigger("clicks")
    assert courier.step() == 1
    assert [one.id for one in mail.got[0].notices] == ["n-1"]
    assert view.counts["dead"] == 0
    assert view.dead is None
    assert not view._dead.visible


def test_a_message_that_somebody_else_sent_meanwhile_is_said_to_be_on_its_way(courier: Courier) -> None:
    courier.notify(notice(1))
    courier.step()
    view = DeliveriesView(courier.outbox, courier)
    courier.outbox.again(view.dead, courier.clock())
    view._again.param.trigger("clicks")
    assert view._said.visible
    assert "on its way already" in view._said.object


def test_dead_messages_of_one_title_are_told_apart(courier: Courier) -> None:
    view = DeliveriesView(courier.outbox, courier)
    for number in range(3):
        courier.notify(notice(number, title="The same words"))
        courier.step()
    assert sorted(view.param.dead.objects) == sorted(courier.outbox.dead()["id"])
    assert len(view._choice.options) == 3


def test_without_a_courier_it_shows_and_sends_nothing(courier: Courier) -> None:
    courier.notify(notice(1))
    courier.step()
    view = DeliveriesView(courier.outbox)
    assert view._again.disabled
    assert view.counts["dead"] == 1


def test_hidden_or_closed_it_takes_in_nothing_new(courier: Courier) -> None:
    view, closed = (DeliveriesView(courier.outbox, courier) for _ in range(2))
    view.active = False
    closed.close()
    courier.notify(notice(1))
    courier.step()
    assert view.counts["dead"] == closed.counts["dead"] == 0
    view.active = True
    assert view.counts["dead"] == 1


def test_it_follows_a_courier_that_works_in_its_own_threads(courier: Courier) -> None:
    view = DeliveriesView(courier.outbox, courier)
    courier.start()
    courier.notify(notice(1))
    until(lambda: view.counts["dead"] == 1 and view.counts["sent"] == 1, "both messages are shown")
    courier.stop()


def test_an_outbox_that_cannot_be_read_is_said_so(courier: Courier) -> None:
    view = DeliveriesView(courier.outbox)
    courier.outbox.close()
    view.refresh()
    assert view._said.visible
    assert "cannot be read" in view._said.object
