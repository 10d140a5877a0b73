"""Four doubles added at once in numba, which by itself takes them one by one."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_FOUR = ir.VectorType(ir.DoubleType(), 4)


def _add_four(typing, to, at, values, start):  # type: ignore[no-untyped-def]
    def made(context, builder, signature, args) -> Any:  # type: ignore[no-untyped-def]
        def pointer(number: int) -> Any:
            array = context.make_array(signature.args[number])(context, builder, args[number])
            return builder.bitcast(builder.gep(array.data, [args[number + 1]]), _FOUR.as_pointer())

        here, there = pointer(0), pointer(2)
        added = builder.fadd(builder.load(here, align=8), builder.load(there, align=8))
        builder.store(added, here, align=8)
        return context.get_dummy_value()

    return types.void(to, at, values, start), made


add_four: Any = intrinsic(_add_four)
"""Add four of the `values` from `start` on to those from `at` on in `to`, two flat arrays of doubles."""
