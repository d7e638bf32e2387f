/** Changes: what became of the tree between two moments, in words: what, who and why. */

import { useState } from "preact/hooks";
import { Mark } from "./card.js";
import { idOf } from "./comparison.js";
import { html } from "./markup.js";
import { KIND, actorOf, moment, ownerOf, spaced, titleOf } from "./words.js";

const AT_ONCE = 100;
const KINDS = { ADDED: "added", REMOVED: "removed", MOVED: "moved", CHANGED: "changed" };

export function Changes({ diff, failure, tree, chosen, onChoose }) {
  const [shown, setShown] = useState(AT_ONCE);
  const [only, setOnly] = useState(null);
  if (!diff) {
    return html`
      <aside class="changes" aria-label="Changes">
        ${failure ? html`<p role="alert">${failure.message}</p>` : html`<p class="quiet" role="status">Comparing…</p>`}
      </aside>`;
  }
  const wanted = only ? diff.changes.filter((each) => each.kind === only) : diff.changes;
  const nameOf = (id) => (id === null ? "the top" : nameIn(tree, diff, id));
  return html`
    <aside class="changes" aria-label="Changes">
      <h2>What changed</h2>
      <div class="kinds" role="group" aria-label="Show only">
        ${Object.entries(KINDS).map(([kind, name]) => html`
          <button key=${kind} type="button" class=${`kind ${kind}`} aria-pressed=${only === kind}
            onClick=${() => setOnly(only === kind ? null : kind)}>
            <span aria-hidden="true">${KIND[kind].sign}</span> ${diff[name]} ${name}
          </button>`)}
      </div>
      ${diff.changes.length === 0 && html`<p class="quiet">Nothing changed between these two moments.</p>`}
      <ol>
        ${wanted.slice(0, shown).map((change) => html`
          <li key=${idOf(change)} class=${idOf(change) === chosen ? "chosen" : ""}>
            <${Change} change=${change} nameOf=${nameOf} onChoose=${onChoose} />
          </li>`)}
      </ol>
      ${wanted.length > shown && html`
        <button type="button" onClick=${() => setShown(shown + AT_ONCE)}>Show more of ${wanted.length}</button>`}
    </aside>`;
}

function Change({ change, nameOf, onChoose }) {
  const { kind, item, parentBefore, parentAfter, fields, events } = change;
  const told = kind === "CHANGED" || kind === "MOVED" ? fields : [];
  return html`
    <button type="button" class="change-title" onClick=${() => onChoose(idOf(change))}><${Mark} kind=${kind} /> ${titleOf(item)}</button>
    <div class="quiet">${ownerOf(item)?.name}</div>
    ${kind === "MOVED" && html`<div>from <em>${nameOf(parentBefore)}</em> to <em>${nameOf(parentAfter)}</em></div>`}
    ${told.map((each) => html`<${Field} key=${each.field} change=${each} />`)}
    ${events.map((event) => html`
      <div key=${event.id} class="who">
        ${spaced(event.type)} by <strong>${actorOf(event.actor)}</strong>, ${moment(event.recordedAt)}
        ${event.reason && html`: <q>${event.reason}</q>`}
      </div>`)}`;
}

export function Field({ change: { field, before, after } }) {
  return html`<div class="field">${spaced(field)}: <del>${value(before)}</del> → <ins>${value(after)}</ins></div>`;
}

function value(given) {
  if (given === null || given === undefined) return "nothing";
  if (Array.isArray(given)) return given.map(value).join(", ");
  if (typeof given === "object") return Object.entries(given).map(([name, each]) => `${spaced(name)} ${value(each)}`).join(", ");
  return String(given);
}

function nameIn(tree, diff, id) {
  const item = tree.byId.get(id)?.item ?? diff.changes.find((each) => idOf(each) === id)?.item;
  return item ? titleOf(item) : "something outside this tree";
}
