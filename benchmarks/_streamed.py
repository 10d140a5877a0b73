"""A viewer of a Streamlit page that draws nothing, but asks for the fragment again as often as it is told to."""

from __future__ import annotations

import threading
from time import monotonic

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect


class Streamed(threading.Thread):
    """An open page in Streamlit."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.ready = threading.Event()
        self._url = url

    def run(self) -> None:
        """Open, run the script, run its fragment every second."""
        at = f"{self._url.replace('http', 'ws')}_stcore/stream"
        with connect(at, subprotocols=["streamlit"], origin=self._url.rstrip("/"), max_size=2**26) as socket:
            socket.send(_rerun())
            fragment, interval, next_at = "", 1.0, float("inf")
            while True:
                try:
                    message = ForwardMsg.FromString(socket.recv(timeout=max(0.0, min(1.0, next_at - monotonic()))))
                    if message.WhichOneof("type") == "auto_rerun":
                        fragment, interval = message.auto_rerun.fragment_id, message.auto_rerun.interval
                        next_at = monotonic() + interval
                        self.ready.set()
                except TimeoutError:
                    pass
                if monotonic() >= next_at:
                    socket.send(_rerun(fragment))
                    next_at = monotonic() + interval


def _rerun(fragment: str = "") -> bytes:
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    if fragment:
        asked.rerun_script.fragment_id = fragment
    return asked.SerializeToString()
