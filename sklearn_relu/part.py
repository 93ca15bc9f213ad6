"""The base of every pluggable piece, and the way from a name to a piece."""

import difflib
import re
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from sklearn_relu.documentation import Documented
from sklearn_relu.parameters import WithQuickParameters, with_python_numbers
from sklearn_relu.sklearn_private import parameter_names, validate_parameters

__all__ = ["Part", "Wrapper", "resolve_part"]

NEAR = 0.7
"""How much of two names must be the same, by difflib's ratio, for one to be meant by the other."""


class Part(Documented, WithQuickParameters):
    """A pluggable piece: an activation, initializer, penalty, loss, solver, schedule, embedding.

    A part holds hyper-parameters only: no fitted state, no data, nothing that changes during
    ``fit``. As a :class:`sklearn.base.BaseEstimator` it comes with ``get_params``, ``set_params``,
    ``clone`` support and a readable ``repr``, so that a search can reach into it with
    ``activation__negative_slope``.
    """

    _parameter_constraints: ClassVar[dict] = {}

    elsewhere: ClassVar[dict[str, str]] = {}
    """Of a family: from names that other libraries and books use, in small letters and digits
    alone, to the family's own, or to a sentence where it has none. They are not taken: errors tell.
    """

    def check(self) -> None:
        """Raise if a hyper-parameter is out of its range.

        Raises
        ------
        ValueError
            Naming the hyper-parameter, what it may be, and what it is.
        """
        validate_parameters(self)


class Wrapper(Part, ABC):
    """A part around another part of its family, which may be given by name."""

    inner: ClassVar[str]
    """The parameter that holds the other part, or its name."""

    @abstractmethod
    def resolve(self) -> Part:
        """Return the other part, checked; raise ValueError for what is none."""

    def check(self) -> None:
        """Raise if a hyper-parameter is out of its range, the inner part's among them."""
        super().check()
        self.resolve()

    def set_params(self, **params: Any) -> Any:
        """Set hyper-parameters; a nested one on a name turns the name into its part first."""
        super().set_params(**{key: params.pop(key) for key in list(params) if "__" not in key})
        is_name = isinstance(getattr(self, self.inner), str)
        if is_name and any(key.startswith(f"{self.inner}__") for key in params):
            setattr(self, self.inner, self.resolve())
        return super().set_params(**params)


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
        return name_hint(value, family, base)
    if isinstance(value, type) and issubclass(value, base):
        return f" That is a class: pass an instance, {value.__name__}()."
    return ""


def name_hint(name: str, family: dict, base: type[Part]) -> str:
    """Return a hint for a name that is not in the family: the name that was meant.

    Parameters
    ----------
    name : str
    family : dict of str to type
    base : type
        The family's contract, which knows names that are used elsewhere.

    Returns
    -------
    hint : str
        A sentence with a blank before it, or nothing.
    """
    spelled = {_letters(part.__name__): known for known, part in reversed(family.items())}
    spelled |= {_letters(known): known for known in family}
    meant = spelled.get(_letters(name)) or base.elsewhere.get(_letters(name))
    if meant is None:
        near = difflib.get_close_matches(name.lower(), family, n=1, cutoff=NEAR)
        meant = near[0] if near else ""
    return f" Did you mean {meant!r}?" if meant in family else f" {meant}".rstrip()


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIO" else f"a {name}"
