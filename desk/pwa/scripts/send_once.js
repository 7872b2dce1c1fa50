// A form is sent once: a second press while the first is on its way does nothing, and the button says
// that it works. The server tells repeated forms apart by their key, so that this is a courtesy.

const BUSY = "data-busy";

export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.hasAttribute(BUSY)) {
      event.preventDefault();
      return;
    }
    form.setAttribute(BUSY, "");
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // A page that the back button brings out of the browser's memory can be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll(`form[${BUSY}]`)) form.removeAttribute(BUSY);
    for (const button of document.querySelectorAll("[aria-busy=true]")) {
      button.removeAttribute("aria-busy");
    }
  });
}
