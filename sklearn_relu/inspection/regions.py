"""The linear regions of a piecewise linear network that samples fall into."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from sklearn_relu.inspection.linear import check_piecewise_linear
from sklearn_relu.inspection.model import Network, fitted_network
from sklearn_relu.inspection.report import Report


@dataclass(frozen=True, eq=False, repr=False)
class LinearRegions(Report):
    """The linear region of each sample, and the number of samples in each.

    Attributes
    ----------
    region : ndarray of int of shape (n_samples,) or (n_networks, n_samples)
        The number of the sample's region: 0 is the one with the most samples.
    sizes : ndarray of int of shape (n_regions,), or tuple of them, one a network
        Samples in each region, in falling order.
    """

    region: np.ndarray
    sizes: np.ndarray | tuple[np.ndarray, ...]

    def _title(self):
        counts = [len(sizes) for sizes in self._by_network()]
        return f"{', '.join(map(str, counts))} regions hold {self.region.shape[-1]} samples"

    def _columns(self):
        sizes = self._by_network()
        columns = {
            "region": np.concatenate([np.arange(len(each)) for each in sizes]),
            "size": np.concatenate(sizes),
        }
        if self.region.ndim == 2:
            networks = np.repeat(np.arange(len(sizes)), [len(each) for each in sizes])
            columns = {"network": networks} | columns
        return columns

    def _by_network(self) -> tuple[np.ndarray, ...]:
        return self.sizes if isinstance(self.sizes, tuple) else (self.sizes,)


def linear_regions(model, X) -> LinearRegions:
    """Find the samples that share a linear region: all units are on the same linear pieces.

    Parameters
    ----------
    model : estimator
        Fitted; an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a
        Pipeline that ends in one, whose earlier steps transform X.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    regions : LinearRegions

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network.
    ValueError
        If an activation is not piecewise linear.

    References
    ----------
    Montufar, Pascanu, Cho & Bengio (2014), On the number of linear regions of deep neural networks.
    """
    network = fitted_network(model, X)
    check_piecewise_linear(network, "linear_regions")
    numbered = [_numbered(patterns) for patterns in _patterns(network)]
    regions, sizes = zip(*numbered, strict=True)
    if len(regions) == 1:
        return LinearRegions(regions[0], sizes[0])
    return LinearRegions(np.stack(regions), sizes)


def _patterns(network: Network) -> np.ndarray:
    """A digest of the pieces that all units are on, (n_networks, n_samples)."""
    patterns = np.empty((network.n_networks, network.X.shape[0]), "S16")
    for rows, trace in network.traces():
        pieces = [trace.linear_pieces(i) for i in range(len(network.hidden_layers))]
        # Without hidden layers every sample has the same, empty pattern.
        nothing = np.zeros((*trace.a[-1].shape[:2], 0))
        for i, joined in enumerate(np.concatenate([nothing, *pieces], axis=2)):
            patterns[i, rows] = [blake2b(row, digest_size=8).hexdigest() for row in joined]
    return patterns


def _numbered(patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each sample the number of its pattern, by falling size; and the sizes."""
    _, pattern, sizes = np.unique(patterns, return_inverse=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[pattern], sizes[order]
