// The Ising model on a square lattice, with a temperature to turn, beside what Onsager and Yang derived (chapter 2).
touch.widget("ising", (panel) => {
  const SIDE = 48;
  const N = SIDE * SIDE;
  const { random } = touch.generator(1);
  const spins = new Int8Array(N).fill(1);
  let temperature, sweeps = 0, trail = [];

  // K(k) by the arithmetic-geometric mean.
  const elliptic = (k) => {
    let a = 1, b = Math.sqrt(1 - k * k);
    for (let i = 0; i < 40; i++) [a, b] = [(a + b) / 2, Math.sqrt(a * b)];
    return Math.PI / (2 * a);
  };
  const onsager = (T) => {
    const b = 2 / T;
    const k = Math.min((2 * Math.sinh(b)) / Math.cosh(b) ** 2, 1 - 1e-15);
    return -(1 + (2 / Math.PI) * (2 * Math.tanh(b) ** 2 - 1) * elliptic(k)) / Math.tanh(b);
  };
  const yang = (T) => Math.max(1 - Math.sinh(2 / T) ** -4, 0) ** 0.125;

  const neighbours = (i) => {
    const row = i - (i % SIDE), column = i % SIDE;
    return spins[row + ((column + 1) % SIDE)] + spins[row + ((column + SIDE - 1) % SIDE)]
      + spins[(i + SIDE) % N] + spins[(i + N - SIDE) % N];
  };
  const measure = () => {
    let energy = 0, sum = 0;
    for (let i = 0; i < N; i++) {
      energy -= (spins[i] * neighbours(i)) / 2;
      sum += spins[i];
    }
    return { energy: energy / N, m: Math.abs(sum) / N };
  };
  const step = () => {
    for (let k = 0; k < N; k++) {
      const i = Math.floor(N * random());
      const change = 2 * spins[i] * neighbours(i);
      if (random() < 1 / (1 + Math.exp(change / temperature))) spins[i] = -spins[i];
    }
    sweeps++;
    trail.push({ T: temperature, ...measure() });
    trail = trail.slice(-40);
  };

  const canvas = panel.add(touch.element("canvas", {
    width: SIDE, height: SIDE, role: "img", class: "touch-lattice", "aria-label": "The lattice: spins up are blue, spins down are empty",
  }));
  const x = { from: 1.5, to: 3.5, ticks: [1.5, 2, 2.5, 3, 3.5], label: "temperature T" };
  const plots = {
    energy: new touch.Plot({ x, y: { from: -2, to: -0.5, ticks: [-2, -1.5, -1, -0.5], label: "energy per spin" }, height: 190, alt: "Energy per spin against temperature: Onsager's curve, and the lattice" }),
    m: new touch.Plot({ x, y: { from: 0, to: 1, ticks: [0, 0.5, 1], label: "|m| per spin" }, height: 190, alt: "Magnetisation against temperature: Yang's curve, and the lattice" }),
  };
  for (const plot of Object.values(plots)) panel.add(plot.root);
  const line = Array.from({ length: 401 }, (_, k) => 1.5 + k / 200);
  const curves = { energy: line.map((T) => [T, onsager(T)]), m: line.map((T) => [T, yang(T)]) };

  const paint = () => {
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.fillStyle = getComputedStyle(canvas).getPropertyValue("--drawing-blue");
    for (let i = 0; i < N; i++) if (spins[i] > 0) pen.fillRect(i % SIDE, Math.floor(i / SIDE), 1, 1);
  };
  const draw = () => {
    paint();
    const now = measure();
    for (const [name, plot] of Object.entries(plots)) {
      const old = trail.map((at) => plot.dot([at.T, at[name]], "quiet", 2));
      plot.show(plot.line(curves[name], "ink"), ...old, plot.dot([temperature, now[name]], "orange", 6));
    }
    panel.say("After {sweeps} sweeps: energy {energy} per spin (Onsager {onsager}), |m| {m} (Yang {yang}).", {
      sweeps: String(sweeps), energy: [now.energy, 3], onsager: [onsager(temperature), 3], m: [now.m, 3], yang: [yang(temperature), 3],
    });
  };
  const values = Array.from({ length: 41 }, (_, k) => Math.round(150 + 5 * k) / 100);
  const words = (T) => `T = ${touch.number(T, 2)}`;
  const changed = (T) => {
    temperature = T;
    draw();
    motion.nudge();
  };
  const read = panel.slider({ label: "Temperature", name: "temperature", values, start: 2, words, changed });
  const motion = panel.motion({ step, draw });
  panel.button("Random start", () => {
    for (let i = 0; i < N; i++) spins[i] = random() < 0.5 ? 1 : -1;
    trail = [];
    sweeps = 0;
    draw();
  });
  temperature = read();
  draw();
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
});
