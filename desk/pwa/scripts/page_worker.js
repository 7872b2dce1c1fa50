// Service worker of an installable page.
//
// It caches the shell, which shows no account, and the files of the desk that the shell names.
// Pages and data come from the network; where it does not answer, the page is the shell. Nothing
// else is touched, and no page of an account is ever stored.
const ASSETS = "/assets/";
const PATIENCE = 4000;

// `page` is the path of the page, `name` that of its cache.
export function servePage(page, name) {
  const SHELL = `${page}/shell`;
  const CACHE = name;

  async function refresh() {
    const answer = await fetch(SHELL, { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const html = await answer.clone().text();
    const named = new Set([...html.matchAll(/"(\/assets\/[^"]+)"/g)].map((found) => found[1]));
    const first = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((found) => found[1]);
    const cache = await caches.open(CACHE);
    for (const address of first) {
      if (!(await cache.match(address))) await cache.add(address);
    }
    await cache.put(SHELL, answer);
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith(ASSETS) && !named.has(pathname)) await cache.delete(request);
    }
  }

  async function answerNavigation(request) {
    const patience = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("slow")));
    try {
      return await Promise.race([fetch(request), patience]);
    } catch {
      const cache = await caches.open(CACHE);
      return (await cache.match(SHELL)) ?? Response.error();
    }
  }

  async function answerAsset(request) {
    const cache = await caches.open(CACHE);
    const known = await cache.match(request);
    if (known) return known;
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  }

  self.addEventListener("install", (event) => {
    self.skipWaiting();
    event.waitUntil(refresh());
  });
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener("message", (event) => {
    if (event.data === "refresh") event.waitUntil(refresh().catch(() => {}));
  });
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (request.mode === "navigate" && pathname === page) {
      event.respondWith(answerNavigation(request));
    } else if (pathname.startsWith(ASSETS)) {
      event.respondWith(answerAsset(request));
    }
  });
}
