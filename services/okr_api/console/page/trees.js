/** Trees: an answer of `cascade` as a graph that can be walked, folded and searched. */

import { short } from "./address.js";
import { ownerOf, titleOf } from "./words.js";

/** `children` are those that were told; a node with more of them in the service is not whole. */
function node(told) {
  const { itemId: id, parentId, link, childCount, context, item } = told;
  return { id, parentId, link, childCount, context, item, children: [], mark: null };
}

const TOO_WIDE = 5;

export function grown(cascade) {
  const { position, time, totalCount, truncated } = cascade;
  const tree = { position, time, totalCount, truncated, byId: new Map(), roots: [], edges: cascade.edges };
  for (const told of cascade.nodes) hang(tree, node(told));
  return tree;
}

/** Puts a node below its parent, or at the top where that is not shown. */
export function hang(tree, added) {
  tree.byId.set(added.id, added);
  (tree.byId.get(added.parentId)?.children ?? tree.roots).push(added);
}

/** The tree with what was loaded below one of its nodes. */
export function grafted(tree, id, cascade) {
  const told = new Map(cascade.nodes.map((each) => [each.itemId, each]));
  const nodes = [...tree.byId.values()].filter((each) => !told.has(each.id)).map(again);
  const top = again({ ...tree.byId.get(id) });
  const below = cascade.nodes.filter((each) => each.itemId !== id).map(node);
  return regrown(tree, [...nodes, top, ...below], [...tree.edges, ...cascade.edges]);
}

/** The tree with other items in some of its nodes, all else being as it was. */
export function patched(tree, items) {
  const renewed = new Map(items.map((item) => [item.id, item]));
  return regrown(tree, [...tree.byId.values()].map((each) => again({ ...each, item: renewed.get(each.id) ?? each.item })), tree.edges);
}

const again = (each) => ({ ...each, children: [] });

/** Parents may come after what hangs from them; siblings keep their order. */
export function regrown(tree, nodes, edges) {
  const made = { ...tree, byId: new Map(nodes.map((each) => [each.id, each])), roots: [], edges };
  for (const each of nodes) (made.byId.get(each.parentId)?.children ?? made.roots).push(each);
  return made;
}

export const isWhole = (each) => each.children.length >= each.childCount;
export const canOpen = (each) => each.children.length > 0 || each.childCount > 0;

/** From the node up to the top, itself first. */
export function lineUp(tree, id) {
  const line = [];
  for (let at = tree.byId.get(id); at; at = tree.byId.get(at.parentId)) line.push(at.id);
  return line;
}

/** Whether a node shows what hangs from it: by its depth, unless somebody said otherwise. */
export function folding(depth, said) {
  const others = new Set(said);
  return (each, level) => level < depth !== others.has(short(each.id));
}

/** The nodes that show, depth first, each with its level from 0. */
export function shown(tree, isOpen) {
  const rows = [];
  const walk = (siblings, level) => {
    siblings.forEach((each, at) => {
      const open = canOpen(each) && isOpen(each, level);
      rows.push({ node: each, level, open, place: at + 1, of: siblings.length });
      if (open) walk(each.children, level + 1);
    });
  };
  walk(tree.roots, 0);
  return rows;
}

/** How deep a tree may be open so that about `most` nodes show; one level is, unless it is far too wide. */
export function comfortableDepth(tree, most) {
  let level = tree.roots;
  let total = level.length;
  for (let depth = 0; level.length; depth += 1) {
    level = level.flatMap((each) => each.children);
    total += level.length;
    if (total > most) return depth || (total > TOO_WIDE * most ? 0 : 1);
    if (!level.length) return Math.max(1, depth);
  }
  return 1;
}

export function deepest(tree) {
  let depth = 0;
  for (let level = tree.roots; level.length; depth += 1) level = level.flatMap((each) => each.children);
  return Math.max(1, depth - 1);
}

/** Without case and accents. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The ids of what is called so, or is owned by whoever is. */
export function found(tree, text) {
  const wanted = plain(text.trim());
  if (!wanted) return [];
  const named = ({ item }) => plain(`${titleOf(item)}\n${ownerOf(item)?.name ?? ""}\n${item.responsible?.name ?? ""}`);
  return [...tree.byId.values()].filter((each) => named(each).includes(wanted)).map((each) => each.id);
}

/** Opens whatever hides a node: what `open` in the address becomes. */
export function opened(tree, id, depth, said) {
  const isOpen = folding(depth, said);
  const line = lineUp(tree, id).slice(1).reverse();
  const hidden = line.filter((each, level) => !isOpen(tree.byId.get(each), level)).map(short);
  return toggled(said, hidden);
}

export function toggled(said, ids) {
  const after = new Set(said);
  for (const id of ids) after.has(id) ? after.delete(id) : after.add(id);
  return [...after];
}
