// Entries of the diary that wait on a phone, and sending them.
//
// An entry leaves the queue when the desk recorded it; the desk records an entry once, however often
// it is sent. A refusal stays as a task for the writer. One tab sends at a time.
import { makeAccountStore } from "./account_store.js";
import { fetchWithin, makeTurns, postWithin } from "./waiting_request.js";

export const queue = makeAccountStore("veritem-diary");

// {state} of the signed-in account, {signedOut}, or {offline}.
export async function fetchState() {
  try {
    const answer = await fetchWithin(8000, "/diary-queue/state");
    if (answer.type === "opaqueredirect" || answer.status === 401) return { signedOut: true };
    if (!answer.ok) return { offline: true };
    const state = await answer.json();
    await queue.adoptState(state);
    return { state };
  } catch {
    return { offline: true };
  }
}

// {done: answer}, {refused: problem}, or {waits} where the desk did not answer.
export async function postEntry(entry, state) {
  const body = new URLSearchParams({
    ...entry.fields,
    kind: entry.kind,
    owner: state.account,
    csrf: state.csrf,
  });
  return postWithin(20000, "/diary-queue/entries", body);
}

const inTurn = makeTurns("veritem-entries");

// Send what waits. {done: count, signedOut, offline}; refusals stay in the queue.
export function sendEntries() {
  return inTurn(async () => {
    const seen = await fetchState();
    if (!seen.state) return { done: 0, ...seen };
    const owner = await queue.loadAccount();
    let done = 0;
    for (const { id, ...entry } of await queue.listActs(owner)) {
      if (entry.refusal || entry.unreadable) continue;
      const answer = await postEntry(entry, seen.state);
      if (answer.waits) return { done, offline: true };
      if (answer.refused) {
        const { title, flaws } = answer.refused;
        await queue.changeAct(owner, id, { ...entry, refusal: { title, flaws } });
      } else {
        await queue.removeAct(id);
        done += 1;
      }
    }
    return { done, state: seen.state };
  });
}
