// Faces: the frames around them, their names, and which one's numbers are shown.

import { element } from "./rows.js";

const byId = (id) => document.getElementById(id);
// Distinct for colour-blind readers too; the number is written beside each frame.
const COLOURS = ["#ffd34d", "#56b4e9", "#e69f00", "#2fc49a", "#e38fc1"];

let chosen = null;

export function colourOf(number) {
  return COLOURS[(number - 1) % COLOURS.length];
}

// The chosen face, while it is there; else the most prominent one.
export function chosenFace(faces) {
  return faces.find(({ number }) => number === chosen) || faces[0] || null;
}

export function choose(number) {
  chosen = number;
}

export function forgetFaces() {
  chosen = null;
  showButtons([], null);
}

// A button for each of several faces, so that a keyboard reaches them too.
export function showButtons(faces, shown) {
  const group = byId("faces");
  group.hidden = faces.length < 2;
  const numbers = faces.map(({ number }) => number).sort((one, other) => one - other);
  const there = [...group.children].map(({ dataset }) => Number(dataset.number));
  if (String(numbers) !== String(there)) group.replaceChildren(...numbers.map(button));
  for (const each of group.children)
    each.setAttribute("aria-pressed", Number(each.dataset.number) === shown?.number);
}

function button(number) {
  const made = element("button", "face", `Face ${number}`);
  made.type = "button";
  made.dataset.number = number;
  made.style.borderBottomColor = colourOf(number);
  made.addEventListener("click", () => choose(number));
  return made;
}

// The face whose frame holds a point of the picture.
export function faceAt(faces, x, y) {
  return faces.find(({ box: [left, top, width, height] }) =>
    x >= left && x <= left + width && y >= top && y <= top + height);
}

// The shown face has a strong frame, others thin and dashed ones.
export function drawFrames(pen, answer, shown, scale) {
  for (const other of answer.others) frame(pen, scaled(other, scale), 0.4, COLOURS[0]);
  for (const face of answer.faces) {
    const strength = face.number === shown.number ? 1 : 0.4;
    if (face.box.length) frame(pen, scaled(face.box, scale), strength, colourOf(face.number));
  }
}

// Names are drawn after the picture was mirrored back, so that they can be read.
export function drawNames(pen, faces, scale, mirrored) {
  if (faces.length < 2) return;
  pen.font = "600 18px system-ui, sans-serif";
  for (const { number, box, emotion } of faces) {
    if (!box.length) continue;
    const [left, top, width] = scaled(box, scale);
    const text = emotion ? `${number} ${emotion}` : `${number}`;
    const x = mirrored ? pen.canvas.width - left - width : left;
    const wide = pen.measureText(text).width + 10;
    pen.fillStyle = "#000000";
    pen.fillRect(x, top - 26 < 0 ? top : top - 26, wide, 24);
    pen.fillStyle = colourOf(number);
    pen.fillText(text, x + 5, (top - 26 < 0 ? top : top - 26) + 18);
  }
}

function scaled(box, scale) {
  return box.map((edge) => edge * scale);
}

function frame(pen, [x, y, width, height], strength, bright) {
  pen.setLineDash(strength < 1 ? [6, 4] : []);
  for (const [colour, line] of [["#000000", 6], [bright, 3.5]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = line * strength;
    pen.strokeRect(x, y, width, height);
  }
}
