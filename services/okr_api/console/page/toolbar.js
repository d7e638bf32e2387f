/** Toolbar: which cycle, which links, in which form, how deep, and where something is. */

import { useEffect, useRef, useState } from "preact/hooks";
import { FORMS, VIEWS } from "./address.js";
import { classes, html } from "./markup.js";
import { APPROACH, LINK, count, grouped, spaced } from "./words.js";

const RESTING = 120;
/** What another cycle begins with. */
const FRESH = { view: null, depth: null, open: [], at: null, from: null, to: null, item: null, zoom: null };

export function Toolbar(shown) {
  const { start, cycle, view, form, live, connected, depth, deepest, address, hits, hit, go, onCycles, onDepth, onHit } = shown;
  return html`
    <header class="toolbar">
      <h1><${Sign} /><span>OKR cascade</span></h1>
      <div class="cycle">
        <select aria-label="Cycle" value=${cycle.id} onFocus=${onCycles} onChange=${({ currentTarget }) => go({ ...FRESH, cycle: currentTarget.value })}>
          ${nested(start.cycles).map(([each, level]) => html`
            <option key=${each.id} value=${each.id} selected=${each.id === cycle.id}>
              ${"\u2007\u2007".repeat(level)}${each.name} · ${each.state.toLowerCase()}
            </option>`)}
        </select>
      </div>
      <div class="choice" role="group" aria-label="Links">
        ${VIEWS.map((each) => html`
          <button key=${each} type="button" aria-pressed=${view === each} title=${APPROACH[each]}
            onClick=${() => go({ view: each, depth: null, open: [], zoom: null })}>${spaced(each.toLowerCase())}</button>`)}
      </div>
      <div class="choice" role="group" aria-label="Form">
        ${FORMS.map((each) => html`
          <button key=${each} type="button" aria-pressed=${form === each} onClick=${() => go({ form: each, zoom: null })}>${spaced(each)}</button>`)}
      </div>
      <div class="choice depth" role="group" aria-label="Depth">
        <button type="button" aria-label="Fold a level" disabled=${depth <= 0} onClick=${() => onDepth(depth - 1)}>−</button>
        <output aria-live="polite">${depth} ${depth === 1 ? "level" : "levels"}</output>
        <button type="button" aria-label="Unfold a level" disabled=${depth >= deepest} onClick=${() => onDepth(depth + 1)}>+</button>
      </div>
      <${Find} text=${address.find} hits=${hits} hit=${hit} onText=${(find) => go({ find }, true)} onHit=${onHit} />
      <span class=${classes("live", live && connected && "on", live && !connected && "off")} role="status">
        ${live ? (connected ? "Live" : "Offline, trying again") : "The past"}
      </span>
      <span class="who" title=${start.viewer.roles.join(", ")}>${start.viewer.actor.name ?? start.viewer.roles.join(", ")}</span>
    </header>`;
}

function Sign() {
  return html`
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M9 12h3m0 0c3 0 1-6 4-6h1m-5 6c3 0 1 6 4 6h1" /><rect x="2" y="9" width="7" height="6" rx="2" />
      <rect x="17" y="3.5" width="5" height="5" rx="1.5" /><rect x="17" y="15.5" width="5" height="5" rx="1.5" />
    </svg>`;
}

function Find({ text, hits, hit, onText, onHit }) {
  const [typed, setTyped] = useState(text);
  const field = useRef(null);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return undefined;
    const resting = setTimeout(() => onText(typed), RESTING);
    return () => clearTimeout(resting);
  }, [typed]);
  useEffect(() => {
    const slash = (event) => {
      if (event.key !== "/" || event.target.closest?.("input, textarea, select")) return;
      event.preventDefault();
      field.current.focus();
    };
    addEventListener("keydown", slash);
    return () => removeEventListener("keydown", slash);
  }, []);
  const keys = (event) => {
    if (event.key === "Enter" && typed !== text) {
      hurried.current = true;
      onText(typed);
    } else if (event.key === "Enter" && hits.length) jump(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") setTyped("");
  };
  const at = hits.indexOf(hit);
  const jump = (by) => onHit(hits.at(at < 0 && by < 0 ? -1 : (at + by) % hits.length));
  // Enter may come before what was typed is found.
  const hurried = useRef(false);
  useEffect(() => {
    if (hurried.current && hits.length) jump(1);
    hurried.current = false;
  }, [hits]);
  const told = text && (hits.length ? `${at >= 0 ? `${at + 1} of ` : ""}${hits.length}` : "none");
  return html`
    <div class="find" role="search">
      <input ref=${field} type="search" aria-label="Find" placeholder="Find an objective or owner  /" value=${typed}
        onInput=${({ currentTarget }) => setTyped(currentTarget.value)} onKeyDown=${keys} />
      <output class="hits" aria-live="polite">${told}</output>
      ${hits.length > 0 && html`<button type="button" onClick=${() => jump(1)}>Jump</button>`}
    </div>`;
}

/** Cycles below those that contain them. */
function nested(cycles) {
  const known = new Set(cycles.map((each) => each.id));
  const below = (parent, level) => cycles.filter((each) => (known.has(each.parent?.id) ? each.parent.id : null) === parent)
    .flatMap((each) => [[each, level], ...below(each.id, level + 1)]);
  return below(null, 0);
}

export function Legend({ tree, rows, view }) {
  const kinds = new Set(tree.edges.map((each) => each.link));
  return html`
    <div class="legend">
      <span class="count">${count(rows.length, "card")} of ${grouped(Math.max(tree.totalCount, tree.byId.size))}</span>
      ${Object.entries(LINK).filter(([kind]) => kinds.has(kind)).map(([kind, { word, told }]) => html`
        <span key=${kind} class="key" title=${told}>
          <svg width="30" height="10" aria-hidden="true"><path class=${`link ${kind}`} d="M1 5H29" /></svg>${word}
        </span>`)}
      <span class="unseen">${APPROACH[view]}</span>
    </div>`;
}
