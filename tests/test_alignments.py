"""Alignments: three formats, what is refused, weights by comparing all pairs."""

import gzip

import numpy as np
import pytest

from ebmtools import alignments
from ebmtools.alignments import LETTERS

RNG = np.random.default_rng(1)


def written(tmp_path, text):
    path = tmp_path / "family.fasta"
    path.write_text(text)
    return path


def test_letters_become_states(tmp_path):
    found = alignments.read(written(tmp_path, ">first of all\nAC\nD-\n>second\nWYV.\n"))
    assert found.names == ("first", "second")
    assert [found.text(row) for row in range(2)] == ["ACD-", "WYV-"]
    assert found.states.tolist() == [[LETTERS.index(letter) for letter in found.text(row)] for row in range(2)]
    assert found.states.dtype == np.uint8


def test_compressed_files(tmp_path):
    path = tmp_path / "family.fasta.gz"
    with gzip.open(path, "wt") as file:
        file.write(">a\nACD\n")
    assert alignments.read(path).text(0) == "ACD"


def test_insertions_of_a3m_are_left_out(tmp_path):
    found = alignments.read(written(tmp_path, ">a\nACD\n>b\nAiiC.D\n>c\nA-D\n"))
    assert [found.text(row) for row in range(3)] == ["ACD", "ACD", "A-D"]


def test_lower_case_letters_of_plain_fasta_are_letters(tmp_path):
    assert alignments.read(written(tmp_path, ">a\nacd\n>b\nACD\n")).text(0) == "ACD"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no sequences"),
        (">a\nACD\n>b\nAC\n", "'b' of .* has 2 columns and 'a' has 3"),
        (">a\nACD\n>b\nAXD\n", "'b' of .* has 'X' in column 1"),
        (">a\nA1D\n", "has '1' in column 1"),
    ],
)
def test_what_is_wrong_is_said_by_name(tmp_path, text, says):
    with pytest.raises(ValueError, match=says):
        alignments.read(written(tmp_path, text))


def test_unknown_letters_as_gaps(tmp_path):
    assert alignments.read(written(tmp_path, ">a\nAXD\n"), unknown="gap").text(0) == "A-D"


def test_rows_and_columns(tmp_path):
    found = alignments.read(written(tmp_path, ">a\nACD\n>b\nWYV\n>c\nGGG\n"))
    part = found.of(rows=[2, 0], columns=np.array([True, False, True]))
    assert part.names == ("c", "a")
    assert [part.text(row) for row in range(2)] == ["GG", "AD"]
    assert len(found.of()) == 3


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        alignments.read(tmp_path / "none.fasta")


@pytest.mark.parametrize("identity", [0.5, 0.8])
def test_weights_by_comparing_all_pairs(identity):
    states = RNG.integers(0, 5, (300, 20))
    states[150:] = np.where(RNG.random((150, 20)) < 0.2, states[150:], states[:150])
    alike = (states[:, None] == states[None]).mean(2) >= identity
    found = alignments.weights(states, identity)
    np.testing.assert_allclose(found, 1 / alike.sum(1))
    assert np.abs(found - 1 / (alike.sum(1) - 1).clip(1)).max() > 0.1  # each sequence counts itself
