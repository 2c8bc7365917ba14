// The comparison of several runs: what changed between two columns, with the cases that flipped, both ways.
const pairState = {sort: "", down: false, open: new Set()};
const share = (value) => value === undefined ? "–" : `${Math.round(100 * value)} %`;
const signedOf = (value) => value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const suiteOf = (pair) => pair.suite ? `${pair.suite} / ${pair.strategy}` : "whole run";
const WORDS = {failed: "fell", undecided: "undecided", error: "error", skipped: "not compared"};
// a rise is shown where the whole interval is above zero; the test that gives p is of a drop
const wordOf = (pair) => pair.verdict !== "passed" ? WORDS[pair.verdict] ?? pair.verdict :
  pair.interval && pair.interval[0] > 0 ? "rose" : "no drop shown";
const CLASSES = {fell: "failed", error: "error", undecided: "undecided", rose: "passed"};

const PAIR_COLUMNS = [
  ["Suite", suiteOf, (pair) => suiteOf(pair)],
  ["Now", (pair) => pair.model, (pair) => pair.model],
  ["Before", (pair) => pair.before, (pair) => pair.before],
  ["Cases", (pair) => pair.pairs, (pair) => `${pair.pairs}`, "n"],
  ["Rate before", (pair) => pair.rates[0] ?? -1, (pair) => share(pair.rates[0]), "n"],
  ["Rate now", (pair) => pair.rates[1] ?? -1, (pair) => share(pair.rates[1]), "n"],
  ["Difference", (pair) => pair.difference ?? 0, (pair) => signedOf(pair.difference), "n"],
  ["Paired interval", (pair) => pair.interval?.[0] ?? 0, (pair) => pair.interval ? pair.interval.map(signedOf).join(" to ") : "–", "n"],
  ["Lost", (pair) => pair.counts[0], (pair) => `${pair.counts[0]}`, "n"],
  ["Gained", (pair) => pair.counts[1], (pair) => `${pair.counts[1]}`, "n"],
  ["p of a drop", (pair) => pair.p ?? 2, (pair) => pair.p === null ? "–" : `${pair.p}`, "n"],
  ["Verdict", wordOf, wordOf],
];

const flipList = (title, flips, pair) => {
  const box = make("div"), list = make("ul");
  box.append(make("h3", `${title}: ${flips.length}`));
  for (const [name, before, now] of flips) {
    const item = make("li"), link = make("a", name);
    link.href = addressOf({suite: pair.suite, strategy: pair.strategy, case: name});
    item.append(link, make("small", ` ${before ?? "no answer"} → ${now ?? "no answer"}`));
    list.append(item);
  }
  box.append(list);
  return box;
};
const pairRows = (pair, index) => {
  const row = make("tr"), open = pairState.open.has(pair);
  PAIR_COLUMNS.forEach(([, , text, align], place) => {
    const cell = make(place ? "td" : "th", place ? text(pair) : undefined, align);
    if (!place) {
      const button = make("button", text(pair), "toggle");
      cell.scope = "row";
      button.type = "button";
      button.setAttribute("aria-expanded", String(open));
      button.dataset.pair = index;
      button.addEventListener("click", () => {
        if (!pairState.open.delete(pair)) pairState.open.add(pair);
        drawPairs();
        byId("pairs").querySelector(`[data-pair="${index}"]`).focus({preventScroll: true});
      });
      cell.append(button);
    }
    if (place === PAIR_COLUMNS.length - 1) cell.replaceChildren(make("b", text(pair), CLASSES[text(pair)]));
    row.append(cell);
  });
  if (!open) return [row];
  const more = make("tr"), cell = make("td", undefined, "detail");
  cell.colSpan = PAIR_COLUMNS.length;
  cell.append(make("p", pair.reason, "facts"));
  if (pair.altered) cell.append(make("p", `${counted(pair.altered, "case")} of these ${pair.altered === 1 ? "is" : "are"} now asked or scored in another way.`, "facts"));
  const both = make("div", undefined, "both");
  if (pair.suite) both.append(flipList("Lost", pair.lost, pair), flipList("Gained", pair.gained, pair));
  cell.append(both);
  more.append(cell);
  return [row, more];
};

const drawPairs = () => {
  const kind = byId("pair-kind").value, words = byId("pair-q").value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = data.pairs.filter((pair) => pair.kind === kind);
  const shown = all.filter((pair) => (!byId("pair-changed").checked || pair.counts[0] || pair.counts[1]) &&
    words.every((word) => `${suiteOf(pair)} ${pair.model} ${pair.before}`.toLowerCase().includes(word)));
  const column = PAIR_COLUMNS.find(([name]) => name === pairState.sort);
  if (column) shown.sort((a, b) => compare(column[1](a), column[1](b)) * (pairState.down ? -1 : 1));
  const table = make("table", undefined, "pairs"), head = table.createTHead().insertRow();
  for (const [name, , , align] of PAIR_COLUMNS) {
    const cell = make("th", undefined, align), button = make("button", name, "sort");
    cell.scope = "col";
    button.type = "button";
    if (pairState.sort === name) cell.setAttribute("aria-sort", pairState.down ? "descending" : "ascending");
    button.addEventListener("click", () => {
      Object.assign(pairState, {down: pairState.sort === name && !pairState.down, sort: name});
      drawPairs();
      [...byId("pairs").querySelectorAll(".sort")].find((one) => one.textContent === name).focus();
    });
    cell.append(button);
    head.append(cell);
  }
  table.createTBody().append(...shown.flatMap((pair, index) => pairRows(pair, index)));
  byId("pairs").replaceChildren(table);
  byId("pair-count").textContent = `${shown.length} of ${counted(all.length, "comparison")}.`;
};
const startCompare = () => {
  if (!byId("compare")) return;
  for (const option of [...byId("pair-kind").options]) {
    option.disabled = !data.pairs.some((pair) => pair.kind === option.value);
  }
  byId("pair-filter").addEventListener("input", drawPairs);
  byId("pair-filter").addEventListener("submit", (event) => event.preventDefault());
  drawPairs();
};
