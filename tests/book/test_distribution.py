"""What is shipped: the source distribution holds the package and its tests, the wheel the package alone."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP = {"CHANGELOG.md", "CITATION.cff", "LICENSE", "MANIFEST.in", "README.md", "constraints.txt", "pyproject.toml"}
MADE = ("PKG-INFO", "setup.cfg", "src/ebmtools.egg-info/")  # by the build itself
BUILD = "import setuptools.build_meta as backend; backend.build_sdist('made'); backend.build_wheel('made')"


def git(*arguments: str, text: str = "") -> set[str]:
    return set(subprocess.run(["git", *arguments], cwd=ROOT, input=text, capture_output=True, text=True).stdout.split())


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


FILES = {name for name in git("ls-files", "-co", "--exclude-standard") if (ROOT / name).is_file()}
PACKAGE = {name for name in FILES if name.startswith("src/")}
TESTS = {name for name in FILES if name.startswith("tests/") and not name.startswith("tests/book/")}


def build(folder: Path, without: str = "") -> tuple[set[str], set[str]]:
    """The files of the source distribution and of the wheel, built offline in a copy of the checkout."""
    for name in FILES - {without}:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, capture_output=True)
    (archive,), (wheel,) = (folder / "made").glob("*.tar.gz"), (folder / "made").glob("*.whl")
    with tarfile.open(archive) as source, zipfile.ZipFile(wheel) as package:
        inside = {member.name.split("/", 1)[1] for member in source if member.isfile()}
        return {name for name in inside if not name.startswith(MADE)}, set(package.namelist())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return tmp_path_factory.mktemp("checkout")


@pytest.fixture(scope="module")
def built(checkout):
    return build(checkout)


def test_source_distribution_holds_the_package_and_its_tests(built):
    source, _ = built
    assert {"tests/conftest.py", "src/ebmtools/py.typed"} <= source
    assert source == PACKAGE | TESTS | TOP


def test_wheel_holds_the_package_alone(built):
    _, wheel = built
    package = {name for name in wheel if ".dist-info/" not in name}
    assert package == {name.removeprefix("src/") for name in PACKAGE}


def test_what_an_installation_writes_into_the_checkout_is_ignored(checkout, built):
    """`pip install .` leaves `build/` and `src/*.egg-info` behind; git does not see them."""
    written = {name for name in files_in(checkout) - FILES if not name.startswith("made/")}
    assert {name.split("/")[0] for name in written} == {"build", "src"}
    assert git("check-ignore", "--no-index", "--stdin", text="\n".join(written)) == written


def test_a_missing_manifest_would_be_seen(tmp_path):
    """Left to itself, setuptools ships tests without what they share."""
    source, _ = build(tmp_path, without="MANIFEST.in")
    assert "tests/test_package.py" in source
    assert "tests/conftest.py" not in source
