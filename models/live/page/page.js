// Sends the camera's frames, at most two at a time, or shows a video that is played by
// the server; draws each frame's prediction on that very frame.

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
  for (const note of page.notes) byId("notes").append(element("p", "", note));
  clearRows();
  rest(page.source ? `Ready: ${page.source}` : "The camera is off.");
}

function rest(why) {
  byId("start").textContent = page.source ? "Play the video" : "Start the camera";
  byId("curtain").textContent = why;
  byId("curtain").hidden = false;
  say(why);
}

function say(text) {
  if (byId("status").textContent !== text) byId("status").textContent = text;
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
  for (const other of answer.others || []) box(other.map((edge) => edge * scale), 0.4);
  if (answer.face && answer.box.length) box(answer.box.map((edge) => edge * scale), 1);
  pen.restore();
  byId("curtain").hidden = true;
  numbers(answer);
  count();
}

// The predicted face has a strong frame, the others thin and dashed ones.
function box([x, y, width, height], strength) {
  pen.setLineDash(strength < 1 ? [6, 4] : []);
  for (const [colour, line] of [["#000000", 6], ["#ffd34d", 3.5]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = line * strength;
    pen.strokeRect(x, y, width, height);
  }
}

function found(answer) {
  if (!answer.face) return "No face found";
  if (answer.face !== "found") return "Predicting what is in the square";
  const faces = answer.others.length + 1;
  if (faces === 1) return "Face found";
  return `${faces} faces found: the one in the strong frame is judged`;
}

function numbers(answer) {
  const face = Boolean(answer.face);
  for (const name of page.emotions)
    setRow(`emotions.${name}`, face ? answer.emotions[name] : null, name === answer.emotion);
  for (const name of page.ratings)
    setRow(`ratings.${name}`, face ? answer.ratings[name] : null, false);
  for (const { name } of page.units)
    setRow(`units.${name}`, face ? answer.units[name] : null, face && answer.present[name]);
  for (const { name } of page.intensities)
    setRow(`intensities.${name}`, face ? answer.intensities[name] : null, false);
  byId("behind").textContent = `${Math.round(1000 * answer.behind)} ms`;
  byId("confidence").textContent =
    answer.confidence ? `${Math.round(100 * answer.confidence)} %` : "\u2013";
  say(found(answer));
  whisper(face && answer.emotion ? answer.emotion : "");
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
  byId("curtain").textContent = "\u2026";
}

function stop(why) {
  const socket = running;
  running = null;
  socket.stop();
  socket.close();
  clearRows();
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

fetch("page_info.json").then((answer) => answer.json()).then(build, () => {
  byId("status").textContent = "The program does not answer: is it still running?";
});
