/** Diagram: the cascade as a tidy tree of cards, of which only those in sight are drawn. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAdvice } from "./advice.js";
import { Card, spoken } from "./card.js";
import { pressed } from "./keyboard.js";
import { CARD, centred, fitted, inSight, laidOut, lines, revealing, sight, zoomed } from "./layout.js";
import { classes, html } from "./markup.js";
import { remembered } from "./remembered.js";
import { usePanning, useSize } from "./panning.js";
import { titleOf } from "./words.js";

/** Below this scale texts cannot be read: cards then show their titles larger, and nothing else. */
const FAR = 0.55;
const STEP = 1.25;
const SETTLED = 300;

export function Diagram({ api, tree, rows, line, active, chosen, hits, ghosts, zoom, onZoom, onMove, onToggle, onChoose }) {
  const frame = useRef(null);
  const size = useSize(frame);
  const layout = useMemo(() => layoutOf(rows), [rows]);
  const [eye, setEye] = useState(zoom);
  const before = useRef(null);
  usePanning(frame, (next) => setEye((now) => (now ? next(now) : now)));

  useLayoutEffect(() => {
    if (size && !eye && rows.length) setEye(beginning(layout, size));
  }, [size, layout]);

  // What somebody looks at stays where it is, whatever comes or goes around it.
  useLayoutEffect(() => {
    const former = before.current;
    before.current = layout;
    if (!former || !eye || former === layout) return;
    const kept = anchor(former, layout, eye, size, [active, chosen]);
    if (!kept) return setEye(beginning(layout, size));
    const [was, is] = [former.places.get(kept), layout.places.get(kept)];
    setEye(([x, y, scale]) => [x + (was.x - is.x) * scale, y + (was.y - is.y) * scale, scale]);
  }, [layout]);

  useEffect(() => {
    if (!eye) return undefined;
    const settling = setTimeout(() => onZoom(eye), SETTLED);
    return () => clearTimeout(settling);
  }, [eye]);

  // Whoever moves by keys or jumps sees where they are, and sees it still when the window becomes smaller.
  const looked = useRef({ active: zoom && active, size: null });
  useEffect(() => {
    const place = layout.places.get(active);
    if (!size || !eye) return;
    const former = looked.current;
    looked.current = { active, size };
    const wasSeen = former.active !== active || (former.size && place && isWholly(place, eye, former.size));
    if (!place || !wasSeen || isWholly(place, eye, size)) return;
    setEye((now) => (now[2] < FAR ? centred(place, size, FAR) : revealing(place, size, now)));
  }, [active, size, eye === null]);

  const keys = (event) => {
    const middle = size && [size.width / 2, size.height / 2];
    if (event.key === "+" || event.key === "=") return setEye((now) => zoomed(now, STEP, middle));
    if (event.key === "-") return setEye((now) => zoomed(now, 1 / STEP, middle));
    if (event.key === "0") return setEye(beginning(layout, size));
    if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const done = pressed(event.key, rows, active);
    if (!done) return undefined;
    event.preventDefault();
    if (done.to) onMove(done.to);
    if (done.toggle) onToggle(done.toggle);
    if (done.choose) onChoose(done.choose);
    return undefined;
  };

  const part = eye && size && sight(eye, size);
  const drawn = part ? inSight(layout, part) : [];
  const place = layout.places.get(active);
  if (part && place && !drawn.some(({ id }) => id === active)) drawn.push(place);
  const moved = new Map(drawn.filter((each) => each.isStuck).map((each) => [each.id, each]));
  const advice = useAdvice(api, tree, eye && eye[2] < FAR ? [] : drawn.map(({ node }) => node));
  return html`
    <div class=${classes("diagram", eye && eye[2] < FAR && "far")} ref=${frame}>
      <div class="plane" role="tree" tabindex="0" aria-label="Cascade" aria-activedescendant=${place ? `node-${active}` : undefined}
        onKeyDown=${keys} style=${{ transform: eye ? `translate(${eye[0]}px, ${eye[1]}px) scale(${eye[2]})` : "none" }}>
        ${part && html`<${Lines} tree=${tree} layout=${layout} part=${part} moved=${moved} line=${line} ghosts=${ghosts} />`}
        ${drawn.map((each) => html`
          <${Placed} key=${each.id} place=${each} advice=${advice(each.id)} active=${each.id === active} chosen=${each.id === chosen}
            lit=${line.has(each.id)} hit=${hits.has(each.id)} onToggle=${onToggle} onChoose=${onChoose} />`)}
      </div>
      <${Zooming} onStep=${(factor) => setEye((now) => zoomed(now, factor, [size.width / 2, size.height / 2]))}
        onAll=${() => setEye(beginning(layout, size, 0))} onBegin=${() => setEye(beginning(layout, size))} />
    </div>`;
}

function Placed({ place, advice, active, chosen, lit, hit, onToggle, onChoose }) {
  const { node, open, level, of, x, y } = place;
  const more = Math.max(node.childCount, node.children.length);
  const looks = classes("placed", active && "active", chosen && "chosen", lit && "lit", hit && "hit", place.isStuck && "stuck");
  const stands = { transform: `translate(${x}px, ${y}px)`, width: `${CARD.width}px`, height: `${CARD.height}px` };
  return html`
    <div id=${`node-${node.id}`} class=${looks} style=${stands} onClick=${() => onChoose(node.id)}
      role="treeitem" aria-level=${level + 1} aria-posinset=${place.place} aria-setsize=${of}
      aria-selected=${chosen} aria-expanded=${more ? open : undefined}>
      <span class="unseen">${spoken(place, advice)}</span>
      <${Card} node=${node} advice=${advice} />
      ${more > 0 && html`
        <button class="fold" type="button" tabindex="-1" aria-label=${`${open ? "Fold" : "Unfold"} ${titleOf(node.item)}`}
          onClick=${(event) => (event.stopPropagation(), onToggle(node.id))}>${open ? "−" : more}</button>`}
    </div>`;
}

/** The links of the tree, those beside it, and where things hung before: each kind drawn in its own way. */
function Lines({ tree, layout, part, moved, line, ghosts }) {
  const { strokes, beside } = useMemo(() => linksOf(tree, layout), [tree, layout]);
  const former = ghosts.map(([from, to]) => [layout.places.get(from), layout.places.get(to)]).filter(([a, b]) => a && b);
  const onLine = [...line].map((id) => layout.places.get(id)).filter(Boolean);
  const lit = onLine.map((place) => [layout.places.get(place.node.parentId), place]).filter(([above]) => above);
  return html`
    <svg class="lines" width="1" height="1" aria-hidden="true">
      ${Object.entries(beside).map(([kind, found]) => html`
        <path key=${`beside-${kind}`} class=${`link beside ${kind}`} d=${lines(found, part, moved)} />`)}
      ${Object.entries(strokes).map(([kind, found]) => html`
        <path key=${kind} class=${`link ${kind}`} d=${lines(found, part, moved)} />`)}
      <path class="link lit" d=${lines(lit, part, moved)} />
      <path class="link former" d=${lines(former, part, moved)} />
    </svg>`;
}

const layoutOf = remembered(laidOut);
const linksOf = remembered((tree, layout) => pairs(tree, layout));

function pairs(tree, { places }) {
  const strokes = {};
  const beside = {};
  for (const place of places.values()) {
    const above = places.get(place.node.parentId);
    if (above) (strokes[place.node.link] ??= []).push([above, place]);
  }
  for (const { parentId, childId, link } of tree.edges) {
    const [above, below] = [places.get(parentId), places.get(childId)];
    if (above && below && below.node.parentId !== parentId) (beside[link] ??= []).push([above, below]);
  }
  return { strokes, beside };
}

function Zooming({ onStep, onAll, onBegin }) {
  return html`
    <div class="zooming" role="group" aria-label="Zoom">
      <button type="button" aria-label="Nearer" title="Nearer (+)" onClick=${() => onStep(STEP)}>+</button>
      <button type="button" aria-label="Farther" title="Farther (−)" onClick=${() => onStep(1 / STEP)}>−</button>
      <button type="button" aria-label="Show all" title="All of it" onClick=${onAll}>⤢</button>
      <button type="button" aria-label="Back to the beginning" title="The beginning (0)" onClick=${onBegin}>⌂</button>
    </div>`;
}

function beginning(layout, size, readable) {
  const { scale, x, y } = fitted(layout.box, size, readable);
  if (y !== null) return [x, y, scale];
  const first = layout.columns[0][0];
  return centred(first, size, scale).with(0, x);
}

const isWholly = (place, [x, y, scale], { width, height }) =>
  place.x * scale + x >= 0 && (place.x + CARD.width) * scale + x <= width &&
  place.y * scale + y >= 0 && (place.y + CARD.height) * scale + y <= height;

/** The id of what stays where it is: what is active or chosen if it is in sight, else what is nearest to the middle. */
function anchor(former, layout, eye, size, wanted) {
  const seen = inSight(former, sight(eye, size)).filter(({ id }) => layout.places.has(id));
  const ids = new Set(seen.map(({ id }) => id));
  const named = wanted.find((id) => ids.has(id));
  if (named) return named;
  const [x, y] = [(size.width / 2 - eye[0]) / eye[2], (size.height / 2 - eye[1]) / eye[2]];
  const far = (place) => Math.hypot(place.x + CARD.width / 2 - x, place.y + CARD.height / 2 - y);
  return seen.sort((a, b) => far(a) - far(b))[0]?.id;
}
