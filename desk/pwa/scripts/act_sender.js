// Sends queued acts, in order, each until the desk has answered it once.
//
// An act leaves the queue when the desk recorded it. A refusal stays as a task for the packer. What
// was not answered is sent again with the same idempotency key, which the desk applies once. One
// tab sends at a time.
import { adoptState, changeAct, listActs, loadAccount, removeAct } from "./act_queue.js";
import { fetchWithin, makeTurns, postWithin } from "./waiting_request.js";

// {state} of the signed-in account, {signedOut}, or {offline}.
export async function fetchState(milliseconds = 8000) {
  try {
    const answer = await fetchWithin(milliseconds, "/activate/state");
    if (answer.type === "opaqueredirect" || answer.status === 401) return { signedOut: true };
    if (!answer.ok) return { offline: true };
    const state = await answer.json();
    await adoptState(state);
    return { state };
  } catch {
    return { offline: true };
  }
}

// The lots that a search finds; null where the desk does not answer.
export async function fetchLots(text) {
  try {
    const address = `/activate/lots?${new URLSearchParams({ q: text })}`;
    const answer = await fetchWithin(6000, address);
    return answer.ok ? (await answer.json()).lots : null;
  } catch {
    return null;
  }
}

async function postAct(act, state) {
  const { id: _id, refusal: _refusal, label: _label, ...fields } = act;
  const sent_at = new Date().toISOString(); // the desk knows how long ago, whatever the clock says
  const body = new URLSearchParams({ ...fields, sent_at, owner: state.account, csrf: state.csrf });
  return postWithin(20000, "/activate/acts", body);
}

const inTurn = makeTurns("veritem-acts");

// Send what waits. {done: [answers], signedOut, offline}; refusals are in the queue.
export function sendActs() {
  return inTurn(async () => {
    const before = await loadAccount();
    const seen = await fetchState();
    if (!seen.state) return { done: [], ...seen };
    const owner = await loadAccount();
    const done = [];
    for (const act of await listActs(owner)) {
      if (act.refusal || act.unreadable) continue;
      const answer = await postAct(act, seen.state);
      if (answer.waits) return { done, offline: true };
      if (answer.refused) {
        const { title, detail, conflicts } = answer.refused;
        await changeAct(owner, act.id, { ...withoutId(act), refusal: { title, detail, conflicts } });
      } else {
        await removeAct(act.id);
        done.push({ ...answer.done, key: act.key });
      }
    }
    return { done, state: seen.state, isOther: Boolean(before && before.account !== owner.account) };
  });
}

function withoutId({ id: _id, ...act }) {
  return act;
}

export async function retryAct(owner, act) {
  const { id, refusal: _refusal, ...again } = act;
  await changeAct(owner, id, again);
}
