"""Values of Python and NumPy come back from a file as they were."""

import numpy as np
import pytest

from sklearn_relu.files import container, values
from sklearn_relu.training.jobs import Epoch, TrainingState

VALUES = {
    "none": None,
    "bool": True,
    "int": -(2**200),
    "floats": [0.1, -0.0, np.inf, -np.inf, 5e-324],
    "text": "ü\x00\ud800",
    "tuple": (1, (2.0, "x"), ()),
    "dict": {"a": {"b": []}, "": None},
    "keys": {1: "int", "1": "text", 1.5: "float", (1, "a"): "tuple", None: 0, np.int64(7): 1},
    "many floats": [i / 7 for i in range(100)] + [float("inf")],
    "many ints": tuple(range(1000)),
    "many numbers": [0, 1.0, 2, 3, 4, 5, 6, 7, 8, True],
    "many large ints": [2**64] * 10,
    "array": np.arange(6.0).reshape(2, 3),
    "scalars": [
        np.float32(0.1),
        np.int8(-3),
        np.bool_(True),
        np.str_("x"),
        np.str_(""),
        np.bytes_(b"y"),
        np.complex64(1j),
    ],
    "objects": np.array([["a", None], [1.5, ("b", 2)]], dtype=object),
    "lists as objects": np.array([[1, 2], [3]], dtype=object),
    "no objects": np.empty((0, 2), dtype=object),
}


def through_a_file(value, path):
    structure, arrays = values.to_structure(value)
    container.write(path, structure, arrays, content="test", version=1)
    found = container.read(path, content="test", version=1)
    return values.from_structure(found.structure, found.arrays, {})


def assert_same(found, value):
    assert type(found) is type(value)
    if isinstance(value, np.ndarray):
        assert (found.dtype, found.shape) == (value.dtype, value.shape)
        if value.dtype == object:
            assert_same(found.ravel().tolist(), value.ravel().tolist())
        else:
            assert found.tobytes() == value.tobytes()
    elif isinstance(value, dict):
        assert_same(list(found), list(value))
        assert_same(list(found.values()), list(value.values()))
    elif isinstance(value, list | tuple):
        assert len(found) == len(value)
        for one, other in zip(found, value, strict=True):
            assert_same(one, other)
    else:
        assert repr(found) == repr(value)


@pytest.mark.parametrize("name", VALUES)
def test_values_keep_their_types(tmp_path, name):
    assert_same(through_a_file(VALUES[name], tmp_path / "file"), VALUES[name])


def test_not_a_number_comes_back(tmp_path):
    found = through_a_file([float("nan"), [float("nan")] * 10], tmp_path / "file")
    assert np.isnan(found[0])
    assert np.isnan(found[1]).all()


def test_arrays_have_the_name_of_their_place():
    _, arrays = values.to_structure(
        {"coefs_": [np.ones(1), np.ones(2)], "a b": {"a/b": np.ones(3)}}
    )
    assert list(arrays) == ["coefs_.0", "coefs_.1", "a_b.a_b"]
    same = {"a b": np.ones(1), "a/b": np.ones(2)}
    assert list(values.to_structure(same)[1]) == ["a_b", "a_b.1"]


@pytest.mark.parametrize("name", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_generators_go_on_where_they_were(tmp_path, name):
    generator = np.random.Generator(getattr(np.random, name)(0))
    state = np.random.RandomState(getattr(np.random, name)(0))
    generator.random(3, dtype="f4"), state.normal(size=3)  # half used: one draw is kept
    found, found_state = through_a_file([generator, state], tmp_path / "file")
    assert found.random(5, dtype="f4").tolist() == generator.random(5, dtype="f4").tolist()
    assert found_state.normal(size=5).tolist() == state.normal(size=5).tolist()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("MT19937", lambda state: state["state"].update(pos=625)),
        ("MT19937", lambda state: state["state"].update(pos=-1)),
        ("MT19937", lambda state: state["state"].update(pos=1.5)),
        ("MT19937", lambda state: state["state"].update(key=np.zeros(623, "u4"))),
        ("MT19937", lambda state: state["state"].update(key=[0] * 624)),
        ("Philox", lambda state: state.update(buffer_pos=5)),
        ("Philox", lambda state: state.update(buffer_pos=-1)),
        ("PCG64", lambda state: state.update(bit_generator="PCG65")),
        ("PCG64", lambda state: state.pop("state")),
        ("SFC64", lambda state: state.update(state=None)),
    ],
)
def test_a_state_in_which_no_generator_can_be_is_refused(name, change):
    state = getattr(np.random, name)(0).state
    values.bit_generator(state)
    change(state)
    with pytest.raises((ValueError, LookupError, AttributeError, TypeError)):
        values.bit_generator(state)


@pytest.mark.parametrize(
    "value", [len, object(), {1, 2}, range(3), np.zeros(1, "M8[s]"), 1j, b"x", Epoch(*range(5))]
)
def test_what_cannot_be_stored_is_named_with_its_place(value):
    with pytest.raises(values.UnstorableError, match=r"^first\.1 is .* of type"):
        values.to_structure({"first": [0, value]})


def test_others_values_have_a_tag_of_their_own():
    def encode_set(value, where, encode):
        return {"set": encode(sorted(value), where)} if isinstance(value, set) else None

    structure, arrays = values.to_structure({"a": {2, 1}}, encode_set)
    assert structure == {"dict": {"a": {"set": [1, 2]}}}
    others = {"set": lambda inside, decode: set(decode(inside))}
    assert values.from_structure(structure, arrays, others) == {"a": {1, 2}}


@pytest.mark.parametrize(
    "structure",
    [
        {"array": "a", "dict": {}}, {"tuple": [{"array": "a"}, {"array": "a"}]}, None,
        {}, {"dict": {}, "tuple": []}, {"unknown": 1}, {"array": "missing"}, {"float": "1"},
        {"numbers": ["set", "a"]}, {"objects": [[2], []]}, {"pairs": [[{"dict": {}}, 1]]},
    ],
)  # fmt: skip
def test_a_structure_that_means_nothing_is_refused(structure):
    with pytest.raises((ValueError, LookupError, TypeError)):
        values.from_structure(structure, {"a": np.ones(1)}, {})


def test_a_training_state_is_a_dict_and_back():
    epochs = [Epoch(1.0, 2.0, np.nan, 0.1, 0.5), Epoch(0.5, 1.0, 0.2, 0.1, 1.0)]
    state = TrainingState(np.ones(3), slots={"m": np.ones((1, 3))}, epoch=1, history=epochs)
    as_dict = state.to_dict()
    assert as_dict["history"]["loss"] == [1.0, 0.5]
    back = TrainingState.from_dict(as_dict)
    assert repr(back) == repr(state)
    assert back.params is state.params
