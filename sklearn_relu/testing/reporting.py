"""How a check calls a part, compares what it gives, and says what is wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_relu.part import Part

DTYPES = (np.float32, np.float64)


def fail(part: Part, where: str, problem: str, advice: str) -> None:
    """Raise AssertionError.

    Parameters
    ----------
    part : Part
    where : str
        The method or the attribute that is wrong; empty for the part as a whole.
    problem : str
        What it does, as the rest of a sentence without a full stop.
    advice : str
        What to do, in whole sentences.
    """
    name = f"{type(part).__name__}.{where}" if where else type(part).__name__
    raise AssertionError(f"{name} {problem}. {advice}")


def require(holds: Any, part: Part, where: str, problem: str, advice: str) -> None:
    """Raise AssertionError unless a rule holds; for the rest see :func:`fail`."""
    if not holds:
        fail(part, where, problem, advice)


def call(part: Part, method: str, *args, **kwargs) -> Any:
    """Call a method of the part; an error of its own becomes one that says how it was called."""
    try:
        return getattr(part, method)(*args, **kwargs)
    except Exception as error:
        given = ", ".join(_described(arg) for arg in (*args, *kwargs.values()))
        raise AssertionError(
            f"{type(part).__name__}.{method} raised {type(error).__name__}: {error}. It was called "
            f"as training calls it, with ({given}). See the contract in the documentation of its "
            "base class."
        ) from error


def _described(arg: Any) -> str:
    if isinstance(arg, np.ndarray):
        return f"{arg.dtype} array of shape {arg.shape}"
    if isinstance(arg, dict):
        return (
            "{" + ", ".join(f"{name!r}: {_described(value)}" for name, value in arg.items()) + "}"
        )
    if isinstance(arg, list):
        return f"list of {len(arg)} {type(arg[0]).__name__}" if arg else "[]"
    return repr(arg)


def same_bits(one: Any, other: Any) -> bool:
    """Tell whether arrays, or dicts of them, are equal in each element; NaN equals NaN."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same_bits(one[key], other[key]) for key in one)
    return np.array_equal(one, other, equal_nan=True)


def require_close(
    part: Part,
    where: str,
    problem: str,
    got: Any,
    expected: Any,
    advice: str,
    rtol: float = 1e-6,
    atol: float = 1e-9,
) -> None:
    """Raise AssertionError, with the place where they differ most, unless arrays are near."""
    got, expected = np.broadcast_arrays(np.asarray(got), np.asarray(expected))
    with np.errstate(invalid="ignore", over="ignore"):
        excess = np.abs(got.astype(np.float64) - expected) - (atol + rtol * np.abs(expected))
    excess = np.where(np.isnan(excess), np.where(same_nan(got, expected), 0, np.inf), excess)
    if excess.size and excess.max() > 0:
        place = np.unravel_index(excess.argmax(), excess.shape)
        at = f" at [{', '.join(str(i) for i in place)}]" if place else ""
        numbers = f"got {got[place]:.6g}{at}, expected {expected[place]:.6g}"
        fail(part, where, f"{problem}: {numbers}", advice)


def same_nan(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Tell where both are infinite with the same sign, which their difference does not show."""
    return (got == expected) & ~np.isnan(got)


def require_unwritten(
    part: Part, method: str, inputs: dict[str, np.ndarray], run: Callable[[], object]
) -> None:
    """Raise AssertionError if a call writes to an array that it may only read.

    Parameters
    ----------
    part : Part
    method : str
        What `run` calls.
    inputs : dict of ndarray
        The arrays, by the names of the arguments.
    run : callable
    """
    before = {name: array.copy() for name, array in inputs.items()}
    run()
    for name, array in inputs.items():
        require(
            same_bits(array, before[name]),
            part,
            method,
            f"writes to its argument {name}",
            f"Only read {name}: others need it as it is. Compute in the arrays that the method is "
            "to fill, or in new ones.",
        )
