// The language switch keeps what was typed: it sends the form that was edited last to be kept, and the
// page shows it again in the other language. Without a script it keeps the main form of a page.

export function keepTypedText() {
  let edited = null;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.method === "post") edited = form;
  });
  document.querySelector("nav.lang")?.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-keep]");
    if (!choice || !edited?.isConnected) return;
    event.preventDefault();
    const button = document.createElement("button");
    button.hidden = true;
    button.formAction = choice.dataset.keep;
    button.formEnctype = "application/x-www-form-urlencoded";
    button.formNoValidate = true;
    edited.append(button);
    edited.requestSubmit(button);
  });
}
