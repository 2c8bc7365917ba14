// The interactive charts, drawn on a canvas in place of the static figures when their view is first shown.
// Vega empties elements by setting an empty text as markup, which the policy forbids as it does all markup from text.
Object.defineProperty(Element.prototype, "innerHTML", {
  configurable: true,
  set(text) {
    if (text !== "") throw new TypeError("markup from text");
    this.replaceChildren();
  },
});
const tip = make("div", undefined, "tip");
tip.hidden = true;
document.body.append(tip);
const showTip = (_, event, __, value) => {
  tip.hidden = !value;
  if (!value) return;
  tip.replaceChildren(...Object.entries(value).map(([key, text]) => make("div", `${key}: ${text}`)));
  tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${event.clientY + 12}px`;
};
const colorOf = (name) => {
  const probe = make("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};
// as many shapes as colors, so that a color is never the only carrier
const SHAPES = ["circle", "square", "triangle-up", "cross", "diamond", "triangle-right", "triangle-down", "triangle-left",
  "M0,-1L0.3,-0.3L1,0L0.3,0.3L0,1L-0.3,0.3L-1,0L-0.3,-0.3Z", "M-1,-1L1,1L1,-1L-1,1Z"];
const charts = new Map(); // what is drawn, by the name of its figure
const drawChart = async (figure) => {
  const ink = colorOf("ink"), line = colorOf("line"), box = figure.querySelector(".chart") ?? make("div", undefined, "chart");
  const text = {labelColor: ink, titleColor: ink, labelFont: "system-ui", titleFont: "system-ui", titleFontWeight: "normal"};
  const spec = structuredClone(data.charts[figure.dataset.chart]);
  figure.append(box);
  spec.autosize = {type: "fit-x", contains: "padding", resize: true};
  spec.width = Math.max(240, figure.clientWidth - 24);
  spec.background = null;
  spec.config = {
    axis: {...text, gridColor: line, domainColor: ink, tickColor: ink}, legend: {...text, orient: "top", columns: figure.clientWidth > 600 ? 3 : 2, labelLimit: 220},
    text: {color: ink}, view: {stroke: null},
    range: {category: SHAPES.map((_, place) => colorOf(`s${place}`)), symbol: SHAPES},
  };
  charts.get(figure.dataset.chart)?.finalize();
  const drawn = await vegaEmbed(box, spec, {mode: "vega-lite", ast: true, renderer: "canvas", actions: false, defaultStyle: false, tooltip: showTip});
  charts.set(figure.dataset.chart, drawn.view);
  figure.classList.add("charted");
  document.querySelector(".charting").hidden = false;
};
let charted = false;
const drawCharts = () => {
  if (byId("analyses").hidden) { charted = false; return; }
  charted = true;
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    drawChart(figure).catch((error) => { figure.classList.remove("charted"); console.warn(`chart: ${error}`); });
  }
};
const startCharts = () => {
  let later, width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return; // phones resize a page in height while it is scrolled
    width = innerWidth;
    clearTimeout(later);
    later = setTimeout(drawCharts, 200);
  });
  new MutationObserver(() => { if (!charted) drawCharts(); else if (byId("analyses").hidden) tip.hidden = true; })
    .observe(byId("analyses"), {attributes: true, attributeFilter: ["hidden"]});
  byId("theme").addEventListener("click", () => { charted = false; drawCharts(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { charted = false; drawCharts(); });
  drawCharts();
};
