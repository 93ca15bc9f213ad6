"""Which scikit-learn is installed, and what is tested with some versions only."""

import pytest
import sklearn
from packaging.version import Version

SKLEARN = Version(sklearn.__version__)


def since(version, case):
    """A case of a parametrized test that older versions of scikit-learn do not have."""
    reason = f"scikit-learn has it since {version}"
    return pytest.param(case, marks=pytest.mark.skipif(Version(version) > SKLEARN, reason=reason))


with_callbacks = pytest.mark.skipif(
    Version("1.9") > SKLEARN, reason="scikit-learn has callbacks since 1.9"
)

with_the_same_mlp = pytest.mark.skipif(
    Version("1.9") > SKLEARN,
    reason="it is compared with scikit-learn 1.9's own MLP, which older ones differ from",
)
