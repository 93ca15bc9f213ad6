"""Parameters of estimators and parts, by scikit-learn's convention."""

import inspect

from sklearn.base import BaseEstimator


class WithQuickParameters(BaseEstimator):
    """An estimator whose parameters are looked up once, not in each of the many calls in which
    scikit-learn asks for them: a fit of a search comes to twenty."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constructor = vars(cls).get("__init__")
        if constructor is not None:
            constructor.__signature__ = inspect.signature(constructor)
