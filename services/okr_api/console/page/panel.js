/** Panel: one objective or key result in full: why it stands where it does, who did what to it, and what can be done. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Health, Progress } from "./card.js";
import { Chart } from "./chart.js";
import { KEY_RESULT, OBJECTIVE } from "./documents.js";
import { Doing } from "./doing.js";
import { Breakdown, CheckIns, Delegation, History, LineOfSight, Targets, why } from "./evidence.js";
import { html } from "./markup.js";
import { Failed } from "./states.js";
import { LEVEL, amount, metricOf, percent, titleOf } from "./words.js";

/** What is told of an item at a moment; `beat` asks again. What was told before stays until then. */
function useDetail(api, node, at, beat) {
  const [known, setKnown] = useState({});
  const [tries, setTries] = useState(0);
  const { id } = node;
  const kind = node.item.__typename;
  useEffect(() => {
    if (kind === "Redacted") return undefined;
    let wanted = true;
    const asOf = at === null ? null : { position: at };
    const told = (found) => wanted && setKnown({ id, ...found });
    api.ask(kind === "Objective" ? OBJECTIVE : KEY_RESULT, { id, asOf })
      .then(({ objective, keyResult }) => told({ item: objective ?? keyResult ?? null }), (failure) => told({ failure }));
    return () => { wanted = false; };
  }, [api, id, kind, at, beat, tries]);
  return { ...(known.id === id ? known : {}), again: () => setTries((number) => number + 1) };
}

export function Panel({ api, node, tree, at, beat, line, onChoose, onClose, onDone }) {
  const { item, failure, again } = useDetail(api, node, at, beat);
  const top = useRef(null);
  useEffect(() => { top.current.scrollTop = 0; }, [node.id]);
  const objective = node.item.__typename === "Objective";
  const hidden = node.item.__typename === "Redacted";
  const known = item ?? node.item;
  return html`
    <aside class="panel" aria-label="Details" ref=${top} onKeyDown=${(event) => event.key === "Escape" && onClose()}>
      <div class="panel-head">
        <span class="kind-of">${{ Objective: "Objective", KeyResult: "Key result", Redacted: "Hidden" }[node.item.__typename]}</span>
        <button type="button" class="close" aria-label="Close details" onClick=${onClose}>×</button>
      </div>
      <h2>${titleOf(known)}</h2>
      <${Owners} item=${known} />
      <div class="panel-progress">
        <${Progress} value=${known.progress} health=${known.health} />${known.health && html`<${Health} health=${known.health} />`}
      </div>
      ${hidden && html`<p class="quiet">You may not read this one. It stands here so that the totals above it are right.</p>`}
      ${failure && html`<${Failed} failure=${failure} onAgain=${again} />`}
      ${item === null && html`<p class="quiet">It was not there at this moment.</p>`}
      ${item === undefined && !failure && !hidden && html`<p class="quiet" role="status">Loading…</p>`}
      ${item && at === null && html`<${Doing} key=${node.id} api=${api} item=${item} objective=${objective} tree=${tree} onDone=${onDone} />`}
      ${item && html`
        <${LineOfSight} item=${item} objective=${objective} line=${line} onChoose=${onChoose} />
        ${objective ? html`<${Breakdown} item=${item} onChoose=${onChoose} />` : html`<${Why} item=${item} onChoose=${onChoose} />`}
        ${item.description && html`<section><h3>About it</h3><p class="text">${item.description}</p></section>`}
        <${Advice} found=${item.advisories} />
        ${!objective && html`
          <section><h3>Check-ins</h3><${Chart} keyResult=${item} /><${CheckIns} item=${item} /></section>
          <${Targets} item=${item} />`}
        <${Delegation} item=${item} objective=${objective} onChoose=${onChoose} />
        <${History} history=${item.history} />`}
    </aside>`;
}

function Owners({ item }) {
  const told = (owner) => `${owner.name} (${LEVEL[owner.level]})`;
  if (item.owner) {
    const state = item.state === "ACTIVE" ? null : item.state?.toLowerCase();
    return html`<p class="quiet">${[told(item.owner), item.cycle?.name, state].filter(Boolean).join(" · ")}</p>`;
  }
  if (!item.accountable) return null;
  const moved = item.responsible && item.responsible.id !== item.accountable.id;
  return html`<p class="quiet">Accountable: ${told(item.accountable)}${moved && ` · responsible: ${told(item.responsible)}`}</p>`;
}

/** A key result's three numbers, and which of them counts. */
function Why({ item, onChoose }) {
  const counts = { MEASURED: 0, DELEGATE: 1, SUPPORTERS: 2, NONE: -1 }[item.progressSource];
  const rows = [
    ["Measured", "its own check-ins", item.measuredProgress],
    ["Cascaded", "the objective that it became", item.cascadedProgress],
    ...(item.progressSource === "SUPPORTERS" ? [["Supported", "the objectives that contribute", item.progress]] : []),
  ];
  const now = item.current === null ? ". Nothing was reported yet." : `; now ${amount(item.current, item.metric.unit)}.`;
  return html`
    <section>
      <h3>${why(item)}</h3>
      <p class="text">Measure: ${metricOf(item.metric)}${now}</p>
      <table class="numbers">
        <tbody>
          ${rows.map(([name, from, value], at) => html`
            <tr key=${name} class=${at === counts ? "counts" : ""}>
              <th scope="row">${name}</th><td>from ${from}${at === counts ? ": this counts" : ""}</td><td>${percent(value)}</td>
            </tr>`)}
        </tbody>
      </table>
      ${item.supportedBy.totalCount > 0 && html`
        <h3 class="next">Supported by</h3>
        <ul>
          ${item.supportedBy.nodes.map((each) => html`
            <li key=${each.id}>
              <button type="button" class="link-to" onClick=${() => onChoose(each.id)}>${each.title}</button>
              <span class="quiet"> ${each.owner.name}, ${percent(each.progress)}</span>
            </li>`)}
        </ul>`}
    </section>`;
}

function Advice({ found }) {
  if (!found.length) return null;
  return html`
    <section>
      <h3>Good practice</h3>
      <ul class="advice">${found.map((each) => html`<li key=${each.code}><span aria-hidden="true">⚑</span> ${each.message}</li>`)}</ul>
    </section>`;
}
