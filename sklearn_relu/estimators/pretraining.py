"""Multi-layer perceptrons whose hidden layers may be pre-trained."""

from collections.abc import Callable
from typing import Any, Self

from sklearn_relu.docstrings import with_argument
from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.greedy import pretrain
from sklearn_relu.estimators.mlp import MLP
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.pretrainers import PRETRAININGS, named, pretrainer_of
from sklearn_relu.sklearn_private import fit_context

X_UNLABELED = """
X_unlabeled : {array-like, sparse matrix} of shape (n_unlabeled, n_features), default=None
    Rows without targets, from which `pretraining` learns too. By keyword only.
"""


class PretrainableMLP(MLP):
    """A multi-layer perceptron that may start from layers which have learned without targets."""

    pretraining: Any = None

    _described_parameters = {
        "pretraining": Parameter(
            "str, Autoencoder, RBM or None",
            BY_ITSELF,
            """
            Where the hidden layers begin. None: with the initial draw. "autoencoder": each layer
            first learns without targets, as the code layer of a denoising autoencoder of what the
            layers before it give (``Autoencoder(corruption="masking", learning_rate="cosine",
            max_iter=50)``). "rbm": as the hidden layer of a restricted Boltzmann machine
            (``RBM()``), of rectified units under "relu", "leaky_relu", "prelu" and "rrelu", and of
            binary ones under "logistic"; other activations are refused. An
            :class:`~sklearn_relu.Autoencoder` or :class:`~sklearn_relu.RBM` has other settings;
            sizes, activations, kinds of units and `random_state` are the network's all the same.
            They learn from the training rows of positive weight, each counting 1, and from
            `X_unlabeled`, before the first epoch of the first call of :meth:`fit`.
            """,
        ),
    }

    _described_attributes = {
        "pretraining_history_": Attribute(
            "list of dict of list of float",
            """
            For each hidden layer the ``history_`` of the estimator that pre-trained it; of an
            ensemble one such list a network. With `pretraining` only.
            """,
        ),
    }

    def set_params(self, **params) -> Self:
        """Set parameters; a nested one on a name turns the name into its part first.

        So ``set_params(activation="leaky_relu", activation__negative_slope=0.1)`` works, and a
        grid over both; ``pretraining="autoencoder"`` and ``pretraining__corruption_level`` too.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For an unknown parameter or name, and for a nested one of what is not a part.
        """
        nested = {key: params[key] for key in params if key.startswith("pretraining__")}
        super().set_params(**{key: params[key] for key in params if key not in nested})
        if not nested:
            return self
        if isinstance(self.pretraining, str) and self.pretraining in PRETRAININGS:
            self.pretraining = named(self.pretraining)
        pretrainer_of(self.pretraining)
        return super().set_params(**nested)

    @with_argument(BaseNetwork.fit, X_UNLABELED)
    @fit_context
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        *,
        X_unlabeled=None,
    ) -> Self:
        """Fit the network to data."""
        held_out = X_val, y_val, sample_weight_val
        return self._fit(X, y, sample_weight, validation=held_out, unlabeled=X_unlabeled)

    def _check_pretraining(self, parts, unlabeled, incremental):
        if self.pretraining is None:
            if unlabeled is not None:
                raise ValueError(
                    "X_unlabeled is for pretraining, and pretraining=None. Set pretraining="
                    "'autoencoder', or leave X_unlabeled out."
                )
            return
        pretrainer_of(self.pretraining).check(parts.activations)
        if incremental and not self._goes_on(incremental):
            raise ValueError(
                f"partial_fit cannot begin with pretraining={self.pretraining!r}: a first batch is "
                "too little to learn layers from. Call fit with many rows first, from which "
                "partial_fit goes on; or set pretraining=None."
            )

    def _check_unlabeled(self, unlabeled, dtype):
        try:
            return self._checked_table(unlabeled, reset=False).astype(dtype, copy=False)
        except ValueError as error:
            raise ValueError(f"In X_unlabeled: {error}") from error

    def _pretrain(self, jobs, on_layer_end: Callable[[], None]):
        if self.pretraining is None:
            return
        pretrain(jobs, pretrainer_of(self.pretraining), self.verbose, on_layer_end)
        histories = [list(job.pretraining) for job in jobs]
        self.pretraining_history_ = histories[0] if len(jobs) == 1 else histories
