"""The files around the package say the same thing."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
WORKFLOW = (ROOT / ".github/workflows/book.yml").read_text()
WORKFLOW_DATA = yaml.safe_load(WORKFLOW)


def pins(lines) -> dict[str, str]:
    """Package to version, from lines such as numpy==2.4.6; other lines are left out."""
    found = [re.fullmatch(r"([A-Za-z0-9_.-]+)==(\S+)", line.strip()) for line in lines]
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def requirements() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in PROJECT["dependencies"] + extras]


CONSTRAINTS = pins((ROOT / "constraints.txt").read_text().splitlines())
CONDA_PIP = next(entry["pip"] for entry in ENVIRONMENT if isinstance(entry, dict))


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_dependency_is_pinned_within_its_range(requirement):
    version = CONSTRAINTS[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)
    assert "+" not in version, "a local version such as +cpu is on no public index"


def test_environment_lists_the_same_at_the_same_versions():
    names = {canonicalize_name(requirement.name) for requirement in requirements()}
    assert pins(CONDA_PIP) == {name: CONSTRAINTS[name] for name in names}
    assert {"--constraint constraints.txt", "--editable ."} <= set(CONDA_PIP)


def test_python_version_agrees():
    supported = SpecifierSet(PROJECT["requires-python"])
    conda = next(entry for entry in ENVIRONMENT if str(entry).startswith("python="))
    workflow = re.search(r'python-version: "([\d.]+)"', WORKFLOW)
    assert workflow
    assert conda == f"python={workflow[1]}"
    assert supported.contains(workflow[1])
    assert not supported.contains("3.10")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["target-version"] == "py311"


def missing_files(text: str) -> list[str]:
    """Files that a page at the top of the repository links to, shows or names, and that are not there."""
    found = re.findall(r"\]\(([^)]+)\)|\bsrc=\"([^\"]+)\"|`([\w/-]+\.(?:md|cff|yml|toml|txt|py|ipynb))`", text)
    names = ["".join(groups) for groups in found]
    return [name for name in names if "://" not in name and "NN_name" not in name and not (ROOT / name).is_file()]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_files_that_a_page_names_exist(page):
    assert missing_files((ROOT / page).read_text()) == []


def test_missing_files_are_caught():
    page = '[a](LICENSE) [b](gone) <img src="gone.png"> `gone.py` `README.md` [c](https://example.org)'
    assert missing_files(page) == ["gone", "gone.png", "gone.py"]


def test_ci_runs_everything():
    """`.ci/run` can be started, and it and the workflow run `make test`."""
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "make test" in (ROOT / ".ci/run").read_text().splitlines()
    commands = [step["run"] for step in WORKFLOW_DATA["jobs"]["test"]["steps"] if "run" in step]
    assert commands == ["make test PYTHON=python"]
    assert WORKFLOW_DATA["jobs"]["deploy"]["needs"] == "test"


def test_every_page_is_in_the_table_of_contents():
    listed = set(re.findall(r"book/[\w/]+", (ROOT / "_toc.yml").read_text()))
    assert listed == {str(page.relative_to(ROOT).with_suffix("")) for page in (ROOT / "book").rglob("*.md")}


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


NODE24 = {
    "actions/checkout": 5,
    "actions/setup-python": 6,
    "actions/configure-pages": 6,
    "actions/upload-pages-artifact": 5,
    "actions/deploy-pages": 5,
}
"""The first major release of each action that runs on Node 24; those before run on Node 20, which GitHub removes."""


def pin_problems(workflow: str) -> list[str]:
    """What is wrong with the actions of a workflow: not pinned by commit, or of a release that runs on Node 20."""
    problems = []
    for line in re.findall(r"uses: *(.+)", workflow):
        pin = re.fullmatch(r"([\w/-]+)@[0-9a-f]{40} # v(\d+)(\.\d+)*", line)
        if not pin:
            problems.append(f"{line}: expected owner/action@<commit of 40 hex digits> # v<version>")
        elif pin[1] not in NODE24:
            problems.append(f"{line}: add to NODE24 the first major release of {pin[1]} that runs on Node 24")
        elif int(pin[2]) < NODE24[pin[1]]:
            problems.append(f"{line}: runs on Node 20, expected v{NODE24[pin[1]]} or newer")
    return problems


def test_actions_are_pinned_by_commit_and_run_on_node_24():
    assert {line.split("@")[0] for line in re.findall(r"uses: *(.+)", WORKFLOW)} == set(NODE24)
    assert pin_problems(WORKFLOW) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("actions/checkout@v7", "expected owner/action@<commit"),
        (f"actions/checkout@{'a' * 40}", "expected owner/action@<commit"),
        (f"actions/checkout@{'a' * 40} # v4.2.2", "runs on Node 20, expected v5"),
        (f"actions/upload-pages-artifact@{'a' * 40} # v4.0.0", "runs on Node 20, expected v5"),
        (f"someone/action@{'a' * 40} # v9", "add to NODE24"),
    ],
)
def test_bad_pins_are_caught(line, problem):
    (found,) = pin_problems(f"      - uses: {line}\n")
    assert problem in found


def test_workflow_has_least_privilege():
    assert WORKFLOW_DATA["permissions"] == {"contents": "read"}
    wider = {name: job["permissions"] for name, job in WORKFLOW_DATA["jobs"].items() if "permissions" in job}
    assert wider == {"deploy": {"pages": "write", "id-token": "write"}}
    assert all("timeout-minutes" in job for job in WORKFLOW_DATA["jobs"].values())
    assert "secrets." not in WORKFLOW
    assert "pull_request_target" not in WORKFLOW


def test_no_file_names_a_machine_or_a_repository_address():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in listed.stdout.split() if not name.startswith("tests/")]
    private = re.compile(rb"/(work|root|home/[a-z]+|opt/pypi)/|github\.com/[\w-]+/ebmtools")
    assert [file.name for file in files if file.is_file() and private.search(file.read_bytes())] == []


def test_machine_check_parses_on_old_python():
    source = (ROOT / "tools/check_machine.py").read_text()
    ast.parse(source, feature_version=(3, 6))
    assert 'f"' not in source
    assert ":=" not in source


def test_machine_check_says_what_is_wrong(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import check_machine

    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    assert "Python 3.8 is too old" in check_machine.python_problem()
    monkeypatch.undo()
    monkeypatch.setattr(check_machine, "DISK_GB", 1e9)
    monkeypatch.setattr(check_machine, "reachable", lambda url, seconds: False)
    monkeypatch.setattr(sys, "argv", ["check_machine.py"])
    assert check_machine.main() == 1
    said = capsys.readouterr().err
    assert "GB are free" in said
    assert "cannot be reached" in said
