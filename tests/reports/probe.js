// Put before everything else of a page by the test that opens it; what it finds is left in the page for the test to read.
"use strict";
const seen = { errors: [] };
addEventListener("error", (event) => seen.errors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => seen.errors.push(String(event.reason)));
for (const kind of ["error", "warn"]) {
  const own = console[kind];
  console[kind] = (...what) => { seen.errors.push(what.map(String).join(" ")); own.apply(console, what); };
}
addEventListener("load", () => setTimeout(() => {
  const colours = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let n = 0; n < data.length; n += 4) if (data[n + 3] > 0) found.add(`${data[n]},${data[n + 1]},${data[n + 2]},${data[n + 3]}`);
    return found.size;
  };
  const data = JSON.parse(document.getElementById("data").textContent);
  seen.charts = {};
  for (const figure of document.querySelectorAll("figure.chart")) {
    const canvas = figure.querySelector("canvas");
    seen.charts[figure.id] = {
      colours: canvas ? colours(canvas) : 0,
      rows: figure.querySelectorAll("details tbody tr").length,
      summary: figure.querySelector("summary").textContent,
      label: figure.querySelector(".plot").getAttribute("aria-label"),
    };
  }
  seen.points = data.points.length;
  seen.curve = Math.max(0, ...data.curves.map((curve) => curve.us.length));
  seen.hurt = window.hurt ?? null;
  seen.requests = performance.getEntriesByType("resource").map((entry) => entry.name);
  seen.wider = document.documentElement.scrollWidth > innerWidth;
  // The filter.
  const shown = () => [...document.querySelectorAll("#examples tbody tr")].filter((row) => !row.hidden).length;
  const form = document.getElementById("filter");
  if (form) {
    const set = (id, value) => {
      const at = document.getElementById(id);
      at.value = value;
      at.dispatchEvent(new Event("input", { bubbles: true }));
    };
    seen.filter = { all: shown() };
    set("by-class", "=duplicated");
    seen.filter.duplicated = shown();
    seen.filter.told = document.getElementById("found").textContent;
    set("by-class", "");
    set("by-text", "did not come");
    seen.filter.text = shown();
    set("by-text", "");
    seen.filter.again = shown();
  }
  // Arrows move the cursor of a chart.
  const plot = document.querySelector("#chart-latency .plot");
  if (plot) {
    plot.focus();
    plot.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  }
  setTimeout(() => {
    seen.cursor = plot ? plot.querySelector(".u-legend .u-value").textContent : null;
    // The theme.
    const ground = () => getComputedStyle(document.body).backgroundColor;
    seen.theme = [ground()];
    const button = document.getElementById("theme");
    for (let n = 0; n < 3; n++) { button.click(); seen.theme.push(button.textContent + " " + ground()); }
    dispatchEvent(new Event("beforeprint"));
    seen.printed = getComputedStyle(document.body).backgroundColor;
    dispatchEvent(new Event("afterprint"));
    seen.canvases = document.querySelectorAll("figure.chart canvas").length;
    const pre = document.createElement("pre");
    pre.id = "probe";
    pre.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
    document.body.append(pre);
  }, 50);
}, 50));
