// The activation page on a phone: camera, queue, work without a network.
import { addAct, canQueue, loadAccount } from "../scripts/act_queue.js";
import { fetchLots, fetchState } from "../scripts/act_sender.js";
import { RollScan } from "../scripts/roll_scan.js";
import { signalProblem } from "../scripts/signals.js";
import { fetchAhead } from "../scripts/symbol_reader.js";
import { UnsentActs } from "../scripts/unsent_acts.js";

const FETCH_AHEAD_AFTER = 8000;
const byId = (id) => document.getElementById(id);
const app = byId("packer");
const words = { ...app.dataset };
const addresses = { decoder: words.decoder, wasm: words.wasm };
const ask = document.querySelector('form[action="/activate"]');
const confirmation = document.querySelector('form[action="/activate/go"]');
const isShell = location.pathname === "/activate" && words.shell === "yes";

let awaited = null; // the key of the act whose receipt the packer waits for

const unsent = new UnsentActs(words, {
  onDone: (answer) => {
    if (answer.key === awaited) {
      awaited = null;
      location.href = answer.location;
      return;
    }
    byId("sent").hidden = false;
    const link = document.createElement("a");
    link.href = answer.location;
    link.textContent = `${answer.range} · ${answer.lot}`;
    const row = document.createElement("li");
    row.append(link);
    byId("sent-list").append(row);
  },
  onEdit: (act) => ask && fillForm(act),
});

function fillForm({ batch, first, last, lot }) {
  if (batch) ask.elements.batch.value = batch;
  ask.elements.first.value = first;
  ask.elements.last.value = last;
  for (const choice of ask.querySelectorAll('input[name="lot"]')) {
    choice.checked = choice.value === lot;
  }
}

function readForm(form) {
  const fields = Object.fromEntries(new FormData(form));
  const { batch = "", first = "", last = "", lot = "" } = fields;
  return { batch, first: first.trim(), last: last.trim(), lot, key: fields.key };
}

function makeAct({ key, ...fields }) {
  const isNumber = (text) => /^\d+$/.test(text);
  const label = [fields.first, fields.last].every(isNumber)
    ? `${fields.batch}·${fields.first}-${fields.last}`
    : `${fields.first} – ${fields.last}`;
  return {
    ...fields,
    key: key || crypto.randomUUID(),
    acted_at: new Date().toISOString(),
    label,
  };
}

// What is wrong with a form that cannot be checked by the desk; empty when it may be queued.
function findFlaw({ batch, first, last, lot }, state) {
  if (!first || !last || !lot) return words.incomplete;
  const numbers = [first, last].map((text) => (/^\d+$/.test(text) ? Number(text) : null));
  if (numbers.includes(null)) return "";
  const known = state?.batches.find((one) => String(one.number) === batch);
  if (numbers[0] > numbers[1] || (known && numbers[1] >= known.count)) return words.outOfRange;
  return "";
}

// Without a network: say that nothing was checked, and queue the act at one more press.
async function askOffline(form) {
  const owner = await loadAccount();
  const dialog = byId("offline-ask");
  const fields = readForm(form);
  const flaw = owner ? findFlaw(fields, owner.state) : words.nobody;
  const act = makeAct(fields);
  byId("offline-what").textContent = flaw ? "" : `${act.label} → ${fields.lot}`;
  byId("offline-flaw").textContent = flaw;
  byId("offline-save").hidden = Boolean(flaw);
  byId("offline-save").onclick = async () => {
    byId("offline-save").onclick = null; // a second tap queues nothing
    await addAct(owner, act);
    dialog.close();
    form.elements.first.value = form.elements.last.value = "";
    await unsent.send();
    byId("unsent").scrollIntoView();
  };
  if (flaw) signalProblem();
  dialog.showModal();
}

function onceAtATime(form, work) {
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    // The language switch and the search for a lot keep the form.
    if (event.submitter?.hasAttribute("formaction") || event.submitter?.name === "find") return;
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    const button = form.querySelector("button.go");
    button.setAttribute("aria-busy", "true");
    try {
      await work();
    } finally {
      isBusy = false;
      button.removeAttribute("aria-busy");
    }
  });
}

// The desk checks and shows the review; where it does not answer, the act is queued unchecked.
function watchForm() {
  onceAtATime(ask, async () => {
    const seen = navigator.onLine ? await fetchState(6000) : { offline: true };
    if (seen.state && !ask.elements.csrf.value) ask.elements.csrf.value = seen.state.csrf;
    if (seen.offline) await askOffline(ask);
    else if (seen.signedOut && isShell) location.href = "/sign-in?next=/activate";
    else HTMLFormElement.prototype.submit.call(ask);
  });
}

// The reviewed activation is queued before it is sent: it is not lost with the connection.
function watchConfirmation() {
  onceAtATime(confirmation, async () => {
    const owner = await loadAccount();
    if (!owner) return HTMLFormElement.prototype.submit.call(confirmation);
    const act = makeAct(readForm(confirmation));
    awaited = act.key;
    await addAct(owner, act);
    await unsent.send(); // a send that was under way may have taken the act along
    if (awaited) document.querySelectorAll(".ask, .ask ~ *").forEach((part) => (part.hidden = true));
  });
}

// The shell has no account's data: it is filled from what the phone keeps.
async function fillShell() {
  const owner = await loadAccount();
  byId("nobody").hidden = Boolean(owner?.state);
  ask.hidden = !owner?.state;
  if (!owner?.state) return;
  byId("shell-name").textContent = owner.state.name;
  byId("batch").replaceChildren(
    ...owner.state.batches.map(({ number, left }) => new Option(`${number} — ${left}`, number)),
  );
  showLots(owner.state.lots);
}

function showLots(lots) {
  byId("seek-none").hidden = lots.length > 0;
  byId("lots").replaceChildren(
    ...lots.map(({ code, name, packed, blocked }) => {
      const choice = byId("lot-choice").content.cloneNode(true);
      const input = choice.querySelector("input");
      input.value = code;
      input.disabled = Boolean(blocked);
      choice.querySelector(".pick").classList.toggle("off", input.disabled);
      choice.querySelector("b").textContent = code;
      choice.querySelector("small").textContent = [name, packed, blocked]
        .filter(Boolean)
        .join(" · ");
      return choice;
    }),
  );
}

// Any lot is found by the desk; without a network those that the phone keeps are searched.
async function findLots(event) {
  event.preventDefault();
  const text = byId("seek").value.trim();
  const found = await fetchLots(text);
  if (found) return showLots(found);
  const plain = (one) => one.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const kept = (await loadAccount())?.state?.lots ?? [];
  showLots(kept.filter(({ code, name }) => plain(`${code} ${name}`).includes(plain(text))));
}

async function start() {
  if (!window.isSecureContext) byId("needs-https").hidden = false;
  if (ask) {
    const scan = new RollScan(words, addresses, () => {
      const chosen = ask.querySelector('input[name="lot"]:checked');
      (chosen ? ask.querySelector("button.go") : ask.querySelector('input[name="lot"]'))?.focus();
    });
    scan.fit();
    window.addEventListener("pagehide", () => scan.close());
  }
  if (!canQueue()) return;
  if (isShell) await fillShell();
  if (ask) {
    watchForm();
    byId("seek-button").addEventListener("click", findLots);
    byId("seek").addEventListener("keydown", (event) => event.key === "Enter" && findLots(event));
  }
  if (confirmation) watchConfirmation();
  await unsent.show();
  await unsent.send();
  const registration = await navigator.serviceWorker
    ?.register("/activate/worker.js", { scope: "/activate" })
    .catch(() => null);
  registration?.active?.postMessage("refresh");
  // Later: on a slow network it would stand in the way of what the packer does first.
  setTimeout(() => navigator.onLine && fetchAhead(addresses).catch(() => {}), FETCH_AHEAD_AFTER);
}

start();
