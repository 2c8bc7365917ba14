// The matrix of cases by models: only the rows in sight are in the page.
const ROW = 50, SPARE = 8, MOST_PRINTED = 400;
const fields = Object.fromEntries(
  ["q", "suite", "strategy", "model", "status", "differ", "flipped", "thinking"].map((id) => [id, byId(id)]));
const matrix = {matches: [], at: -1, sort: "", down: false, box: byId("matrix"), shown: []};

const searchOf = (found) => found.search ??= [found.case, found.suite, ...found.target, ...found.prompts.map((p) => p[2]),
  ...found.outcomes.flatMap((o) => [o.completion, o.answer ?? ""])].join("\n").toLowerCase();

const fits = (found) => {
  if (fields.suite.value && found.suite !== fields.suite.value) return false;
  if (fields.strategy.value && found.strategy !== fields.strategy.value) return false;
  const model = fields.model.value, wanted = fields.status.value;
  const own = model ? found.outcomes.filter((o) => data.models[o.model] === model) : found.outcomes;
  if (!own.length) return false;
  if (wanted && !own.some((o) => wanted === "!correct" ? statusOf(o) !== "correct" : statusOf(o) === wanted)) return false;
  if (fields.differ.checked && new Set(found.outcomes.map((o) => statusOf(o) === "correct")).size < 2) return false;
  if (fields.flipped.checked && !own.some((o) => o.flip)) return false;
  if (fields.thinking.checked && !own.some((o) => o.thinking)) return false;
  const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
  return !words.length || words.every((word) => searchOf(found).includes(word));
};

const SORTS = {case: (found) => found.case, question: questionOf, target: (found) => found.target.join(" ")};
const rankOf = (found, place) => {
  const own = outcomesOf(found, place);
  return own.length ? data.statuses.indexOf(worstOf(own)) : data.statuses.length;
};
const sorted = (cases) => {
  if (!matrix.sort) return cases;
  const key = SORTS[matrix.sort] ?? ((found) => rankOf(found, data.models.indexOf(matrix.sort)));
  const keyed = cases.map((found) => [key(found), found]);
  keyed.sort(([a], [b]) => compare(a, b) * (matrix.down ? -1 : 1));
  return keyed.map(([, found]) => found);
};

const answerCell = (found, place) => {
  const own = outcomesOf(found, place), cell = make("td");
  if (!own.length) return cell;
  const status = worstOf(own), right = own.filter((o) => statusOf(o) === "correct").length;
  const shown = own.find((o) => statusOf(o) === status), box = make("div", undefined, "clamp");
  box.append(make("b", own.length > 1 && status !== "correct" ? `${right}/${own.length} right` : MARKS[status], `mark ${status}`));
  if (shown.flip) box.append(make("i", shown.flip, `flip ${shown.flip}`));
  box.append(` ${shown.answer ?? shown.completion.trim().slice(0, 160)}`);
  cell.title = `${data.models[place]}: ${status}, ${shown.explanation}`;
  cell.append(box);
  return cell;
};
const rowOf = (found, index) => {
  const row = make("tr"), head = make("th", undefined, "id"), inner = make("div", undefined, "clamp");
  row.tabIndex = -1;
  row.dataset.index = index;
  row.setAttribute("aria-rowindex", index + 2);
  row.setAttribute("aria-selected", String(index === matrix.at));
  head.scope = "row";
  head.title = `${found.case}, ${found.suite} / ${found.strategy}`;
  inner.append(make("b", middle(found.case, 34)), make("small", middle(`${found.suite} / ${found.strategy}`, 40)));
  head.append(inner);
  row.append(head);
  for (const [text, name] of [[questionOf(found), "question"], [found.target.join(" or "), "target"]]) {
    const cell = make("td", undefined, name);
    cell.append(make("div", text, "clamp"));
    row.append(cell);
  }
  row.append(...matrix.shown.map((place) => answerCell(found, place)));
  return row;
};

// a row as high as all that are not drawn above or below
const spacer = (rows) => {
  const row = make("tr"), cell = make("td");
  row.setAttribute("aria-hidden", "true");
  cell.colSpan = 3 + matrix.shown.length;
  cell.className = "spacer";
  cell.style.height = `${rows * ROW}px`;
  row.append(cell);
  return row;
};
const draw = (all = false) => {
  const {box, matches} = matrix;
  const first = all ? 0 : Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE);
  const last = Math.min(matches.length, all ? MOST_PRINTED : first + Math.ceil((box.clientHeight || 800) / ROW) + 2 * SPARE);
  const focused = matrix.body.contains(document.activeElement);
  matrix.body.replaceChildren(spacer(first), ...matches.slice(first, last).map((found, n) => rowOf(found, first + n)),
    spacer(all ? 0 : matches.length - last));
  if (focused) (selectedRow() ?? box).focus({preventScroll: true});
};
const selectedRow = () => matrix.body.querySelector('[aria-selected="true"]');

const select = (index) => {
  const {box, matches} = matrix;
  if (!matches.length) return;
  matrix.at = Math.max(0, Math.min(index, matches.length - 1));
  const head = matrix.body.parentElement.tHead.offsetHeight, top = matrix.at * ROW;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW + head > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW + head - box.clientHeight;
  draw();
  selectedRow()?.focus({preventScroll: true});
};

// the head depends on the model that is filtered by: then only its column is shown
const drawHead = (resort) => {
  const table = make("table", undefined, "cases"), head = table.createTHead().insertRow();
  const only = data.models.indexOf(fields.model.value);
  matrix.shown = data.models.map((_, place) => place).filter((place) => only < 0 || place === only);
  const columns = [["case", "Case"], ["question", "Question"], ["target", "Target"],
    ...matrix.shown.map((place) => [data.models[place], data.short[place], data.models[place]])];
  for (const [key, text, title] of columns) {
    const cell = make("th"), button = make("button", text, "sort");
    cell.scope = "col";
    button.type = "button";
    if (title) button.title = title;
    if (matrix.sort === key) cell.setAttribute("aria-sort", matrix.down ? "descending" : "ascending");
    button.addEventListener("click", () => resort(key, matrix.sort === key && !matrix.down));
    cell.append(button);
    head.append(cell);
  }
  matrix.body = table.createTBody();
  table.setAttribute("role", "grid");
  table.setAttribute("aria-rowcount", matrix.matches.length + 1);
  table.setAttribute("aria-labelledby", "cases-h");
  matrix.box.replaceChildren(table);
};
const filterCases = (resort) => {
  matrix.matches = sorted(data.cases.filter(fits));
  matrix.at = -1;
  drawHead(resort);
  matrix.box.scrollTop = 0;
  draw();
  byId("count").textContent = `${matrix.matches.length} of ${counted(data.cases.length, "case")}.`;
};
