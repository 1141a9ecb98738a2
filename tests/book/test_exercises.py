"""The answers to the exercises: right ones pass, usual mistakes get their hint, and anything else is wrong."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))

from exercises import Answer, Mistake, answer, answers  # noqa: E402

CHAPTERS = sorted(path.stem.removeprefix("chapter_") for path in (NOTEBOOKS / "exercises").glob("chapter_*.py"))
EVERY = [(number, expected) for chapter in CHAPTERS for number, expected in answers.answers_of(chapter).items()]


@pytest.mark.parametrize(("number", "expected"), EVERY, ids=[number for number, _ in EVERY])
def test_mistakes_are_wrong_and_get_their_hint(number, expected, monkeypatch):
    """Without the probe: compared is what it gives, and the solutions in the notebooks go through it."""
    plain = Answer(expected.value, expected.within, expected.mistakes)
    monkeypatch.setattr(answers, "answers_of", lambda chapter: {number: plain})
    right = expected.value()
    assert answer(number, right)
    for mistake in expected.mistakes:
        verdict = answer(number, mistake.value())
        assert not verdict
        assert mistake.hint in verdict.text
    other = "something else" if isinstance(right, str) else np.asarray(right, float) + 3.3 * expected.within
    assert not answer(number, other)
    assert not answer(number, ...)


@pytest.fixture
def one_answer(monkeypatch):
    sum_of_two = Answer(lambda: 3.0, 0.01, (Mistake(lambda: 2.0, "Add, do not multiply."),))
    of_function = Answer(lambda: [1.0, 4.0], 1e-9, (), lambda square: [square(1), square(2)])
    table = {"1.1": sum_of_two, "1.2": of_function, "1.3": Answer(lambda: "b", 0, ())}
    monkeypatch.setattr(answers, "answers_of", lambda chapter: table)


@pytest.mark.parametrize(
    ("number", "given", "right", "said"),
    [
        ("1.1", 3.005, True, "Right"),
        ("1.1", 3.02, False, "Not yet"),
        ("1.1", 2, False, "Add, do not multiply."),
        ("1.1", np.nan, False, "not finite"),
        ("1.1", [3.0, 3.0], False, "shape"),
        ("1.1", "three", False, "a number or an array"),
        ("1.1", ..., False, "in place of the dots"),
        ("1.1", [1.0, ...], False, "in place of the dots"),
        ("1.2", lambda x: x * x, True, "Right"),
        ("1.2", lambda x: x + x, False, "Not yet"),
        ("1.2", lambda x: 1 / 0, False, "ZeroDivisionError"),
        ("1.2", lambda x: 2 + ..., False, "in place of the dots"),
        ("1.3", " B", True, "Right"),
        ("1.3", "a", False, "Not yet"),
        ("1.3", 2, False, "a word in quotes"),
    ],
)
def test_verdict(one_answer, number, given, right, said):
    verdict = answer(number, given)
    assert bool(verdict) is right
    assert said in repr(verdict)
    assert verdict._repr_markdown_().startswith("**")


def test_unknown_exercise_is_an_error(one_answer):
    with pytest.raises(ValueError, match=r"no such exercise. This chapter has 1.1, 1.2, 1.3"):
        answer("1.9", 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [(["n_sample", "5"], "no such parameter. It has n."), (["n", "many"], "expected a value of type int")],
)
def test_mistyped_parameter_is_an_error_at_once(tmp_path, given, said):
    (tmp_path / "trial.py").write_text('# %% tags=["parameters"]\nn = 3  # spins\n\n# %%\nprint(n)\n')
    tool = NOTEBOOKS.parent / "tools/run_notebooks.py"
    command = [sys.executable, tool, "--folder", tmp_path, "--into", tmp_path / "out"]
    result = subprocess.run([*command, "-p", *given], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert said in result.stderr
    assert not (tmp_path / "out" / "trial.ipynb").exists()
