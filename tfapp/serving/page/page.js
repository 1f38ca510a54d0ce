// Chooses, asks, shows. Speaks the same REST API as every other client.

import { canRecord, record } from "./microphone.js";
import { drawModels, drawViews, readable, verdictOf, viewsOf } from "./views.js";

const REFRESH_MS = 5000;
const $ = (id) => document.getElementById(id);
const state = { models: [], file: null, views: [], token: sessionStorage.getItem("token") ?? "" };

function headers(more = {}) {
  return state.token ? { ...more, Authorization: `Bearer ${state.token}` } : more;
}

async function refresh() {
  let reply;
  try {
    reply = await fetch("models", { headers: headers() });
  } catch {
    $("health").textContent = "The server does not answer.";
    return;
  }
  $("token-form").hidden = reply.status !== 401;
  if (!reply.ok) {
    $("health").textContent = reply.status === 401 ? "A token is needed." : `Error ${reply.status}`;
    return;
  }
  state.models = (await reply.json()).models;
  const serving = state.models.filter((model) => model.signatures);
  $("health").textContent = `${serving.length} of ${state.models.length} models serving`;
  $("try").hidden = !serving.length;
  drawModels($("models"), state.models);
  if (options($("model"), serving.map((model) => [model.name, model.name]))) chooseModel();
  else chooseVersions();
}

/** Puts [value, text] pairs into a select; returns whether anything changed. */
function options(select, pairs) {
  const before = [...select.options].map((option) => option.value + option.text).join("\n");
  if (before === pairs.map(([value, text]) => value + text).join("\n")) return false;
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
  return true;
}

const model = () => state.models.find((found) => found.name === $("model").value);
const signature = () => model()?.signatures?.[$("signature").value];

function chooseVersions() {
  const serving = (model()?.versions ?? []).filter((version) => version.state === "AVAILABLE");
  const numbers = serving.map((version) => [`/versions/${version.version}`, String(version.version)]);
  const labels = Object.entries(model()?.labels ?? {}).map(([l, n]) => [`/labels/${l}`, `${l} (${n})`]);
  options($("version"), [["", `latest (${serving[0]?.version ?? "–"})`], ...labels, ...numbers]);
}

function chooseModel() {
  chooseVersions();
  const names = Object.keys(model()?.signatures ?? {}).filter((name) => name !== "explain");
  names.sort((a, b) => (b === "serving_default") - (a === "serving_default") || a.localeCompare(b));
  options($("signature"), names.map((name) => [name, name]));
  chooseSignature();
}

function chooseSignature() {
  const inputs = Object.entries(signature()?.inputs ?? {});
  const media = model()?.interface?.media_type ?? "";
  const isText = /^(text\/|application\/json)/.test(media);
  $("drop").hidden = !takesBytes() || isText;
  $("typed").hidden = takesBytes() && media !== "" && !isText;
  $("file").accept = isText ? "" : media;
  $("record").hidden = !(takesBytes() && media.startsWith("audio/") && canRecord());
  $("text-label").textContent = takesBytes()
    ? `${$("drop").hidden ? "T" : "or t"}ype a text:`
    : method() ? "Examples as JSON:" : `Input as JSON: ${inputs.map(described).join(", ")}`;
  $("text").value = takesBytes() ? "" : exampleOf(inputs);
  const explained = Object.keys(model()?.signatures?.explain?.inputs ?? {}).sort().join();
  $("explain").hidden = !(takesBytes() && explained === inputs.map(([name]) => name).sort().join());
  drawFields();
  clear();
}

/** Whether the signature takes a file or a text as it is, perhaps with numbers or pictures next to it. */
function takesBytes() {
  const inputs = Object.values(signature()?.inputs ?? {});
  const several = (model()?.interface?.media_type ?? "").startsWith("image/");
  return (several ? files().length > 0 : files().length === 1) && inputs.every((input) => input.kind === "string" || isNumber(input)) && !method();
}

const isNumber = (input) => /^(float|double)$/.test(input.kind) && input.shape?.length === 1;

/** Returns the names of the inputs that are files or texts; the first is that of the large field. */
const files = () => Object.entries(signature()?.inputs ?? {}).filter(([, input]) => input.kind === "string").map(([name]) => name);

/** Returns the names of the pictures that stand next to the file. */
const further = () => (takesBytes() ? files().slice(1) : []);

/** Returns the names of the numbers that stand next to the file. */
const numbers = () => (takesBytes() ? Object.entries(signature().inputs).filter(([, input]) => isNumber(input)).map(([name]) => name) : []);

/** Shows a field for each further picture and each number; a number's may stay empty. */
function drawFields() {
  const labelled = (name, words, properties) => {
    const label = document.createElement("label");
    const field = document.createElement("input");
    Object.assign(field, { id: `field-${name}`, ...properties });
    label.append(words, field);
    return label;
  };
  const made = further().map((name) => {
    const label = labelled(name, `${name.replace(/_bytes$/, "").replaceAll("_", " ")} `, { type: "file", accept: model().interface.media_type });
    label.lastChild.addEventListener("change", () => askIfWhole());
    return label;
  });
  made.push(...numbers().map((name) => labelled(name, `${name.replaceAll("_", " ")} (optional) `, { type: "number", step: "any" })));
  $("fields").replaceChildren(...made);
  $("fields").hidden = !made.length;
}

/** Returns the further pictures that were chosen, by name; undefined for one that is missing. */
const chosen = () => further().map((name) => [name, $(`field-${name}`).files[0]]);

/** Asks as soon as the file and every further picture are there. */
function askIfWhole() {
  if (state.file && chosen().every(([, file]) => file)) ask();
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let i = 0; i < bytes.length; i += 32768) binary += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(binary);
}

/** Returns what a row holds: the value, or a table of it, the further pictures and the numbers. */
async function rowOf(value) {
  const names = numbers();
  if (!names.length && !further().length) return value;
  const row = { [files()[0]]: value };
  for (const [name, file] of chosen()) {
    if (!file) throw new Error(`Choose a file for ${name} too.`);
    row[name] = { b64: await base64(file) };
  }
  for (const name of names) row[name] = $(`field-${name}`).value === "" ? "NaN" : Number($(`field-${name}`).value);
  return row;
}

/** Returns a body as JSON; what is not known is a bare NaN, as in the contract. */
const written = (body) => (numbers().length ? JSON.stringify(body).replaceAll('"NaN"', "NaN") : JSON.stringify(body));

function method() {
  const name = (signature()?.method ?? "").split("/").pop();
  return name === "classify" || name === "regress" ? name : "";
}

const described = ([name, input]) => `${name} (${input.kind} ${input.shape ? `[${input.shape.join(", ")}]` : "of any shape"})`;

/** Returns JSON of the right shape to start from. */
function exampleOf(inputs) {
  if (method()) return '[{"feature": 1.0}]';
  const filled = ([kind, shape]) => {
    if (!shape.length) return kind === "string" ? "" : kind === "bool" ? false : kind.startsWith("int") || kind.startsWith("uint") ? 0 : 0.5;
    const size = Math.min(shape[0] < 0 ? 1 : shape[0], 8);
    return Array.from({ length: size }, () => filled([kind, shape.slice(1)]));
  };
  const values = inputs.map(([name, input]) => [name, filled([input.kind, input.shape ?? [-1]])]);
  return JSON.stringify(values.length === 1 ? values[0][1] : Object.fromEntries(values));
}

function chooseFile(file) {
  if (!file) return;
  state.file = file;
  $("text").value = "";
  const address = URL.createObjectURL(file);
  $("preview").hidden = !file.type.startsWith("image/");
  $("sound").hidden = !file.type.startsWith("audio/");
  if (!$("preview").hidden) $("preview").src = address;
  if (!$("sound").hidden) $("sound").src = address;
  askIfWhole();
}

async function question(name = $("signature").value) {
  const path = `v1/models/${encodeURIComponent($("model").value)}${$("version").value}:${method() || "predict"}`;
  const base = { signature_name: name };
  if (method()) return { path, body: { ...base, examples: JSON.parse($("text").value) } };
  if (!takesBytes()) return { path, body: { ...base, inputs: JSON.parse($("text").value) } };
  if ($("text").value.trim()) return { path, body: { ...base, instances: [await rowOf($("text").value)] } };
  if (!state.file) throw new Error("Choose a file or type a text first.");
  return { path, body: { ...base, instances: [await rowOf({ b64: await base64(state.file) })] } };
}

async function ask(event, name) {
  event?.preventDefault();
  const explains = name === "explain"; // adds to what was predicted
  clear(explains);
  $("predict").disabled = $("explain").disabled = true;
  try {
    const { path, body } = await question(name);
    showCurl(path, body);
    const started = performance.now();
    const reply = await fetch(path, { method: "POST", headers: headers({ "Content-Type": "application/json" }), body: written(body) });
    const text = await reply.text();
    const ms = performance.now() - started;
    // NaN and infinities are bare in the contract, and no JSON for a browser.
    const value = JSON.parse(text.replace(/(?<=[[,:]\s*)(-?Infinity|NaN)(?=\s*[,\]}])/g, '"$1"'));
    if (!reply.ok) throw new Error(value.error ?? `Error ${reply.status}`);
    show(value, ms, body.signature_name, explains);
  } catch (error) {
    $("error").textContent = error instanceof SyntaxError ? `This is no JSON: ${error.message}` : error.message;
    $("error").hidden = false;
  } finally {
    $("predict").disabled = $("explain").disabled = false;
  }
}

function show(value, ms, name, explains) {
  const rows = value.predictions ?? value.results ?? value.outputs;
  const row = value.outputs ? firstOf(rows) : Array.isArray(rows) ? rows[0] : rows;
  const { interface: shown, signatures, class_names: classNames } = model();
  const views = viewsOf(row, shown?.outputs ?? {}, signatures[name].outputs, classNames ?? []);
  const others = explains ? state.views.filter(({ view }) => !views.some((one) => one.view === view)) : [];
  state.views = [...others, ...views];
  drawViews($("bars"), $("views"), state.views);
  const verdict = verdictOf(state.views);
  if (verdict) $("verdict").textContent = verdict;
  $("raw").textContent = readable(value);
  $("raw-box").open = !views.length;
  $("facts").textContent = `${$("model").value}, version ${$("version").selectedOptions[0].text}, ${ms.toFixed(0)} ms`;
  $("result").hidden = false;
}

/** Returns the first row of an answer in columns. */
function firstOf(columns) {
  if (Array.isArray(columns)) return columns[0];
  if (!columns || typeof columns !== "object") return columns;
  return Object.fromEntries(Object.entries(columns).map(([name, rows]) => [name, Array.isArray(rows) ? rows[0] : rows]));
}

function showCurl(path, body) {
  const address = new URL(path, location.href).href;
  const token = state.token ? " -H \"Authorization: Bearer $TOKEN\"" : "";
  $("curl-box").hidden = false;
  const isFile = takesBytes() && !$("text").value.trim();
  const plain = written(body).replaceAll("'", "'\\''");
  const query = `?signature_name=${encodeURIComponent(body.signature_name)}`;
  const name = state.file?.name.replaceAll("'", "'\\''");
  if (isFile && (numbers().length || further().length)) {
    // A photo may be longer than a command may be: it comes by a pipe.
    let rest = written(body);
    const pieces = [];
    for (const file of [state.file, ...chosen().map(([, one]) => one)]) {
      const start = rest.indexOf('{"b64":"') + 8;
      pieces.push(`printf %s '${rest.slice(0, start)}'; base64 -w0 '${file.name.replaceAll("'", "'\\''")}'`);
      rest = rest.slice(rest.indexOf('"', start));
    }
    $("curl").textContent = `{ ${pieces.join("; ")}; printf %s '${rest}'; } | curl${token} -d @- '${address}'`;
    return;
  }
  $("curl").textContent = isFile
    ? `curl${token} -H 'Content-Type: ${state.file.type || "application/octet-stream"}' --data-binary '@${name}' '${address}${query}'`
    : `curl${token} -d '${plain}' '${address}'`;
}

function clear(keepResult = false) {
  $("error").hidden = $("curl-box").hidden = true;
  if (keepResult) return;
  $("result").hidden = true;
  $("verdict").textContent = "Answer";
  state.views = [];
  drawViews($("bars"), $("views"), state.views);
}

$("preview").addEventListener("load", () => $("preview").classList.toggle("small", $("preview").naturalWidth < 100));
$("preview").addEventListener("error", () => ($("preview").hidden = true)); // no picture that a browser shows
$("ask").addEventListener("submit", ask);
$("explain").addEventListener("click", (event) => ask(event, "explain"));
$("model").addEventListener("change", chooseModel);
$("signature").addEventListener("change", chooseSignature);
$("version").addEventListener("change", () => clear());
$("file").addEventListener("change", () => chooseFile($("file").files[0]));
$("record").addEventListener("click", async () => {
  try {
    const file = await record((recording) => ($("record").textContent = recording ? "Stop" : "Record"));
    if (file) chooseFile(file);
  } catch (error) {
    $("error").textContent = `The microphone cannot be used: ${error.message}`;
    $("error").hidden = false;
  }
});
$("copy").addEventListener("click", () => navigator.clipboard?.writeText($("curl").textContent));
$("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  state.token = $("token").value;
  sessionStorage.setItem("token", state.token);
  refresh();
});
document.addEventListener("paste", (event) => chooseFile(event.clipboardData.files[0]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  if ($("drop").hidden || !event.dataTransfer.files.length) return;
  $("file").files = event.dataTransfer.files; // shows the name
  chooseFile(event.dataTransfer.files[0]);
});
$("drop").addEventListener("dragover", () => $("drop").classList.add("over"));
$("drop").addEventListener("dragleave", () => $("drop").classList.remove("over"));

refresh();
setInterval(refresh, REFRESH_MS);
