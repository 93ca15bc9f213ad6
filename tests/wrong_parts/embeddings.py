"""Wrong parts for the rules of numerical embeddings."""

import numpy as np

from sklearn_relu.embeddings import NumericalEmbedding
from wrong_parts.neighbours import with_neighbours


class Linear(NumericalEmbedding):
    """A right one: ``slope * (x - centre)`` and ``x - centre``, side by side for each column."""

    width = 2

    def parameter_shapes(self, n_columns):
        return {"slope": ("weight", (1, n_columns)), "centre": ("fixed", (1, n_columns))}

    def memory(self, n_columns):
        return {"centred": n_columns}

    def init_parameters(self, params, rng):
        params["slope"][...] = rng.normal(size=params["slope"].shape)
        params["centre"][...] = 0

    def init_from_rows(self, params, rows):
        params["centre"][...] = rows.mean(axis=0, dtype=np.float64)

    def forward(self, x, out, params, memory):
        centred = memory["centred"]
        np.subtract(x, params["centre"], out=centred)
        np.multiply(centred, params["slope"], out=out[..., ::2])
        out[..., 1::2] = centred

    def backward(self, x, grad_out, grad_x, params, grads, memory):
        centred, grads["centre"][...] = memory["centred"], 0
        np.multiply(centred, grad_out[..., ::2], out=centred)
        np.sum(centred, axis=1, keepdims=True, out=grads["slope"])
        if grad_x is not None:
            np.multiply(grad_out[..., ::2], params["slope"], out=grad_x)
            grad_x += grad_out[..., 1::2]

    def onnx(self, graph, x, params):
        n_networks, _, n_columns = params["slope"].shape
        wide = np.zeros((n_networks, n_columns, 2 * n_columns))
        for i in range(n_columns):
            wide[:, i, 2 * i] = params["slope"][:, 0, i]
            wide[:, i, 2 * i + 1] = 1
        return graph.product(x - graph.value(params["centre"]), graph.value(wide))


class TallBias(Linear):
    def parameter_shapes(self, n_columns):
        return super().parameter_shapes(n_columns) | {"shift": ("bias", (2, n_columns))}

    def init_parameters(self, params, rng):
        super().init_parameters(params, rng)
        params["shift"][...] = 0

    def backward(self, x, grad_out, grad_x, params, grads, memory):
        super().backward(x, grad_out, grad_x, params, grads, memory)
        grads["shift"][...] = 0


class ForgetsTheStart(Linear):
    def init_parameters(self, params, rng):
        params["slope"][...] = rng.normal(size=params["slope"].shape)


class DividesByTheSpread(Linear):
    def init_from_rows(self, params, rows):
        spread = rows.std(axis=0)
        params["centre"][...] = rows.mean(axis=0) * spread / spread


class Accumulates(Linear):
    def backward(self, x, grad_out, grad_x, params, grads, memory):
        before = grads["slope"].copy()
        super().backward(x, grad_out, grad_x, params, grads, memory)
        grads["slope"] += 1e-9 * before


class CopiesWhatItFills(Linear):
    def forward(self, x, out, params, memory):
        super().forward(x, out.reshape(-1).reshape(out.shape), params, memory)


class WritesTheGradientGiven(Linear):
    def backward(self, x, grad_out, grad_x, params, grads, memory):
        super().backward(x, grad_out, grad_x, params, grads, memory)
        grad_out[:, 0] += 1e-12


class Averages(Linear):
    def backward(self, x, grad_out, grad_x, params, grads, memory):
        super().backward(x, grad_out, grad_x, params, grads, memory)
        grads["slope"] /= x.shape[1]


class NeedsTheGradientOfColumns(Linear):
    def backward(self, x, grad_out, grad_x, params, grads, memory):
        super().backward(x, grad_out, grad_x, params, grads, memory)
        if grad_x is None:
            grads["slope"][...] = 0


class FeelsItsNeighbours(Linear):
    def forward(self, x, out, params, memory):
        super().forward(x, out, params, memory)
        with_neighbours(out)


class OneTableForEachNetwork(Linear):
    def forward(self, x, out, params, memory):
        super().forward(x, out, params, memory)
        out[len(x) :] = 0


class SeesTheNextColumn(Linear):
    """Whose gradients are right."""

    def forward(self, x, out, params, memory):
        centred = memory["centred"]
        np.subtract(x, params["centre"], out=centred)
        np.multiply(centred, params["slope"], out=out[..., ::2])
        for i, other in enumerate(self._order(x)):
            out[..., 2 * i + 1] = centred[..., other]

    def backward(self, x, grad_out, grad_x, params, grads, memory):
        super().backward(x, grad_out, grad_x, params, grads, memory)
        if grad_x is not None:
            np.multiply(grad_out[..., ::2], params["slope"], out=grad_x)
            for i, other in enumerate(self._order(x)):
                grad_x[..., other] += grad_out[..., 2 * i + 1]

    onnx = NumericalEmbedding.onnx

    def _order(self, x):
        return np.roll(np.arange(x.shape[2]), 1)


class LosesDigits(Linear):
    def forward(self, x, out, params, memory):
        super().forward(x, out, params, memory)
        out += 5e3
        out -= 5e3


class Allocates(Linear):
    def forward(self, x, out, params, memory):
        memory["centred"][...] = x - params["centre"]
        super().forward(x, out, params, memory)


class ExportsAnother(Linear):
    def onnx(self, graph, x, params):
        return super().onnx(graph, x, params) * 1.001


WRONG = [
    (TallBias(), "widths_and_shapes_are_numbers", r"kind 'bias' and the shape \(2, 1\).*\(1, n\)"),
    (ForgetsTheStart(), "all_parameters_are_drawn", r"some of centre unfilled.*params\[name\]"),
    (DividesByTheSpread(), "rows_may_be_any", "invalid value|has seen"),
    (Accumulates(), "outputs_are_overwritten", r"overwrite grads\['slope'\] fully.*in place"),
    (CopiesWhatItFills(), "arrays_may_be_views", "out that differs where it is a view"),
    (WritesTheGradientGiven(), "inputs_are_not_written", "writes to its argument grad_out"),
    (Averages(), "gradients_are_those_of_differences", r"a wrong grads\['slope'\], along"),
    (NeedsTheGradientOfColumns(), "the_gradient_of_columns_may_be_none", "where grad_x is None"),
    (FeelsItsNeighbours(), "networks_do_not_influence_each_other", "network 0 of a stack other b"),
    (OneTableForEachNetwork(), "columns_may_be_of_all_networks", "where x has one network"),
    (SeesTheNextColumn(), "columns_do_not_influence_each_other", "where another one has changed"),
    (LosesDigits(), "float32_is_float64_rounded", "out in float32 that is off by"),
    (Allocates(), "nothing_is_allocated", r"forward allocates \d+ bytes for .*memory\(\)"),
    (ExportsAnother(), "onnx_is_what_forward_does", "onnx gives something else than forward"),
]
