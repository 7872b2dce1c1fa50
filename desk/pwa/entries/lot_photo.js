// The photo of a lot is uploaded as soon as it is chosen, so that the form stays small. Where that
// does not succeed, the file is sent with the form.
import { shrinkPhoto, uploadPhoto } from "../scripts/photo.js";

const input = document.getElementById("photo");
const said = document.getElementById("photo-said");
const shown = document.getElementById("photo-shown");

input?.addEventListener("change", async () => {
  const [file] = input.files;
  if (!file) return;
  said.textContent = input.dataset.working;
  try {
    const address = await uploadPhoto(await shrinkPhoto(file), input.form.elements.csrf.value);
    input.form.elements.image.value = address;
    shown.src = address;
    shown.hidden = false;
    input.value = "";
    said.textContent = input.dataset.done;
  } catch (error) {
    said.textContent = error.message || input.dataset.later;
  }
});
