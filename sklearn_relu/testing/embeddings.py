"""Rules of numerical embeddings."""

from functools import partial

import numpy as np

from sklearn_relu.embeddings import NumericalEmbedding
from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.testing.columns import N_COLUMNS, TableArrays, initial, kinds_of, rows, table
from sklearn_relu.testing.expressions import NotedGraph
from sklearn_relu.testing.memory import peak_of
from sklearn_relu.testing.reporting import (
    DTYPES,
    call,
    require,
    require_close,
    require_unwritten,
    same_bits,
)

KINDS = "weight", "bias", "fixed"

STEP = 1e-6
"""Half of a central difference."""


def widths_and_shapes_are_numbers(part: NumericalEmbedding) -> None:
    """`width`, the shapes of parameters and the columns of memory are whole numbers; parameters
    have two axes, and one row unless they are weights."""
    for n_columns in (1, N_COLUMNS):
        _require_count(part, "width", part.width, least=1)
        for name, (kind, shape) in call(part, "parameter_shapes", n_columns).items():
            require(
                kind in KINDS and len(shape) == 2 and (kind == "weight" or shape[0] == 1),
                part,
                "parameter_shapes",
                f"gives {name!r} the kind {kind!r} and the shape {shape!r}",
                f"The kind is one of {KINDS}. Weights have a shape (n, m), all others (1, n).",
            )
            for length in shape:
                _require_count(part, "parameter_shapes", length, least=1)
        for columns in call(part, "memory", n_columns).values():
            _require_count(part, "memory", columns, least=0)


def _require_count(part, where, number, least):
    require(
        isinstance(number, int | np.integer) and number >= least,
        part,
        where,
        f"gives {number!r}",
        f"Give whole numbers that are {least} or more.",
    )


def all_parameters_are_drawn(part: NumericalEmbedding) -> None:
    """``init_parameters`` fills all parameters, from the given generator; those of float32 are
    those of float64, rounded."""
    for n_columns in (1, N_COLUMNS):
        single, double = (initial(part, dtype, n_columns) for dtype in DTYPES)
        for name, values in double.items():
            require(
                np.isfinite(values).all() and np.isfinite(single[name]).all(),
                part,
                "init_parameters",
                f"leaves some of {name} unfilled, or not finite",
                "Write into each array: params[name][...] = ...",
            )
            require(
                same_bits(values, initial(part, np.float64, n_columns)[name])
                and np.allclose(single[name], values, rtol=1e-5),
                part,
                "init_parameters",
                f"gives {name} other numbers for the same seed",
                "Draw from rng alone, in float64, and cast when writing.",
            )


def rows_may_be_any(part: NumericalEmbedding) -> None:
    """After one row, or constant columns, or columns of few values, all numbers are finite."""
    plenty = rows(np.float64, 300)
    cases = {
        "one row": plenty[:1],
        "constant columns": np.full_like(plenty, 0.3),
        "columns of two values": np.sign(plenty),
        "columns that differ by rounding alone": 0.3 + 1e-16 * np.sign(plenty),
    }
    for dtype in DTYPES:
        for case, seen in cases.items():
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                arrays = table(part, dtype, seen=seen.astype(dtype))
                arrays.back(part)
            for name, array in arrays.outputs().items():
                require(
                    np.isfinite(array).all(),
                    part,
                    "init_from_rows",
                    f"has seen {case}, and {name} is not finite",
                    "Ask whether a range, a width or a spread is 0 before it is divided by.",
                )


def outputs_are_overwritten(part: NumericalEmbedding) -> None:
    """``forward`` fills `out`, ``backward`` `grads` and `grad_x`, whatever is there."""
    for dtype in DTYPES:
        results = []
        for filler in (np.nan, 3.0):
            arrays = table(part, dtype)
            for array in (*arrays.outputs().values(), *arrays.memory.values()):
                array.fill(filler)
            arrays.back(part)
            results.append(arrays.outputs())
        for name, filled in results[0].items():
            require(
                not np.isnan(filled).any() and same_bits(filled, results[1][name]),
                part,
                _method_of(name),
                f"does not overwrite {name} fully: what was in the memory shows in the result",
                f"Fill {name} in place; what is returned is not used. Memory holds nothing before "
                "forward.",
            )


def _method_of(name: str) -> str:
    return "forward" if name == "out" else "backward"


def arrays_may_be_views(part: NumericalEmbedding) -> None:
    """Columns and outputs may lie between others, which are let alone."""
    for dtype in DTYPES:
        alone, between = table(part, dtype), table(part, dtype, beside=7.0)
        alone.back(part)
        between.back(part)
        problem = "differs where it is a view of a wider array"
        advice = "Do not reshape x, out, grad_out and grad_x, which may copy: index them."
        for name, array in alone.outputs().items():
            got = between.outputs()[name]
            require_close(
                part, _method_of(name), f"gives {name} that {problem}", got, array, advice, 1e-4
            )
        for name, outside in between.beside().items():
            require(
                (outside == 7).all(),
                part,
                _method_of(name),
                f"writes beside {name}",
                "Write into the view alone, not into its base.",
            )


def inputs_are_not_written(part: NumericalEmbedding) -> None:
    """Columns, rows and `grad_out` are only read; parameters are, after their start."""
    for dtype in DTYPES:
        seen = rows(dtype, 50)
        params = initial(part, dtype)
        look = partial(call, part, "init_from_rows", params, seen)
        require_unwritten(part, "init_from_rows", {"rows": seen}, look)
        arrays = table(part, dtype)
        learned = {f"params[{name!r}]": values for name, values in arrays.params.items()}
        inputs = {"x": arrays.x, **learned}
        require_unwritten(part, "forward", inputs, partial(arrays.forward, part))
        inputs["grad_out"] = arrays.grad_out
        require_unwritten(part, "backward", inputs, partial(arrays.back, part))


def gradients_are_those_of_differences(part: NumericalEmbedding) -> None:
    """`grad_x` and `grads` are the derivatives of ``sum(out * grad_out)``, in each network."""
    arrays = table(part, np.float64)
    arrays.back(part)
    kinds = kinds_of(part)
    checked = {"grad_x": (arrays.x, arrays.grad_x)}
    for name, grad in arrays.grads.items():
        if kinds[name] == "fixed":
            require(
                (grad == 0).all(),
                part,
                "backward",
                f"gives a gradient of {name}, which is fixed",
                f"Fill it with 0: grads[{name!r}][...] = 0.",
            )
        else:
            checked[f"grads[{name!r}]"] = arrays.params[name], grad
    for name, (array, grad) in checked.items():
        for direction in _directions(array.shape):
            require_close(
                part,
                "backward",
                f"gives a wrong {name}, along a random direction",
                np.sum(grad * direction, axis=(1, 2)),
                _slope(part, arrays, array, direction),
                "Expected are differences of forward, summed over samples. Check the formula, its "
                "sign, and that it uses x, params and memory of this call.",
                rtol=1e-5,
                atol=1e-5,
            )


def _directions(shape):
    rng = np.random.RandomState(3)
    return [rng.normal(size=shape) for _ in range(4)]


def _slope(part, arrays: TableArrays, array: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The derivative of ``sum(out * grad_out)`` of each network, by differences."""
    before, values = array.copy(), []
    for sign in (1, -1):
        array += sign * STEP * direction
        arrays.forward(part)
        values.append(np.sum(arrays.out * arrays.grad_out, axis=(1, 2)))
        array[...] = before
    return (values[0] - values[1]) / (2 * STEP)


def the_gradient_of_columns_may_be_none(part: NumericalEmbedding) -> None:
    """Without `grad_x`, ``backward`` fills `grads` with the same numbers."""
    for dtype in DTYPES:
        with_x, without = table(part, dtype), table(part, dtype)
        with_x.back(part)
        without.back(part, with_x=False)
        for name, grad in with_x.grads.items():
            require_close(
                part,
                "backward",
                f"gives grads[{name!r}] that differ where grad_x is None",
                without.grads[name],
                grad,
                "None means that the gradient of x is not needed; all others are.",
                1e-4,
                1e-4,
            )


def networks_do_not_influence_each_other(part: NumericalEmbedding) -> None:
    """A network of a stack gives the bits that it gives alone, for few and many rows."""
    for dtype in DTYPES:
        for n_rows in (1, 3, 700):
            stack = table(part, dtype, n_rows)
            networks = [stack.of(slice(i, i + 1)) for i in range(len(stack.x))]
            stack.back(part)
            for i, alone in enumerate(networks):
                alone.back(part)
                for name, array in alone.outputs().items():
                    require(
                        same_bits(array, stack.outputs()[name][i : i + 1]),
                        part,
                        _method_of(name),
                        f"gives network {i} of a stack other bits of {name} than alone ({n_rows} "
                        "rows)",
                        "The first axis counts networks: take no sum, mean or maximum over it.",
                    )


def columns_may_be_of_all_networks(part: NumericalEmbedding) -> None:
    """Where all networks read the same, `x` is given once."""
    own, shared = table(part, np.float64), table(part, np.float64)
    own.x[...] = own.x[:1]
    shared.x = shared.x[:1]
    for each in (own, shared):
        each.back(part, with_x=False)
    got = {"out": shared.out, **shared.grads}
    for name, array in {"out": own.out, **own.grads}.items():
        require_close(
            part,
            _method_of(name),
            f"gives a wrong {name} where x has one network, and the parameters more",
            got[name],
            array,
            "x may be (1, n_samples, n_columns): let NumPy broadcast it.",
        )


def columns_do_not_influence_each_other(part: NumericalEmbedding) -> None:
    """Outputs of a column depend on this column alone, the columns' start apart."""
    arrays = table(part, np.float64)
    arrays.forward(part)
    before = arrays.out.copy()
    arrays.x[..., 1] = 0.7 - arrays.x[..., 1]
    arrays.forward(part)
    others = np.arange(before.shape[-1]) // part.width != 1
    require_close(
        part,
        "forward",
        "gives other outputs of a column where another one has changed",
        arrays.out[..., others],
        before[..., others],
        "The first `width` outputs are those of the first column, and so on.",
        rtol=1e-12,
        atol=1e-12,
    )


def float32_is_float64_rounded(part: NumericalEmbedding) -> None:
    """Both precisions give the same numbers, up to rounding."""
    single = table(part, np.float32)
    double = single.astype(np.float64)
    single.back(part)
    double.back(part)
    for name, exact in double.outputs().items():
        # The slope at a kink is that of either side.
        share = 1.0 if name == "out" else 0.99
        error = np.abs(single.outputs()[name] - exact)
        near = error <= 3e-5 * (1 + np.abs(exact).max())
        require(
            near.mean() >= share,
            part,
            _method_of(name),
            f"gives {name} in float32 that is off by {error.max():.3g} from that in float64",
            "Avoid differences of large numbers, and constants that one precision alone can hold.",
        )


def nothing_is_allocated(part: NumericalEmbedding) -> None:
    """Neither method makes arrays that grow with the batch: training calls them in each step."""
    for dtype in DTYPES:
        few, many = (table(part, dtype, n).of(slice(1)) for n in (3000, 9000))
        more = many.x.nbytes - few.x.nbytes
        for method in ("forward", "back"):
            # Buffers of NumPy are as large for few rows.
            with suitable_blas_threads():
                new = peak_of(partial(getattr(many, method), part))
                new -= peak_of(partial(getattr(few, method), part))
            require(
                new < more / 4,
                part,
                "forward" if method == "forward" else "backward",
                f"allocates {new} bytes for {more} bytes of columns ({few.x.dtype})",
                "Give each function of NumPy its out=. Ask for memory in memory(), which says how "
                "many numbers a row needs.",
            )


def onnx_is_what_forward_does(part: NumericalEmbedding) -> None:
    """``onnx``, if the part has it, gives what ``forward`` gives, by functions that are known."""
    if type(part).onnx is NumericalEmbedding.onnx:
        return
    graph = NotedGraph()
    for n_networks in (1, 3):
        arrays = table(part, np.float64).of(slice(n_networks))
        arrays.forward(part)
        given = graph, graph.value(arrays.x), arrays.params
        noted = call(part, "onnx", *given)
        shape = np.shape(getattr(noted, "values", 0.0))
        require(
            shape == arrays.out.shape,
            part,
            "onnx",
            f"gives {type(noted).__name__} of shape {shape} for outputs of shape "
            f"{arrays.out.shape}",
            "Return a value of x, graph.value(...) and graph.product(...).",
        )
        require_close(
            part,
            "onnx",
            "gives something else than forward",
            noted.values,
            arrays.out,
            "to_onnx exports it in place of forward: write the same formula.",
        )


CHECKS = (
    widths_and_shapes_are_numbers,
    all_parameters_are_drawn,
    outputs_are_overwritten,
    inputs_are_not_written,
    rows_may_be_any,
    gradients_are_those_of_differences,
    the_gradient_of_columns_may_be_none,
    columns_do_not_influence_each_other,
    columns_may_be_of_all_networks,
    networks_do_not_influence_each_other,
    arrays_may_be_views,
    float32_is_float64_rounded,
    nothing_is_allocated,
    onnx_is_what_forward_does,
)
