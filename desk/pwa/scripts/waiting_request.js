// Requests of what waits on a phone: a time limit, what an answer means, one send after another.
const REFUSALS = [400, 404, 409, 413, 422];

// The answer of the desk itself: no redirect is followed and no cache asked.
export async function fetchWithin(milliseconds, address, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), milliseconds);
  const shared = { redirect: "manual", cache: "no-store", credentials: "same-origin" };
  try {
    return await fetch(address, { ...shared, ...options, signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

// {done: answer}, {refused: problem}, or {waits} where the desk did not answer.
export async function postWithin(milliseconds, address, body) {
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetchWithin(milliseconds, address, { method: "POST", body, headers });
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    if (!isJson) return { waits: true };
    const document = await answer.json();
    if (answer.ok) return { done: document };
    return REFUSALS.includes(answer.status) ? { refused: document } : { waits: true };
  } catch {
    return { waits: true };
  }
}

// A function that does one work after another, over all tabs: the next one finds what is left.
export function makeTurns(lock) {
  let last = Promise.resolve();
  return (work) => {
    if (navigator.locks) return navigator.locks.request(lock, work);
    last = last.catch(() => {}).then(work);
    return last;
  };
}
