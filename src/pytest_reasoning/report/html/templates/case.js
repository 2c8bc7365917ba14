// The view of one case: its prompt, and each model's answer.
const MOST_TOKENS = 600;

// one box a token: a bar as high as its probability, and its text; a line feed shows as a sign
const strip = ({logprobs, lengths, completion}) => {
  const line = make("div", undefined, lengths ? "strip texts" : "strip");
  line.setAttribute("role", "img");
  line.setAttribute("aria-label", `Probability of each of ${counted(logprobs.length, "token")}`);
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
  if (logprobs.length > MOST_TOKENS) line.append(make("span", `and ${counted(logprobs.length - MOST_TOKENS, "more token")}`, "rest"));
  return line;
};

const folded = (title, ...content) => {
  const box = make("details", undefined, "shared");
  box.append(make("summary", title), ...content);
  return box;
};

// the completion with its thinking folded
const completionOf = ({completion, thoughts, thinking}) => {
  const parts = [];
  let start = 0;
  for (const [begin, end] of thoughts ?? []) {
    if (completion.slice(start, begin).trim()) parts.push(make("pre", completion.slice(start, begin)));
    parts.push(folded(`Thinking, ${counted(thinking, "token")}`, make("pre", completion.slice(begin, end))));
    start = end;
  }
  parts.push(make("pre", completion.slice(start)));
  return parts;
};

const quote = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
const command = (outcome) => {
  const model = data.models[outcome.model], line = make("p", undefined, "command"), button = make("button", "Copy");
  const text = make("code", `pytest ${quote(outcome.nodeid)} --reasoning-models=${quote(data.references[model] ?? model)}`);
  button.type = "button";
  button.addEventListener("click", () => {
    getSelection().selectAllChildren(text);
    if (document.execCommand("copy")) button.textContent = "Copied";
  });
  line.append(text, button);
  return line;
};

// how the case ended in earlier runs, oldest first; a bar stands where something else than chance changed
const earlier = ({past, nights}) => {
  const {started, changed} = data.nights[nights], box = make("p", undefined, "past"), asked = past.filter((rate) => rate >= 0);
  const right = asked.filter((rate) => rate > 0.5).length;
  box.append(make("span", `Right in ${right} of ${counted(asked.length, "run")}, oldest first: `));
  past.forEach((rate, place) => {
    if (changed.includes(place)) box.append(make("i", "│"));
    const [mark, status, word] = rate < 0 ? ["·", "", "not asked"] : rate === 1 ? ["✓", "correct", "right"] :
      rate === 0 ? ["✗", "wrong", "missed"] : ["±", "unparsed", `right in ${Math.round(100 * rate)} % of the samples`];
    const one = make("b", mark, `mark ${status}`);
    one.title = `${started[place]}: ${word}${changed.includes(place) ? "; weights, prompt, engine or machine changed here" : ""}`;
    box.append(one);
  });
  return box;
};

const answer = (outcome) => {
  const status = statusOf(outcome), box = make("section", undefined, `answer ${status}`);
  const sample = outcome.sample === undefined ? "" : `, sample ${outcome.sample}`;
  const title = make("h3", `${data.models[outcome.model]}${sample} `);
  title.append(make("b", status === "correct" ? "✓ correct" : MARKS[status] === status ? status : `${MARKS[status]} ${status}`, `mark ${status}`));
  if (outcome.flip) title.append(make("i", outcome.flip === "lost" ? "lost against the baseline" : "gained", `flip ${outcome.flip}`));
  box.append(title);
  const said = outcome.answer === undefined ? "No answer was found" : `Answered ${JSON.stringify(outcome.answer)}`;
  box.append(make("p", outcome.explanation.includes("answered") ? sentence(outcome.explanation) : `${said} – ${outcome.explanation}`));
  box.append(...completionOf(outcome));
  if (outcome.logprobs) box.append(strip(outcome));
  if (outcome.past) box.append(earlier(outcome));
  const target = outcome.target_logprob === undefined ? "" : `, target ${outcome.target_logprob} per token (log-probability)`;
  const cached = outcome.cached ? ", from the store" : "";
  const thinking = outcome.thinking ? ` (${outcome.thinking} of them thinking)` : "";
  box.append(make("p", `${counted(outcome.tokens, "token")}${thinking}, ${outcome.ms} ms${cached}${target}`, "facts"), command(outcome));
  return box;
};

const caseView = (found, steps) => {
  const bar = make("div", undefined, "case-bar");
  for (const [text, step] of steps) {
    const button = make("button", text);
    button.type = "button";
    button.disabled = !step;
    if (step) button.addEventListener("click", step);
    bar.append(button);
  }
  const title = make("h2", found.case), parts = [bar, title, make("p", `${found.suite} / ${found.strategy}`, "facts")];
  for (const [models, prefix, rest] of found.prompts) {
    parts.push(make("h3", found.prompts.length > 1 ? `Prompt for ${models.join(", ")}` : "Prompt"));
    if (data.prefixes[prefix]) {
      parts.push(folded("System text and exemplars, the same for the whole suite", make("pre", data.prefixes[prefix])));
    }
    parts.push(make("pre", rest));
  }
  const target = make("p", "Expected: ");
  target.append(make("b", found.target.map((t) => JSON.stringify(t)).join(" or ")));
  parts.push(target, ...found.outcomes.map(answer));
  byId("case").replaceChildren(...parts);
};
