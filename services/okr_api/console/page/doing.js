/** Doing: what the viewer may do to an item, each as a form; what was wrong is told where it was typed. */

import { useRef, useState } from "preact/hooks";
import { newKey } from "./api.js";
import { ALIGN, CHECK_IN, DELEGATE, UNDELEGATE } from "./documents.js";
import { Check, Choice, ItemChoice, OwnerChoice, Text } from "./fields.js";
import { html } from "./markup.js";

const DEEDS = {
  recordCheckIn: { name: "Check in", form: CheckIn },
  delegateKR: { name: "Delegate", form: Delegate },
  undelegateKR: { name: "Take back", form: Undelegate },
  alignObjective: { name: "Align", form: Align },
};

export function Doing({ api, item, tree, onDone }) {
  const [open, setOpen] = useState(null);
  const [done, setDone] = useState(null);
  const possible = Object.keys(DEEDS).filter((name) => item.viewerCan.includes(name));
  if (!possible.length) return null;
  const Form = open && DEEDS[open].form;
  const turn = (name) => {
    setDone(null);
    setOpen(open === name ? null : name);
  };
  const finish = (told) => {
    setOpen(null);
    setDone(told);
    onDone();
  };
  return html`
    <section class="doing" aria-label="What you can do">
      <div class="deeds">
        ${possible.map((name) => html`
          <button key=${name} type="button" aria-expanded=${open === name} onClick=${() => turn(name)}>${DEEDS[name].name}</button>`)}
      </div>
      <p role="status" class="done">${done}</p>
      ${Form && possible.includes(open) && html`<${Form} key=${open} api=${api} item=${item} tree=${tree} onDone=${finish} />`}
    </section>`;
}

/** Sends an input and keeps what was wrong with it. The same input sent again is done once. */
function useSending(api, mutation, told, onDone) {
  const [errors, setErrors] = useState([]);
  const [busy, setBusy] = useState(false);
  const sent = useRef({});
  const send = async (input) => {
    const text = JSON.stringify(input);
    if (sent.current.text !== text) sent.current = { text, key: newKey() };
    setBusy(true);
    try {
      const payload = await api.do(mutation, { ...input, idempotencyKey: sent.current.key });
      setErrors(payload.userErrors);
      if (!payload.userErrors.length) onDone(told);
      else sent.current = {};
    } catch (failure) {
      setErrors([{ code: failure.code, message: failure.message, path: null }]);
    } finally {
      setBusy(false);
    }
  };
  return { errors, busy, send, refuse: setErrors };
}

const NEEDED = {
  value: "Say what was measured.",
  reason: "Say why: it stays in the history.",
  to: "Choose one.",
};

/** `needs`: what must be said, by the names of fields. */
function Form({ name, fields, needs = {}, sending, input, children }) {
  const { errors, busy, send, refuse } = sending;
  const elsewhere = errors.filter((error) => !fields.some((field) => error.path?.includes(field)));
  const submit = (event) => {
    event.preventDefault();
    const missing = Object.entries(needs).filter(([, said]) => !said.trim());
    if (missing.length) refuse(missing.map(([field]) => ({ path: [field], message: NEEDED[field] })));
    else send(input());
  };
  return html`
    <form class="deed" aria-label=${name} onSubmit=${submit} noValidate>
      ${children}
      ${elsewhere.map((error) => html`<p key=${error.message} role="alert" class="wrong">${error.message}</p>`)}
      <button type="submit" class="primary" disabled=${busy}>${busy ? "Sending…" : name}</button>
    </form>`;
}

const wrongWith = (errors, field) => errors.filter((error) => error.path?.includes(field)).map((error) => error.message).join(" ");
const orNull = (text) => (text.trim() === "" ? null : text.trim());

function CheckIn({ api, item, onDone }) {
  const [value, setValue] = useState("");
  const [confidence, setConfidence] = useState("");
  const [note, setNote] = useState("");
  const sending = useSending(api, CHECK_IN, "Checked in.", onDone);
  const wrong = (field) => wrongWith(sending.errors, field);
  const unit = item.metric.kind === "MILESTONE" ? "0 to 1" : item.metric.unit;
  const input = () => ({
    keyResult: { id: item.id }, value: decimal(value), confidence: orNull(decimal(confidence)), note: orNull(note), source: "console",
  });
  return html`
    <${Form} name="Record check-in" fields=${["value", "confidence", "note"]} needs=${{ value }} sending=${sending} input=${input}>
      <${Text} label=${unit ? `Value (${unit})` : "Value"} value=${value} onValue=${setValue} wrong=${wrong("value")}
        inputmode="decimal" required />
      <${Text} label="Confidence (0 to 1)" value=${confidence} onValue=${setConfidence} wrong=${wrong("confidence")} inputmode="decimal" />
      <${Text} label="Note" value=${note} onValue=${setNote} wrong=${wrong("note")} lines />
    <//>`;
}

/** A decimal comma is typed as often as a point. */
const decimal = (text) => text.trim().replace(",", ".");

function Delegate({ api, item, onDone }) {
  const [owner, setOwner] = useState("");
  const [title, setTitle] = useState(item.title);
  const [retain, setRetain] = useState(false);
  const [reason, setReason] = useState("");
  const sending = useSending(api, DELEGATE, "Delegated.", onDone);
  const wrong = (field) => wrongWith(sending.errors, field);
  const input = () => ({
    keyResultId: item.id, to: { ownerId: owner }, title: orNull(title), retain, reason: orNull(reason), expectedVersion: item.version,
  });
  return html`
    <${Form} name="Delegate key result" fields=${["to", "title", "reason"]} needs=${{ to: owner }} sending=${sending} input=${input}>
      <${OwnerChoice} api=${api} label="To whom" value=${owner} onValue=${setOwner} wrong=${wrong("to")} />
      <${Text} label="Title of their objective" value=${title} onValue=${setTitle} wrong=${wrong("title")} lines />
      <${Check} label=${`${item.accountable.name} keeps checking in as well`} value=${retain} onValue=${setRetain} />
      <${Text} label="Reason" value=${reason} onValue=${setReason} wrong=${wrong("reason")} />
    <//>`;
}

const CHILD = { DETACH: "stays, unaligned", REALIGN: "serves what the key result served", RETIRE: "ends too" };

function Undelegate({ api, item, onDone }) {
  const [child, setChild] = useState("DETACH");
  const [reason, setReason] = useState("");
  const sending = useSending(api, UNDELEGATE, "Taken back.", onDone);
  const wrong = (field) => wrongWith(sending.errors, field);
  const input = () => ({ keyResultId: item.id, child, reason, expectedVersion: item.version });
  return html`
    <${Form} name="Take key result back" fields=${["child", "reason"]} needs=${{ reason }} sending=${sending} input=${input}>
      <${Choice} label="The objective that it became" value=${child} onValue=${setChild} wrong=${wrong("child")}
        options=${Object.entries(CHILD)} />
      <${Text} label="Reason" value=${reason} onValue=${setReason} wrong=${wrong("reason")} required />
    <//>`;
}

function Align({ api, item, tree, onDone }) {
  const [target, setTarget] = useState("");
  const [contributes, setContributes] = useState(false);
  const sending = useSending(api, ALIGN, "Aligned.", onDone);
  const wrong = (field) => wrongWith(sending.errors, field);
  const kind = tree.byId.get(target)?.item.__typename === "KeyResult" ? "keyResultId" : "objectiveId";
  const input = () => ({ objectiveId: item.id, to: { [kind]: target }, contributes, expectedVersion: item.version });
  return html`
    <${Form} name="Align objective" fields=${["to"]} needs=${{ to: target }} sending=${sending} input=${input}>
      <${ItemChoice} tree=${tree} except=${item.id} label="What it serves" value=${target} onValue=${setTarget} wrong=${wrong("to")} />
      <${Check} label="Its progress feeds what it serves" value=${contributes} onValue=${setContributes} />
    <//>`;
}
