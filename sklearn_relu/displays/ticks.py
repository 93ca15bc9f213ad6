"""Ticks that say little: whole numbers, plain numbers on logarithmic axes, and names."""

import math
from collections.abc import Sequence

import numpy as np

TICKS = ((10, (1, 1.5, 2, 3, 4, 5, 7)), (1000, (1, 2, 5)))
"""Ticks of a decade, where the ends of an axis differ by less than a factor; of a longer axis there
are powers of ten only."""

MOST_LETTERS = 24
"""Letters of a name at a tick; of a longer one the beginning and the end."""

NARROWEST = 1.1
"""Least factor between the ends of an axis: with a smaller one its ticks have many digits."""

CLOSEST = 1 / 8
"""Least distance of two ticks, as a share of a logarithmic axis."""

SHORT = 4
"""Letters of a name that never stands upright."""

LINE, LETTER = 0.19, 0.085
"""Inches that a line of names takes, and a letter."""


def whole_numbers(axis) -> None:
    """Ticks of an axis at whole numbers only, even if that is a single one.

    Parameters
    ----------
    axis : matplotlib Axis
    """
    axis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def logarithmic(axis) -> None:
    """Make an axis logarithmic, with few ticks, at plain numbers such as 0.02.

    Parameters
    ----------
    axis : matplotlib Axis
        With its data: their range tells which ticks there are.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    low, high = sorted(axis.get_view_interval())
    factor = high / low if low > 0 else np.inf
    if factor < NARROWEST:
        middle, apart = np.sqrt(low) * np.sqrt(high), np.sqrt(NARROWEST)
        low, high, factor = middle / apart, middle * apart, NARROWEST
        axis.axes.set(**{f"{axis.axis_name}lim": (low, high)})
    subs = next((ticks for most, ticks in TICKS if factor < most), (1,))
    axis.set_major_locator(_thinned(LogLocator)(subs=subs, numticks=7))
    axis.set_major_formatter(FuncFormatter(plain_number))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def _thinned(locator: type) -> type:
    """A kind of locator of which ticks stand apart, also where it goes over to equal distances: in
    less than a decade these crowd at the upper end."""

    class Thinned(locator):
        def tick_values(self, vmin, vmax):
            values = super().tick_values(vmin, vmax)
            low, high = sorted((vmin, vmax))
            if low <= 0:  # where matplotlib itself looks for an end of the axis
                return values
            kept = [0.0]
            for value in values:
                if value >= kept[-1] * (high / low) ** CLOSEST:
                    kept.append(value)
            return np.array(kept[1:])

    return Thinned


def plain_number(value: float, _position: int | None = None) -> str:
    """A number in few letters: 0.02, 5, 3000, 1e-8.

    Parameters
    ----------
    value : float

    Returns
    -------
    text : str
    """
    mantissa, e, exponent = f"{value:.4g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def shortened(name: str, letters: int = MOST_LETTERS) -> str:
    """A name of so many letters at most, the middle of a longer one left out.

    Parameters
    ----------
    name : str
    letters : int, default=24

    Returns
    -------
    short : str
    """
    if len(name) <= letters:
        return name
    head = (letters - 1) // 2
    return f"{name[:head]}…{name[head + 1 - letters :]}"


def named_places(axis, names: Sequence) -> None:
    """Ticks at 0, 1, 2 ... with names: those of all places or, where these are many, of some.

    Parameters
    ----------
    axis : matplotlib Axis
    names : sequence
    """
    box = axis.axes.get_window_extent()
    is_x = axis.axis_name == "x"
    inches = (box.width if is_x else box.height) / axis.axes.figure.dpi
    longest = max((len(shortened(str(name))) for name in names), default=0)
    level = LETTER * (longest + 2)
    # Long names stand upright below an axis; numbers have room beside each other.
    is_upright = is_x and longest > SHORT and level * len(names) > inches
    step = math.ceil(len(names) * (level if is_x and not is_upright else LINE) / inches)
    places = range(0, len(names), max(1, step))
    axis.set_ticks(places, [shortened(str(names[i])) for i in places])
    if is_upright:
        axis.set_tick_params(labelrotation=90)
