"""The autoencoder as a detector of outliers."""

from typing import Any

from sklearn_relu.estimators.autoencoder import MirroredMLP
from sklearn_relu.estimators.outliers import Outliers
from sklearn_relu.parameters import store_parameters


class AutoencoderDetector(Outliers, MirroredMLP):
    """Outlier detector: rows that an autoencoder does not give back well.

    The network learns how the features of most rows hang together. A row in which they hang
    together otherwise is given back with a large loss, and that is its score.

    X is not scaled. A feature counts by its variance, so put a scaler before it, as in the example.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    Autoencoder : The same network as a transformer.
    sklearn.ensemble.IsolationForest : Outliers by random splits.

    References
    ----------
    Hawkins, He, Williams & Baxter (2002), Outlier detection using replicator neural networks.
    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked denoising autoencoders: learning
    useful representations in a deep network with a local denoising criterion.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_relu import AutoencoderDetector
    >>> X = load_iris().data
    >>> swapped = X[:3, ::-1]
    >>> model = make_pipeline(StandardScaler(), AutoencoderDetector(random_state=0)).fit(X)
    >>> model.predict(swapped)
    array([-1, -1, -1])
    """

    hidden_layer_sizes: Any = (64, 32)
    corruption: Any = "masking"
    corruption_level: Any = 0.5

    def __init__(
        self,
        hidden_layer_sizes=(64, 32),
        activation="relu",
        *,
        contamination="auto",
        tied_weights=False,
        corruption="masking",
        corruption_level=0.5,
        activity_penalty="l1",
        activity_alpha=0.0,
        loss="squared_error",
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        initialization="auto",
        bias_initialization="auto",
        penalty="l2",
        dropout=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        early_stopping_metric="score",
        time_limit=None,
        dtype=None,
    ):
        store_parameters(self, locals())
