"use strict";
// What all views share. Every text from a model or a case is set as text, never as markup.
const byId = (id) => document.getElementById(id);
const make = (tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const middle = (text, most) =>
  text.length <= most ? text : `${text.slice(0, (most >> 1) - 1)}…${text.slice(text.length - (most >> 1))}`;

// theme: follows the system until the button is used
const root = document.documentElement;
byId("theme").hidden = false;
byId("theme").addEventListener("click", () => {
  const dark = root.classList.contains("dark") ||
    (!root.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  root.classList.toggle("dark", !dark);
  root.classList.toggle("light", dark);
});

let data;
const unpack = async () => {
  if (typeof DecompressionStream === "undefined") {
    byId("count").textContent = "This browser is too old to unpack the cases (Chrome 80, Firefox 113, Safari 16.4).";
    return false;
  }
  const packed = Uint8Array.from(atob(byId("data").textContent.trim()), (c) => c.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  data = JSON.parse(await new Response(unpacked).text());
  return true;
};

const MARKS = {correct: "✓", wrong: "✗", unparsed: "no answer", truncated: "cut off", overflow: "too long", error: "error"};
const statusOf = (outcome) => data.statuses[outcome.status];
const outcomesOf = (found, place) => found.outcomes.filter((outcome) => outcome.model === place);

// the status of one model in one case: correct only if every sample is
const worstOf = (own) => {
  const missed = own.find((outcome) => statusOf(outcome) !== "correct");
  return missed ? statusOf(missed) : "correct";
};
const questionOf = (found) => {
  if (found.question === undefined) {
    const rest = found.prompts.length ? found.prompts[0][2] : "";
    // without the tags of chat templates and the roles that they name
    const tags = /(?:<\|[^|<>]{1,40}\|>|<(?:start|end)_of_turn>)(?:assistant|user|system|model)?/g;
    const plain = rest.slice(-1200).replace(tags, " ").replace(/\s+/g, " ").trim();
    found.question = plain.length > 240 ? `…${plain.slice(-240)}` : plain;
  }
  return found.question;
};
