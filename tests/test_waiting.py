"""The queues of a simulation, in lists and in arrays."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collab.whatif import compiled_waiting, waiting
from collab.whatif.tables import LEAD


@given(st.lists(st.integers(0, 2), max_size=40), st.data())
def test_queues_in_arrays_have_the_same_ranks_in_front_as_lists(queues: list[int], data: st.DataObject) -> None:
    leads = np.zeros(len(queues) + 1, LEAD)
    leads["queue"][:-1] = queues
    lists = waiting.nobody([SimpleNamespace(queue=queue) for queue in queues], 3)
    arrays = compiled_waiting.nobody(leads, 3)
    for rank in data.draw(st.permutations(range(len(queues)))):
        waiting.line_up(lists, queues[rank], rank)
        compiled_waiting.line_up(arrays, queues[rank], rank)
        if data.draw(st.booleans()) and waiting.foremost(lists, queue := data.draw(st.integers(0, 2))) < waiting.NOBODY:
            waiting.leave(lists, queue)
            compiled_waiting.leave(arrays, queue)
        here = [waiting.foremost(lists, queue) for queue in range(3)]
        assert [compiled_waiting.foremost(arrays, queue) for queue in range(3)] == here
    for queue in range(3):
        while (rank := waiting.foremost(lists, queue)) < waiting.NOBODY:
            assert compiled_waiting.foremost(arrays, queue) == rank
            waiting.leave(lists, queue)
            compiled_waiting.leave(arrays, queue)
        assert compiled_waiting.foremost(arrays, queue) == waiting.NOBODY
