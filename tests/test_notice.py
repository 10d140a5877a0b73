"""What an alert says comes from the server alone: a busy browser writes back what it drew before."""

from __future__ import annotations

from collab.views.notice import Notice


def test_what_a_browser_writes_back_neither_stays_nor_is_shown_with_its_tags() -> None:
    notice = Notice(object="**Ana is full.**", visible=True)
    alert = notice.__panel__()[0]
    shown = alert.get_root().data
    drawn = shown.object
    notice.param.update(object="**Ben is full.**", severity="warning")
    wanted = shown.object
    assert wanted != drawn
    shown.update(object=drawn, severity="error")
    alert._process_events({"object": drawn, "severity": "error"})
    assert (alert.object, alert.severity) == ("**Ben is full.**", "warning")
    assert (shown.object, shown.severity) == (wanted, "warning")
