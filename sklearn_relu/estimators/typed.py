"""scikit-learn's decorators of methods, which has no types, for type checkers to see through."""

from collections.abc import Callable
from typing import Any, TypeVar

from sklearn.utils.metaestimators import available_if

from sklearn_relu.sklearn_private import fit_context

Method = TypeVar("Method", bound=Callable[..., Any])


def checks_parameters(method: Method) -> Method:
    """A method that checks the estimator's parameters first."""
    return fit_context(method)


def only_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """A method that an estimator has where the check is true."""
    return available_if(check)
