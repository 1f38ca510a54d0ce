// Answers as something a person can read: classes, tags, text, numbers, pictures, words in
// colours, attention. No state, no requests.

const MOST_BARS = 10;
const MOST_ROWS = 50;
const MOST_COLUMNS = 12;

/**
 * Returns [{view, name, value}, …] of a row of an answer.
 *
 * `outputs` holds the view of each output, as the model's card has it; of a model that
 * others made it is empty, and the values decide. `names` are the outputs of the
 * signature: the only output of one has no name in the row.
 */
export function viewsOf(row, outputs, names, classNames) {
  const bare = row === null || typeof row !== "object" || Array.isArray(row) || "b64" in row;
  const pairs = bare ? [[names.length === 1 ? names[0] : "", row]] : Object.entries(row);
  const views = [];
  for (const [name, value] of pairs) {
    const view = outputs[name] ?? guess(bare ? "" : name, value);
    if (view === "words" || view === "tagged") {
      views.push({ view, name, value: view === "tagged" ? wordsOf(row) : pairsOf(value, row.word_weights) });
      continue;
    }
    if (view === "attention") {
      views.push({ view, name, value: gridOf(value, row) });
      continue;
    }
    const hasBars = view === "classes" || view === "tags";
    const bars = hasBars ? barsOf(value, bare ? classNames : row.classes ?? row.tags ?? classNames, row.thresholds) : null;
    if (hasBars ? bars : view) views.push({ view, name, value: bars ?? value });
  }
  return views;
}

function guess(name, value) {
  if (value?.b64) return "pictures";
  return ["", "probabilities", "scores"].includes(name) ? "classes" : null;
}

/**
 * Returns [[name, share, isChosen], …], the largest first; null if these are no shares.
 *
 * Of classes the likeliest is chosen, of tags those that reach their threshold: all of them
 * are returned then.
 */
function barsOf(row, classNames, thresholds) {
  let [names, scores] = [classNames, row];
  if (Array.isArray(row) && Array.isArray(row[0])) {
    names = row.map((pair) => pair[0]); // of :classify
    scores = row.map((pair) => pair[1]);
  }
  if (!Array.isArray(scores) || !scores.length || !scores.every(Number.isFinite)) return null;
  if (scores.some((score) => score < 0 || score > 1)) return null;
  const bars = scores.map((score, i) => [String(names[i] ?? i), score, thresholds ? score >= thresholds[i] : false]);
  bars.sort((a, b) => b[1] - a[1]);
  if (!thresholds) bars[0][2] = true;
  return bars.filter(([, , isChosen], i) => i < MOST_BARS || isChosen);
}

/** Returns the bars of classes or tags among views, none without. */
const barsIn = (views) => views.find(({ view }) => view === "classes" || view === "tags")?.value ?? [];

/** Returns the chosen class, or tags, with their shares; "" without any bars. */
export function verdictOf(views) {
  const bars = barsIn(views);
  const chosen = bars.filter(([, , isChosen]) => isChosen);
  const listed = chosen.map(([name, share]) => `${name}, ${percent(share)}`).join("; ");
  return bars.length && !chosen.length ? "no tag" : listed;
}

/** Returns [[word, tag, score], …] of an answer whose words are tagged. */
function wordsOf({ tokens, tags, tag_scores: scores = [] }) {
  return tokens.map((token, i) => [token, tags[i], scores[i]]).filter(([token]) => token);
}

/** Returns the symbols that were written and read, and a row of weights for each of the former. */
function gridOf(weights, { rows, columns }) {
  const read = columns.filter((symbol) => symbol !== "");
  const written = rows.filter((symbol) => symbol !== "");
  return { read, lines: written.map((symbol, i) => [symbol, weights[i].slice(0, read.length)]) };
}

/** Fills a list with the bars of the classes, and a box with everything else. */
export function drawViews(bars, box, views) {
  drawBars(bars, barsIn(views));
  const draw = { text: drawText, numbers: drawNumbers, pictures: drawPicture, words: drawWords, tagged: drawTagged, attention: drawAttention };
  box.replaceChildren(...views.filter(({ view }) => draw[view]).map((one) => draw[one.view](one)));
}

function drawText({ value }) {
  return element("p", "text", Array.isArray(value) ? value.join(" ") : String(value));
}

/** Returns [[word, weight], …] without the padding behind the last word. */
const pairsOf = (words, weights) => words.map((word, i) => [word, weights?.[i] ?? 0]).filter(([word]) => word);

/** Blue words speak for the answer, orange ones against it. */
function drawWords({ value }) {
  const largest = Math.max(1e-9, ...value.map(([, weight]) => Math.abs(weight)));
  const text = element("p", "words");
  text.dir = "auto";
  for (const [word, weight] of value) {
    const piece = element("mark", weight > 0 ? "for" : "against", word);
    piece.style.setProperty("--share", `${Math.round((65 * Math.abs(weight)) / largest)}%`);
    piece.title = weight.toPrecision(3);
    text.append(piece, " ");
  }
  return text;
}

/** Shows every word with its tag below, in a colour of the tag; "O" has none. */
function drawTagged({ value }) {
  const line = element("p", "tagged");
  for (const [token, tag, score] of value) {
    const word = element("ruby", tag === "O" ? "outside" : "", token);
    if (Number.isFinite(score)) word.title = `${tag}, ${percent(score)}`;
    if (tag !== "O") {
      word.style.setProperty("--hue", hueOf(tag.replace(/^[BI]-/, "")));
      word.append(element("rt", "", tag));
    }
    line.append(word, " ");
  }
  return line;
}

/** Shows where a network looked: a line for each symbol it wrote, a column for each it read. */
function drawAttention({ name, value: { read, lines } }) {
  const table = element("table", "attention");
  table.append(element("caption", "", worded(name)));
  const shown = (symbol) => (symbol.trim() === "" ? "␣" : symbol);
  const head = document.createElement("tr");
  head.append(element("td", ""), ...read.map((symbol) => element("th", "", shown(symbol))));
  table.append(head);
  for (const [symbol, weights] of lines) {
    const line = document.createElement("tr");
    line.append(element("th", "", shown(symbol)));
    for (const weight of weights) {
      const cell = element("td", "");
      cell.style.setProperty("--share", `${Math.round(100 * weight)}%`);
      cell.title = percent(weight);
      line.append(cell);
    }
    table.append(line);
  }
  return table;
}

/** Returns a hue in degrees, always the same for a text. */
function hueOf(text) {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)) % 360;
  return (hash * 137) % 360;
}

function drawNumbers({ name, value }) {
  const table = element("table", "numbers");
  table.append(element("caption", "", worded(name)));
  for (const row of (Array.isArray(value) ? value : [value]).slice(0, MOST_ROWS)) {
    const line = document.createElement("tr");
    const cells = (Array.isArray(row) ? row : [row]).flat(Infinity).slice(0, MOST_COLUMNS);
    line.append(...cells.map((cell) => element("td", "", Number.isFinite(cell) ? String(Number(cell.toPrecision(6))) : String(cell))));
    table.append(line);
  }
  return table;
}

function drawPicture({ name, value }) {
  const figure = document.createElement("figure");
  const image = document.createElement("img");
  image.alt = worded(name) || "picture";
  image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < 100));
  image.src = `data:${value.b64.startsWith("/9j/") ? "image/jpeg" : "image/png"};base64,${value.b64}`;
  figure.append(image, element("figcaption", "", image.alt));
  return figure;
}

/** Returns the name of an output in words: "mask_bytes" is a mask. */
const worded = (name) => name.replace(/_bytes$/, "").replaceAll("_", " ");

/** Fills a list with one labelled bar for each class; those that are chosen are set off. */
function drawBars(list, bars) {
  list.replaceChildren(
    ...bars.map(([name, share, isChosen]) => {
      const bar = element("span", "bar");
      bar.style.width = `${share * 100}%`;
      const track = element("span", "track");
      track.setAttribute("aria-hidden", "true");
      track.append(bar);
      const item = element("li", isChosen ? "chosen" : "");
      item.append(element("span", "name", name), track, element("span", "share", percent(share)));
      return item;
    }),
  );
}

function percent(share) {
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
