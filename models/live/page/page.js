// Sends the camera's frames, at most two at a time, or shows a video that is played by
// the server; draws each frame's predictions on that very frame.

import { choose, chosenFace, drawFrames, drawNames, faceAt, forgetFaces, showButtons }
  from "./faces.js";
import { clearPlane, follow, hasPlane } from "./plane.js";
import { addRow, clearRows, element, setRow } from "./rows.js";

const IN_FLIGHT = 2;
const WIDTH = 640;
const SECONDS = 2;
const byId = (id) => document.getElementById(id);
const screen = byId("screen");
const pen = screen.getContext("2d");

let page = null;
let running = null;
let answered = [];
let last = null;
let recording = false;
let spoken = { text: "", since: 0 };

function build(info) {
  page = info;
  byId("trained").textContent = page.trained;
  byId("warning").textContent = page.warning;
  byId("warning").hidden = !page.warning;
  byId("stored").textContent = page.stored;
  for (const name of page.emotions) addRow("emotions", name, "", [0, 1]);
  for (const name of page.ratings) addRow("ratings", name, "", [-1, 1]);
  for (const { name, called } of page.units)
    addRow("units", name, called, [0, 1], page.thresholds[name]);
  for (const { name, called } of page.intensities) addRow("intensities", name, called, [0, 5]);
  byId("plane").hidden = !hasPlane(page.ratings);
  byId("record").hidden = !page.records;
  for (const note of page.notes) byId("notes").append(element("p", "", note));
  clearRows();
  clearPlane();
  rest(page.source ? `Ready: ${page.source}` : "The camera is off.");
}

function rest(why) {
  byId("start").textContent = page.source ? "Play the video" : "Start the camera";
  byId("curtain").textContent = why;
  byId("curtain").hidden = false;
  say(why);
  // The curtain shows it; this line tells it to a screen reader.
  byId("status").classList.add("unseen");
}

function say(text) {
  if (byId("status").textContent !== text) byId("status").textContent = text;
  byId("status").classList.remove("unseen");
}

// A screen reader announces an emotion once it has lasted a second.
function whisper(text) {
  const time = performance.now();
  if (text !== spoken.text) spoken = { text, since: time };
  if (time - spoken.since > 1000 && byId("spoken").textContent !== text)
    byId("spoken").textContent = text;
}

function show(answer, picture) {
  const [width, height] = answer.size;
  screen.width = WIDTH;
  screen.height = Math.round((WIDTH * height) / width);
  const scale = screen.width / width;
  pen.save();
  if (!page.source) {
    // People expect a mirror of themselves.
    pen.translate(screen.width, 0);
    pen.scale(-1, 1);
  }
  pen.drawImage(picture, 0, 0, screen.width, screen.height);
  const shown = chosenFace(answer.faces);
  drawFrames(pen, answer, shown, scale);
  pen.restore();
  drawNames(pen, answer.faces, scale, !page.source);
  last = { answer, scale };
  byId("curtain").hidden = true;
  showButtons(answer.faces, shown);
  numbers(answer, shown);
  if (hasPlane(page.ratings)) follow(answer.faces, shown);
  if (page.records) recorded(answer);
  count();
}

function found({ faces, others }, shown) {
  if (!shown) return "No face found";
  if (shown.face !== "found") return "Predicting what is in the square";
  const count = faces.length + others.length;
  if (count === 1) return "Face found";
  return `${count} faces found: the numbers are those of face ${shown.number}`;
}

function numbers(answer, shown) {
  const of = (head, name) => (shown ? shown[head][name] : null);
  for (const name of page.emotions)
    setRow(`emotions.${name}`, of("emotions", name), name === shown?.emotion);
  for (const name of page.ratings) setRow(`ratings.${name}`, of("ratings", name), false);
  for (const { name } of page.units)
    setRow(`units.${name}`, of("units", name), Boolean(shown?.present[name]));
  for (const { name } of page.intensities)
    setRow(`intensities.${name}`, of("intensities", name), false);
  byId("behind").textContent = `${Math.round(1000 * answer.behind)} ms`;
  byId("confidence").textContent =
    shown?.confidence ? `${Math.round(100 * shown.confidence)} %` : "\u2013";
  say(found(answer, shown));
  whisper(shown?.emotion || "");
}

function recorded(answer) {
  recording = answer.recording;
  byId("record").setAttribute("aria-pressed", recording);
  byId("record").textContent = recording
    ? `Stop recording (${answer.recorded} lines)`
    : `Record the numbers${answer.recorded ? ` (${answer.recorded} lines so far)` : ""}`;
}

function count() {
  const now = performance.now();
  answered.push(now);
  while (answered[0] < now - 1000 * SECONDS) answered.shift();
  const over = now - answered[0];
  byId("rate").textContent =
    over > 500 ? ((1000 * (answered.length - 1)) / over).toFixed(1) : "\u2026";
}

function opened() {
  const socket = new WebSocket(`ws://${location.host}/frames`);
  socket.binaryType = "blob";
  return socket;
}

async function camera() {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { width: { ideal: WIDTH }, height: { ideal: 480 } },
  });
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  const socket = opened();
  const kept = new Map();
  const copy = document.createElement("canvas");
  let sent = 0;
  let done = 0;
  let busy = false;

  async function send() {
    if (running !== socket) return;
    video.requestVideoFrameCallback(send);
    if (busy || sent - done >= IN_FLIGHT || socket.readyState !== WebSocket.OPEN) return;
    busy = true;
    copy.width = Math.min(WIDTH, video.videoWidth);
    copy.height = Math.round((copy.width * video.videoHeight) / video.videoWidth);
    copy.getContext("2d").drawImage(video, 0, 0, copy.width, copy.height);
    const jpeg = await new Promise((resolve) => copy.toBlob(resolve, "image/jpeg", 0.9));
    const picture = await createImageBitmap(copy);
    busy = false;
    if (running !== socket || socket.readyState !== WebSocket.OPEN) return;
    kept.set((sent += 1), picture);
    socket.send(jpeg);
  }

  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(data);
    done = answer.number;
    if (answer.error) say(answer.error);
    else if (kept.has(done)) show(answer, kept.get(done));
    for (const [number, picture] of kept) {
      if (number > done) break;
      picture.close();
      kept.delete(number);
    }
  };
  socket.stop = () => stream.getTracks().forEach((track) => track.stop());
  begin(socket);
  video.requestVideoFrameCallback(send);
}

function video() {
  const socket = opened();
  let answer = null;
  socket.onmessage = async ({ data }) => {
    if (typeof data !== "string") {
      const shown = answer;
      const picture = await createImageBitmap(data);
      if (running === socket) show(shown, picture);
      picture.close();
      return;
    }
    answer = JSON.parse(data);
    if (answer.ended) stop("The video has ended.");
    if (answer.error) stop(answer.error);
  };
  socket.stop = () => {};
  begin(socket);
}

function begin(socket) {
  running = socket;
  answered = [];
  socket.onclose = () => {
    if (running === socket) stop("The connection is lost: is the program still running?");
  };
  byId("start").textContent = "Stop";
  byId("record").disabled = false;
  byId("curtain").textContent = "\u2026";
}

function stop(why) {
  const socket = running;
  running = null;
  socket.stop();
  socket.close();
  clearRows();
  forgetFaces();
  clearPlane();
  last = null;
  recording = false;
  byId("record").setAttribute("aria-pressed", false);
  byId("record").textContent = "Record the numbers";
  byId("record").disabled = true;
  for (const id of ["rate", "behind", "confidence"]) byId(id).textContent = "\u2013";
  pen.clearRect(0, 0, screen.width, screen.height);
  rest(why);
}

const REASONS = {
  NotAllowedError: "The browser was not allowed to use the camera.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is in use by another program.",
};

byId("start").addEventListener("click", async () => {
  if (running) {
    stop(page.source ? "The video was stopped." : "The camera is off.");
    return;
  }
  byId("start").disabled = true;
  try {
    await (page.source ? video() : camera());
  } catch (error) {
    rest(REASONS[error.name] || `The camera cannot be used: ${error.message}`);
  }
  byId("start").disabled = false;
});

byId("record").addEventListener("click", () => {
  const socket = running;
  if (!socket) return;
  const send = () => socket.send(recording ? "pause" : "record");
  if (socket.readyState === WebSocket.OPEN) send();
  else socket.addEventListener("open", send, { once: true });
});

screen.addEventListener("click", ({ offsetX, offsetY }) => {
  if (!last) return;
  // The picture is fitted into its element, with bars at two sides.
  const fit = Math.min(screen.clientWidth / screen.width, screen.clientHeight / screen.height);
  const x = (offsetX - (screen.clientWidth - fit * screen.width) / 2) / fit;
  const y = (offsetY - (screen.clientHeight - fit * screen.height) / 2) / fit;
  const across = page.source ? x : screen.width - x;
  const face = faceAt(last.answer.faces, across / last.scale, y / last.scale);
  if (face) choose(face.number);
});

fetch("page_info.json").then((answer) => answer.json()).then(build, () => {
  byId("status").textContent = "The program does not answer: is it still running?";
});
