"""The ways out, against real receivers: signed webhooks over HTTP, e-mail and chat through Apprise."""

from __future__ import annotations

import base64
import email
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from notices import NOON, Sink, notice, sink, until
from ports import free_port
from standardwebhooks import Webhook as Theirs
from standardwebhooks import WebhookVerificationError

from collab.delivery import Channel, Courier, Message, Outbox, Undelivered, channels, plan_of
from collab.delivery.chat import Chat
from collab.delivery.message import message
from collab.delivery.secret import Secret
from collab.delivery.webhook import Webhook, key_of, signature

TOKEN = "T0k3n-that-nobody-may-see"


def new_secret() -> str:
    return f"whsec_{base64.b64encode(os.urandom(32)).decode()}"


def webhook(url: str, *secrets: str, timeout_s: float = 5.0) -> Webhook:
    keys = [key_of(Secret(one), "secret") for one in secrets or (new_secret(),)]
    return Webhook(url, keys, timeout_s)


def some(n: int = 1, severity: str = "high") -> Message:
    return message("crm", [(notice(number, severity), 0) for number in range(n)], NOON)


def test_the_signature_is_that_of_the_specification() -> None:
    key = key_of(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "secret")
    found = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_verifies_a_webhook_by_the_new_and_by_the_old_secret_and_by_no_other() -> None:
    new, old, other = new_secret(), new_secret(), new_secret()
    with sink() as receiver:
        webhook(f"{receiver.url}/hooks?team=a", new, old).send(some(3, "critical"))
    (got,) = receiver.got
    assert got.path == "/hooks?team=a"
    for secret in (new, old):
        said = Theirs(secret).verify(got.body, got.headers)
        assert said["type"] == "alerts.notified"
        assert said["data"]["severity"] == "critical"
        assert [one["id"] for one in said["data"]["notices"]] == ["n-0", "n-1", "n-2"]
        assert said["data"]["notices"][0]["alerts"][0] == {
            "id": "alert-0",
            "rule": "overload",
            "labels": {"agent": "a0"},
            "value": 0.93,
            "acknowledged": 0,
        }
    for secret, body in ((other, got.body), (new, got.body.replace(b"n-1", b"n-7"))):
        with pytest.raises(WebhookVerificationError):
            Theirs(secret).verify(body, got.headers)


@pytest.mark.parametrize(
    "answer, again, after_s",
    [
        (500, True, 0),
        (503, True, 0),
        ((503, {"retry-after": "90"}), True, 90),
        ((429, {"retry-after": "soon"}), True, 0),
        (408, True, 0),
        (400, False, 0),
        (404, False, 0),
        (410, False, 0),
        ((302, {"location": f"http://127.0.0.1/{TOKEN}"}), False, 0),
    ],
)
def test_an_answer_says_whether_another_try_helps(answer: Any, again: bool, after_s: float) -> None:
    with sink(lambda number: answer) as receiver, pytest.raises(Undelivered) as raised:
        webhook(receiver.url).send(some())
    assert (raised.value.again, raised.value.after_s) == (again, after_s)
    assert str(answer[0] if isinstance(answer, tuple) else answer) in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert len(receiver.got) == 1  # no redirect was followed


def test_a_receiver_that_is_slow_or_not_there_is_tried_again() -> None:
    let_go = threading.Event()

    def slow(number: int) -> int:
        let_go.wait(20)
        return 200

    with sink(slow) as receiver:
        with pytest.raises(Undelivered, match=r"no answer within 0\.1 s") as raised:
            webhook(f"{receiver.url}/{TOKEN}", timeout_s=0.1).send(some())
        let_go.set()
    assert raised.value.again
    with pytest.raises(Undelivered, match="ConnectionRefusedError") as raised:
        webhook(f"http://127.0.0.1:{free_port()}/{TOKEN}").send(some())
    assert raised.value.again
    assert TOKEN not in str(raised.value)


class Mailbox(Controller):
    """A mail server that keeps what it gets, after refusing as often as it is told."""

    def __init__(self, refusals: int = 0) -> None:
        self.mails, self.refusals = list[Mail](), refusals
        super().__init__(self, hostname="127.0.0.1", port=free_port())

    def factory(self) -> SMTP:
        """The server of one connection; it asks no name server for its own."""
        return SMTP(self, hostname="localhost")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, aiosmtpd's name
        """Take a mail, or not."""
        if self.refusals:
            self.refusals -= 1
            return "451 not now"
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    made.start()
    yield made
    made.stop()


def mail_url(mailbox: Mailbox) -> str:
    return f"mailto://127.0.0.1:{mailbox.port}?from=team@collab.test&to=ops@collab.test&mode=insecure"


def body(mail: Mail) -> str:
    """The plain words of a mail."""
    part = next(one for one in mail.walk() if one.get_content_type() in ("text/plain", "text/html"))
    return bytes(part.get_payload(decode=True)).decode()


def test_a_mail_arrives_with_the_worst_in_its_subject_and_on_top(mailbox: Mailbox) -> None:
    made = message("mail", [(notice(1, "low"), 0), (notice(2, "critical", body="<b>&"), 0)], NOON)
    Chat(Secret(mail_url(mailbox)), 10, "url").send(made)
    (mail,) = mailbox.mails
    assert mail["subject"] == "[critical] 2 notices: 1 critical, 1 low"
    assert mail["to"] == "ops@collab.test"
    text = body(mail)
    assert text.index("a2 is overloaded") < text.index("a1 is overloaded")
    assert made.id in text
    assert "<b>" not in text or mail.get_content_type() == "text/plain"


def test_words_of_a_notice_become_no_line_of_a_mails_head(mailbox: Mailbox) -> None:
    sly = notice(1, title="a1\r\nBcc: somebody@else.test\r\n\r\nHello", body="words")
    Chat(Secret(mail_url(mailbox)), 10, "url").send(message("mail", [(sly, 0)], NOON))
    (mail,) = mailbox.mails
    assert mail["subject"] == "[high] a1 Bcc: somebody@else.test Hello"
    assert mail["bcc"] is None
    assert "Hello" not in body(mail)


def test_a_mail_server_that_is_gone_or_refuses_is_an_undelivered_message_without_its_url(mailbox: Mailbox) -> None:
    mailbox.refusals = 1
    first, second = (Chat(Secret(mail_url(mailbox)), 10, "url") for _ in range(2))  # one waits 5.5 s between two mails
    with pytest.raises(Undelivered, match="Apprise could not send it") as raised:
        first.send(some())
    assert raised.value.again
    second.send(some())
    assert len(mailbox.mails) == 1
    gone = f"mailtos://ops:{TOKEN}@127.0.0.1:{free_port()}?from=team@collab.test&to=ops@collab.test"
    with pytest.raises(Undelivered) as raised:
        Chat(Secret(gone), 10, "url").send(some())
    assert TOKEN not in str(raised.value)


def test_no_secret_of_a_chat_gets_into_logs_or_errors_and_its_answer_does(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with sink(lambda number: (302, {"location": "http://127.0.0.1:1/"}) if number == 1 else 403) as receiver:
        url = receiver.url.replace("http://", f"json://user:{TOKEN}@") + f"/{TOKEN}?+X-Key={TOKEN}"
        chat = Chat(Secret(url), 10, "url")
        for code in ("302", "403"):
            with pytest.raises(Undelivered, match=f"answered {code}") as raised:
                chat.send(some())
            assert TOKEN not in str(raised.value)
    assert len(receiver.got) == 2
    assert TOKEN in receiver.got[0].path
    assert TOKEN not in caplog.text
    logging.getLogger("apprise").warning("somebody else's words")
    assert "somebody else's words" in caplog.text


def test_a_message_reaches_a_server_of_ntfy_with_its_title_and_words() -> None:
    with sink() as receiver:
        url = receiver.url.replace("http://", "ntfy://") + "/alerts"
        Chat(Secret(url), 10, "url").send(some(2, "critical"))
    (got,) = receiver.got
    said = json.loads(got.body)
    assert said["topic"] == "alerts"
    assert said["title"] == "[critical] 2 notices: 2 critical"
    assert said["message"].startswith("[critical] a0 is overloaded")


def test_without_apprise_its_targets_are_refused_and_the_others_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    (tmp_path / "crm.secret").write_text(new_secret(), encoding="utf-8")
    environment = {"MAIL_URL": "mailto://localhost", "CRM_URL": "http://localhost/"}
    with pytest.raises(
        ValueError, match=r"url of target mail needs Apprise; install it: pip install -e '\.\[notify\]'"
    ):
        channels(plan_of(PLAN), tmp_path, environment, print)
    rest = plan_of(PLAN.replace("  mail: {kind: apprise, url: {env: MAIL_URL}}\n", "").replace("[mail, crm]", "[crm]"))
    assert sorted(channels(rest, tmp_path, environment, print)) == ["crm", "page"]


def test_an_app_target_calls_who_listens(tmp_path: Path) -> None:
    shown: list[Message] = []
    plan = plan_of("targets: {page: {kind: app}}\nroutes: [{to: [page]}]")
    channels(plan, tmp_path, {}, shown.append)["page"].send(some())
    assert shown == [some()]


PLAN = """
targets:
  page: {kind: app}
  mail: {kind: apprise, url: {env: MAIL_URL}}
  crm: {kind: webhook, url: {env: CRM_URL}, secrets: [{file: crm.secret}]}
routes:
  - {to: [page], within_s: 0}
  - {to: [mail, crm], least: medium, within_s: 0.2}
retries: {tries: 9, first_s: 0.05, most_s: 0.2}
"""


def every_way(folder: Path, mailbox: Mailbox, receiver: Sink, shown: list[Message]) -> tuple[Outbox, Courier, str]:
    secret = new_secret()
    (folder / "crm.secret").write_text(secret + "\n", encoding="utf-8")
    plan = plan_of(PLAN)
    environment = {"MAIL_URL": mail_url(mailbox), "CRM_URL": f"{receiver.url}/{TOKEN}"}
    made: dict[str, Channel] = channels(plan, folder, environment, shown.append)
    outbox = Outbox(folder / "outbox.db")
    return outbox, Courier(outbox, plan, made), secret


def test_a_flood_reaches_every_target_through_failures_each_notice_once(
    tmp_path: Path, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    shown: list[Message] = []
    with sink(lambda number: 503 if number <= 3 else 200) as receiver:
        outbox, courier, secret = every_way(tmp_path, mailbox, receiver, shown)
        courier.start()
        now = datetime.now(UTC)
        courier.notify(*[notice(n, "critical" if n == 3 else "medium", at=now) for n in range(200)])
        until(lambda: outbox.counts()["sent"] >= 3 and not outbox.next_due(), "all was sent")
        courier.stop()
    assert outbox.counts() == {"due": 0, "failed": 0, "sent": 3, "dead": 0}
    assert [len(one.notices) for one in shown] == [200]
    (mail,) = mailbox.mails
    assert mail["subject"].startswith("[critical] 200 notices: 1 critical")
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1
    said = Theirs(secret).verify(receiver.got[-1].body, receiver.got[-1].headers)
    assert len(json.loads(receiver.got[-1].body)["data"]["notices"]) == len(said["data"]["notices"]) == 200
    assert TOKEN not in caplog.text
    assert secret not in caplog.text
    outbox.close()
