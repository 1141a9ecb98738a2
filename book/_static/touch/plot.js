// Plots of the figures to touch: SVG whose colours are the page's own, so that they follow it into the dark.
(() => {
  const WIDTH = 360;
  const MARGIN = { left: 60, right: 16, top: 12, bottom: 42 };

  function shape(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // A drawing colour as CSS. Where there is no page, as in a still picture, the fallback serves.
  const COLORS = { ink: "#222", quiet: "#767676", blue: "#0072b2", orange: "#b84f00", green: "#00734f", purple: "#a8497f" };
  const paint = (color) => `var(--drawing-${color}, ${COLORS[color]})`;

  class Plot {
    // x and y: { from, to, ticks, label, log, words }. The alt text says what kind of picture this is.
    constructor({ x, y, height, alt }) {
      const { left, right, top, bottom } = MARGIN;
      this.x = scale(x, left, WIDTH - right);
      this.y = scale(y, height - bottom, top);
      this.root = shape("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": alt, class: "touch-plot" });
      this.inside = shape("g", {});
      const axes = shape("g", { stroke: paint("ink"), fill: "none" });
      const write = (attributes, text) =>
        axes.append(shape("text", { stroke: "none", fill: paint("ink"), ...attributes }, text));
      axes.append(shape("path", { d: `M${left} ${top}V${height - bottom}H${WIDTH - right}` }));
      for (const tick of x.ticks) {
        const at = this.x(tick);
        axes.append(shape("path", { d: `M${at} ${height - bottom}v5` }));
        write({ x: at, y: height - bottom + 18, "text-anchor": "middle" }, words(x, tick));
      }
      for (const tick of y.ticks) {
        const at = this.y(tick);
        axes.append(shape("path", { d: `M${left} ${at}h-5` }));
        write({ x: left - 8, y: at + 5, "text-anchor": "end" }, words(y, tick));
      }
      write({ x: (left + WIDTH - right) / 2, y: height - 6, "text-anchor": "middle" }, x.label);
      const middle = (top + height - bottom) / 2;
      const turn = `rotate(-90 13 ${middle})`;
      write({ x: 13, y: middle, "text-anchor": "middle", transform: turn }, y.label);
      this.root.append(axes, this.inside);
    }

    show(...marks) {
      this.inside.replaceChildren(...marks);
    }

    path(points) {
      return points.map(([x, y], k) => `${k ? "L" : "M"}${this.x(x).toFixed(1)} ${this.y(y).toFixed(1)}`).join("");
    }

    line(points, color, { width = 2.5, dash = "" } = {}) {
      const style = { stroke: paint(color), "stroke-width": width, "stroke-dasharray": dash };
      return shape("path", { d: this.path(points), fill: "none", "stroke-linejoin": "round", ...style });
    }

    // Filled down to the horizontal axis.
    area(points, color) {
      const floor = this.y.from;
      const closed = [[points[0][0], floor], ...points, [points.at(-1)[0], floor]];
      return shape("path", { d: `${this.path(closed)}Z`, fill: paint(color), "fill-opacity": 0.3 });
    }

    dot([x, y], color, radius = 5) {
      return shape("circle", { cx: this.x(x), cy: this.y(y), r: radius, fill: paint(color) });
    }

    text([x, y], words, color, anchor = "start") {
      return shape("text", { x: this.x(x), y: this.y(y), fill: paint(color), "text-anchor": anchor }, words);
    }
  }

  const words = (axis, tick) => (axis.words ? axis.words(tick) : String(tick).replace("-", "−"));

  // From values to pixels; what lies outside is put on the edge.
  function scale({ from, to, log }, first, last) {
    const turn = log ? Math.log : (value) => value;
    const place = (value) => {
      const share = (turn(value) - turn(from)) / (turn(to) - turn(from));
      return first + Math.min(Math.max(share, 0), 1) * (last - first);
    };
    return Object.assign(place, { from, to });
  }

  Object.assign(window.touch, { Plot, shape, paint });
})();
