"""Figures of the inside of a network, as scorers for ``GridSearchCV(scoring={...})``.

Each is a callable ``(estimator, X, y) -> float`` that takes a fitted MLPClassifier or MLPRegressor,
of this package or scikit-learn's own, or a Pipeline that ends in one. They measure; larger is not
better: name the score to ``refit`` on.

Examples
--------
>>> from sklearn.model_selection import GridSearchCV
>>> from sklearn_relu import MLPClassifier
>>> from sklearn_relu.scorers import sparsity_scorer
>>> search = GridSearchCV(
...     MLPClassifier(),
...     {"activation": ["relu", "tanh"]},
...     scoring={"accuracy": "accuracy", "sparsity": sparsity_scorer},
...     refit="accuracy",
... )
"""

from sklearn.utils.validation import check_is_fitted

from sklearn_relu.docstrings import sharing
from sklearn_relu.estimators.fitted import Fitted
from sklearn_relu.inspection import final_network, gradient_report
from sklearn_relu.inspection.activations import overall, unit_shares
from sklearn_relu.inspection.model import own_network

SHARE = """\
Parameters
----------
estimator : estimator
    Fitted.
X : {array-like, sparse matrix} of shape (n_samples, n_features)
y : ignored

Returns
-------
share : float
    Between 0 and 1."""
"""Sections of a scorer of a fitted model on rows, which gives a share."""

OF_A_MODEL = """\
Parameters
----------
estimator : estimator
    Fitted.
X, y : ignored"""
"""Sections of a scorer of a fitted model alone."""


@sharing(share=SHARE)
def sparsity_scorer(estimator, X, y=None) -> float:
    """Share of exact zeros among all hidden activations for X.

    {share}
    """
    return overall([layer.zeros for layer in unit_shares(estimator, X)])


@sharing(share=SHARE)
def dead_units_scorer(estimator, X, y=None) -> float:
    """Share of hidden units whose activation is exactly 0 on every row of X.

    {share}
    """
    return overall([layer.silent == 1 for layer in unit_shares(estimator, X)])


@sharing(share=SHARE)
def saturation_scorer(estimator, X, y=None) -> float:
    """Share of hidden activations for X that are saturated: within 1 % of a bound.

    See :class:`sklearn_relu.inspection.ActivationReport`.

    {share}
    """
    return overall([layer.saturated for layer in unit_shares(estimator, X)])


def gradient_ratio_scorer(estimator, X, y) -> float:
    """First layer's gradient norm over the last layer's, before the first step of training.

    Of a copy of the estimator that starts to train on X and y; the estimator need not be fitted.

    Parameters
    ----------
    estimator : estimator
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    ratio : float
        Far below 1 where the gradient vanishes, far above 1 where it explodes.
    """
    return gradient_report(estimator, X, y, initial=True).ratio


@sharing(of_a_model=OF_A_MODEL)
def n_epochs_scorer(estimator, X=None, y=None) -> float:
    """Epochs (for lbfgs, iterations) that the fit took.

    {of_a_model}

    Returns
    -------
    n_epochs : float
    """
    network = final_network(estimator)
    check_is_fitted(network)
    return float(network.n_iter_)


@sharing(of_a_model=OF_A_MODEL)
def n_parameters_scorer(estimator, X=None, y=None) -> float:
    """Weights, biases and learned parameters of activations, of all networks of an ensemble.

    {of_a_model}

    Returns
    -------
    n_parameters : float
    """
    return float(Fitted(own_network(estimator)).n_parameters)
