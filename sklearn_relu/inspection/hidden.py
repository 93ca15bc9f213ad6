"""Hidden activations, as an array and as features for another estimator."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.documentation import Documented
from sklearn_relu.estimators.fitted import Fitted
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.inspection.model import Network, final_network, fitted_network, own_network
from sklearn_relu.network.inference import forward_batches


def hidden_activations(model, X, layer=-1) -> np.ndarray:
    """The activations of one hidden layer.

    Parameters
    ----------
    model : estimator
        Fitted; an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a
        Pipeline that ends in one, whose earlier steps transform X.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    layer : int, default=-1
        Which hidden layer: 0 is the first, -1 the last.

    Returns
    -------
    activations : ndarray of shape (n_samples, width) or (n_networks, n_samples, width)
        With the network axis if the model is an ensemble. Of the last recurrent layer its
        `summary`; of others the states at all steps, step after step, and NaN at those that a
        series does not have.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network.
    ValueError
        If there is no such layer.
    """
    network = fitted_network(model, X)
    a = _activations(network, _index(layer, len(network.hidden_layers)))
    return a[0] if len(a) == 1 else a


def active_units(model, X, layer=-1) -> np.ndarray:
    """On which rows each unit of a hidden layer fires: where one of its activations is not 0.

    A recurrent unit fires on a series if it does at one of the steps.

    Parameters and errors are those of :func:`hidden_activations`.

    Returns
    -------
    active : ndarray of bool of shape (n_networks, n_samples, n_units)
    """
    network = fitted_network(model, X)
    i = _index(layer, len(network.hidden_layers))
    by_unit = network.layers[i].by_unit
    fires = [np.abs(trace.states(i)) > 0 for _, trace in network.traces()]  # NaN does not
    return np.any(by_unit(np.concatenate(fires, axis=1)), axis=-2)


def _activations(network: Network, i: int) -> np.ndarray:
    """The activations of hidden layer i, (n_networks, n_samples, gives)."""
    layers, X = network.layers[: i + 1], network.X
    out = np.empty((network.n_networks, X.shape[0], layers[-1].gives), X.dtype)
    params = network.params[: len(layers)]
    for rows, outputs in forward_batches(layers, params, X, X.dtype, working_memory()):
        out[:, rows] = outputs[-1]
    return out


def _index(layer: int, n_hidden: int) -> int:
    if not n_hidden:
        raise ValueError(f"layer={layer!r} is not there: the network has no hidden layer.")
    if not -n_hidden <= layer < n_hidden:
        raise ValueError(
            f"layer must be between {-n_hidden} and {n_hidden - 1}, the network having {n_hidden} "
            f"hidden layers; got {layer!r}."
        )
    return layer % n_hidden


class HiddenLayer(
    Documented,
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    BaseEstimator,
):
    """The activations of a hidden layer as features for another estimator.

    Parameters
    ----------
    estimator : estimator
        An MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a Pipeline that
        ends in one. ``fit`` fits a clone of it; of one that is fitted and should stay as it is,
        pass ``sklearn.frozen.FrozenEstimator(model)``.
    layer : int, default=-1
        Which hidden layer: 0 is the first, -1 the last.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Only if the estimator has it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import MLPClassifier
    >>> from sklearn_relu.inspection import HiddenLayer
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0)
    >>> HiddenLayer(network).fit_transform(X, y).shape
    (150, 5)
    """

    def __init__(self, estimator, layer=-1):
        self.estimator = estimator
        self.layer = layer

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimator_")

    def get_metadata_routing(self):
        """The method whose metadata the estimator gets.

        Returns
        -------
        routing : MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def fit(self, X, y=None, **fit_params):
        """Fit a clone of the estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **fit_params : dict
            For the estimator's ``fit``, where metadata routing is enabled.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            If the estimator does not end in a network.
        ValueError
            If the network has no such layer.
        """
        params = process_routing(self, "fit", **fit_params).estimator.fit
        final_network(self.estimator)
        fitted = clone(self.estimator).fit(X, y, **params)
        network = Fitted(own_network(fitted))
        *hidden, _ = network.network(network.dtype)[0]
        layer = hidden[_index(self.layer, len(hidden))]
        self._n_features_out = network.n_networks * layer.gives
        self.estimator_ = fitted
        if hasattr(fitted, "feature_names_in_"):
            self.feature_names_in_ = fitted.feature_names_in_
        return self

    def transform(self, X):
        """The activations of the hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        activations : ndarray of shape (n_samples, n_features_out)
            Of an ensemble, those of one network after the other.

        Raises
        ------
        ValueError
            If the layer gives recurrent states at all steps, and series have others than in fit.
        """
        check_is_fitted(self)
        activations = hidden_activations(self.estimator_, X, self.layer)
        several = activations.ndim == 3
        features = np.concatenate(list(activations), axis=1) if several else activations
        if features.shape[1] != self._n_features_out:
            raise ValueError(
                f"layer={self.layer!r} gives its states at all steps, {features.shape[1]} numbers "
                f"a series; in fit these were {self._n_features_out}. Pass series of the same "
                "length, or layer=-1."
            )
        return features

    @property
    def n_features_in_(self):
        """Number of features of X."""
        check_is_fitted(self)
        return self.estimator_.n_features_in_
