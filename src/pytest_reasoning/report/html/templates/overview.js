// The overview: families fold, and every column sorts.
const heat = document.querySelector(".heat");

const setFolded = (body, folded) => {
  const toggle = body.querySelector(".toggle");
  if (!toggle) return;
  toggle.setAttribute("aria-expanded", String(!folded));
  for (const row of body.rows) if (!row.classList.contains("family")) row.hidden = folded;
};

const keyOf = (row, column) => {
  if (column === "name" || column === "strategy") return row.dataset[column] ?? row.closest("tbody").dataset.name;
  const value = row.cells[Number(column) + 3]?.dataset.v;
  return value === undefined || value === "" ? -1 : Number(value);
};
const compare = (a, b) => typeof a === "number" ? a - b : a.localeCompare(b, undefined, {numeric: true});

const sortOverview = (column, down) => {
  const sign = down ? -1 : 1;
  const bodies = [...heat.tBodies];
  for (const body of bodies) {
    // the points of a sweep stay below their suite
    const blocks = [];
    for (const row of body.rows) {
      if (row.classList.contains("family")) continue;
      if (row.classList.contains("at-point")) blocks.at(-1).push(row);
      else blocks.push([row]);
    }
    blocks.sort((a, b) => sign * compare(keyOf(a[0], column), keyOf(b[0], column)));
    body.append(...blocks.flat());
  }
  const first = (body) => column === "name" ? body.dataset.name : keyOf(body.rows[0], column);
  bodies.sort((a, b) => sign * compare(first(a), first(b)));
  heat.append(...bodies, heat.tFoot);
};

const startOverview = (toCases) => {
  for (const body of heat.tBodies) {
    body.querySelector(".toggle")?.addEventListener("click", (event) => {
      setFolded(body, event.currentTarget.getAttribute("aria-expanded") === "true");
    });
    setFolded(body, heat.dataset.folded === "1");
  }
  const families = [...heat.querySelectorAll(".toggle")];
  byId("fold").hidden = !families.length;
  byId("fold").addEventListener("click", () => {
    const folded = families.some((toggle) => toggle.getAttribute("aria-expanded") === "true");
    for (const body of heat.tBodies) setFolded(body, folded);
  });
  for (const head of heat.tHead.querySelectorAll("[data-sort]")) {
    const button = make("button", undefined, "sort");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heat.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sortOverview(head.dataset.sort, down);
    });
  }
  for (const cell of heat.querySelectorAll(".cell")) {
    cell.addEventListener("click", () => {
      const {suite, strategy, model, group} = cell.dataset;
      toCases({suite, strategy, model, q: group ? `-${group}-` : ""}); // how the ids of a sweep's cases name its point
    });
  }
};
