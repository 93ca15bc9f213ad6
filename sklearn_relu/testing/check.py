"""The public check: which rules a part is held to, and running them."""

import copy
import inspect
from collections.abc import Callable

from sklearn_relu.activations import Activation
from sklearn_relu.embeddings import NumericalEmbedding
from sklearn_relu.initializers import Initializer
from sklearn_relu.losses import Loss
from sklearn_relu.optimizers import FullBatchOptimizer, Optimizer
from sklearn_relu.part import Part
from sklearn_relu.penalties import ActivityPenalty, Penalty
from sklearn_relu.schedules import Schedule
from sklearn_relu.testing import (
    activations,
    activity_penalties,
    embeddings,
    fits,
    full_batch,
    hyper_parameters,
    initializers,
    losses,
    optimizers,
    penalties,
    schedules,
)

Check = Callable[[Part], None]
"""A rule: raises AssertionError for a part that breaks it."""

FAMILIES: dict[type[Part], tuple[Check, ...]] = {
    Activation: activations.CHECKS,
    ActivityPenalty: activity_penalties.CHECKS,
    Penalty: penalties.CHECKS,
    Loss: losses.CHECKS,
    Optimizer: optimizers.CHECKS,
    FullBatchOptimizer: full_batch.CHECKS,
    Schedule: schedules.CHECKS,
    Initializer: initializers.CHECKS,
    NumericalEmbedding: embeddings.CHECKS,
}
"""For each contract that a part may fulfil: the rules of its own."""


def check_part(part: Part | type[Part]) -> None:
    """Check that a part keeps the contract of its family.

    The part is called as training calls it, on small arrays in both precisions, and compared with
    the rules that the base class of its family states. At the end small networks are trained with
    it. This takes about a second.

    Parameters
    ----------
    part : Part or type
        An activation, activity penalty, penalty, loss, solver, schedule, initializer or numerical
        embedding; or its class, if that can be constructed without arguments. A loss is also
        checked in the form that it takes for several classes.

    Raises
    ------
    AssertionError
        For the first rule that is broken. The message names the class, the method and the argument,
        what was got and what is expected, and says what to do.
    TypeError
        For an object that is no part.

    See Also
    --------
    sklearn.utils.estimator_checks.check_estimator : The same for estimators.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu.activations import Activation
    >>> from sklearn_relu.testing import check_part
    >>> class Cube(Activation):
    ...     def forward(self, z, a, params, noise=None):
    ...         np.multiply(z, z, out=a)
    ...         a *= z
    ...
    ...     def backward(self, z, a, grad_a, grad_z, params, grad_params):
    ...         np.multiply(z, z, out=grad_z)
    ...         grad_z *= 2  # a mistake: the derivative is 3 * z**2
    ...         grad_z *= grad_a
    >>> try:
    ...     check_part(Cube())
    ... except AssertionError as error:
    ...     print(str(error).partition(":")[0])
    Cube.backward gives a wrong grad_z
    """
    part = _instance(part)
    for form in _forms(part):
        for check in checks_of(form):
            check(copy.deepcopy(form))


def checks_of(part: Part) -> list[Check]:
    """List the rules for a part, in the order in which mistakes are best mended.

    Pickles come last: a class that is still tried out may be defined in a function.
    """
    own = next(checks for base, checks in FAMILIES.items() if isinstance(part, base))
    return [*hyper_parameters.CHECKS, *own, *fits.CHECKS, hyper_parameters.pickles]


def _instance(part):
    names = ", ".join(base.__name__ for base in FAMILIES)
    cls = part if inspect.isclass(part) else type(part)
    if not issubclass(cls, tuple(FAMILIES)):
        raise TypeError(
            f"check_part takes a part or its class; got {part!r}. Derive the class from one of "
            f"{names}, which are in the packages of their families, such as "
            "sklearn_relu.activations."
        )
    if not inspect.isclass(part):
        return part
    if missing := sorted(getattr(cls, "__abstractmethods__", ())):
        raise AssertionError(
            f"{cls.__name__} lacks the methods {missing}, which its base class leaves to it. "
            "Define them."
        )
    try:
        return cls()
    except TypeError as error:
        raise AssertionError(
            f"{cls.__name__}() cannot be constructed without arguments: {error}. Pass an instance "
            "to check_part, or give each parameter of the constructor a default."
        ) from error


def _forms(part):
    """The part; and of a loss what it becomes for several classes, if that is another one."""
    yield part
    if isinstance(part, Loss):
        turned = part.for_target("multiclass")
        if isinstance(turned, Loss) and type(turned) is not type(part):
            yield turned
