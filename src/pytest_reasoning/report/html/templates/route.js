// The address says what is shown, so that a link leads to it and a reload keeps it.
const TABS = ["overview", "cases", "analyses", "compare"].filter((id) => byId(id)); // only several runs are compared
const VIEWS = [...TABS, "case"];
let fromList = false, lastFilter;

const addressOf = (values) => {
  const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== false && value !== undefined);
  return `#${new URLSearchParams(kept)}`;
};
const filterValues = () => ({
  view: "cases",
  ...Object.fromEntries(Object.entries(fields).map(([id, field]) => [id, field.type === "checkbox" ? (field.checked ? "1" : "") : field.value])),
  sort: matrix.sort, down: matrix.down ? "1" : "",
});
const replaceAddress = (address) => history.replaceState(null, "", address);

const show = (view) => {
  for (const id of VIEWS) byId(id).hidden = id !== view;
  byId("filter").hidden = view !== "cases";
  for (const id of TABS) {
    if (id === view || (id === "cases" && view === "case")) byId(`to-${id}`).setAttribute("aria-current", "page");
    else byId(`to-${id}`).removeAttribute("aria-current");
  }
};
const applyFilter = () => {
  lastFilter = addressOf(filterValues());
  filterCases((key, down) => {
    Object.assign(matrix, {sort: key, down});
    applyFilter();
    replaceAddress(lastFilter);
  });
};
const toCases = (values) => { location.hash = addressOf({view: "cases", ...values}); };
const keyOfCase = (found) => ({suite: found.suite, strategy: found.strategy, case: found.case});
const open = (found) => { fromList = true; location.hash = addressOf(keyOfCase(found)); };
const close = () => { if (fromList) history.back(); else location.hash = lastFilter ?? "#view=cases"; };

const showCase = (found) => {
  const place = matrix.matches.indexOf(found);
  if (place >= 0) matrix.at = place;
  const go = (other) => other && (() => { replaceAddress(addressOf(keyOfCase(other))); showCase(other); });
  caseView(found, [["← Back", close], ["Previous", go(matrix.matches[place - 1])], ["Next", place < 0 ? undefined : go(matrix.matches[place + 1])]]);
  show("case");
  scrollTo(0, 0);
  byId("case").focus({preventScroll: true});
};

const route = () => {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has("case")) {
    if (!lastFilter) applyFilter();
    const found = data.cases.find((one) => one.case === wanted.get("case") &&
      ["suite", "strategy"].every((key) => !wanted.has(key) || one[key] === wanted.get(key)));
    if (found) return showCase(found);
  }
  const anchor = /^#[a-z]+$/.test(location.hash) && byId("analyses").querySelector(location.hash) ? location.hash.slice(1) : wanted.get("at");
  const filtered = Object.keys(fields).some((id) => wanted.has(id));
  const view = anchor ? "analyses" : VIEWS.includes(wanted.get("view")) ? wanted.get("view") : filtered ? "cases" : "overview";
  const before = lastFilter, at = matrix.at, top = matrix.top ?? 0;
  if (view === "cases") {
    for (const [id, field] of Object.entries(fields)) {
      if (field.type === "checkbox") field.checked = wanted.get(id) === "1";
      else field.value = wanted.get(id) ?? "";
    }
    Object.assign(matrix, {sort: wanted.get("sort") ?? "", down: wanted.get("down") === "1"});
  }
  show(view === "case" ? "cases" : view);
  if (view === "cases" || view === "case") {
    applyFilter();
    if (fromList && before === lastFilter) { matrix.box.scrollTop = top; select(at); }
  }
  fromList = false;
  if (anchor) byId(anchor)?.scrollIntoView();
};

const onKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && typing) { typing.blur(); return; }
  if (typing) return;
  const inCase = !byId("case").hidden, inCases = !byId("cases").hidden;
  const step = {j: 1, k: -1, ArrowDown: 1, ArrowUp: -1}[event.key];
  if (event.key === "Escape" && inCase) close();
  else if (event.key === "/") {
    event.preventDefault();
    if (!inCases) { location.hash = "#view=cases"; route(); }
    fields.q.focus();
  } else if (TABS[event.key - 1]) location.hash = `#view=${TABS[event.key - 1]}`;
  else if (step && inCases && (event.key.length === 1 || matrix.box.contains(event.target))) {
    event.preventDefault();
    select(matrix.at + step);
  } else if (step && inCase && event.key.length === 1) {
    const found = matrix.matches[matrix.at + step];
    if (found) { replaceAddress(addressOf(keyOfCase(found))); showCase(found); }
  } else if (step && event.key.length === 1) { location.hash = "#view=cases"; route(); select(0); }
  else if (event.key === "Enter" && inCases && event.target.closest("#matrix tr[data-index]")) open(matrix.matches[matrix.at]);
};

const start = async () => {
  if (!await unpack()) return;
  const choose = (field, values) => { for (const value of new Set(values)) field.add(new Option(middle(value, 44), value)); };
  choose(fields.suite, data.cases.map((c) => c.suite));
  choose(fields.strategy, data.cases.map((c) => c.strategy));
  choose(fields.model, data.models);
  choose(fields.status, data.statuses);
  for (const id of ["flipped", "thinking"]) {
    const key = id === "flipped" ? "flip" : "thinking";
    fields[id].parentElement.hidden = !data.cases.some((c) => c.outcomes.some((o) => o[key]));
  }
  startOverview(toCases);
  startCompare();
  let waiting;
  const refilter = () => { applyFilter(); replaceAddress(lastFilter); };
  byId("filter").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refilter, 80); });
  byId("filter").addEventListener("submit", (event) => { event.preventDefault(); refilter(); });
  byId("filter").addEventListener("reset", () => setTimeout(refilter));
  matrix.box.addEventListener("scroll", () => { matrix.top = matrix.box.scrollTop; requestAnimationFrame(() => draw()); });
  matrix.box.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-index]");
    if (row && !String(getSelection())) { matrix.at = Number(row.dataset.index); open(matrix.matches[matrix.at]); }
  });
  addEventListener("resize", () => { if (!byId("cases").hidden) draw(); });
  addEventListener("beforeprint", () => { if (!byId("cases").hidden) draw(true); });
  addEventListener("afterprint", () => { if (!byId("cases").hidden) draw(); });
  addEventListener("hashchange", route);
  document.addEventListener("keydown", onKey);
  applyFilter();
  route();
  if (data.charts) startCharts();
};
start();
