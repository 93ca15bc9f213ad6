"""What happens inside a network, as scorers for ``GridSearchCV(scoring={...})``.

Each is a callable ``(estimator, X, y) -> float`` that takes a fitted estimator of this package, or
a Pipeline that ends in one. They measure; larger is not better: name the score to ``refit`` on.

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

from sklearn_relu.inspection import activation_report, final_network, gradient_report


def sparsity_scorer(estimator, X, y=None) -> float:
    """Share of exact zeros among all hidden activations for X.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : ignored

    Returns
    -------
    share : float
        Between 0 and 1.
    """
    return activation_report(estimator, X).sparsity


def dead_units_scorer(estimator, X, y=None) -> float:
    """Share of hidden units whose activation is exactly 0 on every row of X.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : ignored

    Returns
    -------
    share : float
        Between 0 and 1.
    """
    return activation_report(estimator, X).dead


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


def n_epochs_scorer(estimator, X=None, y=None) -> float:
    """Epochs (for lbfgs, iterations) that the fit took.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X, y : ignored

    Returns
    -------
    n_epochs : float
    """
    network = final_network(estimator)
    check_is_fitted(network)
    return float(network.n_iter_)
