// The energy 2 (y² - 1)² + 0.3 y and its density at inverse temperature beta (chapter 1).
touch.widget("two-valleys", (panel) => {
  const energy = (y) => 2 * (y * y - 1) ** 2 + 0.3 * y;
  const dy = 0.004;
  const ys = Array.from({ length: 1100 }, (_, k) => (k + 0.5) * dy - 2.2);
  const x = { from: -2, to: 2, ticks: [-2, -1, 0, 1, 2], label: "y" };
  const shown = ys.filter((y, k) => Math.abs(y) <= 2 && k % 4 === 0);

  const top = new touch.Plot({
    x, y: { from: -0.5, to: 4, ticks: [0, 2, 4], label: "energy" }, height: 180, alt: "The energy: two valleys",
  });
  const bottom = new touch.Plot({
    x, y: { from: 0, to: 2.5, ticks: [0, 1, 2], label: "density" }, height: 220, alt: "The density that it stands for",
  });
  panel.add(top.root);
  panel.add(bottom.root);
  top.show(top.line(shown.filter((y) => energy(y) <= 4).map((y) => [y, energy(y)]), "ink"));

  const draw = (beta) => {
    const weights = ys.map((y) => Math.exp(-beta * (energy(y) + 0.31)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const left = weights.slice(0, ys.length / 2).reduce((sum, weight) => sum + weight, 0) / total;
    const density = (y) => Math.exp(-beta * (energy(y) + 0.31)) / (total * dy);
    const points = shown.map((y) => [y, density(y)]);
    bottom.show(
      bottom.area(points.filter(([y]) => y < 0), "blue"),
      bottom.area(points.filter(([y]) => y >= 0), "orange"),
      bottom.line(points, "ink"),
    );
    panel.say("The left valley (blue) holds {left} % of the probability, and the right one {right} %. A state at y = −1 is {ratio} times as probable as one at y = +1.", {
      left: [100 * left, 1],
      right: [100 - 100 * left, 1],
      ratio: [Math.exp(0.6 * beta), 1],
    });
  };
  const values = Array.from({ length: 51 }, (_, k) => k / 10);
  const words = (beta) => `β = ${touch.number(beta, 1)}`;
  const read = panel.slider({ label: "Inverse temperature", name: "beta", values, start: 1, words, changed: draw });
  draw(read());
});
