"""How long a move of a slider takes until the page shows its chart, beside a bare Bokeh slider in the same browser.

    python benchmarks/slider.py [--decisions 100000] [--moves 80]

The history is the recorder's own tables, filled through `collab.history`'s writer with decisions of 8 candidates each
that the real router made. The what-if of that history is served by `collab`'s page, and beside it, by a process of its
own too, a Bokeh slider whose server callback changes a chart of 8 bars. In both, a key is pressed on the slider in Chromium, and the
page itself measures from that to the first frame painted after the answer of the server is in the page.
"""

from __future__ import annotations

