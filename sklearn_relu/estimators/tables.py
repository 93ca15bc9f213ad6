"""Networks that read a table of numbers."""

from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.data import target_array
from sklearn_relu.estimators.quick import is_sound_target
from sklearn_relu.estimators.reading import ReadsTables


class Tables(ReadsTables, BaseNetwork):
    """A network whose X is a table of numbers: an array, a sparse matrix or a data frame."""

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
