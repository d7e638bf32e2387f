/** GraphiQL: the API to try out, with the questions of the README. The token is kept in memory only. */

import { QUESTIONS } from "./questions.js";
import { takeToken } from "./token.js";

const place = document.getElementById("graphiql");
const token = takeToken();
if (token) open(token);
else ask();

function open(given) {
  const { React, ReactDOM, GraphiQL } = globalThis;
  const fetcher = GraphiQL.createFetcher({ url: "/graphql", headers: { Authorization: `Bearer ${given}` } });
  const tabs = QUESTIONS.map(({ query, variables }) => ({ query, variables }));
  const shown = { fetcher, storage: inMemory(), defaultTabs: tabs, shouldPersistHeaders: false, isHeadersEditorEnabled: false };
  place.textContent = "";
  ReactDOM.createRoot(place).render(React.createElement(GraphiQL, shown));
}

/** As what a browser stores, but gone with the page. */
function inMemory() {
  const kept = new Map();
  return {
    get length() { return kept.size; },
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
    clear: () => kept.clear(),
  };
}

function ask() {
  const form = document.createElement("form");
  const label = Object.assign(document.createElement("label"), { htmlFor: "token", textContent: "Your token" });
  const field = Object.assign(document.createElement("input"), { id: "token", type: "password", autocomplete: "off" });
  const button = Object.assign(document.createElement("button"), { textContent: "Open GraphiQL" });
  form.className = "sign-in";
  form.append(label, field, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) open(field.value.trim());
  });
  place.replaceChildren(form);
  field.focus();
}
