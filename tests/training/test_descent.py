"""The second half of a step: in pieces it gives what it gives in one."""

import gc
import weakref

import numpy as np
import pytest
from helpers import GradientCheck
from sklearn.datasets import load_iris

from sklearn_relu import MLPClassifier, kernels
from sklearn_relu.activations import ReLU
from sklearn_relu.kernels import memory
from sklearn_relu.losses import LogLoss
from sklearn_relu.optimizers import OPTIMIZERS, Optimizer
from sklearn_relu.penalties import L2, PENALTIES, ActivityL2

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]
STOCHASTIC = [name for name, cls in OPTIMIZERS.items() if issubclass(cls, Optimizer)]


def fit(monkeypatch, piece, **parameters):
    """A fit whose parameters are updated in pieces of a size."""
    with monkeypatch.context() as patch:
        patch.setattr(memory, "PIECE", piece)
        return MLPClassifier(
            (9, 7), max_iter=6, batch_size=40, alpha=0.1, random_state=0, **parameters
        ).fit(*load_iris(return_X_y=True))


def assert_equal(one, other):
    for coef, same in zip(
        one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True
    ):
        # Elementwise loops may be rounded in another way at the ends of pieces.
        np.testing.assert_allclose(coef, same, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-12)


@pytest.mark.parametrize("penalty", [*PENALTIES, None])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_pieces_give_what_the_whole_gives(monkeypatch, solver, penalty):
    whole = fit(monkeypatch, 10**6, solver=solver, penalty=penalty)
    for piece in (13, 50):  # across layers, and from weights to biases
        assert_equal(whole, fit(monkeypatch, piece, solver=solver, penalty=penalty))


@pytest.mark.parametrize(
    "parameters",
    [
        {"gradient_clipping": 0.05},
        {"max_norm": 0.5},
        {"penalty": ["l2", None, "l1"]},
        {"ensemble_size": 3},
    ],
    ids=str,
)
def test_with_what_needs_all_of_the_gradient_or_of_a_layer(monkeypatch, parameters):
    whole = fit(monkeypatch, 10**6, **parameters)
    assert_equal(whole, fit(monkeypatch, 50, **parameters))
    assert not np.allclose(whole.loss_curve_[-1], fit(monkeypatch, 10**6).loss_curve_[-1])


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 100, 1), (5, 9, 1), (3, 7, 30), (2, 40, 3)])
def test_blocks_cover_everything_once(monkeypatch, shape):
    monkeypatch.setattr(memory, "PIECE", 60)
    count = np.zeros(shape)
    for block in kernels.blocks(*shape):
        count[block] += 1
        assert count[block].size <= 60
    assert (count == 1).all()


def test_the_pieces_of_a_network_do_not_depend_on_the_others(monkeypatch):
    monkeypatch.setattr(memory, "PIECE", 60)
    for n in (7, 100):
        alone = [rows for _, rows in kernels.blocks(1, n)]
        for networks, rows in kernels.blocks(20, n):
            assert rows in alone
            assert networks.stop - networks.start == 1 or rows == slice(0, n)


def test_what_a_step_needs_is_freed_without_the_garbage_collector():
    """No run holds itself: fits on large arrays would pile up."""
    check = GradientCheck([ReLU(), ReLU()], LogLoss(), L2(), ActivityL2(), sparse=False)
    run = weakref.ref(check.run)
    gc.disable()
    try:
        del check
        assert run() is None
    finally:
        gc.enable()


def test_memory_that_grows_leaves_no_old_memory_behind():
    old = kernels.scratch((kernels.PIECE,), np.dtype("float16"), slot=7)
    memory = weakref.ref(old.base)
    del old
    new = kernels.scratch((kernels.PIECE + 1,), np.dtype("float16"), slot=7)
    assert memory() is None
    assert new.base.size > kernels.PIECE
