/** Live: what happens while somebody looks at now. A stream that ends is taken up again where it ended. */

import { useEffect, useRef, useState } from "preact/hooks";
import { CARDS, CHANGED } from "./documents.js";
import { patched } from "./trees.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
/** Changes of values alone, which leave the shape as it is. */
const OF_VALUES = new Set(["CheckInRecorded", "CheckInCorrected", "CheckInWithdrawn", "KRScored"]);
const MOST_CARDS = 200;

const pause = (ms, signal) => new Promise((resolve) => {
  const waiting = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => (clearTimeout(waiting), resolve()), { once: true });
});

/** Keeps now as new as it is: `beat` counts what was renewed, and `renew` does it without being told. */
export function useLive({ api, cuts, cycle, view, position, show, again, onEvents, onFailure }) {
  const [beat, setBeat] = useState(0);
  const renewing = useRef(Promise.resolve());
  // One after the other: each begins with the tree that the one before it left.
  const renew = (update = null) => {
    renewing.current = renewing.current.then(async () => {
      const before = update && cuts.known(cycle, view, null);
      const after = before && (await renewed(api, before, update));
      show({ cycle, view, at: null }, after ?? (await cuts.load(cycle, view, null)));
      setBeat((number) => number + 1);
    }).catch(again);
  };
  const told = (update) => {
    onEvents(update.events);
    renew(update);
  };
  return { beat, renew, connected: useUpdates(api, cycle, position, told, onFailure) };
}

/** Calls `told` with each update of a cycle behind `position`, through ends of the stream; says whether it is connected. */
function useUpdates(api, cycle, position, told, failed) {
  const [connected, setConnected] = useState(true);
  const latest = useRef(null);
  latest.current = { told, failed };
  useEffect(() => {
    if (position === null) return undefined;
    const leaving = new AbortController();
    let after = position;
    let wait = FIRST_PAUSE;
    const opened = () => {
      wait = FIRST_PAUSE;
      setConnected(true);
    };
    const tell = ({ cascadeChanged }) => {
      after = cascadeChanged.position;
      latest.current.told(cascadeChanged);
    };
    // A stream does not always tell that its line is gone; the browser does.
    let line = new AbortController();
    const cut = () => line.abort();
    const follow = async () => {
      while (!leaving.signal.aborted) {
        line = new AbortController();
        try {
          await api.follow(CHANGED, { cycle, after }, { opened, told: tell }, AbortSignal.any([leaving.signal, line.signal]));
        } catch (failure) {
          if (leaving.signal.aborted) return;
          if (failure.code === "UNAUTHENTICATED" || failure.code === "NOT_FOUND") return latest.current.failed(failure);
          if (failure.code !== "RESUME") setConnected(false);
        }
        await pause(wait, leaving.signal);
        wait = Math.min(LONGEST_PAUSE, wait * 2);
      }
    };
    addEventListener("offline", cut);
    follow();
    return () => {
      removeEventListener("offline", cut);
      leaving.abort();
    };
  }, [api, cycle, position === null]);
  return connected;
}

/** The tree with what an update changed, where that is values alone and not too many; else undefined: load it again. */
async function renewed(api, tree, { events, changedIds }) {
  const ids = changedIds.filter((id) => tree.byId.has(id));
  if (ids.length > MOST_CARDS || events.some((event) => !OF_VALUES.has(event.type))) return undefined;
  if (!ids.length) return tree;
  const { nodes } = await api.ask(CARDS, { ids });
  // What stands for something hidden is found by no id: its progress comes with the whole tree only.
  if (nodes.includes(null)) return undefined;
  return patched(tree, nodes);
}
