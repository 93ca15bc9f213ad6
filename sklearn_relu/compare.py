"""Where pickles of 0.1.0 look for a function of their preprocessing. Nothing else is here.

Its code is in :mod:`sklearn_relu.comparison`. An import puts itself in the place of this module:
the import system then finds the function under this name, and so does whoever asks the package.
"""

import sys

from sklearn_relu.comparison import compare, datasets

sys.modules[f"{__name__}.data"] = datasets
sys.modules[__name__] = compare  # type: ignore[assignment]
