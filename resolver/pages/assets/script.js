// Confirms the scan and offers a place; without it the forms below work by themselves.
(function () {
  "use strict";
  var d = document, lang = d.documentElement.lang;
  function el(id) { return d.getElementById(id); }
  function token() { return el("seen").getAttribute("data-token"); }
  var code = el("seen").getAttribute("data-code");
  function say(form, text) {
    var p = form.querySelector("[role=status]");
    p.textContent = text; p.hidden = !text;
  }
  function post(path, body, accept) {
    body.code = code;
    return fetch(path + "?lang=" + lang, {
      method: "POST", credentials: "same-origin", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "Accept": accept }
    });
  }
  // A red page is of the original's lot too; and a screen reader hears what changed.
  function tellVerdict() {
    var doubt = el("doubt"), seen = el("seen");
    if (doubt) { doubt.hidden = !/suspect|unsigned/.test(seen.className); }
    el("said").textContent = d.querySelector(".hero h1").textContent + ". "
      + seen.querySelector(".seen").textContent;
  }
  // The answer is the verdict anew, written by the server in the page's language.
  function scan(place) {
    return post("/v1/scans", { token: token(), place: place }, "text/html").then(function (r) {
      return r.text().then(function (html) {
        if (!r.ok) { throw r.status; }
        el("v").outerHTML = html;
        tellVerdict();
        d.querySelectorAll("input[name=token][form=where]").forEach(function (i) { i.value = token(); });
      });
    });
  }
  var where = el("where"), sent = null;
  function confirm() { if (!sent) { sent = scan(null).catch(function () { sent = null; }); } }
  function soon() {
    if (d.visibilityState === "visible") { setTimeout(confirm, 500); }
    else { d.addEventListener("visibilitychange", soon, { once: true }); }
  }
  if (d.prerendering) { d.addEventListener("prerenderingchange", soon, { once: true }); }
  else { soon(); }
  // One scan after another: each has the token of the answer before it.
  function tell(place) {
    say(where, "");
    sent = Promise.resolve(sent).then(function () { return scan(place); });
    sent.then(function () {
      say(where, where.dataset.thanks); el("asked").hidden = true;
    }).catch(function (why) {
      sent = null;
      say(where, why === 410 || why === 409 ? where.dataset.reload : where.dataset.failed);
    });
  }
  if (where) {
    var here = el("here");
    if (navigator.geolocation && window.isSecureContext) {
      here.hidden = false;
      here.addEventListener("click", function () {
        navigator.geolocation.getCurrentPosition(function (p) {
          tell({ lat: p.coords.latitude, lon: p.coords.longitude, accuracy_m: p.coords.accuracy });
        }, function () { say(where, where.dataset.refused); }, { timeout: 15000, maximumAge: 60000 });
      });
    }
    where.addEventListener("submit", function (e) {
      e.preventDefault();
      tell(where.province.value ? { province: where.province.value } : null);
    });
  }
  // A photo of a phone is made small before it is sent; where that fails it goes as it is.
  function shrink(file) {
    if (!file || !window.createImageBitmap) { return Promise.resolve(file); }
    return createImageBitmap(file).then(function (bitmap) {
      var scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height));
      var canvas = d.createElement("canvas");
      canvas.width = bitmap.width * scale; canvas.height = bitmap.height * scale;
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", 0.8); });
    }).catch(function () { return file; });
  }
  function report(form) {
    var body = new FormData(form), file = form.photo.files[0];
    body.delete("photo");
    return shrink(file).then(function (photo) {
      if (photo) { body.append("photo", photo, "photo"); }
      return fetch(form.action, {
        method: "POST", credentials: "same-origin", body: body,
        headers: { "Accept": "application/json" }
      });
    });
  }
  ["claim", "report"].forEach(function (id) {
    var form = el(id);
    if (!form) { return; }
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      var button = form.querySelector("button");
      button.disabled = true;
      (id === "claim"
        ? post("/v1/claims", { pin: form.pin.value }, "application/json")
        : report(form)).then(function (r) {
        return r.json().then(function (answer) {
          say(form, answer.message || answer.detail || answer.title);
          if (r.ok) { form.querySelector(".ask").hidden = true; }
        });
      }).catch(function () { say(form, where.dataset.failed); }).then(function () {
        button.disabled = false;
      });
    });
  });
})();
