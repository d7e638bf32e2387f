/** Cuts: trees at moments of the log, loaded when looked at; those looked at last are kept. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { TREE } from "./documents.js";
import { grafted, grown, isWhole } from "./trees.js";

/** More than that is loaded branch by branch, as it is unfolded. */
export const MOST = 12_000;
const DEPTHS = [3, 2, 1, 0];
const DEEPEST = 64;
/** Nodes of all kept trees together, about. */
const KEPT = 150_000;
const NOW = "now";
/** A hand that moves on wants the moment where it stops. */
const RESTING = 150;
/** Whoever unfolds more at once asks for something else. */
const MOST_BRANCHES = 200;

export class Cuts {
  #api;
  #kept = new Map();

  constructor(api) {
    this.#api = api;
  }

  /** The tree at a position, null being now; undefined where it is not here. */
  known(cycle, view, at) {
    const key = [cycle, view, at ?? NOW].join();
    const tree = this.#kept.get(key);
    if (tree) this.keep(cycle, view, at, tree);
    return tree;
  }

  keep(cycle, view, at, tree) {
    const key = [cycle, view, at ?? NOW].join();
    this.#kept.delete(key);
    this.#kept.set(key, tree);
    let nodes = 0;
    for (const each of [...this.#kept.keys()].reverse()) {
      nodes += this.#kept.get(each).byId.size;
      if (nodes > KEPT && each !== key) this.#kept.delete(each);
    }
  }

  /** Throws Failure. */
  async load(cycle, view, at) {
    const asked = { cycle, view, asOf: at === null ? null : { position: at }, root: null };
    let { cascade } = await this.#api.ask(TREE, { ...asked, maxDepth: DEEPEST, maxNodes: MOST });
    for (const maxDepth of cascade.truncated ? DEPTHS : []) {
      ({ cascade } = await this.#api.ask(TREE, { ...asked, maxDepth, maxNodes: MOST }));
      if (cascade.nodes.length < MOST) break;
    }
    const tree = { ...grown(cascade), view, at };
    this.keep(cycle, view, at, tree);
    return tree;
  }

  /** The tree with what hangs below one of its nodes. Throws Failure. */
  async branch(cycle, view, at, tree, root) {
    const asked = { cycle, view, asOf: { position: tree.position }, root, maxDepth: 2, maxNodes: MOST };
    const { cascade } = await this.#api.ask(TREE, asked);
    const after = grafted(tree, root, cascade);
    this.keep(cycle, view, at, after);
    return after;
  }
}

/** The tree that is looked at. While another is on its way, the one before stays, if it is of the same cycle. */
export function useTree(cuts, cycle, view, at) {
  const [shown, setShown] = useState({});
  const [failure, setFailure] = useState(null);
  const [tries, setTries] = useState(0);
  const wanted = useRef(null);
  // What was on its way when somebody looked elsewhere is kept, and not shown.
  const show = useCallback((of, tree) => {
    cuts.keep(of.cycle, of.view, of.at, tree);
    const here = wanted.current;
    if (here && here.cycle === of.cycle && here.view === of.view && here.at === of.at) setShown({ ...of, tree });
  }, [cuts]);
  useEffect(() => {
    wanted.current = { cycle, view, at };
    setFailure(null);
    if (!cycle) return undefined;
    const here = wanted.current;
    const known = cuts.known(cycle, view, at);
    if (known) show(here, known);
    if (known && at !== null) return undefined;
    const fail = (error) => wanted.current === here && setFailure(error);
    const load = () => cuts.load(cycle, view, at).then((tree) => show(here, tree), fail);
    const resting = setTimeout(load, at === null || !shown.tree ? 0 : RESTING);
    return () => {
      clearTimeout(resting);
      wanted.current = null;
    };
  }, [cuts, cycle, view, at, tries]);
  const current = shown.cycle === cycle && shown.view === view && shown.at === at;
  // What is known is shown at once, not after the effect.
  const tree = current ? shown.tree : (cuts.known(cycle, view, at) ?? (shown.cycle === cycle ? shown.tree : null));
  return { tree, failure, loading: !current && !failure, show, again: () => setTries((number) => number + 1) };
}

/** Of a tree that is too big for one answer, branches come once they are unfolded, by whatever. */
export function useBranches(cuts, of, tree, rows, show, again) {
  const asked = useRef(new Set());
  useEffect(() => {
    const lacks = ({ node, open }) => open && !node.mark && !isWhole(node) && !asked.current.has(`${tree.position} ${node.id}`);
    const lacking = tree && rows.find(lacks)?.node.id;
    if (!lacking || asked.current.size > MOST_BRANCHES) return;
    asked.current.add(`${tree.position} ${lacking}`);
    cuts.branch(of.cycle, of.view, of.at, tree, lacking).then((after) => show(of, after), again);
  }, [tree, rows]);
}
