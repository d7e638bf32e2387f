/** App: what is looked at, by the address, and what is shown of it. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { short, useAddress } from "./address.js";
import { Api } from "./api.js";
import { Changes } from "./changes.js";
import { formerPlaces, overlaid, useComparison } from "./comparison.js";
import { Cuts, useBranches, useTree } from "./cuts.js";
import { Diagram } from "./diagram.js";
import { START } from "./documents.js";
import { useLive } from "./live.js";
import { classes, html } from "./markup.js";
import { useMoments } from "./moments.js";
import { Outline } from "./outline.js";
import { Panel } from "./panel.js";
import { remembered } from "./remembered.js";
import { Failed, Loading, NoCycles, NoObjectives, SignIn } from "./states.js";
import { Timeline } from "./timeline.js";
import { Legend, Toolbar } from "./toolbar.js";
import { comfortableDepth, deepest, folding, found, lineUp, opened, shown, toggled } from "./trees.js";

/** As many cards as are opened by themselves. */
const COMFORTABLE = 60;
const NARROW = "(max-width: 720px)";
const SIGNED_OUT = "Your token is not valid, or not any more. Bring another one.";
const RETRY = 3000;

export function App({ token }) {
  const [session, setSession] = useState(token ? { api: new Api(token) } : { told: null });
  const [start, setStart] = useState({});
  const [tries, setTries] = useState(0);
  const again = useCallback(() => setTries((number) => number + 1), []);
  const { api } = session;
  const failed = useCallback((failure) => {
    if (failure.code === "UNAUTHENTICATED") setSession({ told: SIGNED_OUT });
    else setStart((before) => (before.data ? before : { failure }));
  }, []);
  useEffect(() => {
    if (api) api.ask(START).then((data) => setStart({ data }), failed);
  }, [api, tries]);
  useEffect(() => {
    if (start.failure?.code !== "OFFLINE" && start.data?.cycles.length !== 0) return undefined;
    const retry = setTimeout(again, RETRY);
    return () => clearTimeout(retry);
  }, [start]);
  if (!api) return html`<${SignIn} told=${session.told} onToken=${(given) => (setStart({}), setSession({ api: new Api(given) }))} />`;
  if (start.failure) return html`<main class="whole"><${Failed} failure=${start.failure} onAgain=${again} /></main>`;
  if (!start.data) return html`<main class="whole"><${Loading} /></main>`;
  if (!start.data.cycles.length) return html`<main class="whole"><${NoCycles} /></main>`;
  return html`<${Explorer} api=${api} start=${start.data} onCycles=${again} onSignedOut=${failed} />`;
}

const rowsOf = remembered((tree, depth, open) => shown(tree, folding(depth, open)));
const deepestOf = remembered(deepest);
const comfortable = remembered(comfortableDepth);

/** The cycle that most want to see: one that is open now, the longest first. */
function likely(cycles) {
  const today = new Date().toISOString().slice(0, 10);
  const running = cycles.filter((each) => each.state === "OPEN" && each.startsOn <= today && today <= each.endsOn);
  return running.find((each) => !each.parent) ?? running[0] ?? cycles.at(-1);
}

function Explorer({ api, start, onCycles, onSignedOut }) {
  const [address, go] = useAddress();
  const cycle = start.cycles.find((each) => each.id === address.cycle) ?? likely(start.cycles);
  const view = address.view ?? cycle.approach;
  const { from, to } = address;
  const at = from === null ? address.at : to;
  const form = address.form ?? (matchMedia(NARROW).matches ? "outline" : "tree");
  const cuts = useMemo(() => new Cuts(api), [api]);
  const { tree, failure, loading, show, again } = useTree(cuts, cycle.id, view, at);
  const live = at === null;
  const { moments, known, failure: unread, add } = useMoments(api, cycle.id, view, tree !== null);
  const position = live && tree && !loading ? tree.position : null;
  const { beat, connected, renew } = useLive({ api, cuts, cycle: cycle.id, view, position, show, again, onEvents: add, onFailure: onSignedOut });
  const { diff, failure: uncompared } = useComparison(api, cycle.id, view, from, to, live ? beat : 0);
  useEffect(() => {
    if (failure?.code === "UNAUTHENTICATED") onSignedOut(failure);
    if (failure?.code !== "OFFLINE") return undefined;
    const retry = setTimeout(again, RETRY);
    return () => clearTimeout(retry);
  }, [failure]);

  const overlay = useMemo(() => tree && overlaid(tree, diff), [tree, diff]);
  const depth = address.depth ?? (overlay ? comfortable(overlay, COMFORTABLE) : 1);
  const rows = useMemo(() => (overlay ? rowsOf(overlay, depth, address.open) : []), [overlay, depth, address.open]);
  const hits = useMemo(() => (overlay && address.find ? found(overlay, address.find) : []), [overlay, address.find]);
  const marked = useMemo(() => new Set(hits), [hits]);
  const line = useMemo(() => new Set(overlay && address.item ? lineUp(overlay, address.item) : []), [overlay, address.item]);
  const ghosts = useMemo(() => formerPlaces(diff), [diff]);
  const [active, setActive] = useState(address.item);

  // A link says all of it, also what nobody chose: whoever opens it later, elsewhere, sees the same.
  useEffect(() => {
    const said = address.cycle && address.view && address.form && address.depth !== null;
    if (overlay && !loading && !said) go({ cycle: cycle.id, view, form, depth }, true);
  }, [overlay, loading, address]);

  useBranches(cuts, { cycle: cycle.id, view, at }, loading ? null : tree, rows, show, again);

  const reveal = (id) => {
    setActive(id);
    if (overlay.byId.has(id)) go(({ open }) => ({ item: id, open: opened(overlay, id, depth, open) }));
    else go({ item: id });
  };
  const toggle = (id) => {
    setActive(id);
    go(({ open }) => ({ open: toggled(open, [short(id)]) }), true);
  };
  const node = overlay?.byId.get(address.item);
  const drawn = {
    api, tree: overlay, rows, line, active, chosen: address.item, hits: marked, onMove: setActive, onToggle: toggle, onChoose: reveal,
  };
  return html`
    <div class=${classes("explorer", node && "with-panel", from !== null && "comparing")}>
      <${Toolbar} start=${start} onCycles=${onCycles} cycle=${cycle} view=${view} form=${form} live=${live} connected=${connected}
        depth=${depth} deepest=${overlay ? deepestOf(overlay) : 1} onDepth=${(next) => go({ depth: next, open: [] })}
        address=${address} hits=${hits} hit=${address.item} onHit=${reveal} go=${go} />
      <main class=${classes("board", loading && tree && "busy")}>
        ${failure?.code === "NOT_FOUND" && !live ? html`<${NoObjectives} past />`
          : failure && !(tree && failure.code === "OFFLINE") ? html`<${Failed} failure=${failure} onAgain=${again} />`
          : !tree ? html`<${Loading} />`
          : !rows.length ? html`<${NoObjectives} past=${at !== null} />`
          : form === "outline" ? html`<${Outline} key=${cycle.id + tree.view} ...${drawn} />`
          : html`
            <${Diagram} key=${cycle.id + tree.view} ...${drawn} ghosts=${ghosts}
              zoom=${address.zoom} onZoom=${(zoom) => go({ zoom }, true)} />`}
        ${failure?.code === "OFFLINE" && tree && html`<p class="banner" role="alert">${failure.message}</p>`}
        ${overlay && rows.length > 0 && html`<${Legend} tree=${overlay} rows=${rows} view=${view} />`}
      </main>
      ${from !== null && html`
        <${Changes} diff=${overlay && diff} failure=${uncompared} tree=${overlay} chosen=${address.item} onChoose=${reveal} />`}
      ${node && html`
        <${Panel} api=${api} node=${node} tree=${overlay} at=${at} beat=${live ? beat : 0} line=${line}
          onChoose=${reveal} onClose=${() => go({ item: null })} onDone=${() => renew()} />`}
      <${Timeline} moments=${moments} known=${known} failure=${unread} at=${address.at} from=${from} to=${to}
        loading=${loading} isLoaded=${tree !== null} go=${go} />
    </div>`;
}
