/** Token: it comes in the fragment of the address, which no server is sent, and is kept in memory only. */

/** The token of the address, which loses it at once, as does the history. */
export function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return token;
}
