"""What every pluggable piece shares, and how a name becomes one."""

import difflib
from typing import Any, ClassVar

from sklearn_relu.documentation import Documented
from sklearn_relu.parameters import WithQuickParameters, with_python_numbers
from sklearn_relu.sklearn_private import parameter_names, validate_parameters

__all__ = ["Part", "resolve_part"]


class Part(Documented, WithQuickParameters):
    """A pluggable piece: an activation, initializer, penalty, loss, optimizer or schedule.

    A part holds hyper-parameters only: no fitted state, no data, nothing that changes during
    ``fit``. As a :class:`sklearn.base.BaseEstimator` it comes with ``get_params``, ``set_params``,
    ``clone`` support and a readable ``repr``, so that a search can reach into it with
    ``activation__negative_slope``.
    """

    _parameter_constraints: ClassVar[dict] = {}

    def check(self) -> None:
        """Raise if a hyper-parameter is out of its range.

        Raises
        ------
        ValueError
            Naming the hyper-parameter, what it may be, and what it is.
        """
        validate_parameters(self)


def resolve_part(
    value: Any,
    family: dict,
    base: type[Part],
    parameter: str,
    flat: dict | None = None,
    optional: bool = False,
) -> Any:
    """Turn what the user gave for a parameter into a part.

    Parameters
    ----------
    value : str or Part
        A name in `family`, or a part, which is returned as it is, but for NumPy scalars among its
        hyper-parameters: then it is a copy that has Python's numbers.
    family : dict of str to type
        The family's registry.
    base : type
        The contract that a part given directly must fulfil.
    parameter : str
        The parameter's name, for the error message.
    flat : dict, default=None
        Hyper-parameters that the estimator offers under flat names (``beta_1``, ``power_t``); a
        part built from a name takes those that its constructor knows.
    optional : bool, default=False
        Whether the parameter may be None too, for the error message.

    Returns
    -------
    part : Part

    Raises
    ------
    ValueError
        For an unknown name (with the nearest known one), for what is neither a name nor such a
        part, and for a hyper-parameter out of range.
    """
    if isinstance(value, str) and value in family:
        known = parameter_names(family[value])
        value = family[value](**{k: v for k, v in (flat or {}).items() if k in known})
    if isinstance(value, base):
        value.check()
        return with_python_numbers(value)
    raise ValueError(
        f"{parameter} must be one of {sorted(family)} or {_article(base.__name__)}"
        f"{', or None' if optional else ''}; got {value!r}.{_hint(value, family, base)}"
    )


def _hint(value: Any, family: dict, base: type[Part]) -> str:
    if isinstance(value, str):
        near = difflib.get_close_matches(value.lower(), family, n=1)
        return f" Did you mean {near[0]!r}?" if near else ""
    if isinstance(value, type) and issubclass(value, base):
        return f" That is a class: pass an instance, {value.__name__}()."
    return ""


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIO" else f"a {name}"
