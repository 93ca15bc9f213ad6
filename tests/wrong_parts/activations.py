"""Wrong parts for the rules of activations."""

import numpy as np
from custom_parts import InverseSquareRoot

from sklearn_relu.activations import Activation
from wrong_parts.neighbours import with_neighbours


class Leak(Activation):
    """A right one, without an expression: ``max(z, 0.1 * z)``."""

    def forward(self, z, a, params, noise=None):
        np.multiply(z, 0.1, out=a)
        np.maximum(z, a, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.heaviside(z, 0.5, out=grad_z)
        grad_z *= 0.9
        grad_z += 0.1
        grad_z *= grad_a


class PadsOddWidths(Leak):
    def input_width(self, n_units):
        return n_units + n_units % 2

    output_width = input_width


class Scaled(Activation):
    """A right one that learns: ``slope * z``."""

    def parameter_shapes(self, n_units):
        return {"slope": (n_units,)}

    def init_parameters(self, params):
        params["slope"][...] = 0.9

    def forward(self, z, a, params, noise=None):
        np.multiply(z, params["slope"], out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.multiply(z, grad_a, out=grad_z)
        np.sum(grad_z, axis=1, keepdims=True, out=grad_params["slope"])
        np.multiply(grad_a, params["slope"], out=grad_z)


class Accumulates(Scaled):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        before = grad_params["slope"].copy()
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_params["slope"] += 1e-3 * before


class FillsAll(Scaled):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        for gradient in grad_params.values():
            gradient.fill(0)
        super().backward(z, a, grad_a, grad_z, params, grad_params)


class Averages(Scaled):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_params["slope"] /= z.shape[1]


class WritesTheGradientGiven(InverseSquareRoot):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_a *= 2


class NoisyInSecret(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        if noise is not None:
            a += noise[0].normal(0, 1e-3, a.shape)


class WrongPower(InverseSquareRoot):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        self._one_plus_square(z, out=grad_z)
        np.power(grad_z, -1.4, out=grad_z)
        grad_z *= grad_a


class SteepKink(Leak):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.heaviside(z, 5, out=grad_z)
        grad_z *= 0.9
        grad_z += 0.1
        grad_z *= grad_a


class FeelsItsNeighbours(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        with_neighbours(a)


class LosesDigits(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        a += 1e4
        a -= 1e4


class Overflows(Activation):
    """``log(1 + exp(z))``, as it is in books."""

    def forward(self, z, a, params, noise=None):
        np.exp(z, out=a)
        a += 1
        np.log(a, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.negative(z, out=grad_z)
        np.exp(grad_z, out=grad_z)
        grad_z += 1
        np.divide(grad_a, grad_z, out=grad_z)


class ReadsWhatIsGone(Activation):
    """tanh that shares memory, though its derivative is computed from `z`."""

    needs_summed_input = False

    def forward(self, z, a, params, noise=None):
        np.tanh(z, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.tanh(z, out=grad_z)
        np.square(grad_z, out=grad_z)
        np.subtract(1, grad_z, out=grad_z)
        grad_z *= grad_a


class ForgetsTheBias(InverseSquareRoot):
    def bias_forward(self, z, bias, a, params, noise=None):
        self.forward(z + bias, a, params, noise)


class Allocates(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        a[...] = z / np.sqrt(1 + self.alpha * z * z)


class Returns(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        return z / np.sqrt(1 + self.alpha * z * z)


class WrongBounds(InverseSquareRoot):
    bounds = (-0.5, 0.5)


class WrongGain(InverseSquareRoot):
    gain = 1.0


class NegativeRate(InverseSquareRoot):
    parameters_rate = -1.0


class UnknownStart(InverseSquareRoot):
    initialization = "xavier"


class PassesNothing(Leak):
    passes_through = True


class CurvedInSecret(InverseSquareRoot):
    is_piecewise_linear = True


class FallsInSecret(Activation):
    """``z**2``, as if it rose everywhere."""

    is_monotone = True

    def forward(self, z, a, params, noise=None):
        np.square(z, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.multiply(z, 2, out=grad_z)
        grad_z *= grad_a


class DependsOnThePlace(Leak):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        a[..., ::2] *= -1

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_z[..., ::2] *= -1


class ExpressesAnother(InverseSquareRoot):
    def expression(self, z, params):
        return z / np.sqrt(1 + self.alpha * np.abs(z))


class ExpressesTheUnknown(Activation):
    def forward(self, z, a, params, noise=None):
        np.arctan(z, out=a)

    def expression(self, z, params):
        return np.arctan(z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.square(z, out=grad_z)
        grad_z += 1
        np.divide(grad_a, grad_z, out=grad_z)


WRONG = [
    (PadsOddWidths(), "widths_are_in_proportion_to_the_units", "input_width gives 2 for 1 units"),
    (Accumulates(), "outputs_are_overwritten", r"grad_params\['slope'\] fully.*in place"),
    (WritesTheGradientGiven(), "inputs_are_not_written", "backward writes to its argument grad_a"),
    (FillsAll(), "gradients_of_the_layer_are_left_alone", r"writes to grad_params\['weight'\], wh"),
    (NoisyInSecret(), "only_noise_of_its_own_is_drawn", "uses its generators, and is_random is F"),
    (WrongPower(), "backward_is_the_derivative_of_forward", r"wrong grad_z: got .*, expected .*\d"),
    (Averages(), "gradients_of_parameters_are_summed", r"wrong grad_params\['slope'\]: got"),
    (SteepKink(), "derivative_at_zero_is_between_the_slopes", "derivative 4.6 at z=0.*0.1 and 1"),
    (FeelsItsNeighbours(), "networks_do_not_influence_each_other", "network 0 of a stack other b"),
    (LosesDigits(), "float32_is_float64_rounded", "in float32 something else than in float64: g"),
    (Overflows(), "extreme_inputs_give_finite_results", "forward raised FloatingPointError: over"),
    (ReadsWhatIsGone(), "shared_memory_gives_the_same", "reads z, though needs_summed_input is F"),
    (ForgetsTheBias(), "calls_with_a_bias_are_calls_of_the_sum", r"does not leave z \+ bias in z"),
    (Allocates(), "nothing_is_allocated", r"forward allocates \d+ bytes for inputs of .*out="),
    (WrongBounds(), "bounds_hold", r"bounds is \(-0.5, 0.5\), and forward gives -0.9"),
    (WrongGain(), "gain_keeps_the_size_of_the_signal", "gain does not keep.*: got 1, expected 1."),
    (NegativeRate(), "parameters_rate_is_a_factor", "parameters_rate is -1.0. Give the factor"),
    (UnknownStart(), "initialization_is_a_name", "initialization is 'xavier'.*'glorot_normal'"),
    (PassesNothing(), "what_passes_through_is_the_identity", "passes_through is True, and forward"),
    (CurvedInSecret(), "linear_pieces_are_linear", "is_piecewise_linear is True, and summed inp"),
    (FallsInSecret(), "monotone_activations_are_monotone", "but a larger summed input gives a sm"),
    (DependsOnThePlace(), "alike_units_are_alike", "units_are_alike is True, but units in anot"),
    (ExpressesAnother(), "expression_is_what_forward_does", "expression gives something else than"),
    (
        ExpressesTheUnknown(),
        "expression_is_what_forward_does",
        "to_onnx does not know arctan; it k",
    ),
]
