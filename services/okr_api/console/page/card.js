/** Card: what an objective or a key result shows of itself in the tree; for who hears it, it is said in a sentence. */

import { classes, html } from "./markup.js";
import { HEALTH, KIND, LEVEL, count, isObjective, ownerOf, percent, titleOf } from "./words.js";

export function Card({ node, advice = [] }) {
  const { item, mark } = node;
  return html`
    <div aria-hidden="true" class=${classes("card", item.__typename, mark && `mark-${mark.kind}`, item.state?.toLowerCase())}>
      <div class="card-head">
        <${Owner} item=${item} />
        ${mark && html`<${Mark} kind=${mark.kind} />`}
        <${Advice} found=${advice} />
        ${item.health && html`<${Health} health=${item.health} />`}
      </div>
      <div class="card-title" title=${titleOf(item)}>${titleOf(item)}</div>
      <div class="card-foot">
        <${Progress} value=${item.progress} health=${item.health} />
        ${item.__typename === "KeyResult" && html`<${Three} item=${item} />`}
      </div>
    </div>`;
}

export function Owner({ item }) {
  const owner = ownerOf(item);
  if (!owner) return html`<span class="owner">Hidden</span>`;
  const done = item.responsible && item.responsible.id !== owner.id ? ` → ${item.responsible.name}` : "";
  const told = isObjective(item) ? "Objective" : "Key result";
  return html`
    <span class="owner" title=${`${told} of ${owner.name}${done}`}>
      <span class=${`level level-${owner.level}`}>${isObjective(item) ? LEVEL[owner.level] : "KR"}</span>${owner.name}${done}
    </span>`;
}

export function Progress({ value, health }) {
  const known = value !== null && value !== undefined;
  return html`
    <span class="progress">
      <span class="bar" aria-hidden="true">
        <span class=${`fill ${health ?? ""}`} style=${{ width: `${known ? Number(value) * 100 : 0}%` }}></span>
      </span>
      <span class="number">${percent(value)}</span>
    </span>`;
}

/** Beside the progress that counts: what was measured, what cascaded, and which of them it is. */
export function Three({ item }) {
  const { measuredProgress, cascadedProgress, progressSource: source } = item;
  const one = (name, value, counts, told) => html`
    <span class=${counts ? "counts" : ""} title=${told}>${name} ${percent(value)}</span>`;
  return html`
    <span class="three">
      ${one("measured", measuredProgress, source === "MEASURED", "From its own check-ins")}
      ${one("cascaded", cascadedProgress, source === "DELEGATE", "From the objective that it was delegated to")}
      ${source === "SUPPORTERS" && one("supported", item.progress, true, "From the objectives that contribute to it")}
    </span>`;
}

export function Health({ health }) {
  const { sign, word } = HEALTH[health];
  return html`<span class=${`health ${health}`}><span aria-hidden="true">${sign}</span> ${word}</span>`;
}

export function Mark({ kind }) {
  const { sign, word } = KIND[kind];
  return html`<span class=${`mark ${kind}`}><span aria-hidden="true">${sign}</span> ${word}</span>`;
}

export function Advice({ found }) {
  if (!found.length) return null;
  const told = found.map((each) => each.message).join("\n");
  return html`<span class="advisory" title=${told}>⚑</span>`;
}

/** What a card says, in a sentence, for who does not see it. */
export function spoken({ node, level }, advice = []) {
  const { item, mark, link } = node;
  const owner = ownerOf(item);
  const kind = { Objective: "Objective", KeyResult: "Key result", Redacted: "Hidden item" }[item.__typename];
  const told = [
    mark && KIND[mark.kind].word,
    kind,
    titleOf(item),
    owner && `of ${owner.name}`,
    `progress ${item.progress === null ? "unknown" : percent(item.progress)}`,
    item.health && HEALTH[item.health].word,
    link && level > 0 && { CONTAINS: null, DELEGATES: "delegated", SUPPORTS: "supports", ALIGNS: "aligned" }[link],
    advice.length && count(advice.length, "advisory", "advisories"),
  ];
  return told.filter(Boolean).join(", ");
}
