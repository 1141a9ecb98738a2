"""Alignments of protein sequences: reading them, and weights for sequences that are much alike."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ebmtools.checks import ArrayLike, Floats, check_choice, check_fraction
from ebmtools.checks.states import States, as_sequences
from ebmtools.kernels.matmul import inner

LETTERS = "-ACDEFGHIKLMNPQRSTVWY"
"""The states 0 to 20: the gap, then the amino acids."""
_ROWS = 1000


@dataclass(frozen=True)
class Alignment:
    """Sequences of one length as states, with their names."""

    states: States
    """(M, L) uint8: 0 for a gap, 1 to 20 for the letters of `LETTERS`."""
    names: tuple[str, ...]
    """(M,): the first word of each header."""

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Alignment: {len(self)} sequences, {self.states.shape[1]} columns"

    def text(self, row: int) -> str:
        """Return one sequence as letters."""
        return "".join(LETTERS[state] for state in self.states[row])

    def of(self, rows: ArrayLike | None = None, columns: ArrayLike | None = None) -> Alignment:
        """Return the alignment of some rows, or some columns, given as indices or as booleans."""
        kept = np.arange(len(self))[slice(None) if rows is None else np.asarray(rows)]
        states = self.states[kept][:, slice(None) if columns is None else np.asarray(columns)]
        return Alignment(states, tuple(self.names[k] for k in kept))


def read(path: str | Path, unknown: str = "error") -> Alignment:
    """Read an alignment in FASTA, A2M or A3M format.

    Parameters
    ----------
    path : str or Path
        A name that ends in .gz is that of a compressed file.
    unknown : str
        What becomes of letters beside the twenty and the gap, such as X or B: "error", or "gap".

    Returns
    -------
    Alignment
        Insertions of A2M and A3M, which are lower-case letters and dots, are left out if the columns then fit.

    Raises
    ------
    ValueError
        For a file without sequences, letters that are unknown, or rows that differ in length: said, with the name.

    Notes
    -----
    In plain FASTA lower-case letters are letters: a file in which every row has one length with them is taken so.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".fasta") as file:
    ...     _ = file.write(">one\\nAC-\\n>two\\nACD\\n")
    ...     _ = file.seek(0)
    ...     found = read(file.name)
    >>> found, found.states.tolist()
    (Alignment: 2 sequences, 3 columns, [[1, 2, 0], [1, 2, 3]])
    """
    check_choice(unknown, "unknown", ("error", "gap"))
    if not isinstance(path, (str, Path)):
        raise TypeError(f"path: got a {type(path).__name__}, expected the name of a file, or a Path.")
    rows = _rows(Path(path))
    if not rows:
        raise ValueError(f"path: {path} has no sequences: expected lines that start with > and letters below each.")
    if len({len(row) for _, row in rows}) > 1:  # insertions: lower-case letters and dots
        rows = [(name, "".join(c for c in row if not (c.islower() or c == "."))) for name, row in rows]
    widths = [len(row) for _, row in rows]
    if len(set(widths)) > 1:
        odd = next(k for k, width in enumerate(widths) if width != widths[0])
        raise ValueError(
            f"path: the sequence {rows[odd][0]!r} of {path} has {widths[odd]} columns and {rows[0][0]!r} has "
            f"{widths[0]}: expected one length. Align them first."
        )
    table = np.full(256, 255, np.uint8)
    for state, letter in enumerate(LETTERS):
        table[[ord(letter), ord(letter.lower())]] = state
    table[ord(".")] = 0
    states = table[np.array([np.frombuffer(row.encode("latin-1"), np.uint8) for _, row in rows])]
    if unknown == "error" and (states == 255).any():
        row, column = (int(k) for k in np.argwhere(states == 255)[0])
        raise ValueError(
            f"path: the sequence {rows[row][0]!r} of {path} has {rows[row][1][column]!r} in column {column}, expected "
            f"one of {LETTERS}. Use unknown='gap' to read such letters as gaps."
        )
    states[states == 255] = 0
    return Alignment(states, tuple(name for name, _ in rows))


def _rows(path: Path) -> list[tuple[str, str]]:
    """Name and sequence of each record of a FASTA file."""
    try:
        from Bio.SeqIO.FastaIO import SimpleFastaParser
    except ImportError as missing:
        raise ImportError("reading alignments needs Biopython: pip install biopython") from missing
    with gzip.open(path, "rt", encoding="latin-1") if path.suffix == ".gz" else path.open(encoding="latin-1") as file:
        return [(title.split(" ")[0], sequence) for title, sequence in SimpleFastaParser(file)]  # type: ignore[no-untyped-call]


def weights(states: ArrayLike, identity: float = 0.8) -> Floats:
    """Return a weight for each sequence: one over the number of sequences that are nearly the same, itself included.

    Parameters
    ----------
    states : array-like, shape (M, L)
        Whole numbers, as of `Alignment.states`.
    identity : float
        Two sequences are nearly the same if they agree in at least this share of their columns, between 0 and 1.

    Returns
    -------
    array, shape (M,)
        Their sum is the effective number of sequences.

    Notes
    -----
    Cost: M^2 L q operations as a matrix product, one second for 4,000 sequences of 160 columns.

    References
    ----------
    Morcos et al. 2011.

    Examples
    --------
    >>> weights([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6], [7, 8, 9, 1, 2]]).tolist()
    [0.5, 0.5, 1.0]
    """
    check_fraction(identity, "identity", 0.8)
    checked, n_states = as_sequences(states)
    one_hot = torch.nn.functional.one_hot(checked, n_states).float().flatten(1)
    least = identity * checked.shape[1] - 1e-4
    near = [(inner(block, one_hot) >= least).sum(1) for block in torch.split(one_hot, _ROWS)]
    return np.asarray(1 / torch.cat(near).double().numpy())
