"""numba is optional at each step: at import, for its cache, as it compiles, and by its switch."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import slow

import sklearn_relu

FITS = """
import sys, warnings
if {without_numba}:
    sys.modules["numba"] = None
import numpy as np
import sklearn_relu
from sklearn_relu import MLPRegressor
from sklearn_relu.kernels import fused
warnings.simplefilter("ignore")
assert sklearn_relu.__file__.startswith({folder!r}), sklearn_relu.__file__
X = np.random.RandomState(0).normal(size=(40, 3))
def fit(**params):  # few loops, so little to compile: shift, outer, ridge, adam
    model = MLPRegressor(hidden_layer_sizes=(5,), max_iter=3, random_state=0)
    model.set_params(**{{"activation": "identity", **params}})
    return model.fit(X, X[:, 0]).predict(X).tobytes()
{before}
first = fit()
{between}
assert fit() == first
adam = getattr(fused.loops(), "adam", None)
print(first.hex(), adam and len(getattr(adam, "signatures", [])))
"""
FALLBACK = "NumPy does what compiled loops would"


@pytest.fixture(scope="module")
def by_numpy(tmp_path_factory):
    """What the fits of NumPy's form give."""
    return in_process(tmp_path_factory.mktemp("none"), without_numba=True)


def in_process(
    cache, before="", between="", without_numba=False, folder=None, path=(), says="", **environment
):
    """Predictions of the first fit of a new process, and for how many kinds of arguments Adam's
    loop was compiled there; `says` is in one line that is printed, or nothing is."""
    cwd = Path(cache).parent
    folder = str(folder or Path(sklearn_relu.__file__).parents[1])
    variables = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    variables |= {"NUMBA_CACHE_DIR": str(cache), "OPENBLAS_NUM_THREADS": "1"}
    variables |= {"PYTHONPATH": os.pathsep.join([*map(str, path), folder]), **environment}
    script = FITS.format(folder=folder, before=before, between=between, without_numba=without_numba)
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, cwd=cwd, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "compiles its loops, once" not in line]
    assert len(lines) == bool(says), done.stderr
    assert all(says in line for line in lines)
    predictions, n_kinds = done.stdout.split()
    return np.frombuffer(bytes.fromhex(predictions)), n_kinds


def assert_close(result, by_numpy):
    np.testing.assert_allclose(result[0], by_numpy[0], rtol=1e-10)


def test_where_it_is_not_installed_nothing_is_said(by_numpy):
    assert by_numpy[1] == "None"


@pytest.mark.parametrize(
    "code",
    [
        "raise ImportError('Numba needs NumPy 2.4 or less. Got NumPy 9.9.')",
        slow("import a_module_that_numba_needs"),
        slow("raise AttributeError('module numpy has no attribute')"),
        slow("raise SystemError('initialization of _internal failed')"),
        slow("config = None"),  # some other package of that name
    ],
)
def test_where_it_cannot_be_imported_numpy_does(code, by_numpy, tmp_path):
    (tmp_path / "numba.py").write_text(code, encoding="utf-8")
    predictions, n_kinds = in_process(tmp_path, path=[tmp_path], says=FALLBACK)
    np.testing.assert_array_equal(predictions, by_numpy[0])
    assert n_kinds == "None"


def test_where_it_is_switched_off_numpy_does(by_numpy, tmp_path):
    pytest.importorskip("numba")
    switch = {"NUMBA_DISABLE_JIT": "1"}
    predictions, n_kinds = in_process(tmp_path, says="switched off", **switch)
    np.testing.assert_array_equal(predictions, by_numpy[0])
    assert n_kinds == "None"


@pytest.fixture
def read_only_copy(tmp_path):
    """A copy of the package where nothing can be kept: also root cannot, for files are in place of
    the folders."""
    copy = tmp_path / "copy"
    package = Path(sklearn_relu.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, copy / "sklearn_relu", ignore=ignore)
    for folder, _, _ in os.walk(copy / "sklearn_relu"):
        (Path(folder) / "__pycache__").touch()
    return copy


@pytest.mark.parametrize("cache", ["", slow("\0"), slow("file")])
@pytest.mark.slow
def test_a_read_only_install_without_a_home_compiles_in_each_process(
    cache, read_only_copy, by_numpy, tmp_path
):
    """Also with a cache folder that is named but cannot be."""
    pytest.importorskip("numba")
    if cache == "\0":
        set_by_hand = "import numba; numba.config.CACHE_DIR = '\\0'"  # no environment can have it
        cache, before = "", set_by_hand
    else:
        before = ""
    (tmp_path / "file").touch()
    variables = {"HOME": "/dev/null", "NUMBA_CACHE_DIR": cache and str(tmp_path / cache)}
    result = in_process(
        tmp_path, before, folder=read_only_copy, says="in each process", **variables
    )
    assert_close(result, by_numpy)
    assert result[1] == "1"


@pytest.mark.slow
def test_what_was_kept_and_cannot_be_read_is_made_anew(by_numpy, tmp_path):
    pytest.importorskip("numba")
    first = in_process(tmp_path)
    assert_close(first, by_numpy)
    files = sorted(tmp_path.glob("*/fused.*.nb[ic]"))
    assert files
    for i, path in enumerate(files):
        content = path.read_bytes()
        path.write_bytes([b"", content[: len(content) // 2], b"not a pickle"][i % 3])
    again = in_process(tmp_path)
    np.testing.assert_array_equal(again[0], first[0])
    assert again[1] == "1"
    assert all(len(path.read_bytes()) > 100 for path in files)


@pytest.mark.slow
def test_a_cache_folder_may_go_while_a_process_runs(by_numpy, tmp_path):
    pytest.importorskip("numba")
    cache = tmp_path / "cache"
    cache.mkdir()
    gone = f"import shutil; shutil.rmtree({str(cache)!r}); open({str(cache)!r}, 'w').close()"
    others = "fit(dtype='float32'); fit(activation='relu')"
    result = in_process(cache, between=f"{gone}\n{others}")
    assert_close(result, by_numpy)
    assert result[1] == "2"  # both precisions


FAILS_AFTER = """
from numba.core.dispatcher import Dispatcher
compiled, compile_it = [], Dispatcher.compile
def fails(self, kind):
    if len(compiled) >= {n} and "sklearn_relu" in self.py_func.__module__:
        raise {error}
    compiled.append(kind)
    return compile_it(self, kind)
Dispatcher.compile = fails
"""


@pytest.mark.parametrize(
    ("n", "error"),
    [
        slow(0, "RuntimeError('LLVM: no target')"),
        (1, "__import__('numba').core.errors.LoweringError('not lowered')"),
        slow(3, "MemoryError()"),
    ],
)
def test_loops_that_cannot_be_compiled_are_numpys_from_the_first_call_on(
    n, error, by_numpy, tmp_path
):
    """The script asserts that a later fit gives the bits of the first."""
    pytest.importorskip("numba")
    fails = FAILS_AFTER.format(n=n, error=error)
    assert_close(in_process(tmp_path, fails, says=FALLBACK), by_numpy)


FORKS_WHILE_ANOTHER_THREAD_COMPILES = """
import os, signal, threading, time
thread = threading.Thread(target=fit)
thread.start()
while "numba.core.compiler_lock" not in sys.modules:
    time.sleep(0.001)
for _ in range(3):
    if (child := os.fork()) == 0:
        signal.alarm(100)  # ends the child if it hangs
        fit()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.slow
def test_a_child_may_fit_that_was_forked_while_another_thread_compiled(by_numpy, tmp_path):
    pytest.importorskip("numba")
    assert_close(in_process(tmp_path, FORKS_WHILE_ANOTHER_THREAD_COMPILES), by_numpy)
