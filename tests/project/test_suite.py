"""The tests as a tool: what they are called, and which are run."""

from pathlib import Path
from types import SimpleNamespace

import pytest

TESTS = Path(__file__).parents[1]


@pytest.fixture
def conftest(pytestconfig):
    return pytestconfig.pluginmanager.get_plugin(str(TESTS / "conftest.py"))


@pytest.mark.parametrize(
    "ids",
    [
        ["test_a", "test_a"],
        ["test_a[<function half at 0x7fc11e2b9d00>]"],
        ["test_a[RandomState(MT19937) at 7FC172F3E740]"],
    ],
    ids=["twice", "function", "generator"],
)
def test_ids_that_parallel_processes_could_not_share_are_refused(conftest, ids):
    conftest.pytest_collection_modifyitems([SimpleNamespace(nodeid="test_b[at a place]")])
    with pytest.raises(pytest.UsageError, match="not unique or hold an address"):
        conftest.pytest_collection_modifyitems([SimpleNamespace(nodeid=each) for each in ids])
