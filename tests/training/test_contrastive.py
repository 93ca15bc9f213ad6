"""Contrastive divergence and persistent chains, against the textbook's steps."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit

from sklearn_relu.network.noise import new_generator
from sklearn_relu.network.units import HIDDEN, VISIBLE
from sklearn_relu.training.contrastive import MachineJob, MachineState, _Epochs, train

N, D, C = 23, 6, 4
RATE, MOMENTUM, DECAY = 0.1, 0.5, 0.01


def generator():
    return new_generator(np.random.RandomState(5))


def job(X, hidden, visible, dtype=np.float64, persistent=False, n_hidden=C, **more):
    n_visible = X.shape[1]
    rng = np.random.default_rng(0)
    params = rng.normal(0, 0.3, (1, n_visible * n_hidden + n_hidden + n_visible)).astype(dtype)
    chains = np.zeros((1, 7, n_hidden), dtype) if persistent else None
    noise = generator()
    state = MachineState(params, np.zeros_like(params), chains, noise.bit_generator.state)
    more = {"batch_size": 10, "n_gibbs": 1, "max_epochs": 2} | more
    return MachineJob(
        X, HIDDEN[hidden], VISIBLE[visible], n_hidden, state, noise, RATE, MOMENTUM, DECAY, **more
    )


class Textbook:
    """The same, as one would write it down: in place of speed it has lines of formulas."""

    def __init__(self, job, hidden, visible):
        self.job, self.hidden, self.visible, self.noise = job, hidden, visible, generator()
        flat = job.state.params[0]
        self.W = flat[: D * C].reshape(D, C).copy()
        self.b, self.a = flat[D * C : D * C + C].copy(), flat[D * C + C :].copy()
        self.moves = [np.zeros_like(each) for each in (self.W, self.b, self.a)]
        self.chains = None if job.state.chains is None else job.state.chains[0].copy()
        self.errors = []

    def mean(self, kind, x):
        return {"binary": expit, "nrelu": lambda x: np.maximum(x, 0), "gaussian": np.array}[kind](x)

    def sample(self, kind, x):
        if kind == "binary":
            return (self.noise.random(size=x.shape) < expit(x)).astype(float)
        if kind == "nrelu":
            return np.maximum(x + np.sqrt(expit(x)) * self.noise.standard_normal(x.shape), 0)
        return x + self.noise.standard_normal(x.shape)

    def epoch(self, X):
        order, total = self.noise.permutation(len(X)), 0.0
        for start in range(0, len(X), self.job.batch_size):
            total += self.step(X[order[start : start + self.job.batch_size]])
        self.errors.append(total / X.size)

    def step(self, v0):
        h0, v1, error = self.mean(self.hidden, v0 @ self.W + self.b), v0, 0.0
        if self.chains is None:
            for i in range(self.job.n_gibbs):
                h = self.sample(self.hidden, v1 @ self.W + self.b)
                v1 = self.mean(self.visible, h @ self.W.T + self.a)
                error = ((v0 - v1) ** 2).sum() if i == 0 else error
        else:
            for _ in range(self.job.n_gibbs):
                v1 = self.sample(self.visible, self.chains @ self.W.T + self.a)
                self.chains = self.sample(self.hidden, v1 @ self.W + self.b)
            error = ((v0 - self.mean(self.visible, h0 @ self.W.T + self.a)) ** 2).sum()
        h1 = self.mean(self.hidden, v1 @ self.W + self.b)
        n, m = len(v0), len(v1)
        grads = [
            v0.T @ h0 / n - v1.T @ h1 / m - DECAY * self.W,
            h0.mean(axis=0) - h1.mean(axis=0),
            v0.mean(axis=0) - v1.mean(axis=0),
        ]
        for value, move, grad in zip((self.W, self.b, self.a), self.moves, grads, strict=True):
            move *= MOMENTUM
            move += RATE * grad
            value += move
        return error

    @property
    def params(self):
        return np.concatenate([self.W.ravel(), self.b, self.a])


X = np.random.default_rng(3).random((N, D))
EVERY = [(hidden, visible) for hidden in HIDDEN for visible in VISIBLE]


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("n_gibbs", [1, 3])
@pytest.mark.parametrize(("hidden", "visible"), EVERY)
def test_training_is_the_textbooks(hidden, visible, n_gibbs, persistent):
    trained = job(X, hidden, visible, persistent=persistent, n_gibbs=n_gibbs)
    textbook = Textbook(trained, hidden, visible)
    train(trained)
    for _ in range(2):
        textbook.epoch(X)
    np.testing.assert_allclose(trained.state.params[0], textbook.params, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(trained.state.errors, textbook.errors, rtol=1e-9)
    if persistent:
        np.testing.assert_allclose(trained.state.chains[0], textbook.chains, rtol=1e-9, atol=1e-11)
    assert trained.outcome == "completed"
    assert trained.n_epochs == 2


@pytest.mark.parametrize(("hidden", "visible"), EVERY)
def test_float32_is_close_to_float64(hidden, visible):
    """In one epoch of one batch; samples of binary units would part ways at a coin's edge."""
    if hidden == "binary":
        pytest.skip("their samples jump")
    double = job(X, hidden, visible, batch_size=N, max_epochs=1)
    single = job(X.astype(np.float32), hidden, visible, np.float32, batch_size=N, max_epochs=1)
    for each in (double, single):
        train(each)
    assert single.state.params.dtype == np.float32
    assert np.isfinite(single.state.params).all()
    assert abs(single.state.errors[0] - double.state.errors[0]) < 0.3 * double.state.errors[0]


@pytest.mark.parametrize("persistent", [False, True])
def test_sparse_rows_give_the_bits_of_dense_ones(persistent):
    rows = X * (X > 0.7)
    dense, sparse = (
        job(given, "nrelu", "binary", persistent=persistent) for given in (rows, sp.csr_array(rows))
    )
    for each in (dense, sparse):
        train(each)
    np.testing.assert_array_equal(dense.state.params, sparse.state.params)


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize(("hidden", "visible"), EVERY)
def test_nothing_is_allocated_in_a_step(hidden, visible, persistent):
    """Beyond the buffers, of at most 64 KB, in which NumPy broadcasts."""
    wide = np.random.default_rng(0).random((100, 600))
    epochs = _Epochs(job(wide, hidden, visible, persistent=persistent, n_hidden=500, n_gibbs=2))
    rows = np.arange(100)
    with np.errstate(all="ignore"):
        epochs._step(rows)
        tracemalloc.start()
        try:
            epochs._step(rows)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 150_000  # the smallest matrix, 100 rows of 500 units, has 400,000 bytes


def test_an_interrupted_job_keeps_its_last_complete_epoch(monkeypatch):
    whole = job(X, "nrelu", "binary", max_epochs=2)
    train(whole)
    interrupted = job(X, "nrelu", "binary", max_epochs=9)
    step, left = _Epochs._step, [2 * 3 + 1]

    def until(self, rows):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return step(self, rows)

    monkeypatch.setattr(_Epochs, "_step", until)
    with pytest.raises(KeyboardInterrupt):
        train(interrupted)
    assert interrupted.n_epochs == 2
    np.testing.assert_array_equal(interrupted.state.params, whole.state.params)
    np.testing.assert_array_equal(interrupted.state.velocity, whole.state.velocity)
