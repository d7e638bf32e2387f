/** Keyboard: how keys move in a tree, as the pattern for tree views of the web has it. */

/** What a key does among rows of a tree: `{ to }` another node, or `{ toggle }` one, or `{ choose }` it; else null. */
export function pressed(key, rows, active) {
  const at = rows.findIndex((row) => row.node.id === active);
  if (at < 0 && rows.length && ["ArrowDown", "ArrowUp", "Home"].includes(key)) return { to: rows[0].node.id };
  if (at < 0) return rows.length && key === "End" ? { to: rows.at(-1).node.id } : null;
  const row = rows[at];
  const to = (index) => (rows[index] ? { to: rows[index].node.id } : null);
  switch (key) {
    case "ArrowDown": return to(at + 1);
    case "ArrowUp": return to(at - 1);
    case "Home": return to(0);
    case "End": return to(rows.length - 1);
    case "PageDown": return to(Math.min(rows.length - 1, at + 10));
    case "PageUp": return to(Math.max(0, at - 10));
    case "ArrowRight":
      if (!row.open) return row.node.childCount || row.node.children.length ? { toggle: active } : null;
      return to(at + 1);
    case "ArrowLeft":
      if (row.open) return { toggle: active };
      return above(rows, at);
    case "Enter":
    case " ": return { choose: active };
    default: return null;
  }
}

function above(rows, at) {
  for (let before = at - 1; before >= 0; before -= 1) {
    if (rows[before].level < rows[at].level) return { to: rows[before].node.id };
  }
  return null;
}
