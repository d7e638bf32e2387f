/** Evidence: the sections of the panel that show where a number comes from and what happened. */

import { Field } from "./changes.js";
import { html } from "./markup.js";
import { SOURCE, actorOf, amount, day, metricOf, moment, ownerOf, percent, spaced, titleOf } from "./words.js";

export const why = ({ progress }) => (progress === null ? "Why has it no progress?" : `Why is it at ${percent(progress)}?`);

export function LineOfSight({ item, objective, line, onChoose }) {
  const { lineOfSight, ...holder } = objective ? item : item.objective;
  const above = lineOfSight.filter((each) => each.id !== holder.id);
  const served = objective ? above : [{ __typename: "Objective", ...holder }, ...above];
  const alone = line.size > 1 || item.owner?.level !== "COMPANY" ? "It serves no company objective." : "This is a company objective.";
  return html`
    <section>
      <h3>Line of sight</h3>
      ${served.length === 0
        ? html`<p class="quiet">${alone}</p>`
        : html`
          <ol class="sight">
            ${served.map((each) => html`<li key=${each.id}><${Other} item=${each} onChoose=${onChoose} /></li>`)}
          </ol>`}
    </section>`;
}

export function Breakdown({ item, onChoose }) {
  const feeding = item.progressBreakdown;
  const total = feeding.reduce((sum, each) => sum + (each.progress === null ? 0 : Number(each.weight)), 0);
  return html`
    <section>
      <h3>${why(item)}</h3>
      ${feeding.length === 0 && html`<p class="quiet">Nothing feeds it: it has no live key results, and nothing that contributes by alignment.</p>`}
      ${feeding.length > 0 && html`
        <p class="text">The mean of what feeds it, by weight; what has no data does not count.</p>
        <table class="numbers">
          <thead><tr><th scope="col">What</th><th scope="col">Share</th><th scope="col">Progress</th></tr></thead>
          <tbody>
            ${feeding.map((each) => html`
              <tr key=${each.item.id}>
                <td>
                  <${Other} item=${each.item} onChoose=${onChoose} />
                  <div class="quiet">from ${SOURCE[each.source]}, weight ${amount(each.weight)}</div>
                </td>
                <td>${each.progress === null || !total ? "–" : percent(Number(each.weight) / total)}</td>
                <td>${percent(each.progress)}</td>
              </tr>`)}
          </tbody>
        </table>`}
    </section>`;
}

export function CheckIns({ item }) {
  const { nodes, totalCount } = item.checkIns;
  if (!totalCount) return html`<p class="quiet">None yet. It should be reported on every ${item.checkInEveryDays} days.</p>`;
  const ending = (each) => (each.withdrawn ? "withdrawn" : each.correctedBy ? "corrected" : null);
  const via = (each) => (each.source === "api" ? null : each.source);
  const told = (each) => [day(each.effectiveAt), actorOf(each.author), via(each), ending(each)].filter(Boolean).join(", ");
  return html`
    <ol class="reports">
      ${nodes.slice(0, 10).map((each) => html`
        <li key=${each.id} class=${ending(each) ? "void" : ""}>
          <strong>${amount(each.value, item.metric.unit)}</strong>
          ${each.confidence !== null && ` confidence ${percent(each.confidence)}`} <span class="quiet">${told(each)}</span>
          ${each.note && html`<p class="text">${each.note}</p>`}
        </li>`)}
    </ol>
    ${totalCount > 10 && html`<p class="quiet">The latest 10 of ${totalCount}.</p>`}`;
}

export function Targets({ item }) {
  if (item.targets.length < 2) return null;
  return html`
    <section><h3>Targets</h3>
      <ol class="reports">${item.targets.map((each) => html`
        <li key=${each.since}>
          ${metricOf(each.metric)}
          <span class="quiet"> since ${day(each.since)}${each.until ? `, until ${day(each.until)}` : ""}, ${actorOf(each.actor)}</span>
          ${each.reason && html` <q>${each.reason}</q>`}
        </li>`)}
      </ol>
    </section>`;
}

const OF_DELEGATION = ["KRDelegated", "KRUndelegated", "DelegationAccepted", "ObjectiveAligned", "ObjectiveUnaligned"];

export function Delegation({ item, objective, onChoose }) {
  const told = item.history.nodes.filter((event) => OF_DELEGATION.includes(event.type));
  const { delegatedTo: to, delegatedFrom: from, alignments = [] } = item;
  if (!told.length && !to && !from && !alignments.length) return null;
  return html`
    <section>
      <h3>${objective ? "What it serves" : "Delegation"}</h3>
      ${to && html`<p>Became <${LinkTo} item=${to} onChoose=${onChoose} /> of ${to.owner.name}.</p>`}
      ${from && html`<p>Restates the key result <${LinkTo} item=${from} onChoose=${onChoose} /> of ${from.accountable.name}.</p>`}
      ${alignments.map((each) => html`
        <p key=${each.target.id}>
          Serves <${Other} item=${each.target} onChoose=${onChoose} />${each.contributes ? ", and feeds its progress" : ""}.
        </p>`)}
      <ol class="reports">
        ${told.map((event) => html`
          <li key=${event.id}>
            <strong>${spaced(event.type)}</strong> <span class="quiet">${moment(event.recordedAt)}, ${actorOf(event.actor)}</span>
            ${event.reason && html` <q>${event.reason}</q>`}
          </li>`)}
      </ol>
    </section>`;
}

/** Every event with the hash that covers it and all before it. */
export function History({ history }) {
  return html`
    <section>
      <h3>Audit trail</h3>
      <ol class="audit">
        ${history.nodes.map((event) => html`
          <li key=${event.id}>
            <strong>${spaced(event.type)}</strong>
            <span class="quiet"> ${moment(event.recordedAt)}, ${actorOf(event.actor)}, position ${event.position}</span>
            ${event.reason && html`<div><q>${event.reason}</q></div>`}
            ${event.changes.map((each) => html`<${Field} key=${each.field} change=${each} />`)}
            <code class="hash" title=${`The hash that covers this event and all before it: ${event.hash}`}>${event.hash}</code>
          </li>`)}
      </ol>
      ${history.totalCount > history.nodes.length && html`<p class="quiet">The latest ${history.nodes.length} of ${history.totalCount}.</p>`}
    </section>`;
}

function Other({ item, onChoose }) {
  const owner = ownerOf(item);
  return html`<${LinkTo} item=${item} onChoose=${onChoose} />${owner && html` <span class="quiet">${owner.name}</span>`}`;
}

function LinkTo({ item, onChoose }) {
  const kind = item.__typename === "KeyResult" ? "KR: " : "";
  return html`<button type="button" class="link-to" onClick=${() => onChoose(item.id)}>${kind}${titleOf(item)}</button>`;
}
