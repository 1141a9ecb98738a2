// Five bodies that pull each other, moved by a leapfrog whose step and masses the reader sets (chapter 10).
touch.widget("orbits", (panel) => {
  const { positions, velocities, softening } = touch.fixture.orbits;
  const n = positions.length, END = 3;
  let mass, dt, x, v, a, trails, steps, energies;

  const pull = () => {
    const found = x.map(() => [0, 0, 0]);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const apart = [0, 1, 2].map((k) => x[j][k] - x[i][k]);
        const squared = apart.reduce((sum, d) => sum + d * d, 0) + softening ** 2;
        for (let k = 0; k < 3; k++) found[i][k] += ((mass / n) * apart[k]) / squared ** 1.5;
      }
    return found;
  };
  const energy = () => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += (0.5 * mass * v[i].reduce((all, one) => all + one * one, 0)) / n;
      for (let j = i + 1; j < n; j++) {
        const squared = x[i].reduce((all, at, k) => all + (at - x[j][k]) ** 2, softening ** 2);
        sum -= (mass / n) ** 2 / Math.sqrt(squared);
      }
    }
    return sum;
  };
  const move = (to, by, share) => to.map((row, i) => row.map((at, k) => at + share * by[i][k]));
  const reset = () => {
    x = positions;
    v = velocities;
    a = pull();
    steps = 0;
    energies = [energy()];
    trails = x.map((at) => [at]);
  };
  // A tenth of the unit of time.
  const step = () => {
    if (steps * dt >= END - 1e-9) reset();
    for (let k = 0; k < Math.round(0.1 / dt); k++) {
      v = move(v, a, dt / 2);
      x = move(x, v, dt);
      a = pull();
      v = move(v, a, dt / 2);
      steps++;
      trails.forEach((trail, i) => trail.push(x[i]));
    }
    energies.push(energy());
  };

  const sky = new touch.Plot({
    x: { from: -5, to: 5, ticks: [-4, -2, 0, 2, 4], label: "x" }, y: { from: -5, to: 5, ticks: [-4, -2, 0, 2, 4], label: "y" }, height: 340,
    alt: "The paths of five bodies, seen from above",
  });
  const change = new touch.Plot({
    x: { from: 0, to: END, ticks: [0, 1, 2, 3], label: "time" },
    y: { from: 1e-6, to: 10, ticks: [1e-6, 1e-4, 1e-2, 1], label: "energy error", log: true, words: (at) => ({ 0.000001: "10⁻⁶", 0.0001: "10⁻⁴", 0.01: "10⁻²", 1: "1" })[at] },
    height: 180, alt: "The relative change of the energy against time",
  });
  panel.add(sky.root);
  panel.add(change.root);
  const draw = () => {
    const colors = ["blue", "orange", "green", "purple", "ink"];
    sky.show(
      ...trails.map((trail, i) => sky.line(trail, colors[i], { width: 2 })),
      ...x.map((at, i) => sky.dot(at, colors[i])),
    );
    const off = energies.map((now) => Math.abs(now / energies[0] - 1));
    change.show(change.line(off.map((value, k) => [k / 10, Math.max(value, 1e-7)]), "orange"));
    panel.say("Time {time}: the energy, which cannot change, has changed by {change} %.", {
      time: [steps * dt, 1], change: [100 * off.at(-1), 3],
    });
  };
  const changed = () => {
    mass = heavy();
    dt = fine();
    reset();
    draw();
    motion.nudge();
  };
  const heavy = panel.slider({ label: "Total mass", name: "mass", values: [1, 5, 20], start: 5, words: (value) => `M = ${value}`, changed });
  const fine = panel.slider({ label: "Time step", name: "dt", values: [0.0125, 0.025, 0.05, 0.1], start: 0.0125, words: (value) => `dt = ${value}`, changed });
  const motion = panel.motion({ step, draw, perSecond: 12, done: () => steps * dt >= END - 1e-9 });
  mass = heavy();
  dt = fine();
  reset();
  draw();
});
