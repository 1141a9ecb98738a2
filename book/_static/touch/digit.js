// From noise to a digit: a Gibbs chain of the pairwise fit to handwritten digits, as the package ran it (chapter 3).
touch.widget("digit", (panel) => {
  const { shape, paint } = touch;
  const { frames, energies, kept, data_energy, data_spread } = touch.fixture.digit;
  // 16 hexadecimal digits are 64 pixels, row by row.
  const bits = (hex) => [...hex].flatMap((digit) => [8, 4, 2, 1].map((bit) => (parseInt(digit, 16) & bit ? 1 : 0)));
  const there = bits(kept);
  const last = frames.length - 1;
  let sweep = 0;

  const picture = panel.add(shape("svg", { viewBox: "-1 -1 162 162", role: "img", class: "touch-plot touch-digit", "aria-label": "The state of the chain, 8 by 8 pixels" }));
  const low = Math.floor(Math.min(...energies) / 20) * 20, high = Math.ceil(Math.max(...energies) / 20) * 20;
  const plot = new touch.Plot({
    x: { from: 0, to: last, ticks: [0, 20, 40, 60], label: "sweeps" },
    y: { from: low, to: high, ticks: [low, (low + high) / 2, high], label: "energy" }, height: 180,
    alt: "Energy against sweeps, and the band of the real digits",
  });
  panel.add(plot.root);
  const draw = () => {
    const ink = bits(frames[sweep]);
    picture.replaceChildren(
      ...ink.map((on, k) => shape("rect", {
        x: 20 * (k % 8), y: 20 * Math.floor(k / 8), width: 20, height: 20, "data-ink": on,
        fill: on ? paint("ink") : "none", stroke: paint("quiet"), "stroke-width": there[k] ? 0.6 : 0,
      })),
    );
    const band = [data_energy - data_spread, data_energy + data_spread].map((at) => plot.line([[0, at], [last, at]], "green", { width: 1.5, dash: "6 5" }));
    plot.show(...band, plot.line(energies.slice(0, sweep + 1).map((at, k) => [k, at]), "blue", { width: 1.5 }), plot.dot([sweep, energies[sweep]], "orange"));
    panel.say("Sweep {sweep} of {last}: energy {energy}. Real digits: {data} on average, with a spread of {spread} (dashed).", {
      sweep: String(sweep), last: String(last), energy: [energies[sweep], 1], data: [data_energy, 1], spread: [data_spread, 1],
    });
    read.set(sweep);
  };
  const changed = (to) => {
    motion.stop();
    sweep = to;
    draw();
  };
  const read = panel.slider({ label: "Sweep", name: "sweep", values: frames.map((_, k) => k), start: 0, words: String, changed });
  const step = () => {
    sweep = sweep < last ? sweep + 1 : 0;
  };
  const motion = panel.motion({ step, draw, perSecond: 6, done: () => sweep === last });
  draw();
});
