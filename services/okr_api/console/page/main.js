/** Main: the page begins. The token of the address is taken before anything is drawn. */

import { render } from "preact";
import { App } from "./app.js";
import { html } from "./markup.js";
import { takeToken } from "./token.js";

const place = document.getElementById("app");
place.textContent = "";
render(html`<${App} token=${takeToken()} />`, place);
