/** Moments: where something changed in a cycle, which is where the slider stops. */

import { useEffect, useState } from "preact/hooks";
import { REPORTS, STEPS } from "./documents.js";

/** What changes values and no shape: a replay leaves it out. */
const REPORTED = ["CheckInRecorded", "CheckInCorrected", "CheckInWithdrawn", "KRScored"];
const PAGES = 25;
const BEGINNING = "0";
const RETRY = 3000;
const NONE = { moments: [], known: false, failure: null };

/** Every commit that changed the shape of the tree, and the latest that changed its values, oldest first. Throws Failure. */
async function loaded(api, cycle, view, told, signal) {
  const found = new Map();
  const { history } = await api.ask(REPORTS, { cycle, types: REPORTED });
  for (const each of commits(history.nodes)) found.set(each.position, each);
  let after = null;
  for (let page = 0; page < PAGES && !signal.aborted; page += 1) {
    const { replay } = await api.ask(STEPS, { cycle, view, after });
    for (const each of replay.nodes) found.set(each.position, each);
    told(inOrder(found));
    after = replay.pageInfo.endCursor;
    if (!replay.pageInfo.hasNextPage) break;
  }
}

/** Events as moments: a commit is one, where its last event is. */
function commits(events) {
  const found = new Map();
  for (const { recordedAt: time, commandId, ...each } of events) {
    if (!(Number(found.get(commandId)?.position) > Number(each.position))) found.set(commandId, { ...each, time });
  }
  return found.values();
}

const inOrder = (found) => [...found.values()].sort((a, b) => Number(a.position) - Number(b.position));

/** The moments of a cycle once they are wanted; `add` takes those that happen meanwhile. */
export function useMoments(api, cycle, view, wanted) {
  const [known, setKnown] = useState(NONE);
  useEffect(() => {
    setKnown(NONE);
    if (!cycle || !wanted) return undefined;
    const leaving = new AbortController();
    const tell = (moments) => leaving.signal.aborted || setKnown({ moments, known: true, failure: null });
    const load = () => loaded(api, cycle, view, tell, leaving.signal).catch((failure) => {
      if (leaving.signal.aborted) return;
      setKnown({ ...NONE, failure });
      if (failure.code === "OFFLINE") setTimeout(() => leaving.signal.aborted || load(), RETRY);
    });
    load();
    return () => leaving.abort();
  }, [api, cycle, view, wanted]);
  const add = (events) => setKnown((before) => {
    const found = new Map(before.moments.map((each) => [each.position, each]));
    for (const each of commits(events)) found.set(each.position, each);
    return { ...before, moments: inOrder(found) };
  });
  return { ...known, add };
}

/** The place of a position among the moments: that of the last one at or before it; now is behind all. */
export function placeOf(moments, position) {
  if (position === null) return moments.length;
  let place = -1;
  while (place + 1 < moments.length && Number(moments[place + 1].position) <= Number(position)) place += 1;
  return place;
}

/** The position of a place: null is now, and before all there is nothing. */
export const positionAt = (moments, place) => (place < 0 ? BEGINNING : (moments[place]?.position ?? null));

/** The last place on or before a day as it ends where the viewer is; -1 before all. */
export function placeOfDay(moments, day) {
  const end = new Date(`${day}T23:59:59.999`);
  let place = -1;
  while (place + 1 < moments.length && new Date(moments[place + 1].time) <= end) place += 1;
  return place;
}
