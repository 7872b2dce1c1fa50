// The list of what is not sent yet: loud, with a task for each refusal, and exportable.
import { canQueue, countActs, listActs, loadAccount, removeAct } from "./act_queue.js";
import { retryAct, sendActs } from "./act_sender.js";
import { signalProblem } from "./signals.js";

const byId = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

export class UnsentActs {
  // `words` are the page's texts; `onDone` is called with what the desk recorded; `onEdit` with an
  // act whose form is to be filled again.
  constructor(words, { onDone, onEdit }) {
    this.words = words;
    this.onDone = onDone;
    this.onEdit = onEdit;
    byId("send-now").addEventListener("click", () => this.send());
    byId("export-acts").addEventListener("click", () => this.export());
    window.addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => document.hidden || this.send());
  }

  async send() {
    if (!canQueue()) return { done: [] };
    const result = await sendActs();
    byId("offline").hidden = !result.offline;
    byId("sign-in-again").hidden = !result.signedOut;
    for (const answer of result.done ?? []) this.onDone(answer);
    await this.show();
    return result;
  }

  async show() {
    const owner = await loadAccount();
    const acts = owner ? await listActs(owner) : [];
    const { own, others } = await countActs(owner?.account);
    byId("unsent").hidden = own + others === 0;
    byId("unsent-count").textContent = String(own + others);
    byId("unsent-others").hidden = others === 0;
    byId("unsent-list").replaceChildren(...acts.map((act) => this.draw(owner, act)));
    const refused = acts.filter((act) => act.refusal);
    byId("unsent").classList.toggle("refused", refused.length > 0);
    byId("send-now").hidden = own === refused.length;
    document.title = document.title.replace(/^(\(\d+\) )?/, own + others ? `(${own + others}) ` : "");
    navigator.setAppBadge?.(own).catch(() => {});
  }

  draw(owner, act) {
    const row = element("li");
    if (act.unreadable) {
      row.append(element("b", this.words.unreadable));
    } else {
      row.append(element("b", act.label, "roll"), element("span", act.lot));
      row.append(element("small", new Date(act.acted_at).toLocaleString(document.documentElement.lang)));
    }
    if (act.refusal) {
      row.className = "refused";
      row.append(element("strong", act.refusal.title));
      if (act.refusal.detail && !act.refusal.conflicts) row.append(element("small", act.refusal.detail));
      for (const { first, last, state } of (act.refusal.conflicts ?? []).slice(0, 5)) {
        row.append(element("small", `${first}–${last}: ${this.nameState(state)}`));
      }
      row.append(
        this.button(this.words.again, async () => {
          await retryAct(owner, act);
          await this.send();
        }),
        this.button(this.words.edit, async () => {
          await removeAct(act.id);
          this.onEdit(act);
          await this.show();
        }),
      );
    }
    row.append(
      this.button(this.words.discard, async () => {
        if (!window.confirm(this.words.discardSure)) return;
        await removeAct(act.id);
        await this.show();
      }),
    );
    return row;
  }

  nameState(state) {
    return this.words[`state${state[0].toUpperCase()}${state.slice(1)}`] ?? state;
  }

  button(text, onClick) {
    const made = element("button", text, "small");
    made.type = "button";
    made.addEventListener("click", onClick);
    return made;
  }

  async export() {
    const owner = await loadAccount();
    if (!owner) return signalProblem();
    const acts = (await listActs(owner)).map(({ id: _id, ...act }) => act);
    const exported = { account: owner.account, exported_at: new Date().toISOString(), acts };
    const file = new Blob([JSON.stringify(exported, null, 1)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `veritem-${owner.account}-${exported.exported_at.slice(0, 10)}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
}
