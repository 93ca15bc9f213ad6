"""Tables of numbers, as estimators read them."""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

from sklearn_relu.estimators.data import float_dtype, plain_columns, unusable_values_explained
from sklearn_relu.estimators.quick import is_sound_table
from sklearn_relu.tables.columns import numbers_of_frame


class ReadsTables(BaseEstimator):
    """An estimator whose X is a table of numbers: an array, a sparse matrix or a data frame."""

    dtype: Any
    _takes_sparse: ClassVar[bool] = True
    """False: the first layer reads no sparse rows."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags

    def _checked_table(self, X, reset: bool, **checks):
        """X as an array or a sparse matrix of floats."""
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


def in_the_frame_of(X, values: np.ndarray):
    """The values as a frame like X, if X is one of pandas or Polars."""
    if hasattr(X, "iloc"):
        return type(X)(values, index=X.index, columns=X.columns)
    if hasattr(X, "schema") and hasattr(X, "columns") and hasattr(X, "with_columns"):
        return type(X)(values, schema=list(X.columns))
    return values
