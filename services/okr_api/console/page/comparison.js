/** Comparison: what became of the tree between two moments, laid over the second one. */

import { useEffect, useState } from "preact/hooks";
import { COMPARISON } from "./documents.js";
import { regrown } from "./trees.js";

const PAGES = 25;
const GHOST = { link: null, childCount: 0, context: false };

/** All that `cascadeDiff` tells. Throws Failure. */
async function compared(api, cycle, view, from, to, signal) {
  const asked = { cycle, view, from: { position: from }, to: to === null ? null : { position: to } };
  const changes = [];
  let after = null;
  let diff;
  for (let page = 0; page < PAGES && !signal.aborted; page += 1) {
    ({ cascadeDiff: diff } = await api.ask(COMPARISON, { ...asked, after }));
    changes.push(...diff.changes.nodes);
    after = diff.changes.pageInfo.endCursor;
    if (!diff.changes.pageInfo.hasNextPage) break;
  }
  return { ...diff, changes };
}

/** The comparison that is looked at, once its second moment is there; null without one. `beat` asks again. */
export function useComparison(api, cycle, view, from, to, beat) {
  const [known, setKnown] = useState({});
  const of = [cycle, view, from, to].join();
  useEffect(() => {
    if (from === null) return undefined;
    const leaving = new AbortController();
    const told = (found) => leaving.signal.aborted || setKnown({ of, ...found });
    compared(api, cycle, view, from, to, leaving.signal)
      .then((diff) => told({ diff, failure: null }), (failure) => told({ diff: null, failure }));
    return () => leaving.abort();
  }, [api, cycle, view, from, to, beat]);
  // What was told of other moments says nothing of these.
  return known.of === of && from !== null ? known : { diff: null, failure: null };
}

export const idOf = (change) => change.item.id;

/** The tree of the second moment with a mark on whatever changed, and what was removed as a ghost where it hung. */
export function overlaid(tree, diff) {
  if (!diff) return tree;
  const marks = new Map(diff.changes.map((change) => [idOf(change), change]));
  const nodes = [...tree.byId.values()].map((each) => ({ ...each, children: [], mark: marks.get(each.id) ?? null }));
  const link = new Map(diff.linksRemoved.map(({ parentId, childId, link: kind }) => [`${parentId} ${childId}`, kind]));
  const ghosts = diff.changes.filter((change) => change.kind === "REMOVED" && !tree.byId.has(idOf(change))).map((change) => ({
    ...GHOST,
    id: idOf(change),
    parentId: change.parentBefore,
    link: link.get(`${change.parentBefore} ${idOf(change)}`) ?? null,
    item: change.item,
    children: [],
    mark: change,
  }));
  return regrown(tree, [...nodes, ...ghosts], tree.edges);
}

/** From where what moved hung before to where it is: pairs of ids. */
export const formerPlaces = (diff) => (diff?.changes ?? [])
  .filter((change) => change.kind === "MOVED" && change.parentBefore)
  .map((change) => [change.parentBefore, idOf(change)]);
