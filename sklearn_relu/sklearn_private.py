"""All that is used of scikit-learn and that it does not promise to keep: its private names.

What differs between its versions is here too. No other module imports a private name of it, or asks
for a private attribute of its objects.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import _check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin
except ModuleNotFoundError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Says that there are no callbacks."""

        def set_callbacks(self, *callbacks):
            """Set callbacks, of which this version of scikit-learn has none.

            Parameters
            ----------
            *callbacks : callback instances

            Returns
            -------
            self : object

            Raises
            ------
            ImportError
                If there are any.
            """
            if callbacks:
                require_callbacks("set_callbacks")
            return self


Method = TypeVar("Method", bound=Callable[..., Any])

__all__ = [
    "CALLBACKS",
    "HAS_CALLBACKS",
    "REQUEST",
    "CallbackSupportMixin",
    "ChecksFirst",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "callback_context",
    "callbacks_of",
    "check_sample_weight",
    "fit_context",
    "metadata_request",
    "metadata_requests",
    "parameter_names",
    "require_callbacks",
    "validate_parameters",
]

HAS_CALLBACKS = CallbackSupportMixin.__module__ != __name__
"""Whether scikit-learn has callbacks: it is 1.9 or newer."""

CALLBACKS = {
    "_skl_callbacks",
    "_skl_callbacks_to_teardown",
    "_callback_fit_ctx",
    "_parent_callback_ctx",
}
"""Attributes by which scikit-learn finds callbacks; the last three during a fit only."""

REQUEST = "_metadata_request"
"""Where scikit-learn keeps what ``set_fit_request`` was told."""


def parameter_names(cls: type[BaseEstimator]) -> list[str]:
    """The names of the constructor's parameters."""
    return cls._get_param_names()


def validate_parameters(estimator: BaseEstimator) -> None:
    """Raise a ValueError if a parameter is not what ``_parameter_constraints`` allows."""
    estimator._validate_params()


class ChecksFirst(BaseEstimator):
    """An estimator that looks at its parameters before scikit-learn validates them."""

    def check_first(self) -> None:
        """Raise a ValueError with a better message than scikit-learn's would be."""

    def _validate_params(self):
        self.check_first()
        super()._validate_params()


def fit_context(method: Method) -> Method:
    """Decorate a method that fits: parameters are validated first, callbacks torn down at last.

    Type checkers see through it.
    """
    return _fit_context(prefer_skip_nested_validation=True)(method)


def check_sample_weight(sample_weight, X) -> np.ndarray:
    """Sample weights as an array of floats, one for each row of X, not negative and not all 0."""
    weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
    if not weight.any():  # which scikit-learn checks from 1.9 on
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def rows_of(data, rows: np.ndarray):
    """Rows of an array or a frame, as a cross-validation takes them.

    Parameters
    ----------
    data : {array-like, sparse matrix, DataFrame}
    rows : ndarray of int

    Returns
    -------
    taken : {array, sparse matrix, DataFrame}
    """
    return _safe_indexing(data, rows)


def require_callbacks(what: str) -> None:
    """Raise if scikit-learn is so old that it has no callbacks.

    Raises
    ------
    ImportError
    """
    if not HAS_CALLBACKS:
        raise ImportError(
            f"{what} needs scikit-learn >= 1.9, which calls callbacks; got {sklearn.__version__}. "
            "Install a newer one, or train without callbacks."
        )


def callbacks_of(estimator) -> list:
    """The callbacks of an estimator."""
    return getattr(estimator, "_skl_callbacks", [])


def callback_context(estimator, task_name: str, max_subtasks: int | None) -> Any:
    """The object by which a fit that begins tells callbacks; None where there is no such thing.

    Raises
    ------
    ImportError
        If the estimator has callbacks, set by a newer scikit-learn, and this one knows of none.
    """
    if HAS_CALLBACKS:
        return estimator._init_callback_context(task_name=task_name, max_subtasks=max_subtasks)
    if callbacks_of(estimator):
        require_callbacks(f"An estimator with callbacks ({callbacks_of(estimator)})")
    return None


def metadata_requests(request: MetadataRequest) -> dict[str, dict]:
    """For each method that requests metadata, what it requests."""
    methods = {name: held for name, held in vars(request).items() if name != "owner"}
    return {name: dict(held.requests) for name, held in methods.items() if held.requests}


def metadata_request(owner, requests: dict[str, dict]) -> MetadataRequest:
    """The opposite of :func:`metadata_requests`."""
    made = MetadataRequest(owner)
    for method, requested in requests.items():
        for param, alias in requested.items():
            getattr(made, method).add_request(param=param, alias=alias)
    return made
