"""The engine of the studies: nothing lost, nothing doubled, whatever fails or is killed, here and on a cluster."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).with_name("toy_study.py")
sys.path.insert(0, str(ROOT / "studies"))
import few_samples  # noqa: E402
import pursuit  # noqa: E402
import records  # noqa: E402
import when_to_use_what  # noqa: E402

KILLS = int(os.environ.get("KILLS", "2"))
"""How often a running sweep is killed; KILLS=100 takes some ten minutes."""


def start(folder: Path, *options: str, pause: float = 0.0) -> subprocess.Popen:
    """A sweep of the toy study, with its workers in a process group of their own."""
    environment = os.environ | {"TOY_PAUSE": str(pause), "TQDM_DISABLE": "1"}
    command = [sys.executable, str(TOY), "--folder", str(folder), *options]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, start_new_session=True, **quiet)


def finish(folder: Path, *options: str, pause: float = 0.0) -> tuple[int, str]:
    running = start(folder, *options, pause=pause)
    errors = running.communicate(timeout=120)[1]
    return running.returncode, errors


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "toy.jsonl").read_text().splitlines()]


def content(folder: Path) -> list[str]:
    """What the settings gave, without what it cost."""
    return sorted(json.dumps([record["key"], record["setting"], record["result"]]) for record in lines(folder))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    assert finish(folder, pause=0.2)[0] == 0
    return folder


def a_record(seed: int, **more) -> dict:
    setting = {"seed": seed}
    return {"key": records.key_of("toy", 1, setting), "setting": setting, "result": {"eps": 0.1 * seed}} | more


def test_half_a_line_is_cut_off_and_the_rest_kept(tmp_path):
    path = tmp_path / "toy.jsonl"
    with records.Store(path) as store:
        store.add(a_record(0))
        store.add(a_record(1))
    whole = path.read_bytes()
    for cut in range(whole.index(b"\n") + 1, len(whole)):  # every place in the second line
        path.write_bytes(whole[:cut])
        assert len(records.read(path)) == 1
        with records.Store(path) as store:
            assert len(store.keys) == 1
            store.add(a_record(1))
        assert path.read_bytes() == whole


def test_a_line_that_is_no_record_is_named(tmp_path):
    path = tmp_path / "toy.jsonl"
    path.write_text(json.dumps(a_record(0)) + "\nhello\n" + json.dumps(a_record(1)) + "\n")
    with pytest.raises(ValueError, match="line 2: b'hello' is no record"):
        records.Store(path)
    assert path.read_text().count("\n") == 3


def test_a_record_is_not_added_twice(tmp_path):
    with records.Store(tmp_path / "toy.jsonl") as store:
        store.add(a_record(0))
        with pytest.raises(ValueError, match="is there already"):
            store.add(a_record(0))


def test_failures_are_tried_again_where_one_asks(tmp_path):
    path = tmp_path / "toy.jsonl"
    with records.Store(path) as store:
        store.add(a_record(0))
        store.add(a_record(1, error="out of luck"))
    with records.Store(path) as store:
        assert (len(store.keys), store.failures) == (2, 1)
    with records.Store(path, again=True) as store:
        assert (len(store.keys), store.failures) == (1, 0)
        store.add(a_record(1))
    assert [record["setting"]["seed"] for record in records.read(path)] == [0, 1]


def test_a_second_sweep_is_refused_and_harms_nothing(tmp_path):
    first = start(tmp_path, pause=1.0)
    while not (tmp_path / "toy.jsonl").exists():
        time.sleep(0.05)
    code, errors = finish(tmp_path)
    assert code != 0
    assert "another sweep writes to it" in errors
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert len({record["key"] for record in lines(tmp_path)}) == len(lines(tmp_path)) == 12


def test_failures_and_deaths_are_recorded_and_the_sweep_goes_on(tmp_path):
    code, errors = finish(tmp_path, "--small")
    assert code != 0
    assert "2 settings have failed" in errors
    by_kind = {record["setting"]["what"]: record for record in lines(tmp_path)}
    assert len(lines(tmp_path)) == 5
    assert by_kind["fails"]["error"].startswith("ValueError: as it was told to (toy_study.py, line ")
    assert by_kind["dies"]["error"].startswith("the worker died 2 times while it computed this, last tcp://")
    assert {"result", "seconds", "peak_gb", "versions", "processor", "commit"} <= set(by_kind["good"])


@pytest.mark.parametrize("target", ["worker", "all"])
def test_kills_lose_and_double_nothing(tmp_path, undisturbed, target):
    """Kill -9 at random moments; then the same records as in a sweep that nobody disturbed."""
    chance, kept = random.Random(0), 0
    for _ in range(KILLS):
        running = start(tmp_path, pause=0.2)
        time.sleep(chance.uniform(2.0, 6.0))
        if target == "all":
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
        else:
            workers = [p for p in psutil.Process(running.pid).children(recursive=True) if not p.children()]
            if workers:
                chance.choice(workers).kill()
            running.communicate(timeout=120)
        keys = [record["key"] for record in records.read(tmp_path / "toy.jsonl")]
        assert len(set(keys)) == len(keys) >= kept
        kept = len(keys)
        if kept == 12:  # begin anew, so that every kill meets a running sweep
            assert content(tmp_path) == content(undisturbed)
            (tmp_path / "toy.jsonl").unlink()
            kept = 0
    assert finish(tmp_path, pause=0.2)[0] == 0
    assert content(tmp_path) == content(undisturbed)


@contextmanager
def elsewhere(folder: Path):
    """A scheduler and a worker started by themselves, as on a cluster: the scheduler's address, and its process."""
    file = folder / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'studies'}"}
    common = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    dask = [sys.executable, "-m", "dask"]
    processes = [subprocess.Popen([*dask, "scheduler", "--port", "0", "--scheduler-file", str(file)], **common)]
    try:
        while not file.exists() or not file.read_text():
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        alone = ["--nthreads", "1", "--no-dashboard", "--death-timeout", "5"]
        processes.append(subprocess.Popen([*dask, "worker", address, *alone], **common))
        yield address, processes[0]
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(timeout=30)


def test_a_worker_elsewhere_gives_the_same_records(tmp_path, undisturbed):
    with elsewhere(tmp_path) as (address, _):
        assert finish(tmp_path, "--scheduler", address, pause=0.2)[0] == 0
    assert content(tmp_path) == content(undisturbed)


def test_a_scheduler_that_dies_loses_nothing(tmp_path, undisturbed):
    with elsewhere(tmp_path) as (address, scheduler):
        running = start(tmp_path, "--scheduler", address, pause=0.2)
        while len(records.read(tmp_path / "toy.jsonl")) < 3:
            time.sleep(0.05)
        scheduler.kill()
        errors = running.communicate(timeout=60)[1]
    assert running.returncode != 0
    assert "the scheduler is gone. Start the study again to go on." in errors
    assert 3 <= len(records.read(tmp_path / "toy.jsonl")) < 12
    assert finish(tmp_path, pause=0.2)[0] == 0
    assert content(tmp_path) == content(undisturbed)


@pytest.mark.parametrize(
    "study", [few_samples.STUDY, pursuit.STUDY, when_to_use_what.STUDY], ids=lambda study: study.name
)
def test_the_records_are_those_of_the_study(study):
    found = records.read(ROOT / "results" / f"{study.name}.jsonl")
    assert [r["key"] for r in found] == [records.key_of(r["study"], r["version"], r["setting"]) for r in found]
    assert {r["key"] for r in found} == {study.key(setting) for setting in study.settings}


def test_a_record_can_be_made_again():
    """The convex fits of one record, which take no training steps."""
    setting = few_samples.Setting(300, 0)
    key = few_samples.STUDY.key(setting)
    record = next(r for r in records.read(ROOT / "results" / "few_samples.jsonl") if r["key"] == key)
    made = few_samples.compute(dataclasses.replace(setting, steps=20))
    for name in ("pairwise", "pursuit", "oracle"):
        assert made[name] == pytest.approx(record["result"][name], rel=1e-3)
        assert made[f"{name} penalty"] == record["result"][f"{name} penalty"]
    assert made["network epochs"] != record["result"]["network epochs"]
