/** Layout: where the cards of a tidy tree stand, which of them are in sight, and the lines between them. */

import { hierarchy, tree as tidy } from "d3-hierarchy";

export const CARD = { width: 268, height: 106 };
const ROW = CARD.height + 14;
const COLUMN = CARD.width + 84;
const MARGIN = 12;
const NEAR = 40;
const BETWEEN_FAMILIES = 1.25;
/** Lines that only pass through, which stand close together: more of them show nothing more. */
const PASSING = 200;

/** The places of what shows, from the rows of the tree: left to right, each column in order from top to bottom. */
export function laidOut(rows) {
  const top = { below: [] };
  const path = [top];
  for (const row of rows) {
    const made = { row, below: [] };
    path.length = row.level + 1;
    path[row.level].below.push(made);
    path.push(made);
  }
  const root = hierarchy(top, (each) => each.below);
  tidy().nodeSize([ROW, COLUMN]).separation((a, b) => (a.parent === b.parent ? 1 : BETWEEN_FAMILIES))(root);
  const places = new Map();
  const columns = [];
  root.eachAfter((each) => {
    const below = each.children ?? [];
    // Children stand in order, but what hangs from a later one may begin higher.
    each.span = below.reduce(([first, last], { span }) => [Math.min(first, span[0]), Math.max(last, span[1])], [each.x, each.x]);
  });
  root.eachBefore(({ data, x, y, depth, span }) => {
    if (!data.row) return;
    const column = (columns[depth - 1] ??= []);
    const [first, last] = span.map((each) => each - CARD.height / 2);
    const place = { ...data.row, id: data.row.node.id, x: y - COLUMN, y: x - CARD.height / 2, first, last, at: column.length };
    places.set(place.id, place);
    column.push(place);
  });
  return { places, columns, box: boxOf(columns) };
}

function boxOf(columns) {
  const tops = columns.map((column) => column[0].y);
  const ends = columns.map((column) => column.at(-1).y + CARD.height);
  if (!columns.length) return { left: 0, top: 0, right: CARD.width, bottom: CARD.height };
  return { left: 0, top: Math.min(...tops), right: (columns.length - 1) * COLUMN + CARD.width, bottom: Math.max(...ends) };
}

/** The part of the plane that a window of that size shows. */
export function sight([x, y, scale], { width, height }) {
  return { left: -x / scale, top: -y / scale, right: (width - x) / scale, bottom: (height - y) / scale };
}

/** The places that a part of the plane shows, and a little around it. */
export function inSight(layout, part) {
  const found = [];
  layout.columns.forEach((column, at) => {
    const left = at * COLUMN;
    if (left > part.right + COLUMN || left + CARD.width < part.left - COLUMN) return;
    const begin = firstBelow(column, part.top - ROW);
    let next = begin;
    for (; next < column.length && column[next].y <= part.bottom + CARD.height; next += 1) found.push(column[next]);
    found.push(...[column[begin - 1], column[next]].filter(Boolean).map((place) => stuck(column, place, part)).filter(Boolean));
  });
  return found;
}

/** Where a card goes that is out of sight itself while some of what hangs from it is in sight: to the edge, so that nobody
    has to look for what they are in. It never goes past its neighbours. */
function stuck(column, place, { top, bottom }) {
  if (place.last < top || place.first > bottom) return null;
  const [above, below] = [column[place.at - 1], column[place.at + 1]];
  const lowest = Math.max(place.first, above ? above.y + ROW : -Infinity);
  const highest = Math.min(place.last, below ? below.y - ROW : Infinity);
  const wanted = Math.min(Math.max(place.y, top + MARGIN), bottom - CARD.height - MARGIN);
  const y = Math.min(Math.max(wanted, lowest), highest);
  return y + CARD.height < top || y > bottom ? null : { ...place, y, isStuck: true };
}

function firstBelow(column, top) {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle].y + CARD.height < top) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The lines of a kind as one path: `pairs` of places, from what is served to what serves; `moved` are drawn elsewhere. */
export function lines(pairs, part, moved = new Map()) {
  let passing = 0;
  const drawn = moved.size ? pairs.map(([from, to]) => [moved.get(from.id) ?? from, moved.get(to.id) ?? to]) : pairs;
  return drawn.filter(([from, to]) => {
    const [top, bottom] = from.y < to.y ? [from.y, to.y] : [to.y, from.y];
    const [left, right] = from.x < to.x ? [from.x, to.x] : [to.x, from.x];
    if (bottom + CARD.height < part.top || top > part.bottom || right + CARD.width < part.left || left > part.right) return false;
    return isIn(from, part) || isIn(to, part) || ++passing <= PASSING;
  }).map(([from, to]) => line(from, to)).join("");
}

const isIn = ({ x, y }, { left, top, right, bottom }) =>
  x < right && x + CARD.width > left && y < bottom && y + CARD.height > top;

function line(from, to) {
  const [x0, y0, y1] = [from.x + CARD.width, from.y + CARD.height / 2, to.y + CARD.height / 2];
  // What stands beside or before what it serves is reached around its edge.
  if (to.x <= from.x) {
    const [end, out] = [to.x + CARD.width, Math.max(x0, to.x + CARD.width) + 56];
    return `M${x0} ${y0}C${out} ${y0} ${out} ${y1} ${end} ${y1}`;
  }
  const middle = (x0 + to.x) / 2;
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${to.x} ${y1}`;
}

export const [SMALLEST, LARGEST] = [0.08, 2];
const within = (scale) => Math.min(LARGEST, Math.max(SMALLEST, scale));

/** Nearer or farther, with the point of the window staying where it is. */
export function zoomed([x, y, scale], factor, [px, py]) {
  const after = within(scale * factor);
  return [px - ((px - x) * after) / scale, py - ((py - y) * after) / scale, after];
}

/** All of it in the window; where that would be too small to read, its beginning. */
export function fitted(box, { width, height }, readable = 0.6) {
  const margin = 32;
  const whole = Math.min((width - 2 * margin) / (box.right - box.left), (height - 2 * margin) / (box.bottom - box.top));
  const scale = within(Math.min(1, Math.max(whole, readable)));
  const tall = (box.bottom - box.top) * scale > height - 2 * margin;
  const wide = (box.right - box.left) * scale > width - 2 * margin;
  const x = wide ? margin - box.left * scale : (width - (box.right + box.left) * scale) / 2;
  return { scale, x, y: tall ? null : (height - (box.bottom + box.top) * scale) / 2 };
}

/** Where the window goes to show a place: to its height, and sideways no farther than it must, for what is above is there. */
export function revealing(place, size, [x, , scale]) {
  const [, y] = centred(place, size, scale);
  const [left, right] = [NEAR - place.x * scale, size.width - NEAR - (place.x + CARD.width) * scale];
  return [left > right ? left : Math.min(Math.max(x, left), right), y, scale];
}

/** A place in the middle of the window, as near as it is now. */
export function centred(place, { width, height }, scale) {
  return [width / 2 - (place.x + CARD.width / 2) * scale, height / 2 - (place.y + CARD.height / 2) * scale, scale];
}
