"""Rows that a network takes for outliers: those that it gives back worse than the others."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import OutlierMixin

from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.fences import offset_of_fence, offset_of_share
from sklearn_relu.estimators.reconstruction import Reconstruction
from sklearn_relu.sklearn_private import Interval, StrOptions
from sklearn_relu.training.jobs import Job


class Outliers(OutlierMixin, Reconstruction):
    """A network that gives its inputs back, and takes rows for outliers by their loss."""

    contamination: Any = "auto"

    _described_parameters = {
        "contamination": Parameter(
            '"auto" or float',
            [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
            """
            Share of the training rows that are outliers, in (0, 0.5]; `sample_weight` counts.
            "auto" is Tukey's fence on the cube roots of losses: a row is an outlier if its root is
            more than 1.5 interquartile ranges above the upper quartile of the training rows' roots.
            """,
        ),
    }

    _described_attributes = {
        "offset_": Attribute(
            "float",
            """
            The score of :meth:`score_samples` below which a row is an outlier. After
            :meth:`partial_fit` it is that of the last call's rows.
            """,
        ),
    }

    def decision_function(self, X) -> np.ndarray:
        """Return the scores of rows above the threshold: ``score_samples(X) - offset_``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        decision : ndarray of shape (n_samples,)
            Negative for outliers. In X's floating dtype.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X) -> np.ndarray:
        """Return -1 for rows that are outliers, and 1 for the others.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        label : ndarray of int of shape (n_samples,)
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _attributes(self, parts, jobs, *args, **kwargs):
        attributes = super()._attributes(parts, jobs, *args, **kwargs)
        fitted = self._shallow_copy()
        fitted.__dict__ = attributes.copy()
        return attributes | {"offset_": fitted._reading_arrays()._offset(jobs[0])}

    def _offset(self, job: Job) -> float:
        """The threshold for scores, by the rows of a job that have a weight."""
        X, weight = job.X, job.sample_weight
        if weight is not None:
            counts = weight[:, 0] > 0
            X, weight = (X if counts.all() else X[counts]), weight[counts, 0]
        scores = self.score_samples(X)
        if self.contamination == "auto":
            return offset_of_fence(scores, weight)
        return offset_of_share(scores, weight, float(self.contamination))
