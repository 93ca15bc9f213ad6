"""Figures of the inside of a network, as scorers for ``GridSearchCV(scoring={...})``.

Each is a callable ``(estimator, X, y) -> float`` that takes a fitted MLPClassifier or MLPRegressor,
of this package or scikit-learn's own, or a Pipeline that ends in one. They measure; larger is not
better: name the score to ``refit`` on. :func:`reconstruction` is for transformers; there larger is
better.

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

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.docstrings import sharing
from sklearn_relu.estimators.explained import explained_share
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


def reconstruction(estimator, X, y=None) -> float:
    """Share of the variance of X that ``inverse_transform(transform(X))`` explains.

    For any transformer that has both methods, such as PCA, NMF or Autoencoder, and a Pipeline of
    such: so a search compares them. It is :meth:`Autoencoder.score
    <sklearn_relu.Autoencoder.score>`.

    Parameters
    ----------
    estimator : transformer
        Fitted.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : ignored

    Returns
    -------
    share : float
        At most 1; 0 for the mean row. NaN if all rows are equal.

    Raises
    ------
    TypeError
        If the estimator has no such methods.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn_relu.scorers import reconstruction
    >>> X = load_digits().data
    >>> round(reconstruction(PCA(32).fit(X), X), 2)
    0.97
    """
    missing = [name for name in ("transform", "inverse_transform") if not hasattr(estimator, name)]
    if missing:
        raise TypeError(
            "reconstruction scores transformers with transform and inverse_transform; "
            f"{estimator} has no {' and no '.join(missing)}. Use PCA, NMF, an Autoencoder or a "
            "Pipeline of such."
        )
    reconstructed = estimator.inverse_transform(estimator.transform(X))
    rows, reconstructed = (
        each.toarray() if issparse(each) else np.asarray(each) for each in (X, reconstructed)
    )
    return explained_share([(rows, reconstructed, None)])


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
