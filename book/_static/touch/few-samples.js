// Bias against noise: two fits to more and more samples, as the package computed them (chapter 5).
touch.widget("few-samples", (panel) => {
  const curves = touch.fixture["few-samples"];
  const sizes = curves[0].sizes.map((entry) => entry.M);
  const words = (M) => M.toLocaleString("en");
  const axes = new touch.Plot({
    x: { from: sizes[0] * 0.9, to: sizes.at(-1) * 1.1, log: true, ticks: [2000, 10000, 50000], words, label: "samples M" },
    y: { from: 0, to: 0.85, ticks: [0, 0.2, 0.4, 0.6, 0.8], label: "error ε of the couplings" },
    height: 270, alt: "Error of two fits against the number of samples",
  });
  panel.add(axes.root);
  const draw = () => {
    const curve = curves.find((each) => each.gamma === readGamma());
    const now = curve.sizes.find((entry) => entry.M === readM());
    const line = (name) => curve.sizes.map((entry) => [entry.M, entry[name]]);
    axes.show(
      axes.line([[sizes[0], curve.bias], [sizes.at(-1), curve.bias]], "blue", { width: 1.5, dash: "7 5" }),
      axes.line(line("noise"), "blue", { width: 1.5, dash: "2 4" }),
      axes.line(line("pairwise"), "blue"),
      axes.line(line("larger"), "orange"),
      axes.dot([now.M, now.pairwise], "blue", 6),
      axes.dot([now.M, now.larger], "orange", 6),
    );
    const ahead = now.pairwise < now.larger ? "The pairwise fit is ahead" : "The fit with all triples is ahead";
    panel.say("Pairwise fit (blue): ε = {pairwise} ± {pairwise_error}, with a bias (dashed) of {bias} and a noise (dotted) of {noise}. With all triples (orange): ε = {larger} ± {larger_error}. {ahead}.", {
      ...Object.fromEntries(["pairwise", "pairwise_error", "noise", "larger", "larger_error"].map((name) => [name, [now[name], 3]])),
      bias: [curve.bias, 3], ahead,
    });
  };
  const gammas = curves.map((curve) => curve.gamma);
  const readM = panel.slider({ label: "Samples", name: "M", values: sizes, start: sizes[0], words: (M) => `M = ${words(M)}`, changed: draw });
  const readGamma = panel.slider({ label: "Strength of the triples", name: "gamma", values: gammas, start: gammas.at(-1), words: (v) => `γ = ${v}`, changed: draw });
  draw();
});
