"""Wrong parts for the rules of hyper-parameters."""

from numbers import Real

from custom_parts import InverseSquareRoot

from sklearn_relu.schedules import FunctionRate
from sklearn_relu.sklearn_private import Interval


class MoreThanParameters(InverseSquareRoot):
    def __init__(self, alpha=1.0):
        super().__init__(alpha)
        self.cache = None


class Converts(InverseSquareRoot):
    def __init__(self, alpha=1.0):
        super().__init__(float(alpha))


class ClonesToItself(InverseSquareRoot):
    def __sklearn_clone__(self):
        return self


class SetsNothing(InverseSquareRoot):
    def set_params(self, **params):
        return self


class SaysNothing(InverseSquareRoot):
    def __repr__(self):
        return "a sigmoid"


class ConstrainsAnother(InverseSquareRoot):
    _parameter_constraints = {"alfa": [Interval(Real, 0, None, closed="neither")]}


WRONG = [
    (MoreThanParameters(), "constructor_stores_its_parameters", r"__init__ sets.*\['cache'\]"),
    (ClonesToItself(), "copies_are_equal_and_independent", "sklearn.clone do not fit together"),
    (SetsNothing(), "parameters_can_be_set", "set_params does not set alpha"),
    (SaysNothing(), "repr_names_the_parameters", "__repr__ gives 'a sigmoid'"),
    (FunctionRate(lambda now: 0.9), "pickles", "cannot be pickled.*nor as a lambda"),
    (ConstrainsAnother(), "hyper_parameters_are_valid", r"names \['alfa'\]"),
]
