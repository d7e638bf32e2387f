/** Markup: HTML in template strings, as elements of preact. Texts stay texts: nothing here is ever parsed as HTML. */

import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);

/** The class names that hold. */
export const classes = (...names) => names.filter(Boolean).join(" ");
