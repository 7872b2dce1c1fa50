// The form of entries on a phone: what cannot be sent waits, encrypted, until there is a network.
//
// Without a network the page is its shell, which has the forms of all kinds and no account. Places and
// products come from what the phone kept of the account, under the account's key.
import { canQueue } from "../scripts/account_store.js";
import { fetchState, postEntry, queue, sendEntries } from "../scripts/entry_queue.js";

const byId = (id) => document.getElementById(id);
const box = byId("unsent-entries");
const shell = byId("entry-shell");

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function button(text, onClick) {
  const made = element("button", text, "small plain");
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

function drawEntry(entry) {
  const row = element("li");
  row.append(element("b", entry.unreadable ? "–" : entry.label));
  if (entry.refusal) {
    row.append(element("strong", entry.refusal.title, "flaw"));
    for (const [name, why] of Object.entries(entry.refusal.flaws ?? {})) {
      row.append(element("small", `${name}: ${why}`));
    }
  }
  row.append(
    button(box.dataset.discard, async () => {
      if (!window.confirm(box.dataset.sure)) return;
      await queue.removeAct(entry.id);
      await showUnsent();
    }),
  );
  return row;
}

async function showUnsent() {
  const owner = await queue.loadAccount();
  const entries = owner ? await queue.listActs(owner) : [];
  const { own, others } = await queue.countActs(owner?.account);
  box.hidden = own + others === 0;
  byId("unsent-count").textContent = String(own + others);
  byId("unsent-list").replaceChildren(...entries.map(drawEntry));
}

async function send() {
  const result = await sendEntries();
  if (result.done) byId("entries-sent").hidden = false;
  await showUnsent();
  return result;
}

function readForm(form) {
  const fields = Object.fromEntries(new FormData(form));
  for (const name of ["csrf", "key"]) delete fields[name];
  const label = `${form.dataset.name} · ${fields.at ?? ""} · ${fields.input_name ?? fields.quantity ?? fields.lot ?? ""}`;
  return { kind: form.dataset.kind, fields, label };
}

// Send the form's entry; what is refused is sent as an ordinary form, whose page says what is wrong.
async function submitEntry(event) {
  event.preventDefault();
  const form = event.target;
  if (!form.reportValidity()) return;
  const entry = readForm(form);
  const owner = await queue.loadAccount();
  if (!owner) {
    byId("entry-nobody").hidden = false;
    return;
  }
  const seen = shell && !navigator.onLine ? {} : await fetchState();
  if (seen.state) {
    const answer = await postEntry(entry, seen.state);
    if (answer.done) {
      window.location.assign(answer.done.location);
      return;
    }
    if (answer.refused && !shell) {
      HTMLFormElement.prototype.submit.call(form);
      return;
    }
  }
  await queue.addAct(owner, entry);
  form.reset();
  byId("entry-kept").hidden = false;
  byId("entry-kept").focus();
  await showUnsent();
}

function fillChoices(state) {
  for (const [name, pairs] of Object.entries({ places: state.places, products: state.products })) {
    for (const select of document.querySelectorAll(`select[data-fill=${name}]`)) {
      for (const [value, text] of pairs) select.append(new Option(text, value));
      if (pairs.length === 1 && select.required) select.selectedIndex = 1;
    }
  }
}

// The shell: the form of the kind that the address names, or the kinds of the account.
async function openShell() {
  const owner = await queue.loadAccount();
  byId("entry-nobody").hidden = Boolean(owner?.state);
  if (!owner?.state) return;
  fillChoices(owner.state);
  const wanted = new URLSearchParams(window.location.search).get("kind");
  for (const part of shell.querySelectorAll("section[data-kind]")) {
    part.hidden = part.dataset.kind !== wanted;
  }
  const kinds = shell.querySelector(".entry-kinds");
  kinds.hidden = Boolean(wanted);
  for (const link of kinds.querySelectorAll("a")) {
    link.hidden = !owner.state.kinds.includes(link.dataset.kind);
  }
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString();
  for (const day of shell.querySelectorAll("input[name=at]")) {
    day.value = now.slice(0, day.type === "date" ? 10 : 16);
    day.defaultValue = day.value;
  }
}

async function start() {
  if (!box || !canQueue()) return;
  for (const form of document.querySelectorAll("form[data-kind]")) {
    form.addEventListener("submit", submitEntry);
  }
  byId("send-entries").addEventListener("click", send);
  window.addEventListener("online", send);
  if (shell) await openShell();
  await send();
  if (!shell && "serviceWorker" in navigator) {
    await navigator.serviceWorker.register("/new-entry/worker.js", { scope: "/new-entry" });
    (await navigator.serviceWorker.ready).active?.postMessage("refresh");
  }
}

start();
