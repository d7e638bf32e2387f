/** Timeline: a slider that stops where something changed, alone or with a second handle for a comparison. */

import { useEffect, useState } from "preact/hooks";
import { classes, html } from "./markup.js";
import { placeOf, placeOfDay, positionAt } from "./moments.js";
import { actorOf, day, moment, spaced } from "./words.js";

const BEAT = 900;

export function Timeline({ moments, known, failure, at, from, to, loading, isLoaded, go }) {
  const last = moments.length;
  const comparing = from !== null;
  const place = placeOf(moments, comparing ? to : at);
  const [playing, setPlaying] = useState(false);
  const set = (name) => (next) => go({ [name]: positionAt(moments, next) }, true);
  const setEnd = (next) => (comparing ? set("to")(Math.max(next, placeOf(moments, from))) : set("at")(next));

  // The next moment is shown only once this one is: nothing is skipped on a slow line.
  useEffect(() => {
    if (!playing || loading) return undefined;
    if (place >= last) return setPlaying(false);
    const beat = setTimeout(() => setEnd(place + 1), BEAT);
    return () => clearTimeout(beat);
  }, [playing, loading, place, last]);

  const play = () => {
    if (!playing && place >= last) setEnd(comparing ? placeOf(moments, from) : 0);
    setPlaying(!playing);
  };
  const compare = () => {
    setPlaying(false);
    if (comparing) return go({ from: null, to: null, at: to });
    // Now is where the last change led to: what it changed is seen from the moment before it.
    return go({ from: positionAt(moments, Math.max(0, Math.min(place, last - 1) - 1)), to: at, at: null });
  };
  if (!last) {
    const none = isLoaded && known ? "Nothing has changed in this cycle yet." : "Looking for what changed…";
    return html`
      <section class="timeline" aria-label="Time">
        ${failure ? html`<p role="alert">The history could not be read: ${failure.message}</p>` : html`<p class="quiet">${none}</p>`}
        ${at !== null && html`<button type="button" onClick=${() => go({ at: null })}>Now</button>`}
      </section>`;
  }
  return html`
    <section class="timeline" aria-label="Time">
      <div class="timeline-head">
        <button type="button" class="play" aria-label=${playing ? "Pause" : "Play"} onClick=${play}>${playing ? "❚❚" : "▶"}</button>
        <${Step} name="Change before" sign="‹" disabled=${place <= 0} onStep=${() => setEnd(place - 1)} />
        <${Step} name="Next change" sign="›" disabled=${place >= last} onStep=${() => setEnd(place + 1)} />
        <p class="when" aria-live="polite"><${When} moments=${moments} place=${place} /></p>
        <label class="day">Day
          <input type="date" max=${dateOf(Date.now())} value=${moments[place] ? dateOf(moments[place].time) : ""}
            onChange=${({ currentTarget }) => currentTarget.value && setEnd(placeOfDay(moments, currentTarget.value))} />
        </label>
        <button type="button" aria-pressed=${comparing} disabled=${place < 1 && !comparing} onClick=${compare}>Compare</button>
        <button type="button" aria-pressed=${(comparing ? to : at) === null} onClick=${() => go(comparing ? { to: null } : { at: null })}>Now</button>
      </div>
      <div class=${classes("track", comparing && "two")}>
        ${comparing && html`
          <${Handle} label="From" moments=${moments} place=${placeOf(moments, from)}
            onPlace=${(next) => set("from")(Math.min(next, place, last - 1))} />`}
        <${Handle} label=${comparing ? "To" : "Moment"} moments=${moments} place=${place} onPlace=${(next) => (setPlaying(false), setEnd(next))} />
        <${Days} moments=${moments} />
      </div>
    </section>`;
}

function Step({ name, sign, disabled, onStep }) {
  return html`<button type="button" aria-label=${name} title=${name} disabled=${disabled} onClick=${onStep}>${sign}</button>`;
}

function Handle({ label, moments, place, onPlace }) {
  return html`
    <input type="range" class=${`handle handle-${label}`} aria-label=${label} min="0" max=${moments.length} step="1" value=${place}
      aria-valuetext=${told(moments, place)} onInput=${({ currentTarget }) => onPlace(Number(currentTarget.value))} />`;
}

function When({ moments, place }) {
  const here = moments[place];
  if (!here) return html`<strong>${place < 0 ? "Before everything" : "Now"}</strong>`;
  return html`
    <strong>${moment(here.time)}</strong> <span>${spaced(here.command)} by ${actorOf(here.actor)}</span>
    ${here.reason && html` <q>${here.reason}</q>`}`;
}

function told(moments, place) {
  const here = moments[place];
  return here ? `${moment(here.time)}, ${spaced(here.command)} by ${actorOf(here.actor)}` : "Now";
}

/** Where days begin along the track, as many as there is room for. */
function Days({ moments }) {
  const all = moments.map((each, place) => ({ place, day: day(each.time) }));
  const begin = all.filter((each, at) => at === 0 || all[at - 1].day !== each.day);
  const every = Math.ceil(begin.length / 6);
  return html`
    <div class="days" aria-hidden="true">
      ${begin.filter((_, at) => at % every === 0).map(({ place, day: name }) => html`
        <span key=${place} style=${{ left: `${(place / moments.length) * 100}%` }}>${name}</span>`)}
    </div>`;
}

function dateOf(time) {
  const here = new Date(time);
  return [here.getFullYear(), here.getMonth() + 1, here.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
