// The field page on a phone: camera, the list that it carries, findings that wait.
import { canQueue } from "../scripts/account_store.js";
import { Camera } from "../scripts/camera.js";
import { askList, canVerify } from "../scripts/field_list.js";
import { fetchRecord, openList, readTime, renewList } from "../scripts/field_sender.js";
import { queue } from "../scripts/field_store.js";
import { shrinkPhoto } from "../scripts/photo.js";
import { prepareSound, signalProblem, signalRead } from "../scripts/signals.js";
import { isOurs, judgeHost } from "../scripts/stamp_host.js";
import { formatCode, readStampText } from "../scripts/stamp_text.js";
import { fetchAhead } from "../scripts/symbol_reader.js";
import { UnsentFindings } from "../scripts/unsent_findings.js";

const FETCH_AHEAD_AFTER = 8000;
const MINUTE = 60000;
const byId = (id) => document.getElementById(id);
const words = { ...byId("field").dataset };
const addresses = { decoder: words.decoder, wasm: words.wasm };
const isShell = words.shell === "yes";

let list = null;
let listFlaw = "";
let lastState = null; // of the account, as the desk told it last
let asked = ""; // the text that the answer on the page is about
let answered = ""; // what the phone said of it, for a finding
let checkedAt = null;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function formatAge(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE));
  if (minutes < 120) return words.minutes.replace("{count}", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return words.hours.replace("{count}", hours);
  return words.days.replace("{count}", Math.floor(hours / 24));
}

function showList() {
  const box = byId("list");
  box.hidden = false;
  let state = "none";
  let text = words.listNone;
  if (list) {
    const { made_at, old_at, expires_at } = list.head;
    const now = readTime(lastState);
    state = "fresh";
    if (now >= Date.parse(old_at)) state = "old";
    if (now >= Date.parse(expires_at)) state = "expired";
    const key = `list${state[0].toUpperCase()}${state.slice(1)}`;
    text = words[key].replace("{age}", formatAge(now - Date.parse(made_at)));
  }
  box.dataset.version = list?.head.version ?? 0;
  box.className = `age ${listFlaw ? "expired" : state}`;
  byId("list-age").textContent = text;
  byId("list-say").textContent = listFlaw;
  byId("list-say").hidden = !listFlaw;
}

async function renew(state) {
  lastState = state;
  if (!(await canVerify())) listFlaw = words.listNoCrypto;
  else {
    try {
      list = await renewList(state, list);
      listFlaw = "";
    } catch {
      listFlaw = words.listUnsigned;
    }
  }
  showList();
}

function tellShutOut() {
  byId("shut").hidden = false;
  for (const id of ["ask", "report", "list", "unsent", "sent", "answer", "phones"]) {
    const part = byId(id);
    if (part) part.hidden = true;
  }
}

const unsent = new UnsentFindings(words, async (result) => {
  if (result.shutOut) tellShutOut();
  if (result.state) await renew(result.state);
});

function showAnswer(...parts) {
  byId("answer").replaceChildren(...parts);
  byId("answer").scrollIntoView({ block: "start" });
}

// The form of a finding follows the answer; the desk's page has it in a browser without scripts.
function offerReport(kind) {
  const report = byId("report");
  report.hidden = false;
  byId("finding-typed").value = asked;
  byId("finding").elements.kind.value = kind;
  report.querySelector("details").open = kind !== "";
}

function sayForeign({ host, reasons }) {
  const box = element("section", "", "card warn foreign");
  box.setAttribute("role", "alert");
  box.append(element("h2", words.foreign), element("p", host, "roll huge"));
  const why = element("ul", "", "dots");
  for (const reason of reasons) {
    why.append(element("li", words[`why${reason[0].toUpperCase()}${reason.slice(1)}`]));
  }
  box.append(why, element("p", words.foreignLead));
  answered = "foreign";
  signalProblem();
  showAnswer(box);
  offerReport("lookalike");
}

async function sayOffline(stamp) {
  const box = element("section", "", "card record");
  box.append(element("h2", formatCode(stamp.code), "roll"));
  const say = (text, className) => box.append(element("p", text, className));
  byId("offline").hidden = false;
  if (!list) {
    answered = "unknown";
    say(words.listUnknown, "warn");
  } else {
    const found = await askList(list, stamp, readTime(lastState));
    const said = [found.signature];
    if (!found.isKnown) say(words.keyUnknown, "warn");
    const bad = found.signature === "invalid";
    say(
      { valid: words.signatureValid, invalid: words.signatureInvalid, none: words.signatureNone }[
        found.signature
      ],
      bad ? "warn huge" : `signature ${found.signature}`,
    );
    if (found.listed) {
      say(words.listed, "warn huge");
      said.push("listed");
    } else say(found.listed === null ? words.listUnknown : words.notListed, "");
    said.push("unknown");
    answered = said.join(" ");
    if (bad || found.listed) signalProblem();
  }
  say(words.cannotKnow, "cannot");
  showAnswer(box);
  offerReport("");
}

// Check a text: our own address, then the desk, else the list.
async function check(text) {
  asked = text;
  checkedAt = new Date().toISOString();
  const owner = await queue.loadAccount();
  const { hosts = [], scheme = "https" } = owner?.state ?? {};
  const verdict = judgeHost(text, hosts.length ? hosts : (list?.head.hosts ?? []), scheme);
  if (!isOurs(verdict)) {
    // Logged by the desk where there is one; the phone's own answer does not wait for it.
    sayForeign(verdict);
    fetchRecord(text);
    return;
  }
  const found = navigator.onLine ? await fetchRecord(text) : null;
  if (found?.signedOut && isShell) return location.assign("/sign-in?next=/field");
  if (found && !found.signedOut) {
    byId("offline").hidden = true;
    const shown = new DOMParser().parseFromString(found.html, "text/html");
    const part = found.isRefused ? shown.querySelector(".problem, main") : shown.body;
    answered = "online";
    if (found.isRefused) signalProblem();
    showAnswer(...(found.isRefused ? [part] : part.childNodes));
    return offerReport("");
  }
  const stamp = readStampText(text);
  if (stamp) return sayOffline(stamp);
  answered = "unknown";
  signalProblem();
  showAnswer(element("p", words.unreadableStamp, "card warn"));
  offerReport("");
}

function once(work) {
  let isBusy = false;
  return async (event) => {
    if (event.submitter?.hasAttribute("formaction")) return; // the language switch
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    const button = event.target.querySelector("button.go");
    button.setAttribute("aria-busy", "true");
    try {
      await work(event.target);
    } finally {
      isBusy = false;
      button.removeAttribute("aria-busy");
    }
  };
}

async function readPhotos(form) {
  const photos = [];
  for (const input of form.querySelectorAll('input[type="file"]')) {
    const [file] = input.files;
    if (!file) continue;
    const bytes = new Uint8Array(await (await shrinkPhoto(file)).arrayBuffer());
    let plain = "";
    for (let at = 0; at < bytes.length; at += 8192) {
      plain += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    photos.push(btoa(plain));
  }
  return photos;
}

// The finding is queued before it is sent: it is not lost with the connection.
async function save(form) {
  const owner = await queue.loadAccount();
  if (!owner) {
    byId("nobody").hidden = false;
    return;
  }
  const fields = Object.fromEntries(
    ["kind", "note", "wish", "lat", "lon"].map((name) => [name, form.elements[name].value.trim()]),
  );
  if (!fields.kind) return form.elements.kind.focus();
  let photos;
  try {
    photos = await readPhotos(form);
  } catch {
    window.alert(words.photoFailed);
    return;
  }
  const kind = form.elements.kind.selectedOptions[0].textContent;
  const stamp = readStampText(asked);
  await queue.addAct(owner, {
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value)),
    typed: asked,
    answer: answered,
    key: crypto.randomUUID(),
    acted_at: checkedAt ?? new Date().toISOString(),
    label: `${kind} · ${stamp ? formatCode(stamp.code) : asked.slice(0, 60)}`,
    photos,
  });
  form.reset();
  byId("place-say").textContent = "";
  byId("report").hidden = true;
  byId("report").querySelector("details").open = false;
  await unsent.show();
  byId("unsent").scrollIntoView();
  await unsent.send();
}

function watchPlace(form) {
  byId("place").hidden = !navigator.geolocation;
  byId("place-give").addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(2);
        form.elements.lon.value = coords.longitude.toFixed(2);
        byId("place-say").textContent = words.placeGiven;
      },
      () => (byId("place-say").textContent = words.placeRefused),
      { timeout: 15000, maximumAge: 60000 },
    );
  });
}

function watchCamera() {
  const say = (text) => (byId("camera-say").textContent = text);
  const camera = new Camera(byId("video"), addresses, {
    onText: (text) => {
      close();
      signalRead();
      byId("q").value = text;
      byId("ask").requestSubmit();
    },
    onError: () => fail(words.cameraFailed),
  });
  const close = () => {
    camera.stop();
    byId("camera").hidden = true;
  };
  const fail = (text) => {
    camera.stop();
    signalProblem();
    say(text);
  };
  byId("scan").hidden = false;
  byId("scan-start").addEventListener("click", async () => {
    prepareSound();
    byId("camera").hidden = false;
    say(words.aim);
    if (!navigator.mediaDevices) return fail(words.needsHttps);
    try {
      await camera.start();
      byId("torch").hidden = !camera.hasTorch();
    } catch {
      fail(words.cameraRefused);
    }
  });
  byId("scan-stop").addEventListener("click", close);
  byId("torch").addEventListener("click", async () => {
    const isOn = byId("torch").getAttribute("aria-pressed") !== "true";
    await camera.setTorch(isOn);
    byId("torch").setAttribute("aria-pressed", String(isOn));
  });
  window.addEventListener("pagehide", close);
}

async function start() {
  if (!window.isSecureContext) byId("needs-https").hidden = false;
  asked = byId("q").value;
  byId("report").hidden = byId("report").dataset.hidden === "yes";
  watchCamera();
  if (!canQueue()) return;
  const owner = await queue.loadAccount();
  lastState = owner?.state ?? null;
  if (isShell) {
    byId("nobody").hidden = Boolean(owner?.state);
    byId("ask").hidden = !owner?.state;
    byId("shell-name").textContent = owner?.state?.name ?? "";
  }
  byId("ask").addEventListener(
    "submit",
    once(() => check(byId("q").value.trim())),
  );
  byId("finding").addEventListener("submit", once(save));
  watchPlace(byId("finding"));
  byId("list-renew").addEventListener("click", () => unsent.send());
  try {
    const began = performance.now();
    list = (await canVerify()) ? await openList() : null;
    performance.measure("veritem-list", { start: began });
  } catch {
    listFlaw = words.listUnsigned;
  }
  showList();
  setInterval(showList, MINUTE);
  await unsent.show();
  await unsent.send();
  const registration = await navigator.serviceWorker
    ?.register("/field/worker.js", { scope: "/field" })
    .catch(() => null);
  registration?.active?.postMessage("refresh");
  setTimeout(() => navigator.onLine && fetchAhead(addresses).catch(() => {}), FETCH_AHEAD_AFTER);
}

start();
