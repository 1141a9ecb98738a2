// Figures to touch. A figure of class "touch touch-NAME" shows a still picture; where scripts run, NAME.js makes it live.
(() => {
  const base = document.currentScript.src.replace(/[^/]*$/, "");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // Numbers as people write them.
  const number = (value, digits) => value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "−");

  // Reproducible random numbers: mulberry32, and normals by Box and Muller.
  function generator(seed) {
    let state = seed >>> 0;
    const random = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return { random, normal };
  }

  // What a widget builds with: places in one figure, in the order in which they are asked for.
  class Panel {
    constructor(figure) {
      const still = figure.querySelector("img");
      this.root = element("div", { class: "touch-panel", role: "group", "aria-label": `Figure to touch. ${still.alt}` });
      this.controls = element("div", { class: "touch-controls" });
      this.words = element("p", { class: "touch-words", role: "status" });
      this.root.append(this.controls, this.words);
      figure.prepend(this.root);
      figure.classList.add("touch-live");
    }

    // Put a picture above the controls.
    add(picture) {
      this.root.insertBefore(picture, this.controls);
      return picture;
    }

    // A slider over a list of values. `words(value)` is what people read; `changed` is called on every move by a reader.
    // Returns a function that reads the value, with a method that sets it.
    slider({ label, name, values, start, words, changed }) {
      const output = element("span", { class: "touch-value" });
      const input = element("input", { type: "range", min: 0, max: values.length - 1, step: 1, name });
      const read = () => values[Number(input.value)];
      const tell = () => {
        output.textContent = words(read());
        input.setAttribute("aria-valuetext", words(read()));
      };
      read.set = (value) => {
        input.value = values.indexOf(value);
        tell();
      };
      read.set(start);
      input.addEventListener("input", () => {
        tell();
        changed(read());
      });
      this.controls.append(element("label", { class: "touch-slider" }, element("span", {}, label), input, output));
      return read;
    }

    button(label, pressed) {
      const button = element("button", { type: "button", class: "touch-button" }, label);
      button.addEventListener("click", pressed);
      this.controls.append(button);
      return button;
    }

    // Say what is seen. In the text {name} stands for a number, which comes as [value, digits] or as words.
    say(text, values = {}) {
      const parts = text.split(/\{([\w-]+)\}/).map((part, k) => {
        if (k % 2 === 0) return part;
        const value = values[part];
        return element("b", { "data-value": part }, Array.isArray(value) ? number(...value) : value);
      });
      this.words.replaceChildren(...parts);
    }

    // Buttons Run and Step, and what makes them go. Nothing moves before it is asked to.
    motion({ step, draw, perSecond = 30, done = () => false }) {
      let running = false;
      let last = 0;
      const set = (on) => {
        running = on;
        run.textContent = on ? "Pause" : "Run";
        this.words.setAttribute("aria-live", on ? "off" : "polite");
        if (on) requestAnimationFrame(frame);
        draw(); // once more: a screen reader hears where it stopped
      };
      const frame = (now) => {
        if (!running) return;
        if (now - last >= 1000 / perSecond) {
          last = now;
          step();
          draw();
          if (done()) return set(false);
        }
        requestAnimationFrame(frame);
      };
      const run = this.button("Run", () => set(!running));
      this.button("Step", () => {
        if (running) set(false);
        step();
        draw();
      });
      return {
        stop: () => running && set(false),
        // For a slider: start by itself, unless the reader wants no motion.
        nudge: () => running || calm.matches || set(true),
      };
    }
  }

  const live = { Panel, element, number, generator };

  // Load a script of this folder once.
  const loading = {};
  const load = (name) =>
    (loading[name] ??= new Promise((resolve, reject) => {
      const script = element("script", { src: `${base}${name}.js` });
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${name}.js could not be loaded`));
      document.head.append(script);
    }));

  // NAME.js hands in its widget: a function that fills a panel.
  const widgets = {};
  live.widget = (name, build) => (widgets[name] = build);
  window.touch = live;

  async function start(figure) {
    const name = [...figure.classList].find((each) => each.startsWith("touch-")).slice("touch-".length);
    await load("plot");
    await load("fixture");
    await load(name);
    widgets[name](new Panel(figure));
  }

  const figures = document.querySelectorAll("figure.touch");
  if (figures.length) document.head.append(element("link", { rel: "stylesheet", href: `${base}touch.css` }));
  figures.forEach(start);
})();
