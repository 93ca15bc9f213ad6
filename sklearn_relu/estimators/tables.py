"""Networks that read a table of numbers."""

from typing import ClassVar

import numpy as np
from sklearn.utils import check_array, check_X_y, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.data import (
    float_dtype,
    plain_columns,
    target_array,
    unusable_values_explained,
)
from sklearn_relu.estimators.quick import is_sound_table, is_sound_target
from sklearn_relu.tables.columns import numbers_of_frame


class Tables(BaseNetwork):
    """A network whose X is a table of numbers: an array, a sparse matrix or a data frame."""

    _takes_sparse: ClassVar[bool] = True
    """False: the first layer reads no sparse rows."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags

    def _check_data(self, X, y, reset):
        if self._are_inputs:
            X = self._checked_table(X, reset, order="C")
            return X, X
        y = target_array(y, numeric=self._y_numeric)
        dtypes = self._float_dtypes()
        sound = not reset and self._is_sound(X, dtypes)
        if sound and is_sound_target(y, len(X), self._y_numeric):
            return X, y
        X, y = self._validated(
            X, y, dtypes, reset, multi_output=True, y_numeric=self._y_numeric, order="C"
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self._check_targets(y)
        return X, y

    def _check_inputs(self, X):
        check_is_fitted(self)
        return self._checked_table(X, reset=False)

    def _checked_table(self, X, reset: bool, **checks):
        dtypes = self._float_dtypes()
        if not reset and self._is_sound(X, dtypes):
            return X
        return self._validated(X, "no_validation", dtypes, reset, **checks)

    def _is_sound(self, X, dtypes: list[type]) -> bool:
        """Whether X is as it should be, so that scikit-learn need not look at it."""
        # It warns of arrays without names where there were some.
        named = "feature_names_in_" in vars(self)
        return not named and is_sound_table(X, dtypes, self.n_features_in_)

    def _validated(self, X, y, dtypes: list[type], reset: bool, **checks):
        """X as an array, and y too if it is to be validated, by scikit-learn's checks."""
        with unusable_values_explained():
            numbers = numbers_of_frame(X)
            if numbers is None:
                X = plain_columns(X)
                checks |= {"accept_sparse": "csr" if self._takes_sparse else False}
                checks |= {"dtype": float_dtype(X, dtypes)}
                return validate_data(self, X, y, reset=reset, **checks)
            validate_data(self, X, y, reset=reset, skip_check_array=True)  # names of columns
            checks |= {"estimator": self, "dtype": dtypes}
            if isinstance(y, str):
                return check_array(numbers, input_name="X", **checks)
            return check_X_y(numbers, y, **checks)

    def _float_dtypes(self) -> list[type]:
        return [np.float64, np.float32] if self.dtype is None else [np.dtype(self.dtype).type]
