// Draws the charts of the page, filters its examples and switches its theme. Everything it shows stands in the page already; nothing is
// asked of any network. Text of the target is only ever set as text.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // ---- For people -------------------------------------------------------------------------------------------------------------
  const time = (us) => {
    if (us == null) return "–";
    if (us < 1e3) return +us.toPrecision(3) + " µs";
    if (us < 1e6) return +(us / 1e3).toPrecision(3) + " ms";
    return +(us / 1e6).toPrecision(3) + " s";
  };
  const count = (n) => (n == null ? "–" : n.toLocaleString("en"));
  const short = (n) => {
    if (n >= 1e6) return +(n / 1e6).toPrecision(3) + "M";
    return n >= 1e4 ? +(n / 1e3).toPrecision(3) + "k" : String(+n.toPrecision(4));
  };
  const moment = (s) => {
    const two = (n) => String(n).padStart(2, "0");
    const [h, m, sec] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, Math.floor(s) % 60];
    return h > 0 ? `${h}:${two(m)}:${two(sec)}` : `${m}:${two(sec)}`;
  };
  const percentile = (oneIn) => {
    if (oneIn <= 1) return "0 %";
    const digits = Math.max(0, Math.ceil(Math.log10(oneIn)) - 2);
    return (100 - 100 / oneIn).toFixed(digits) + " %";
  };

  // ---- Charts -----------------------------------------------------------------------------------------------------------------
  const HEIGHT = 280;
  const points = data.points;
  const seconds = points.map((p) => p.second);
  const column = (key) => points.map((p) => p[key]);
  const sync = uPlot.sync("time");

  // A line that is one point long would not be seen.
  const line = (label, colour, values, value, more) => Object.assign({
    label, stroke: css(colour), width: 1.75, value: (_, v) => value(v),
    points: { show: values.length < 40, size: 5, fill: css(colour) }, spanGaps: false,
  }, more);
  const axis = (more) => Object.assign({
    stroke: css("--soft"), font: "12px system-ui, sans-serif",
    grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 },
  }, more);
  const timeAxis = () => axis({ values: (_, at) => at.map(moment), space: 60, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400] });
  const timeScale = { time: false, range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) };
  const timeSeries = { label: "time", value: (_, v) => (v == null ? "–" : moment(v)) };
  const fromZero = { range: (_, min, max) => [0, max > 0 ? max * 1.08 : 1] };

  // Round numbers of latency: 1, 2 and 5 times each power of ten, or the powers alone where there are many.
  const latencySplits = (u, i, min, max) => {
    const decades = Math.log10(max / min);
    const all = [];
    for (let n = Math.floor(Math.log10(min)); n <= Math.ceil(Math.log10(max)); n++) {
      for (const times of decades > 3 ? [1] : [1, 2, 5]) {
        const at = times * 10 ** n;
        if (at >= min && at <= max) all.push(at);
      }
    }
    return all;
  };
  const latencyAxis = () => axis({ splits: latencySplits, filter: (_, s) => s, values: (_, at) => at.map(time), size: 64 });
  const latencyScale = (values) => {
    const seen = values.flat().filter((v) => v > 0);
    let [min, max] = [Infinity, 0];
    for (const v of seen) { min = Math.min(min, v); max = Math.max(max, v); }
    // A bound far beyond all that was seen would leave no room for it.
    for (const level of data.levels) if (level.us < max * 20 && level.us > min / 20) { min = Math.min(min, level.us); max = Math.max(max, level.us); }
    if (!seen.length) [min, max] = [1, 10];
    return { distr: 3, log: 10, range: [min / 1.25, max * 1.25] };
  };

  // The thresholds' bounds, across a chart of latency.
  const levels = (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = css("--bad");
    ctx.lineWidth = devicePixelRatio;
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const level of data.levels) {
      const y = u.valToPos(level.us, "y", true);
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.fillText(level.expression, bbox.left + 6 * devicePixelRatio, y - 3 * devicePixelRatio);
    }
    ctx.restore();
  };

  const latencyChart = () => {
    const values = ["max", "p99", "p50"].map(column);
    return [{
      scales: { x: timeScale, y: latencyScale(values) },
      series: [timeSeries, line("max", "--three", values[0], time, { dash: [5, 3] }), line("p99", "--two", values[1], time), line("p50", "--one", values[2], time)],
      axes: [timeAxis(), latencyAxis()], hooks: { draw: [levels] }, cursor: { sync: { key: sync.key } },
    }, [seconds, ...values]];
  };

  const curveChart = () => {
    const longest = data.curves.reduce((a, b) => (b.us.length > a.us.length ? b : a));
    const values = data.curves.map((c) => longest.one_in.map((_, n) => c.us[n] ?? null));
    const most = longest.one_in[longest.one_in.length - 1];
    const colours = ["--two", "--one", "--three"];
    const marks = (u) => {
      const all = [1, 2, 4, 10, 20];
      for (let n = 100; n <= most * 1.01; n *= 10) all.push(n);
      return all.filter((n) => n <= most && (u.width > 560 || n === 1 || (n >= 10 && n !== 20)));
    };
    return [{
      scales: { x: { time: false, distr: 3, log: 10, range: [1, Math.max(most, 2)] }, y: latencyScale(values) },
      series: [{ label: "percentile", value: (_, v) => (v == null ? "–" : percentile(v)) },
        ...data.curves.map((c, n) => line(c.name, colours[n], values[n], time, n === 2 ? { dash: [5, 3] } : {}))],
      axes: [axis({ splits: marks, filter: (_, s) => s, values: (_, at) => at.map(percentile), space: 30 }), latencyAxis()],
      hooks: { draw: [levels] },
    }, [longest.one_in, ...values]];
  };

  // A cell for each half octave of each point: the logarithm of how many deliveries it has decides its depth.
  const cells = (u) => {
    const { ctx, bbox } = u;
    let most = 1;
    for (const p of points) for (const n of p.buckets) most = Math.max(most, n);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = css("--one");
    points.forEach((p) => {
      const left = Math.round(u.valToPos(p.second - data.each / 2, "x", true));
      const right = Math.round(u.valToPos(p.second + data.each / 2, "x", true));
      p.buckets.forEach((n, k) => {
        if (n === 0) return;
        const low = Math.round(u.valToPos(2 ** ((p.first + k) / 2), "y", true));
        const high = Math.round(u.valToPos(2 ** ((p.first + k + 1) / 2), "y", true));
        ctx.globalAlpha = most > 1 ? 0.12 + 0.88 * (Math.log(n) / Math.log(most)) : 1;
        ctx.fillRect(left, high, Math.max(1, right - left), Math.max(1, low - high));
      });
    });
    ctx.restore();
  };

  const heatChart = () => {
    const with_any = points.filter((p) => p.buckets.length);
    const min = Math.min(...with_any.map((p) => p.first));
    const max = Math.max(...with_any.map((p) => p.first + p.buckets.length));
    const half = data.each / 2;
    return [{
      scales: { x: { time: false, range: (_, a, b) => [a - half, b + half] }, y: { distr: 3, log: 10, range: [2 ** (min / 2) / 1.05, 2 ** (max / 2) * 1.05] } },
      series: [timeSeries, Object.assign(line("max", "--three", [], time), { paths: () => null, points: { show: false } }),
        Object.assign(line("deliveries/s", "--one", [], count), { paths: () => null, points: { show: false }, scale: "n" })],
      axes: [timeAxis(), latencyAxis()], hooks: { drawAxes: [cells], draw: [levels] }, cursor: { sync: { key: sync.key } },
    }, [seconds, column("max"), column("delivered")]];
  };

  const deliveriesChart = () => {
    const [expected, delivered, violations] = ["expected", "delivered", "violations"].map(column);
    const series = [timeSeries];
    const values = [seconds];
    if (expected.some((n) => n != null)) {
      series.push(line("expected/s", "--three", expected, count, { dash: [5, 3] }));
      values.push(expected);
    }
    series.push(line("delivered/s", "--one", delivered, count));
    values.push(delivered);
    if (violations.some((n) => n > 0)) {
      series.push(line("violations/s", "--bad", violations, count, { fill: css("--bad") + "33", paths: uPlot.paths.bars({ size: [0.8, 24] }), points: { show: false } }));
      values.push(violations);
    }
    return [{ scales: { x: timeScale, y: fromZero }, series, axes: [timeAxis(), axis({ values: (_, at) => at.map(short), size: 64 })], cursor: { sync: { key: sync.key } } }, values];
  };

  const pushesChart = () => {
    const values = ["sent", "accepted"].map(column);
    return [{
      scales: { x: timeScale, y: fromZero },
      series: [timeSeries, line("sent/s", "--three", values[0], count, { dash: [5, 3] }), line("accepted/s", "--one", values[1], count)],
      axes: [timeAxis(), axis({ values: (_, at) => at.map(short), size: 64 })], cursor: { sync: { key: sync.key } },
    }, [seconds, ...values]];
  };

  const socketsChart = () => {
    const wanted = points.map(() => data.wanted);
    return [{
      scales: { x: timeScale, y: fromZero },
      series: [timeSeries, line("wanted", "--three", wanted, count, { dash: [5, 3], points: { show: false } }), line("connected", "--one", column("connected"), count)],
      axes: [timeAxis(), axis({ values: (_, at) => at.map(short), size: 64 })], cursor: { sync: { key: sync.key } },
    }, [seconds, wanted, column("connected")]];
  };

  const kinds = {
    "chart-latency": latencyChart, "chart-curve": curveChart, "chart-heat": heatChart,
    "chart-deliveries": deliveriesChart, "chart-pushes": pushesChart, "chart-sockets": socketsChart,
  };
  let drawn = [];
  const draw = (width) => {
    for (const u of drawn) u.destroy();
    drawn = [];
    for (const [id, make] of Object.entries(kinds)) {
      const at = document.querySelector(`#${id} .plot`);
      if (!at) continue;
      const [options, values] = make();
      drawn.push(new uPlot(Object.assign(options, { width: width || at.clientWidth, height: HEIGHT }), values, at));
    }
  };
  // The arrows move the cursor of a chart, as a pointer does.
  document.querySelectorAll(".plot").forEach((at) => at.addEventListener("keydown", (event) => {
    const u = drawn.find((one) => at.contains(one.root));
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!u || !step) return;
    event.preventDefault();
    const last = u.data[0].length - 1;
    const from = u.cursor.idx == null ? (step > 0 ? -1 : last + 1) : u.cursor.idx;
    const to = Math.max(0, Math.min(last, from + step * (event.shiftKey ? 10 : 1)));
    u.setCursor({ left: u.valToPos(u.data[0][to], "x"), top: u.over.clientHeight / 2 });
  }));

  // ---- The examples -----------------------------------------------------------------------------------------------------------
  const form = document.getElementById("filter");
  if (form) {
    form.hidden = false;
    const rows = [...document.querySelectorAll("#examples tbody tr")];
    const picks = ["class", "event", "user"].map((key) => {
      const select = document.getElementById("by-" + key);
      for (const value of new Set(rows.map((row) => row.dataset[key]))) {
        const option = document.createElement("option");
        option.value = "=" + value;
        option.textContent = value;
        select.append(option);
      }
      return [key, select];
    });
    const text = document.getElementById("by-text");
    const filter = () => {
      const sought = text.value.trim().toLowerCase();
      let found = 0;
      for (const row of rows) {
        const fits = picks.every(([key, select]) => !select.value || select.value === "=" + row.dataset[key]);
        row.hidden = !(fits && row.textContent.toLowerCase().includes(sought));
        if (!row.hidden) found++;
      }
      document.getElementById("found").textContent = `${found} of ${rows.length} shown`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }

  // ---- Theme, size, print -----------------------------------------------------------------------------------------------------
  const button = document.getElementById("theme");
  const themes = ["system", "dark", "light"];
  const set = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.textContent = "Theme: " + theme;
    draw();
  };
  button.hidden = false;
  button.addEventListener("click", () => set(themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length]));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    for (const u of drawn) u.setSize({ width: u.root.parentElement.clientWidth, height: HEIGHT });
  });
  let before = "system";
  addEventListener("beforeprint", () => {
    before = root.dataset.theme || "system";
    root.dataset.theme = "light";
    draw(660);
  });
  addEventListener("afterprint", () => set(before));
  draw();
})();
