/** Chart: the check-ins of a key result over its cycle, with the line from where it began to where it should get. */

import { html } from "./markup.js";
import { amount, day } from "./words.js";

const WIDTH = 340;
const HEIGHT = 130;
const MARGIN = { left: 6, right: 6, top: 12, bottom: 18 };

export function Chart({ keyResult }) {
  const { metric, checkIns, objective, dueOn } = keyResult;
  const points = checkIns.nodes.filter((each) => !each.withdrawn && !each.correctedBy)
    .map((each) => ({ time: Date.parse(each.effectiveAt), value: Number(each.value) })).sort((a, b) => a.time - b.time);
  if (!points.length) return null;
  const begin = Math.min(Date.parse(objective.cycle.startsOn), points[0].time);
  const end = Math.max(Date.parse(dueOn ?? objective.cycle.endsOn) + 86_400_000, points.at(-1).time);
  const milestone = metric.kind === "MILESTONE";
  const target = milestone ? 1 : Number(metric.target);
  const start = metric.start === null ? (milestone ? 0 : target) : Number(metric.start);
  const values = [target, start, ...points.map((each) => each.value), ...(metric.limit === null ? [] : [Number(metric.limit)])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (time) => MARGIN.left + ((time - begin) / (end - begin || 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value) => HEIGHT - MARGIN.bottom - ((value - low) / (high - low || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const path = points.map((each, at) => `${at ? "L" : "M"}${x(each.time).toFixed(1)} ${y(each.value).toFixed(1)}`).join("");
  const today = x(clamp(Date.now(), begin, end));
  const last = points.at(-1);
  const summary = `${points.length} check-ins, the last ${amount(last.value, metric.unit)} on ${day(last.time)}; target ${amount(target, metric.unit)}`;
  return html`
    <figure class="chart">
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${summary}>
        <line class="axis" x1=${MARGIN.left} x2=${WIDTH - MARGIN.right} y1=${HEIGHT - MARGIN.bottom} y2=${HEIGHT - MARGIN.bottom} />
        <line class="target" x1=${x(begin)} y1=${y(start)} x2=${x(end)} y2=${y(target)} />
        <line class="today" x1=${today} x2=${today} y1=${MARGIN.top} y2=${HEIGHT - MARGIN.bottom} />
        <path class="values" d=${path} />
        ${points.map((each) => html`
          <circle key=${each.time} class="value" cx=${x(each.time)} cy=${y(each.value)} r="3.5">
            <title>${`${amount(each.value, metric.unit)}, ${day(each.time)}`}</title>
          </circle>`)}
        <text x=${MARGIN.left} y=${HEIGHT - 4}>${day(begin)}</text>
        <text x=${WIDTH - MARGIN.right} y=${HEIGHT - 4} text-anchor="end">${day(end)}</text>
        <text class="aim" x=${MARGIN.left} y=${y(target) + (y(target) < 24 ? 4 : -5)}>
          target ${amount(target, metric.unit)}
        </text>
      </svg>
      <figcaption class="unseen">${summary}</figcaption>
    </figure>`;
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
