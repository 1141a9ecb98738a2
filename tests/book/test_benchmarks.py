"""The benchmark: its timing and its gates, the committed results, and the page that is drawn from them."""

import json
import re
import time
from pathlib import Path

import jupytext
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
NAMES = re.search(r"^BENCHES := (.+)$", MAKEFILE, re.M)[1].split()


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def load(name: str) -> dict:
    return json.loads((ROOT / "results" / f"{name}.json").read_text())


def races(measured) -> list[dict]:
    """All paired comparisons in a result, however deep."""
    if not isinstance(measured, dict):
        return []
    here = [measured] if {"seconds", "check"} <= set(measured) else []
    return here + [race for part in measured.values() for race in races(part)]


def problems(race: dict) -> list[str]:
    """What would make a comparison worthless: rounds missing, times or checks that are none."""
    counts = {len(times) for times in race["seconds"].values()}
    found = (
        [] if len(counts) == 1 and min(counts) >= 3 else [f"{sorted(counts)} rounds, expected as many for each, >= 3"]
    )
    found += [f"{name}: bad time" for name, times in race["seconds"].items() if not all(0 < t < 1e4 for t in times)]
    found += [f"{name}: not checked" for name in set(race["seconds"]) ^ set(race["check"])]
    return found + [f"{name}: bad check" for name, value in race["check"].items() if not np.isfinite(value)]


def test_every_script_has_a_committed_result_and_a_place_in_the_makefile():
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()}
    assert scripts == set(NAMES)
    assert [name for name in NAMES if not (ROOT / "results" / f"{name}.json").is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_result_says_where_it_comes_from(name):
    result = load(name)
    assert result["threads"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", result["date"])
    assert re.fullmatch(r"[0-9a-f]{7,}\+?|unknown", result["commit"])
    assert {"cpu", "cores", "vectors", "memory_gb", "system", "python"} == set(result["machine"])
    assert {"ebmtools", "dwave-samplers", "pseudolm", "ebmkit", "openjij"} <= set(result["versions"])
    assert [problem for race in races(result["measured"]) for problem in problems(race)] == []


@pytest.mark.parametrize("name", ["sampling", "fits", "rbm", "network", "coefficients", "limits", "losses"])
def test_result_has_races(name):
    assert races(load(name)["measured"])


def test_bad_race_is_caught():
    good = {"seconds": {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}, "check": {"a": 0.0, "b": 1.0}}
    assert problems(good) == []
    assert problems({**good, "check": {"a": 0.0}}) == ["b: not checked"]
    assert problems({**good, "check": {"a": 0.0, "b": float("nan")}}) == ["b: bad check"]
    assert len(problems({**good, "seconds": {"a": [1.0, 2.0, 3.0], "b": [0.0, 2.0]}})) == 2


def test_recorded_gaps_are_those_of_optima():
    for race in load("fits")["measured"].values():
        assert all(-1e-7 < gap < 1e-6 for name, gap in race["check"].items() if "ebmtools" in name)


def test_numbers_in_the_prose_of_the_page_are_settings_not_measurements():
    """What was measured is computed: plain text holds no unit of time, rate or memory, and no percentage."""
    page = jupytext.read(ROOT / "notebooks" / "speed.py")
    prose = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    measurement = r"\d+(\.\d+)? ?(ns|ms|s|seconds|times|GB|MB|Gflop/s|%)\b"
    assert re.search(measurement, "it takes 3 ns")
    assert re.search(measurement, prose) is None


def test_contenders_take_turns_and_the_first_call_is_checked_not_timed():
    from paired import paired

    calls = []

    def contender(name):
        calls.append(name)
        stop = time.process_time() + 0.001
        while time.process_time() < stop:
            pass
        return name

    result = paired({"a": lambda: contender("a"), "b": lambda: contender("b")}, lambda name, _: 7, 3, least=0.0)
    assert calls == ["a", "a", "b", "b", *("a", "b") * 3]
    assert result["check"] == {"a": 7, "b": 7}
    assert [len(times) for times in result["seconds"].values()] == [3, 3]
    assert min(min(times) for times in result["seconds"].values()) >= 0.001


def test_wrong_result_is_not_timed():
    from paired import paired, require

    timed = []
    with pytest.raises(AssertionError, match="b is wrong"):
        paired({"a": lambda: 1, "b": lambda: timed.append(1)}, lambda name, _: require(name == "a", "b is wrong") or 0)
    assert len(timed) == 1


def test_record_refuses_several_threads(monkeypatch):
    from record import record

    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with pytest.raises(SystemExit, match="make bench ONLY=sampling"):
        record("sampling", dict)


def test_machine_names_no_host():
    import platform

    from record import machine, rounded

    about = machine()
    assert platform.node() not in json.dumps(about) or len(platform.node()) < 4
    assert about["cores"] >= 1
    assert rounded({"a": [1.23456, 2], "b": "text"}) == {"a": [1.235, 2], "b": "text"}


def test_requirements_are_pinned():
    lines = (ROOT / "benchmarks" / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+==[\w.]+", line) for line in lines if not line.startswith("#"))
