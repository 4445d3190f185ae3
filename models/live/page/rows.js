// Bars: one for each emotion, rating, action unit and intensity.

const rows = {};

export function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function addRow(section, name, called, [low, high], threshold) {
  const row = element("div", "row");
  const label = element("span", "name", name);
  if (called) label.append(element("span", "called", called));
  const track = element("div", "track");
  track.setAttribute("role", "meter");
  track.setAttribute("aria-label", called ? `${name} ${called}` : name);
  track.setAttribute("aria-valuemin", low);
  track.setAttribute("aria-valuemax", high);
  const fill = element("div", "fill");
  track.append(fill);
  if (threshold !== undefined) {
    const mark = element("div", "mark");
    mark.style.left = `${100 * threshold}%`;
    track.append(mark);
  }
  const value = element("span", "value");
  row.append(label, track, value);
  document.getElementById(section).hidden = false;
  document.getElementById(section).querySelector(".rows").append(row);
  rows[`${section}.${name}`] = { row, track, fill, value, low, high };
}

export function setRow(key, value, chosen) {
  const { row, track, fill, value: text, low, high } = rows[key];
  row.classList.toggle("chosen", chosen);
  if (value === null) {
    fill.style.width = "0";
    text.textContent = "\u2013";
    track.removeAttribute("aria-valuenow");
    track.setAttribute("aria-valuetext", "no face");
    return;
  }
  const share = (value - low) / (high - low);
  if (low < 0) {
    fill.style.left = `${100 * Math.min(share, 0.5)}%`;
    fill.style.width = `${100 * Math.abs(share - 0.5)}%`;
  } else {
    fill.style.width = `${100 * share}%`;
  }
  if (low < 0) text.textContent = signed(value);
  else text.textContent = high > 1 ? value.toFixed(1) : `${Math.round(100 * value)} %`;
  track.setAttribute("aria-valuenow", value.toFixed(2));
  track.setAttribute("aria-valuetext", text.textContent + (chosen ? ", present" : ""));
}

function signed(value) {
  return (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(2);
}

export function clearRows() {
  for (const key of Object.keys(rows)) setRow(key, null, false);
}
