/** Fields: what is typed or chosen in a form, with what is wrong about it right below. */

import { useEffect, useId, useState } from "preact/hooks";
import { OWNERS } from "./documents.js";
import { html } from "./markup.js";
import { found } from "./trees.js";
import { LEVEL, isObjective, ownerOf, titleOf } from "./words.js";

const MOST = 20;
const RESTING = 200;

function Labelled({ id, label, wrong, children }) {
  return html`
    <div class=${wrong ? "field-of wrong-field" : "field-of"}>
      <label for=${id}>${label}</label>
      ${children}
      ${wrong && html`<p id=${`${id}-wrong`} role="alert" class="wrong">${wrong}</p>`}
    </div>`;
}

const attributes = (id, wrong) => ({ id, "aria-invalid": Boolean(wrong), "aria-describedby": wrong ? `${id}-wrong` : undefined });

export function Text({ label, value, onValue, wrong, lines, ...given }) {
  const id = useId();
  const type = ({ currentTarget }) => onValue(currentTarget.value);
  return html`
    <${Labelled} id=${id} label=${label} wrong=${wrong}>
      ${lines ? html`<textarea rows="2" ...${attributes(id, wrong)} value=${value} onInput=${type} ...${given}></textarea>`
        : html`<input type="text" autocomplete="off" ...${attributes(id, wrong)} value=${value} onInput=${type} ...${given} />`}
    <//>`;
}

export function Choice({ label, value, onValue, options, wrong }) {
  const id = useId();
  return html`
    <${Labelled} id=${id} label=${label} wrong=${wrong}>
      <select ...${attributes(id, wrong)} value=${value} onChange=${({ currentTarget }) => onValue(currentTarget.value)}>
        ${options.map(([key, name]) => html`<option key=${key} value=${key} selected=${key === value}>${name}</option>`)}
      </select>
    <//>`;
}

export function Check({ label, value, onValue }) {
  return html`
    <label class="check">
      <input type="checkbox" checked=${value} onChange=${({ currentTarget }) => onValue(currentTarget.checked)} /> ${label}
    </label>`;
}

/** One of those who are called so: what is typed narrows the list below it. */
export function OwnerChoice({ api, label, value, onValue, wrong }) {
  const [search, setSearch] = useState("");
  const [owners, setOwners] = useState([]);
  useEffect(() => {
    let wanted = true;
    const ask = () => api.ask(OWNERS, { search: search.trim() || null }).then((data) => {
      if (!wanted) return;
      const active = data.owners.nodes.filter((each) => each.active);
      setOwners(active);
      if (!active.some((each) => each.id === value)) onValue(active[0]?.id ?? "");
    }, () => wanted && setOwners([]));
    const resting = setTimeout(ask, search ? RESTING : 0);
    return () => {
      wanted = false;
      clearTimeout(resting);
    };
  }, [api, search]);
  const options = owners.map((each) => [each.id, `${each.name} (${LEVEL[each.level]})`]);
  return html`
    <${Text} label=${`${label}: search by name`} value=${search} onValue=${setSearch} type="search" />
    <${Choice} label=${label} value=${value} onValue=${onValue} options=${options} wrong=${wrong} />`;
}

/** An objective or a key result of the tree that is shown. */
export function ItemChoice({ tree, except, label, value, onValue, wrong }) {
  const [search, setSearch] = useState("");
  const fits = (id) => id !== except && tree.byId.get(id).item.__typename !== "Redacted";
  const ids = (search.trim() ? found(tree, search) : [...tree.byId.keys()]).filter(fits).slice(0, MOST);
  useEffect(() => {
    if (!ids.includes(value)) onValue(ids[0] ?? "");
  }, [search]);
  const told = (id) => {
    const { item } = tree.byId.get(id);
    return `${isObjective(item) ? "" : "KR: "}${titleOf(item)} (${ownerOf(item).name})`;
  };
  return html`
    <${Text} label=${`${label}: search`} value=${search} onValue=${setSearch} type="search" />
    <${Choice} label=${label} value=${value} onValue=${onValue} options=${ids.map((id) => [id, told(id)])} wrong=${wrong} />`;
}
