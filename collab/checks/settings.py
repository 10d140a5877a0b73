"""The check of what the environment chooses: can an office start with it?"""

from __future__ import annotations

from collab.checks.check import Check, State, told
from collab.office.balancing import mode_of
from collab.weights import hundredths


def of_settings(balance: str, shadow: str | None) -> Check:
    """Are the mode of evening out loads, and the weights that look on, what can be chosen?"""
    name = "Settings"
    try:
        mode_of(balance)
        looking = "none" if shadow is None else "-".join(map(str, hundredths(shadow)))
    except ValueError as error:
        value, fix = told(error, "Correct it, or leave it out.")
        fix = f"{fix} COLLAB_BALANCE and COLLAB_SHADOW name them; an office does not start so."
        return Check(name=name, state=State.bad, value=value, fix=fix)
    return Check(name=name, state=State.ok, value=f"balance {balance}, weights in the shadow {looking}")
