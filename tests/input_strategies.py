"""What may be handed to an estimator, as Hypothesis draws it: plain numbers in other clothes, and
what is odd or wrong."""

import tempfile
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# ---- Plain numbers, and the same in other clothes --------------------------------------------


def tables():
    """Small whole numbers, which every dtype holds; some columns are constant or empty."""
    shapes = st.tuples(st.integers(1, 12), st.integers(1, 4))
    return shapes.flatmap(lambda shape: hnp.arrays(float, shape, elements=st.integers(-3, 3)))


def in_file(array):
    """The array as a memory map that cannot be written to."""
    with tempfile.TemporaryFile() as file:
        file.write(np.ascontiguousarray(array).tobytes())
        file.flush()
        return np.memmap(file, array.dtype, "r", shape=array.shape)


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def with_gaps(array):
    """Every second row and third column of a larger one, whose rest is NaN."""
    shape = [(2 if axis == 0 else 3) * size for axis, size in enumerate(array.shape)]
    large = np.full(shape, np.nan, array.dtype)
    view = large[tuple(slice(None, None, 2 if axis == 0 else 3) for axis in range(array.ndim))]
    view[...] = array
    return view


def unaligned(array):
    """One byte off."""
    memory = np.zeros(array.nbytes + 1, np.uint8)
    view = memory[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


ARRAYS = {
    "float16": lambda a: a.astype(np.float16),
    "longdouble": lambda a: a.astype(np.longdouble),
    "int8": lambda a: a.astype(np.int8),
    "int64": lambda a: a.astype(np.int64),
    "big-endian": lambda a: a.astype(">f8"),
    "big-endian int": lambda a: a.astype(">i2"),
    "object": lambda a: a.astype(object),
    "object of int": lambda a: a.astype(int).astype(object),
    "object of Decimal": lambda a: np.vectorize(Decimal, [object])(a),
    "object of Fraction": lambda a: np.vectorize(Fraction, [object])(a),
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "columns in order": np.asfortranarray,
    "backwards": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "with gaps": with_gaps,
    "unaligned": unaligned,
    "read-only": read_only,
    "memory map": in_file,
}
"""Arrays, of one or two dimensions, with the same numbers."""

FRAMES = {
    "pandas": pd.DataFrame,
    "pandas, object": lambda a: pd.DataFrame(a).astype(object),
    "pandas, Int64": lambda a: pd.DataFrame(a).astype("Int64"),
    "pandas, Float64": lambda a: pd.DataFrame(a).astype("Float64"),
    "pandas, Arrow": lambda a: pd.DataFrame(a).astype("double[pyarrow]"),
    "pandas, category": lambda a: pd.DataFrame(a).astype("category"),
    "pandas, dtypes mixed": lambda a: pd.DataFrame(a).astype({0: "int8"}),
    "pandas, an odd index": lambda a: pd.DataFrame(a, index=[("a", None)] * len(a)),
    "polars": lambda a: pl.DataFrame(a, schema=[f"x{i}" for i in range(a.shape[1])]),
    "pyarrow": lambda a: pa.table({f"x{i}": column for i, column in enumerate(a.T)}),
}

SERIES = {
    "pandas": pd.Series,
    "pandas, an odd index": lambda a: pd.Series(a, index=[("a", None)] * len(a)),
    "pandas, Int64": lambda a: pd.Series(a).astype("Int64"),
    "pandas, Float64": lambda a: pd.Series(a).astype("Float64"),
    "polars": pl.Series,
    "pyarrow": pa.array,
}


def unsorted(matrix):
    """The entries of each row backwards, each in two halves, with a zero that is stored."""
    matrix = sp.coo_array(matrix)
    rows = np.concatenate([matrix.row, matrix.row, [0]])
    columns = np.concatenate([matrix.col, matrix.col, [0]])
    values = np.concatenate([matrix.data / 2, matrix.data / 2, [0.0]])
    order = np.lexsort([-columns, rows])
    indptr = np.searchsorted(rows[order], np.arange(matrix.shape[0] + 1))
    return sp.csr_array((values[order], columns[order], indptr), matrix.shape)


def with_wide_indices(matrix):
    """As scipy makes it of matrices with more than 2**31 entries."""
    indices = matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)
    wide = sp.csr_array(matrix.shape)
    wide.data, wide.indices, wide.indptr = matrix.data, *indices
    return wide


def frozen(matrix):
    matrix = matrix.copy()
    for array in (matrix.data, matrix.indices, matrix.indptr):
        array.flags.writeable = False
    return matrix


SPARSE = {
    **{
        f"{form}_{kind}": lambda a, form=form, kind=kind: getattr(sp, f"{form}_{kind}")(a)
        for form in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
        for kind in ("array", "matrix")
    },
    "int8": lambda a: a.astype(np.int8),
    "unsorted": unsorted,
    "wide indices": with_wide_indices,
    "read-only": frozen,
}
"""Sparse matrices with the same numbers as a csr_array."""

LABELS = {
    "int": np.arange(4),
    "negative int": np.arange(4) - 3,
    "uint64": np.arange(4, dtype=np.uint64) + 2**63,
    "float": np.arange(4.0),
    "str": np.array(["a", "b", "bc", "c"]),
    "object": np.array(["", "a", "b", "é"], object),
    "dates": np.datetime64("2020-01-01") + np.arange(4),
    "bool": np.array([False, True]),
}
"""Labels in their order."""


def clothed(kinds, array):
    """A name, and the array in one of the clothes."""
    return st.sampled_from(sorted(kinds)).map(lambda name: (name, kinds[name](array)))


# ---- What is odd or wrong ---------------------------------------------------------------------

ODD_NUMBERS = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -1e200, 1.7e308, 5e-324, -1e-30, -0.0]),
)
ODD_OBJECTS = st.one_of(
    ODD_NUMBERS,
    st.booleans(),
    st.sampled_from([None, pd.NA, pd.NaT, "", "a", "1", b"b", 1j, (1, 2), (), [], {}, 10**400]),
    st.sampled_from([np.datetime64("2020-01-01"), np.datetime64("NaT"), Decimal("NaN"), object]),
)
ODD_DTYPES = ["f8", "f4", "f2", "i8", "u1", "?", "c16", "O", "M8[D]", "m8[s]", "U2", "S2", "g"]


def odd_arrays(shapes):
    """Arrays of all dtypes, with values that are no numbers, huge or tiny."""

    def of_dtype(dtype):
        elements = {"f8": ODD_NUMBERS, "g": ODD_NUMBERS, "O": ODD_OBJECTS}.get(dtype)
        return hnp.arrays(np.dtype(dtype), shapes, elements=elements)

    return st.sampled_from(ODD_DTYPES).flatmap(of_dtype)


def _masked(array):
    return np.ma.masked_array(array, mask=np.arange(array.size).reshape(array.shape) % 2)


WRAPPERS = [
    lambda a: a,
    lambda a: a.tolist(),
    lambda a: pd.DataFrame(a) if a.ndim == 2 else pd.Series(a, dtype=a.dtype.kind in "fi" or "O"),
    lambda a: pd.DataFrame(a).convert_dtypes() if a.ndim == 2 else a.tolist(),
    lambda a: pd.DataFrame(a, columns=["x"] * a.shape[1]) if a.ndim == 2 else a,
    lambda a: pd.DataFrame(a).astype("category") if a.ndim == 2 else pd.Categorical(a),
    lambda a: sp.csr_array(a) if a.ndim == 2 and a.dtype.kind in "fiub?c" else a,
    lambda a: sp.coo_array(a) if a.ndim == 1 and a.dtype.kind in "fiub?c" else a,
    lambda a: sp.lil_matrix(a) if a.ndim == 2 and a.dtype.kind in "fiub?c" else a,
    lambda a: np.asmatrix(a) if a.ndim == 2 else a,
    _masked,
]
THINGS = st.sampled_from(
    [
        *(None, 0, 1.5, np.nan, np.float64(2), "text", "balanced", b"", object(), int),
        *([], [[]], (), {}, set(), [[1], [1, 2]], [None], [np.nan], range(3), iter([1])),
        *({0: 1}, {"a": [1, 2]}),
    ]
)


@st.composite
def odd(draw, shapes):
    """An array of one of the shapes, as something; or no array at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(THINGS)
    array = draw(odd_arrays(shapes))
    try:
        return draw(st.sampled_from(WRAPPERS))(array)
    except Exception:  # a library refuses to make such a thing
        return array


def odd_tables(n_rows=6, n_columns=3):
    """Mostly of the right shape."""
    right = st.just((n_rows, n_columns))
    wrong = st.sampled_from(
        [
            *((0, n_columns), (1, n_columns), (5, n_columns), (n_rows, 0), (n_rows, 1)),
            *((n_rows, 4), (), (0,), (n_rows,), (n_rows, n_columns, 1), (1, 1), (0, 0)),
        ]
    )
    return odd(st.one_of(right, right, right, wrong))


def odd_columns(n_rows=6):
    """Mostly with one value a row."""
    right = st.just((n_rows,))
    wrong = st.sampled_from([(), (n_rows, 1), (n_rows, 2), (n_rows, 0), (5,), (0,), (1,), (3, 2)])
    return odd(st.one_of(right, right, wrong, st.just((n_rows, 2, 2))))


ODD_CLASS_WEIGHTS = st.one_of(
    st.none(),
    st.just("balanced"),
    st.dictionaries(
        st.sampled_from([0, 1, 2, -1, "a", True, 1.0, None, (1,)]),
        st.sampled_from([0, 1, 2.5, -1, np.nan, np.inf, 1e300, 1e-300, "1", None, 1j, [1]]),
        max_size=3,
    ),
    st.lists(st.sampled_from(["balanced", {0: 1, 1: 2}, {0: 0}, {2: 1}, "x", None, 1]), max_size=3),
    st.sampled_from([1, "x", (1, 2)]),
)
