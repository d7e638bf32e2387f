/** Remembered: what was worked out for a tree lasts as long as the tree, so that a moment seen before is there at once. */

/** The same function; what it gave last for its first argument is given again while the others are the same. */
export function remembered(work) {
  const known = new WeakMap();
  return (first, ...others) => {
    const before = known.get(first);
    if (before && before.others.every((each, at) => each === others[at])) return before.found;
    const found = work(first, ...others);
    known.set(first, { others, found });
    return found;
  };
}
