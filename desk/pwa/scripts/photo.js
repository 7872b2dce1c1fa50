// Photos are made small on the phone before they are uploaded: a packing line has little network.
const SIDE = 1280;
const QUALITY = 0.85;

export async function shrinkPhoto(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("not encoded"))),
      "image/jpeg",
      QUALITY,
    ),
  );
}

// The address of the stored photo. Throws an Error whose message may be shown when it was refused.
export async function uploadPhoto(photo, csrf) {
  const body = new FormData();
  body.append("csrf", csrf);
  body.append("photo", photo, "photo.jpg");
  const answer = await fetch("/photos", { method: "POST", body, redirect: "manual" });
  if (!(answer.headers.get("Content-Type") ?? "").includes("json")) throw new Error("");
  const document = await answer.json();
  if (!answer.ok) throw new Error(document.title);
  return document.image;
}
