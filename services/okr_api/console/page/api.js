/** API: questions over HTTP and a stream of what changes, signed with a token that is kept in memory only. */

const ENDPOINT = "/graphql";
const PATIENCE = 30_000;
/** A stream says something every twelve seconds, if only that it is there. */
const SILENCE = 30_000;

/** What the API refused, or why it could not be asked. `code` is the API's, or OFFLINE. */
export class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const OFFLINE = "The service does not answer. Nothing is lost: what you see is what was there last.";

export class Api {
  #token;
  #asked = new Map();

  constructor(token) {
    this.#token = token;
  }

  /** The data of an answer without errors. The same question under way is asked once. Throws Failure. */
  ask(query, variables = {}) {
    const body = JSON.stringify({ query, variables });
    if (!this.#asked.has(body)) {
      this.#asked.set(body, this.#answer(body).finally(() => this.#asked.delete(body)));
    }
    return this.#asked.get(body);
  }

  /** The payload of a mutation. Sent again with the same input it is done once. Throws Failure. */
  async do(mutation, input) {
    const data = await this.#answer(JSON.stringify({ query: mutation, variables: { input } }));
    return Object.values(data)[0];
  }

  /** Calls `opened`, then `told` with the data of each event of a subscription, until `signal`; its end is a Failure. */
  async follow(query, variables, { opened, told }, signal) {
    const response = await this.#sent(JSON.stringify({ query, variables }), "text/event-stream", signal);
    if (!response.ok || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
      throw refusal(await answerOf(response));
    }
    opened();
    for await (const event of events(response.body)) {
      const answer = JSON.parse(event);
      if (answer.errors) throw refusal(answer);
      told(answer.data);
    }
    throw new Failure("OFFLINE", OFFLINE);
  }

  async #answer(body) {
    const response = await this.#sent(body, "application/graphql-response+json", AbortSignal.timeout(PATIENCE));
    const answer = await answerOf(response);
    if (answer.errors) throw refusal(answer);
    return answer.data;
  }

  async #sent(body, accept, signal) {
    const headers = { Accept: accept, "Content-Type": "application/json", Authorization: `Bearer ${this.#token}` };
    try {
      return await fetch(ENDPOINT, { method: "POST", headers, body, signal, credentials: "omit" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Failure("OFFLINE", OFFLINE);
    }
  }
}

const refusal = ({ errors }) => new Failure(errors[0].extensions?.code ?? "INTERNAL", errors[0].message);

async function answerOf(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    // What stands between us and the service answers in words of its own.
    throw new Failure("OFFLINE", OFFLINE);
  }
}

/** The data of each event of a stream; comments and the event that says that it is complete have none. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const silence = setTimeout(() => reader.cancel(), SILENCE);
    const { done, value } = await reader.read().catch(() => ({ done: true })).finally(() => clearTimeout(silence));
    if (done) return;
    const parts = (waiting + value).split("\n\n");
    waiting = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield data.slice("data: ".length);
    }
  }
}

/** Makes a retry safe: the same key with the same input is done once. */
export function newKey() {
  // Not randomUUID, which plain http does not have.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
