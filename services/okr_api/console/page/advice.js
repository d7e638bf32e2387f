/** Advice: advisories of the cards in sight, asked for when they come into it: of a whole tree they would be most of it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ADVICE } from "./documents.js";

const RESTING = 200;
const MOST = 200;

/** Tells the advisories of a node by its id, as far as they are known: they hold for as long as the item is the same. */
export function useAdvice(api, tree, nodes) {
  const known = useRef(new Map());
  const [, setArrived] = useState(0);
  const key = (id) => `${tree.at} ${id}`;
  const wanted = nodes.filter(({ id, item }) => item.__typename !== "Redacted" && known.current.get(key(id))?.item !== item);
  useEffect(() => {
    if (!wanted.length) return undefined;
    const asking = setTimeout(async () => {
      const asked = wanted.slice(0, MOST);
      const variables = { ids: asked.map(({ id }) => id), asOf: tree.at === null ? null : { position: tree.at } };
      const { nodes: told } = await api.ask(ADVICE, variables).catch(() => ({ nodes: [] }));
      told.forEach((each, at) => known.current.set(key(asked[at].id), { item: asked[at].item, found: each?.advisories ?? [] }));
      setArrived((number) => number + 1);
    }, RESTING);
    return () => clearTimeout(asking);
  }, [wanted.map(({ id }) => id).join(), tree]);
  return (id) => known.current.get(key(id))?.found;
}
