/** Outline: the cascade as indented lines, of which only those in sight are drawn. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAdvice } from "./advice.js";
import { Advice, Health, Mark, Owner, Progress, Three, spoken } from "./card.js";
import { pressed } from "./keyboard.js";
import { classes, html } from "./markup.js";
import { useSize } from "./panning.js";
import { LINK, titleOf } from "./words.js";

const AROUND = 8;
const NARROW = 720;
const HEIGHTS = { wide: 46, narrow: 84 };

export function Outline({ api, tree, rows, line, active, chosen, hits, onMove, onToggle, onChoose }) {
  const frame = useRef(null);
  const size = useSize(frame);
  const [top, setTop] = useState(0);
  const narrow = size !== null && size.width < NARROW;
  const height = narrow ? HEIGHTS.narrow : HEIGHTS.wide;
  const at = rows.findIndex((row) => row.node.id === active);
  const before = useRef(null);

  // Lines that come or go above what somebody reads do not move it.
  useLayoutEffect(() => {
    const former = before.current;
    before.current = rows;
    if (!former || former === rows || !frame.current) return;
    const first = Math.floor(frame.current.scrollTop / height);
    const kept = former.slice(first).find((row) => rows.some((each) => each.node.id === row.node.id));
    if (!kept) return;
    const [was, is] = [former, rows].map((list) => list.findIndex((row) => row.node.id === kept.node.id));
    if (was !== is) frame.current.scrollTop += (is - was) * height;
  }, [rows]);

  useEffect(() => {
    if (at < 0 || !size) return;
    const [above, below] = [at * height, (at + 1) * height];
    if (above < frame.current.scrollTop || below > frame.current.scrollTop + size.height) {
      frame.current.scrollTop = above - size.height / 2;
    }
  }, [active, size === null]);

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = pressed(event.key, rows, active);
    if (!done) return;
    event.preventDefault();
    if (done.to) onMove(done.to);
    if (done.toggle) onToggle(done.toggle);
    if (done.choose) onChoose(done.choose);
  };

  const first = Math.max(0, Math.floor(top / height) - AROUND);
  const last = size ? Math.min(rows.length, Math.ceil((top + size.height) / height) + AROUND) : 0;
  const drawn = rows.slice(first, last).map((row, place) => ({ row, at: first + place }));
  if (at >= 0 && (at < first || at >= last)) drawn.push({ row: rows[at], at });
  const advice = useAdvice(api, tree, drawn.map(({ row }) => row.node));
  return html`
    <div class=${classes("outline", narrow && "narrow")} ref=${frame} onScroll=${(event) => setTop(event.currentTarget.scrollTop)}
      role="tree" tabindex="0" aria-label="Cascade" aria-activedescendant=${at >= 0 ? `node-${active}` : undefined} onKeyDown=${keys}>
      <div role="presentation" style=${{ height: `${rows.length * height}px`, position: "relative" }}>
        ${drawn.map(({ row, at: place }) => html`
          <${Line} key=${row.node.id} row=${row} advice=${advice(row.node.id)} top=${place * height} height=${height}
            active=${row.node.id === active} chosen=${row.node.id === chosen} lit=${line.has(row.node.id)} hit=${hits.has(row.node.id)}
            onToggle=${onToggle} onChoose=${onChoose} />`)}
      </div>
    </div>`;
}

function Line({ row, top, height, advice = [], active, chosen, lit, hit, onToggle, onChoose }) {
  const { node, level, open, place, of } = row;
  const { item, mark, link } = node;
  const more = Math.max(node.childCount, node.children.length);
  return html`
    <div id=${`node-${node.id}`} role="treeitem" aria-level=${level + 1} aria-posinset=${place} aria-setsize=${of}
      aria-selected=${chosen} aria-expanded=${more ? open : undefined} onClick=${() => onChoose(node.id)}
      class=${classes("line", item.__typename, active && "active", chosen && "chosen", lit && "lit", hit && "hit", mark && `mark-${mark.kind}`)}
      style=${{ top: `${top}px`, height: `${height}px`, "--level": level }}>
      <span class="unseen">${spoken(row, advice)}</span>
      ${more > 0
        ? html`<button class="fold" type="button" tabindex="-1" aria-label=${`${open ? "Fold" : "Unfold"} ${titleOf(item)}`}
            onClick=${(event) => (event.stopPropagation(), onToggle(node.id))}>${open ? "▾" : "▸"}</button>`
        : html`<span class="fold"></span>`}
      <span class="cells" aria-hidden="true">
        <span class=${`hangs ${link ?? ""}`} title=${link ? LINK[link].told : ""}></span>
        <span class="line-title" title=${titleOf(item)}>${titleOf(item)}</span>
        ${mark && html`<${Mark} kind=${mark.kind} />`}
        <${Advice} found=${advice} />
        <${Owner} item=${item} />
        ${item.__typename === "KeyResult" && html`<${Three} item=${item} />`}
        <${Progress} value=${item.progress} health=${item.health} />
        ${item.health ? html`<${Health} health=${item.health} />` : html`<span class="health"></span>`}
      </span>
    </div>`;
}
