// Takes the code of an invitation from behind the # of the link, which no server and no log sees,
// into the form, and out of the address, so that the history of the browser does not keep it.
const field = document.getElementById("invitation");
const code = window.location.hash.slice(1);
if (field && /^[\w-]{12,60}$/.test(code)) {
  field.value = code;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  (document.getElementById("name") ?? document.getElementById("password"))?.focus();
}
