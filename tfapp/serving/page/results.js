// Answers to something a person can read. No state, no requests.

const MOST_BARS = 10;

/** Returns [[name, share], …], the largest first; null if it is no classification. */
export function classesOf(row, classNames) {
  let names = classNames;
  let scores = row;
  if (row && typeof row === "object" && !Array.isArray(row)) {
    scores = row.probabilities ?? row.scores;
    names = row.classes ?? classNames;
  } else if (Array.isArray(row) && Array.isArray(row[0])) {
    names = row.map((pair) => pair[0]); // of :classify
    scores = row.map((pair) => pair[1]);
  }
  if (!Array.isArray(scores) || !scores.length || !scores.every(Number.isFinite)) return null;
  if (scores.some((score) => score < 0 || score > 1)) return null;
  const pairs = scores.map((score, i) => [String(names[i] ?? i), score]);
  return pairs.sort((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
}

/** Fills a list with one labelled bar for each class. */
export function drawBars(list, pairs) {
  list.replaceChildren(
    ...pairs.map(([name, share]) => {
      const bar = element("span", "bar");
      bar.style.width = `${share * 100}%`;
      const track = element("span", "track");
      track.setAttribute("aria-hidden", "true");
      track.append(bar);
      const item = document.createElement("li");
      item.append(element("span", "name", name), track, element("span", "share", percent(share)));
      return item;
    }),
  );
}

/** Returns the pictures of an answer: outputs named …_bytes, as data addresses. */
export function picturesOf(row) {
  if (!row || typeof row !== "object") return [];
  const values = row.b64 ? [row] : Object.values(row);
  return values.filter((value) => value?.b64).map((value) => `data:${kindOf(value.b64)};base64,${value.b64}`);
}

function kindOf(base64) {
  return base64.startsWith("/9j/") ? "image/jpeg" : "image/png";
}

export function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

/** Returns JSON, with long texts and long lists of numbers cut. */
export function readable(value) {
  const short = (_, part) => (typeof part === "string" && part.length > 200 ? `${part.slice(0, 200)}…` : part);
  const text = JSON.stringify(value, short, 1);
  return text.length > 20000 ? `${text.slice(0, 20000)}\n…` : text;
}

/** Fills the table of models. */
export function drawModels(body, models) {
  body.replaceChildren(
    ...models.map((model) => {
      const row = document.createElement("tr");
      const name = element("th", "", model.name);
      name.scope = "row";
      const versions = cell("Versions");
      for (const version of model.versions) {
        const line = element("div", version.error ? "bad" : "", `${version.version} ${version.state}`);
        if (version.error) line.append(`: ${version.error}`);
        versions.append(line);
      }
      const labels = Object.entries(model.labels).map(([label, number]) => `${label} → ${number}`);
      const names = model.class_names ?? [];
      const shown = names.slice(0, 12).join(", ") + (names.length > 12 ? `, … (${names.length})` : "");
      const tested = figures(model.metrics ?? {});
      row.append(name, versions, cell("Labels", labels.join(", ") || "–"), cell("Classes", shown || "–"), cell("Figures of its test", tested || "–"));
      return row;
    }),
  );
}

function figures(metrics) {
  return Object.entries(metrics)
    .filter(([, value]) => typeof value === "number")
    .slice(0, 8)
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${Number(value.toPrecision(4))}`)
    .join(", ");
}

/** Returns a cell that knows its heading, for screens too narrow for columns. */
function cell(label, text) {
  const made = element("td", "", text);
  made.dataset.label = label;
  return made;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
