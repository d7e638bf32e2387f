/** Address: all that is looked at stands in the URL, so that a link shows the same to somebody else. */

import { useCallback, useEffect, useState } from "preact/hooks";

export const VIEWS = ["TIGHT", "LOOSE", "MIXED"];
export const FORMS = ["tree", "outline"];
const POSITION = /^\d{1,19}$/;
const SHORT = 13;

/** The part of an id that tells it apart in a tree. */
export const short = (id) => id.slice(0, SHORT);

/** Whatever a URL holds; what makes no sense is left out. */
export function read(search) {
  const given = new URLSearchParams(search);
  const one = (name, holds) => (given.has(name) && holds(given.get(name)) ? given.get(name) : null);
  const known = (values) => (value) => values.includes(value);
  const filled = (value) => value.length > 0 && value.length <= 100;
  const depth = one("depth", (value) => /^\d{1,2}$/.test(value));
  const zoom = (one("zoom", filled) ?? "").split(",").map(Number);
  return {
    cycle: one("cycle", filled),
    view: one("view", known(VIEWS)),
    form: one("as", known(FORMS)),
    depth: depth === null ? null : Number(depth),
    open: (given.get("open") ?? "").split(".").filter(filled),
    at: one("at", (value) => POSITION.test(value)),
    from: one("from", (value) => POSITION.test(value)),
    to: one("to", (value) => POSITION.test(value)),
    item: one("item", filled),
    find: given.get("find") ?? "",
    zoom: zoom.length === 3 && zoom.every(Number.isFinite) && zoom[2] > 0 ? zoom : null,
  };
}

/** What `read` reads as the same. */
export function written(state) {
  const told = new URLSearchParams();
  const tell = (name, value) => value !== null && value !== "" && told.set(name, String(value));
  for (const name of ["cycle", "view"]) tell(name, state[name]);
  tell("as", state.form);
  tell("depth", state.depth);
  tell("open", state.open.join("."));
  for (const name of ["at", "from", "to", "item", "find"]) tell(name, state[name]);
  tell("zoom", state.zoom && state.zoom.map((each) => Number(each.toFixed(3))).join(","));
  return told.size ? `?${told}` : "";
}

/** The state of the URL, and how to change it: as a step that Back undoes, unless `quietly`. */
export function useAddress() {
  const [state, setState] = useState(() => read(location.search));
  useEffect(() => {
    const back = () => setState(read(location.search));
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  const go = useCallback((change, quietly = false) => {
    setState((before) => {
      const after = { ...before, ...(typeof change === "function" ? change(before) : change) };
      const url = location.pathname + written(after);
      if (url !== location.pathname + location.search) history[quietly ? "replaceState" : "pushState"](null, "", url);
      return after;
    });
  }, []);
  return [state, go];
}
