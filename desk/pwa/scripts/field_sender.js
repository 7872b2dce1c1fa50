// What the field page asks of the desk: state, list, checks, and findings that wait.
//
// A finding leaves the queue when the desk recorded it. A refusal stays as a task. What was not
// answered is sent again with the same idempotency key, which the desk applies once. A phone that
// was shut out erases what it keeps.
import { eraseShutOut } from "./field_standing.js";
import { getPhone, loadFiles, queue, setPhone, storeFiles } from "./field_store.js";
import { openSnapshot } from "./field_list.js";
import { fetchWithin, makeTurns, postWithin } from "./waiting_request.js";

// The state of the account that is signed in, for the phone that an account's proof names.
async function readState(milliseconds, account) {
  const headers = { "X-Veritem-Phone": getPhone(account) };
  const answer = await fetchWithin(milliseconds, "/field/state", { headers });
  if (answer.type === "opaqueredirect" || answer.status === 401) return { signedOut: true };
  return answer.ok ? { state: await answer.json() } : { offline: true };
}

// {state}, {signedOut}, {offline} or {shutOut}. The first contact gives the phone its proof.
export async function fetchState(milliseconds = 8000) {
  try {
    const out = await eraseShutOut((address, options) => fetchWithin(milliseconds, address, options));
    const last = (await queue.loadAccount())?.account;
    let seen = await readState(milliseconds, last);
    const account = seen.state?.account;
    if (account ? out.accounts.includes(account) : out.hasLast) return { shutOut: true };
    if (account && account !== last && getPhone(account)) {
      seen = await readState(milliseconds, account); // another account than the last, known here
    }
    if (seen.state && !seen.state.phone) {
      const label = navigator.userAgentData?.platform || navigator.platform || "";
      const body = new URLSearchParams({ csrf: seen.state.csrf, label });
      const added = await fetchWithin(milliseconds, "/field/phones", { method: "POST", body });
      if (added.ok) {
        setPhone(account, (await added.json()).phone);
        seen = await readState(milliseconds, account);
      }
    }
    if (seen.state) {
      seen.state.seen_at = Date.now(); // by the phone's clock, which may be wrong
      await queue.adoptState(seen.state);
    }
    return seen;
  } catch {
    return { offline: true };
  }
}

// The HTML of a stamp's record, or the problem document of a refusal; null without an answer.
export async function fetchRecord(text) {
  try {
    const address = `/field/record?${new URLSearchParams({ q: text })}`;
    const answer = await fetchWithin(8000, address, { headers: { "HX-Request": "true" } });
    if (answer.type === "opaqueredirect" || answer.status === 204) return { signedOut: true };
    if (answer.status >= 500) return null;
    return { isRefused: !answer.ok, html: await answer.text() };
  } catch {
    return null;
  }
}

async function fetchFile(version) {
  const answer = await fetchWithin(120000, `/field/snapshots/${version}`);
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

async function openFiles(files, keys) {
  const base = await openSnapshot(files.base, keys);
  const delta = files.delta ? await openSnapshot(files.delta, keys) : null;
  if (delta && delta.head.base !== base.head.version) throw new Error("the delta has another base");
  return { base, delta, head: (delta ?? base).head };
}

// The list at hand, verified by the keys of the account's state; null without one.
export async function openList() {
  const owner = await queue.loadAccount();
  const files = await loadFiles();
  return owner?.state && files ? openFiles(files, owner.state.keys) : null;
}

// The time by the desk's clock: its last answer, and what passed on the phone since.
export function readTime(state) {
  return state?.seen_at ? Date.parse(state.at) + Date.now() - state.seen_at : Date.now();
}

// Fetch what the list at hand lacks. An older version than the one at hand is not taken.
export async function renewList(state, list) {
  const { snapshot } = state;
  if (!snapshot || (list && snapshot.version <= list.head.version)) return list;
  const kept = list?.base.head.version === snapshot.base ? (await loadFiles()).base : null;
  const files = {
    base: kept ?? (await fetchFile(snapshot.base)),
    delta: snapshot.version === snapshot.base ? null : await fetchFile(snapshot.version),
  };
  const renewed = await openFiles(files, state.keys);
  if (renewed.head.version !== snapshot.version) throw new Error("another version was sent");
  await storeFiles(files);
  return renewed;
}

function toBlob(data) {
  const plain = atob(data);
  return new Blob([Uint8Array.from(plain, (letter) => letter.charCodeAt(0))], {
    type: "image/jpeg",
  });
}

async function postFinding(finding, state) {
  const { id: _id, refusal: _refusal, label: _label, photos = [], ...fields } = finding;
  const body = new FormData();
  const sent_at = new Date().toISOString(); // the desk knows how long ago, whatever the clock says
  const more = { sent_at, owner: state.account, csrf: state.csrf, phone: getPhone(state.account) };
  for (const [name, value] of Object.entries({ ...fields, ...more })) body.append(name, value);
  photos.forEach((photo, at) =>
    body.append(at ? `photo${at + 1}` : "photo", toBlob(photo), `photo${at + 1}.jpg`),
  );
  return postWithin(60000, "/field/sent", body);
}

const inTurn = makeTurns("veritem-findings");

// Send what waits, in order. {done: [answers], state, signedOut, offline, shutOut}.
export function sendFindings() {
  return inTurn(async () => {
    const seen = await fetchState();
    if (!seen.state) return { done: [], ...seen };
    const owner = await queue.loadAccount();
    const done = [];
    for (const finding of await queue.listActs(owner)) {
      if (finding.refusal || finding.unreadable) continue;
      const answer = await postFinding(finding, seen.state);
      if (answer.waits) return { done, state: seen.state, offline: true };
      const { id, ...kept } = finding;
      if (answer.refused) {
        const { title, detail } = answer.refused;
        await queue.changeAct(owner, id, { ...kept, refusal: { title, detail } });
      } else {
        await queue.removeAct(id);
        done.push({ ...answer.done, label: finding.label });
      }
    }
    return { done, state: seen.state };
  });
}
