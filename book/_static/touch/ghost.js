// A triple and a field make a coupling that is not there: the likelihood fit of a pairwise model (exercise 5.2).
touch.widget("ghost", (panel) => {
  const { shape, paint } = touch;
  // E = -xi s0 s1 s2 - h s2, all eight states.
  const correlation = (xi, h) => {
    let z = 0, sum = 0;
    for (const a of [-1, 1]) for (const b of [-1, 1]) for (const c of [-1, 1]) {
      const weight = Math.exp(xi * a * b * c + h * c);
      z += weight;
      sum += weight * a * b;
    }
    return sum / z;
  };
  const place = [[70, 190], [290, 190], [180, 50]];
  const picture = panel.add(shape("svg", {
    viewBox: "0 0 360 250", role: "img", class: "touch-plot",
    "aria-label": "Three spins, a shaded triangle for the triple, an arrow for the field, a dashed line for the ghost coupling",
  }));
  const draw = () => {
    const xi = readXi(), h = readH();
    // Spins 0 and 2, and 1 and 2, are uncorrelated: the whole correlation goes into one coupling.
    const together = correlation(xi, h);
    const coupling = Math.atanh(together);
    const corners = place.map((at) => at.join(",")).join(" ");
    const [[x0, y0], [x1, y1], [x2, y2]] = place;
    const marks = [shape("polygon", { points: corners, fill: paint("green"), "fill-opacity": 0.2 * xi })];
    if (coupling > 0.005) marks.push(shape("line", {
      x1: x0, y1: y0, x2: x1, y2: y1, stroke: paint("purple"), "stroke-width": 14 * Math.min(coupling, 1.2), "stroke-dasharray": "9 7",
    }));
    if (h > 0) {
      const tip = y2 + 6, from = tip - 46 * Math.min(h, 1.5) / 1.5;
      marks.push(shape("path", {
        d: `M${x2 + 40} ${tip + 20}V${from + 10}m-7 9l7 -9l7 9`, stroke: paint("blue"), "stroke-width": 3, fill: "none",
      }), shape("text", { x: x2 + 54, y: tip + 8, fill: paint("blue") }, "field h"));
    }
    place.forEach(([cx, cy], k) => {
      marks.push(shape("circle", { cx, cy, r: 20, style: "fill: var(--pst-color-background, #fff)", stroke: paint("ink"), "stroke-width": 2 }));
      marks.push(shape("text", { x: cx, y: cy + 5, "text-anchor": "middle", fill: paint("ink"), "font-style": "italic" }, `s${"₀₁₂"[k]}`));
    });
    marks.push(shape("text", { x: 180, y: 136, "text-anchor": "middle", fill: paint("green") }, "triple ξ"));
    marks.push(shape("text", { x: 180, y: 232, "text-anchor": "middle", fill: paint("purple") }, `the fit says J₀₁ = ${touch.number(coupling, 3)}`));
    picture.replaceChildren(...marks);
    panel.say("The pairwise fit reports a coupling of {coupling} between spins 0 and 1; the true one is 0. Their correlation is {correlation} = tanh ξ · tanh h.", {
      coupling: [coupling, 3], correlation: [together, 3],
    });
  };
  const values = Array.from({ length: 31 }, (_, k) => k / 20);
  const readXi = panel.slider({ label: "Triple", name: "xi", values, start: 0.5, words: (v) => `ξ = ${touch.number(v, 2)}`, changed: draw });
  const readH = panel.slider({ label: "Field on spin 2", name: "h", values, start: 0.5, words: (v) => `h = ${touch.number(v, 2)}`, changed: draw });
  draw();
});
