"""With binary units and persistent chains the machine is scikit-learn's, within noise."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import load_digits
from sklearn.neural_network import BernoulliRBM

from sklearn_relu import RBM

X = (load_digits().data > 8).astype(float)
LIKE = {"hidden": "binary", "persistent": True, "momentum": 0, "weight_decay": 0}
SEEDS = range(3)


def figures(model):
    """The pseudo-likelihood, and the error of reconstruction."""
    h = model.transform(X)
    v = expit(h @ model.components_ + model.intercept_visible_)
    return model.score_samples(X).mean(), ((v - X) ** 2).mean()


@pytest.mark.slow
@pytest.mark.parametrize("params", [{"batch_size": 10, "learning_rate": 0.05}])
def test_likelihood_and_reconstructions_are_bernoulli_rbms_within_noise(params):
    """Ours begin with the biases of the columns' means, so they may be somewhat ahead."""
    params = params | {"n_iter": 10}
    theirs, ours = (
        np.array([figures(cls(64, **params, **more, random_state=seed)) for seed in SEEDS])
        for cls, more in (
            (lambda *a, **k: BernoulliRBM(*a, **k).fit(X), {}),
            (lambda *a, **k: RBM(*a, **k).fit(X), LIKE),
        )
    )
    # Before training the pseudo-likelihood is about -40, and the error 0.17.
    likelihood, error = theirs.mean(axis=0)
    assert likelihood - 1 < ours[:, 0].mean() < likelihood + 3
    assert 0.9 * error < ours[:, 1].mean() < 1.05 * error


def test_the_same_arrays_give_the_same_results():
    theirs = BernoulliRBM(8, n_iter=2, random_state=0).fit(X)
    ours = RBM(8, n_iter=1, **LIKE, random_state=0).fit(X)
    for name in ("components_", "intercept_hidden_", "intercept_visible_"):
        setattr(ours, name, getattr(theirs, name))
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-12)
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-9)


def test_names_are_bernoulli_rbms():
    theirs = BernoulliRBM(2, n_iter=1).fit(X[:20])
    ours = RBM(2, n_iter=1, persistent=True).fit(X[:20])
    public = {name for name in vars(theirs) if name.endswith("_")}
    assert public <= set(vars(ours))
    assert theirs.get_params().keys() <= ours.get_params().keys()
    methods = {name for name in dir(BernoulliRBM) if name[0] != "_"}
    assert methods <= set(dir(RBM))
    for name in public - {"n_features_in_"}:
        shape = getattr(theirs, name).shape
        wanted = (100, 2) if name == "h_samples_" else shape
        assert getattr(ours, name).shape == wanted
    assert theirs.get_feature_names_out().tolist() == ["bernoullirbm0", "bernoullirbm1"]
    assert ours.get_feature_names_out().tolist() == ["rbm0", "rbm1"]
