"""The command that writes N-body data: its physics, its file, its errors."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "studies"))

import nbody  # noqa: E402

MASSES, SOFT = np.full(5, 0.2), 0.1
X, V = nbody.starts(200, 5, 0)


def change(dt, step=nbody.simulate):
    """Median relative change of energy after unit time."""
    xs, vs = step(X, V, MASSES, SOFT, dt, round(1 / dt))
    before, after = (nbody.energy(xs[:, k], vs[:, k], MASSES, SOFT) for k in (0, -1))
    return np.median(np.abs(after / before - 1))


def euler(x, v, masses, softening, dt, steps):
    """A wrong integrator, of first order."""
    xs, vs = [x], [v]
    for _ in range(steps):
        x, v = x + dt * v, v + dt * nbody.accelerations(x, masses, softening)
        xs.append(x)
        vs.append(v)
    return np.stack(xs, -3), np.stack(vs, -3)


def test_the_leapfrog_is_of_second_order_and_eulers_step_is_not():
    assert 1e-4 < change(0.1) < 5e-4
    assert 3.5 < change(0.1) / change(0.05) < 4.5
    assert not 3.5 < change(0.1, euler) / change(0.05, euler) < 4.5


def test_the_pull_is_minus_the_gradient_and_momentum_stays():
    shift, steepness = np.zeros((5, 3)), np.zeros(3)
    for axis in range(3):
        shift[:], shift[0, axis] = 0, 1e-5
        up, down = (nbody.energy(X[0] + s * shift, 0 * V[0], MASSES, SOFT) for s in (1, -1))
        steepness[axis] = (up - down) / 2e-5
    np.testing.assert_allclose(-steepness / MASSES[0], nbody.accelerations(X[0], MASSES, SOFT)[0], atol=1e-7)
    _, vs = nbody.simulate(X, V, MASSES, SOFT, 0.1, 10)
    assert np.abs((MASSES[:, None] * vs[:, -1]).sum(1)).max() < 1e-14


def test_the_table(tmp_path, capsys):
    file = tmp_path / "nbody.csv"
    nbody.main(["--simulations", "7", "--out", str(file), "--quiet"])
    assert file.read_text().splitlines()[0] == "N_sim,N_star,time_step,x,y,z,vx,vy,vz"
    frame = pd.read_csv(file)
    assert len(frame) == 7 * 5 * 11
    xs, vs = nbody.simulate(X[:7], V[:7], MASSES, SOFT, 0.1, 10)
    row = frame[(frame.N_sim == 3) & (frame.N_star == 2) & (frame.time_step == 10)]
    np.testing.assert_array_equal(row[["x", "y", "z"]].to_numpy()[0], xs[3, 10, 2])
    np.testing.assert_array_equal(row[["vx", "vy", "vz"]].to_numpy()[0], vs[3, 10, 2])
    assert "median" in capsys.readouterr().out
    assert [one.name for one in tmp_path.iterdir()] == ["nbody.csv"]


def test_the_first_simulations_do_not_depend_on_their_number(tmp_path, monkeypatch):
    monkeypatch.setattr(nbody, "BLOCK", 4)
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    nbody.main(["--simulations", "6", "--out", str(few), "--quiet"])
    nbody.main(["--simulations", "9", "--out", str(many), "--quiet"])
    assert many.read_text().startswith(few.read_text())
    nbody.main(["--simulations", "6", "--seed", "1", "--out", str(many), "--quiet"])
    assert many.read_text() != few.read_text()


def test_a_run_that_is_stopped_leaves_the_old_file_whole(tmp_path, monkeypatch):
    file = tmp_path / "nbody.csv"
    nbody.main(["--simulations", "2", "--out", str(file), "--quiet"])
    before = file.read_bytes()

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(nbody, "simulate", stop)
    with pytest.raises(KeyboardInterrupt):
        nbody.main(["--simulations", "5", "--out", str(file), "--quiet"])
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--bodies", "1"], "argument --bodies: got '1', expected int of at least 2"),
        (["--simulations", "many"], "argument --simulations: got 'many'"),
        (["--mass", "nan"], "argument --mass: got 'nan'"),
        (["--dt", "0"], "argument --dt: got '0'"),
        (["--time", "0.25"], "argument --time: got 0.25, expected a multiple of dt = 0.1"),
        (["--out", "no/such/folder/nbody.csv"], "argument --out: there is no folder no/such/folder"),
        (["--masses", "1"], "unrecognized arguments"),
    ],
)
def test_bad_arguments_are_refused_by_name(given, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        nbody.main(given)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_the_first_simulation_is_shown_frame_by_frame(tmp_path, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    frames = []
    monkeypatch.setattr(plt, "pause", lambda _: frames.append([len(line.get_xdata()) for line in plt.gca().lines]))
    nbody.main(["--simulations", "2", "--plot", "--quiet", "--out", str(tmp_path / "seen.csv")])
    plt.close("all")
    assert frames == [[k] * 5 for k in range(1, 12)]


def test_orbits_that_are_no_physics_say_so(tmp_path, capsys):
    nbody.main(["--mass", "20", "--simulations", "50", "--out", str(tmp_path / "heavy.csv"), "--quiet"])
    assert "not physics" in capsys.readouterr().err


def test_orbits_are_those_of_rebound():
    """Where rebound is installed (nothing else needs it): its integrator of high order, with the same softening."""
    rebound = pytest.importorskip("rebound")
    ends = np.empty((20, 5, 3))
    for k in range(20):
        simulation = rebound.Simulation()
        simulation.integrator, simulation.softening = "ias15", SOFT
        for x, v in zip(X[k], V[k], strict=True):
            simulation.add(m=0.2, x=x[0], y=x[1], z=x[2], vx=v[0], vy=v[1], vz=v[2])
        simulation.integrate(1.0)
        ends[k] = [(p.x, p.y, p.z) for p in simulation.particles]
    off = {
        dt: np.median(
            np.linalg.norm(nbody.simulate(X[:20], V[:20], MASSES, SOFT, dt, round(1 / dt))[0][:, -1] - ends, axis=-1)
        )
        for dt in (0.1, 0.05)
    }
    assert off[0.1] < 1e-3
    assert 3.5 < off[0.1] / off[0.05] < 4.5
