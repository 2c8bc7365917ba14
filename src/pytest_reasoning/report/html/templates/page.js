"use strict";
(async () => {
  const byId = (id) => document.getElementById(id);
  const STEP = 100, MOST_TOKENS = 600;

  // theme: follows the system until the button is used
  const root = document.documentElement, theme = byId("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.classList.contains("dark") ||
      (!root.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
    root.classList.toggle("dark", !dark);
    root.classList.toggle("light", dark);
  });

  if (typeof DecompressionStream === "undefined") {
    byId("count").textContent = "This browser is too old to unpack the cases (Chrome 80, Firefox 113, Safari 16.4).";
    return;
  }
  const packed = Uint8Array.from(atob(byId("data").textContent.trim()), (c) => c.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = JSON.parse(await new Response(unpacked).text());

  // every text from a model or a case is set as text, never as markup
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const statusOf = (outcome) => data.statuses[outcome.status];
  for (const found of data.cases) {
    found.search = [found.case, found.suite, ...found.target, ...found.prompts.map((p) => p[2]),
      ...found.outcomes.flatMap((o) => [o.completion, o.answer ?? ""])].join("\n").toLowerCase();
  }

  const fields = Object.fromEntries(["text", "suite", "strategy", "model", "status", "differ"].map((id) => [id, byId(id)]));
  const choose = (select, values) => { for (const value of new Set(values)) select.add(new Option(value, value)); };
  choose(fields.suite, data.cases.map((c) => c.suite));
  choose(fields.strategy, data.cases.map((c) => c.strategy));
  choose(fields.model, data.models);
  choose(fields.status, data.statuses);

  const fits = (found) => {
    if (fields.suite.value && found.suite !== fields.suite.value) return false;
    if (fields.strategy.value && found.strategy !== fields.strategy.value) return false;
    const own = fields.model.value ? found.outcomes.filter((o) => data.models[o.model] === fields.model.value) : found.outcomes;
    if (!own.length) return false;
    const wanted = fields.status.value;
    if (wanted && !own.some((o) => wanted === "!correct" ? statusOf(o) !== "correct" : statusOf(o) === wanted)) return false;
    if (fields.differ.checked && new Set(found.outcomes.map((o) => statusOf(o) === "correct")).size < 2) return false;
    return fields.text.value.toLowerCase().split(/\s+/).every((word) => found.search.includes(word));
  };

  // one box a token: a bar as high as its probability, and its text; a line feed shows as a sign
  const strip = ({logprobs, lengths, completion}) => {
    const line = make("div", undefined, lengths ? "strip texts" : "strip");
    line.setAttribute("role", "img");
    line.setAttribute("aria-label", `probability of each of ${logprobs.length} tokens`);
    let start = 0;
    logprobs.slice(0, MOST_TOKENS).forEach((logprob, place) => {
      const box = make("span"), bar = make("i"), text = completion.slice(start, start + (lengths?.[place] ?? 0));
      start += text.length;
      bar.style.height = `${Math.max(4, 100 * Math.exp(logprob))}%`;
      const named = lengths ? `token ${place + 1}, ${JSON.stringify(text)}` : `token ${place + 1}`;
      box.title = `${named}: probability ${Math.exp(logprob).toFixed(3)}, log ${logprob.toFixed(2)}`;
      box.append(make("u"));
      box.firstChild.append(bar);
      if (lengths) box.append(make("b", text ? text.replaceAll("\n", "↵") : "∎"));
      line.append(box);
    });
    if (logprobs.length > MOST_TOKENS) line.append(make("span", `and ${logprobs.length - MOST_TOKENS} more tokens`, "rest"));
    return line;
  };
  const body = (found) => {
    const box = make("div", undefined, "body");
    for (const [models, prefix, rest] of found.prompts) {
      box.append(make("small", found.prompts.length > 1 ? `prompt for ${models.join(", ")}` : "prompt"));
      if (data.prefixes[prefix]) {
        const shared = make("details", undefined, "shared");
        shared.append(make("summary", "system text and exemplars, the same for the whole suite"), make("pre", data.prefixes[prefix]));
        box.append(shared);
      }
      box.append(make("pre", rest));
    }
    const target = make("p", "expected: ");
    target.append(make("b", found.target.map((t) => JSON.stringify(t)).join(" or ")));
    box.append(target);
    for (const outcome of found.outcomes) {
      const status = statusOf(outcome), answer = make("div", undefined, `answer ${status}`);
      const sample = outcome.sample === undefined ? "" : `, sample ${outcome.sample}`;
      answer.append(make("h4", `${data.models[outcome.model]}${sample}: ${status}`));
      const said = outcome.answer === undefined ? "no answer extracted" : `answered ${JSON.stringify(outcome.answer)}`;
      const why = outcome.explanation.includes("answered") ? outcome.explanation : `${said} – ${outcome.explanation}`;
      answer.append(make("p", why), make("pre", outcome.completion));
      if (outcome.logprobs) answer.append(strip(outcome));
      const target = outcome.target_logprob === undefined ? "" : `, target ${outcome.target_logprob} per token (log-probability)`;
      const cached = outcome.cached ? ", from the store" : "";
      const thinking = outcome.thinking ? ` (${outcome.thinking} of them thinking)` : "";
      answer.append(make("p", `${outcome.tokens} tokens${thinking}, ${outcome.ms} ms${cached}${target}`));
      answer.append(make("small", outcome.nodeid));
      box.append(answer);
    }
    return box;
  };
  const row = (found) => {
    const details = make("details"), summary = make("summary"), chips = make("span", undefined, "chips");
    summary.append(make("span", found.case, "id"), make("span", `${found.suite} / ${found.strategy}`, "of"));
    data.models.forEach((model, place) => {
      const own = found.outcomes.filter((o) => o.model === place);
      if (!own.length) return;
      const right = own.filter((o) => statusOf(o) === "correct").length;
      const worst = own.find((o) => statusOf(o) !== "correct");
      const status = worst ? statusOf(worst) : "correct";
      const mark = status === "correct" ? "✓" : own.length > 1 ? `${right}/${own.length}` : status === "wrong" ? "✗" : status;
      chips.append(make("span", `${model} ${mark}`, `chip ${status}`));
    });
    summary.append(chips);
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(body(found));
    });
    return details;
  };

  const list = byId("list"), more = byId("more");
  let matches = [], shown = 0;
  const extend = () => {
    list.append(...matches.slice(shown, shown + STEP).map(row));
    shown = Math.min(shown + STEP, matches.length);
    more.hidden = shown >= matches.length;
    byId("count").textContent = `${matches.length} of ${data.cases.length} cases${shown < matches.length ? `, the first ${shown} shown` : ""}.`;
  };
  const filter = () => { matches = data.cases.filter(fits); shown = 0; list.replaceChildren(); extend(); };
  let waiting;
  byId("filter").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 80); });
  byId("filter").addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  byId("filter").addEventListener("reset", () => setTimeout(filter));
  more.addEventListener("click", extend);

  const goto = (values) => {
    byId("filter").reset();
    for (const [id, value] of Object.entries(values)) fields[id].value = value;
    setTimeout(() => { filter(); byId("cases").scrollIntoView(); byId("cases").focus({preventScroll: true}); });
  };
  for (const cell of document.querySelectorAll(".heat button"))
    cell.addEventListener("click", () => {
      const {suite, strategy, model, group} = cell.dataset;
      goto({suite, strategy, model, text: group ? `-${group}-` : ""}); // how the ids of a sweep's cases name its point
    });
  for (const link of document.querySelectorAll("a[data-find]"))
    link.addEventListener("click", () => goto({text: link.dataset.find}));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "Escape" && typing) { typing.blur(); return; }
    if (typing) return;
    if (event.key === "/") { event.preventDefault(); fields.text.focus(); return; }
    if (event.key !== "j" && event.key !== "k") return;
    const all = [...list.querySelectorAll(":scope > details > summary")];
    const place = all.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    all[Math.max(0, Math.min(place, all.length - 1))]?.focus();
  });
  filter();
})();
