// The plane of valence and arousal: where each face is now, and where it came from.

import { colourOf } from "./faces.js";

const SECONDS = 8;
const plane = document.getElementById("plane");
const pen = plane.getContext("2d");
const trails = new Map();

// While it runs, it is drawn anew with each frame.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (!trails.size) draw(0, [], null);
});

export function hasPlane(ratings) {
  return ratings.includes("valence") && ratings.includes("arousal");
}

export function follow(faces, shown) {
  const now = performance.now();
  for (const { number, ratings } of faces) {
    if (!trails.has(number)) trails.set(number, []);
    trails.get(number).push({ at: now, x: ratings.valence, y: ratings.arousal });
  }
  for (const [number, points] of trails) {
    while (points.length && points[0].at < now - 1000 * SECONDS) points.shift();
    if (!points.length) trails.delete(number);
  }
  draw(now, faces, shown);
}

export function clearPlane() {
  trails.clear();
  draw(0, [], null);
}

function draw(now, faces, shown) {
  const style = getComputedStyle(document.documentElement);
  const ink = (name) => style.getPropertyValue(name).trim();
  pen.clearRect(0, 0, plane.width, plane.height);
  axes(ink("--line"), ink("--quiet"));
  for (const [number, points] of trails) trail(points, number, now);
  for (const face of faces) dot(face, face.number === shown?.number, ink("--ink"));
  plane.setAttribute("aria-label", spoken(shown));
}

function spoken(shown) {
  if (!shown) return "Valence and arousal: no face";
  const { valence, arousal } = shown.ratings;
  return `Valence ${valence.toFixed(2)}, arousal ${arousal.toFixed(2)}, from -1 to 1, ` +
    `and the last ${SECONDS} seconds`;
}

const across = (value) => plane.width * (0.5 + 0.42 * value);
const down = (value) => plane.height * (0.5 - 0.42 * value);

function axes(line, quiet) {
  pen.lineWidth = 1;
  pen.strokeStyle = line;
  pen.beginPath();
  pen.rect(across(-1), down(1), across(1) - across(-1), down(-1) - down(1));
  for (const [x, y, to, at] of [[-1, 0, 1, 0], [0, -1, 0, 1]]) {
    pen.moveTo(across(x), down(y));
    pen.lineTo(across(to), down(at));
  }
  pen.stroke();
  pen.fillStyle = quiet;
  pen.font = "24px system-ui, sans-serif";
  pen.textAlign = "left";
  pen.fillText("arousal", across(0) + 8, down(1) + 26);
  pen.textAlign = "right";
  pen.fillText("valence", across(1) - 6, down(0) - 10);
}

// Older pieces are fainter; a face that is gone keeps its trail until that has faded.
function trail(points, number, now) {
  pen.strokeStyle = colourOf(number);
  pen.lineWidth = 5;
  pen.lineCap = "round";
  for (let at = 1; at < points.length; at += 1) {
    const [from, to] = [points[at - 1], points[at]];
    pen.globalAlpha = Math.max(0.05, 1 - (now - to.at) / (1000 * SECONDS));
    pen.beginPath();
    pen.moveTo(across(from.x), down(from.y));
    pen.lineTo(across(to.x), down(to.y));
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

function dot({ number, ratings }, strong, ink) {
  pen.beginPath();
  pen.arc(across(ratings.valence), down(ratings.arousal), strong ? 12 : 8, 0, 2 * Math.PI);
  pen.fillStyle = colourOf(number);
  pen.fill();
  pen.lineWidth = strong ? 4 : 2;
  pen.strokeStyle = ink;
  pen.stroke();
}
