// A Metropolis chain on two wells, its steps of a size that the reader sets, and the histogram that it fills (chapter 2).
touch.widget("step-size", (panel) => {
  const f = (x) => Math.exp(-0.5 * ((x + 1.5) / 0.6) ** 2) + 0.5 * Math.exp(-0.5 * ((x - 1.5) / 0.8) ** 2);
  const z = Math.sqrt(2 * Math.PI) * (0.6 + 0.4); // for the curve alone: the chain does without
  const LOW = -4;
  const WIDTH = 0.25;
  const BINS = 34;
  const target = Array.from({ length: 171 }, (_, k) => [LOW + k / 20, f(LOW + k / 20) / z]);
  let sigma, random, normal, x, trace, counts, steps, accepted;

  const where = { from: LOW, to: LOW + BINS * WIDTH, ticks: [-4, -2, 0, 2, 4], label: "x" };
  const path = new touch.Plot({
    x: { from: 0, to: 200, ticks: [0, 100, 200], label: "the last 200 steps" },
    y: { from: -4, to: 4.5, ticks: [-2, 0, 2], label: "x" }, height: 170, alt: "The trace of the chain",
  });
  const filled = new touch.Plot({
    x: where, y: { from: 0, to: 0.6, ticks: [0, 0.2, 0.4, 0.6], label: "density" }, height: 220,
    alt: "The histogram of the chain and its target",
  });
  panel.add(path.root);
  panel.add(filled.root);

  const reset = () => {
    ({ random, normal } = touch.generator(1));
    x = -1.5;
    trace = [x];
    counts = new Array(BINS).fill(0);
    steps = accepted = 0;
  };
  const step = () => {
    for (let k = 0; k < 20; k++) {
      const y = x + sigma * normal();
      if (random() < f(y) / f(x)) {
        x = y;
        accepted++;
      }
      steps++;
      trace.push(x);
      const bin = Math.floor((x - LOW) / WIDTH);
      if (bin >= 0 && bin < BINS) counts[bin]++;
    }
    trace = trace.slice(-201);
  };
  const draw = () => {
    path.show(path.line(trace.map((value, k) => [k, value]), "blue", { width: 1.5 }));
    const bars = counts.flatMap((count, k) => {
      const height = steps ? count / (steps * WIDTH) : 0;
      return [[LOW + k * WIDTH, height], [LOW + (k + 1) * WIDTH, height]];
    });
    filled.show(filled.area(bars, "blue"), filled.line(bars, "blue", { width: 1 }), filled.line(target, "ink"));
    const left = counts.slice(0, -LOW / WIDTH).reduce((sum, count) => sum + count, 0);
    panel.say("Steps: {steps}. Accepted: {acceptance} %. At x < 0: {left} % of the states, where the target has {exact} %.", {
      steps: steps.toLocaleString("en"),
      acceptance: steps ? [(100 * accepted) / steps, 1] : "–",
      left: steps ? [(100 * left) / steps, 1] : "–",
      exact: [exact, 1],
    });
  };
  // The share of the target at x < 0.
  const all = Array.from({ length: 20000 }, (_, k) => -10 + (k + 0.5) / 1000);
  const mass = (xs) => xs.reduce((sum, at) => sum + f(at), 0);
  const exact = (100 * mass(all.filter((at) => at < 0))) / mass(all);

  const values = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 10, 20];
  const words = (value) => `σ = ${value}`;
  const changed = (value) => {
    sigma = value;
    reset();
    draw();
    motion.nudge();
  };
  const read = panel.slider({ label: "Step size", name: "sigma", values, start: 2, words, changed });
  const motion = panel.motion({ step, draw, done: () => steps >= 20000 });
  panel.button("Start again", () => {
    motion.stop();
    reset();
    draw();
  });
  sigma = read();
  reset();
  draw();
});
