// The list of findings that are not sent yet: loud, a task for each refusal, exportable.
import { canQueue } from "./account_store.js";
import { sendFindings } from "./field_sender.js";
import { queue } from "./field_store.js";

const byId = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

export class UnsentFindings {
  // `onResult` is called with each result of a send.
  constructor(words, onResult) {
    this.words = words;
    this.onResult = onResult;
    byId("send-now").addEventListener("click", () => this.send());
    byId("export-acts").addEventListener("click", () => this.export());
    window.addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => document.hidden || this.send());
  }

  async send() {
    if (!canQueue()) return {};
    const result = await sendFindings();
    byId("offline").hidden = !result.offline;
    byId("sign-in-again").hidden = !result.signedOut;
    for (const answer of result.done ?? []) this.tell(answer);
    await this.onResult(result);
    await this.show();
    return result;
  }

  tell({ location, label, outcome }) {
    byId("sent").hidden = false;
    const row = element("li");
    const link = element("a", label);
    link.href = location;
    row.append(link);
    if (outcome === "conflict") row.append(element("strong", this.words.outcomeConflict));
    byId("sent-list").append(row);
  }

  async show() {
    const owner = await queue.loadAccount();
    const findings = owner ? await queue.listActs(owner) : [];
    const { own, others } = await queue.countActs(owner?.account);
    byId("unsent").hidden = own + others === 0;
    byId("unsent-count").textContent = String(own + others);
    byId("unsent-others").hidden = others === 0;
    byId("unsent-list").replaceChildren(...findings.map((one) => this.draw(owner, one)));
    byId("unsent").classList.toggle("refused", findings.some((one) => one.refusal));
    const count = own + others ? `(${own + others}) ` : "";
    document.title = document.title.replace(/^(\(\d+\) )?/, count);
    navigator.setAppBadge?.(own).catch(() => {});
  }

  draw(owner, finding) {
    const row = element("li");
    if (finding.unreadable) {
      row.append(element("b", this.words.unreadable));
    } else {
      row.append(element("b", finding.label), element("span", finding.note, "words"));
      const at = new Date(finding.acted_at).toLocaleString(document.documentElement.lang);
      row.append(element("small", at));
    }
    if (finding.refusal) {
      row.className = "refused";
      row.append(element("strong", finding.refusal.title));
      if (finding.refusal.detail) row.append(element("small", finding.refusal.detail));
      row.append(
        this.button(this.words.again, async () => {
          const { id, refusal: _refusal, ...again } = finding;
          await queue.changeAct(owner, id, again);
          await this.send();
        }),
      );
    }
    row.append(
      this.button(this.words.discard, async () => {
        if (!window.confirm(this.words.discardSure)) return;
        await queue.removeAct(finding.id);
        await this.show();
      }),
    );
    return row;
  }

  button(text, onClick) {
    const made = element("button", text, "small");
    made.type = "button";
    made.addEventListener("click", onClick);
    return made;
  }

  async export() {
    const owner = await queue.loadAccount();
    if (!owner) return;
    const findings = (await queue.listActs(owner)).map(({ id: _id, ...one }) => one);
    const exported = { account: owner.account, exported_at: new Date().toISOString(), findings };
    const file = new Blob([JSON.stringify(exported, null, 1)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `veritem-field-${owner.account}-${exported.exported_at.slice(0, 10)}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
}
