/** States: what stands in place of a tree while there is none, and why. */

import { useState } from "preact/hooks";
import { html } from "./markup.js";

const COMMAND = "okr token --role member --login you@example.org";

export function SignIn({ told, onToken }) {
  const [token, setToken] = useState("");
  const submit = (event) => {
    event.preventDefault();
    if (token.trim()) onToken(token.trim());
  };
  return html`
    <main class="state">
      <${Picture} />
      <h1>OKR cascade</h1>
      ${told && html`<p role="alert" class="wrong">${told}</p>`}
      <form onSubmit=${submit} class="sign-in">
        <label for="token">Your token</label>
        <input id="token" type="password" autocomplete="off" spellcheck="false" value=${token}
          onInput=${({ currentTarget }) => setToken(currentTarget.value)} />
        <button type="submit" class="primary">Open</button>
      </form>
      <p class="quiet">
        It stays in the memory of this page, and is gone when you close or reload it. The link that <code>okr up</code> prints brings one along;
        in development <code>${COMMAND}</code> makes another.
      </p>
    </main>`;
}

export function Loading({ told = "Loading the cascade…" }) {
  return html`
    <div class="state" role="status">
      <div class="skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
      <p>${told}</p>
    </div>`;
}

const ADVICE = {
  OFFLINE: "Check your connection; it is tried again by itself.",
  TRY_LATER: "It is busy: try again in a moment.",
  RATE_LIMITED: "You asked a lot at once: try again in a moment.",
  NOT_FOUND: "It may be gone, or you may not see it: choose another cycle above.",
  AS_OF_IN_FUTURE: "The link speaks of a moment that this service has not come to: choose another moment below.",
};

export function Failed({ failure, onAgain }) {
  return html`
    <div class="state failed" role="alert">
      <h2>${failure.code === "OFFLINE" ? "The service is out of reach" : "This could not be read"}</h2>
      <p>${failure.message}</p>
      <p class="quiet">${ADVICE[failure.code] ?? ""} <code>${failure.code}</code></p>
      <button type="button" class="primary" onClick=${onAgain}>Try again</button>
    </div>`;
}

export function NoCycles() {
  return html`
    <div class="state">
      <${Picture} />
      <h2>No cycle yet</h2>
      <p>
        OKRs live in cycles: a quarter, or a year with its quarters. Make one with the mutation <code>createCycle</code>,
        and objectives with <code>createObjective</code>.
      </p>
      <p><a href="/graphql">Open GraphiQL</a>, where both can be tried.</p>
    </div>`;
}

export function NoObjectives({ past }) {
  return html`
    <div class="state">
      <${Picture} />
      <h2>${past ? "Nothing was here yet" : "No objectives yet"}</h2>
      <p>${past ? "At this moment the cycle had no objectives. Move the slider on." : "The first one that is created shows up here by itself."}</p>
    </div>`;
}

/** A small cascade. */
function Picture() {
  return html`
    <svg class="picture" viewBox="0 0 120 64" aria-hidden="true">
      <path d="M36 32C52 32 52 12 68 12M36 32C52 32 52 32 68 32M36 32C52 32 52 52 68 52" />
      <rect x="4" y="23" width="32" height="18" rx="5" /><rect x="68" y="4" width="48" height="16" rx="5" />
      <rect x="68" y="24" width="48" height="16" rx="5" /><rect x="68" y="44" width="48" height="16" rx="5" />
    </svg>`;
}
